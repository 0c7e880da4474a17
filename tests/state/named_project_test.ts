/** With its id in spoor.yaml, a project sends from no other state: a lost folder, a fresh clone, another project's. */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { COLUMNS, rowsOf, SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";
import { tempProject } from "../support/temp_project.ts";
import { writeVersion1 } from "./version_1.ts";

const ID = /^ {2}(project_id: [0-9a-f-]{36})$/m;

Deno.test("a project that its settings name sends from no state but its own", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await using other = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(3));
  await other.setRows(COLUMNS, rowsOf(1));
  await other.run();
  const { project } = people;
  const first = await project.run("run");
  const line = ID.exec(first.output)?.[1] ?? "";
  assert.notEqual(line, "", first.output);
  const own = line.replace("project_id: ", "");
  await project.write("spoor.yaml", `jobs: 2\n${line}\n`);
  await people.setRows(COLUMNS, rowsOf(4));
  const planned = await project.run("plan -o plan.json");
  assert.equal(planned.code, 0, planned.output);
  const kept = `${project.root}/kept`;
  await Deno.rename(project.path(".spoor"), kept);
  api.clear();
  const refused = async (state: string) => {
    for (const command of ["run", "run raw.people", "plan", "apply plan.json"]) {
      const { code, output } = await project.run(command);
      assert.equal(code, 1, output);
      assert.match(output, RegExp(`: ${state}, and spoor\\.yaml expects that of ${own}$`, "m"));
      assert.match(output, /at spoor\.yaml:2\n/);
      assert.match(
        output,
        /hint: Put .* in its place; or, to begin anew, take "project_id" out of/,
      );
    }
    assert.equal(api.requests.length, 0);
  };

  await refused("there is no \.spoor/spoor\.db");
  assert.equal(await project.exists(".spoor/spoor.db"), false, "none is made in its place");
  await project.remove(".spoor");
  await Deno.rename(other.project.path(".spoor"), project.path(".spoor"));
  await refused("\.spoor/spoor\.db is that of project [0-9a-f-]{36}");
  const check = await project.run("state check");
  assert.equal(check.code, 1, check.output);
  assert.match(
    check.output,
    new RegExp(
      `project: The file is that of project .*, and spoor\\.yaml expects that of ${own}$`,
      "m",
    ),
  );
  const practice = await project.run("run --practice");
  assert.equal((await project.run("state check --practice")).code, 0);
  assert.equal(practice.code, 0, practice.output);

  await project.remove(".spoor");
  await Deno.rename(kept, project.path(".spoor"));
  assert.equal((await project.run("state check")).code, 0);
  const again = await project.run("apply plan.json");
  assert.equal(again.code, 0, again.output);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/4"]);
});

Deno.test("a project's id is told by the first run that sends, and by state check", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  const { project } = people;
  await people.setRows(COLUMNS, rowsOf(2));

  for (const early of ["run --practice", "run raw.people", "plan"]) {
    assert.doesNotMatch((await project.run(early)).output, ID, early);
  }
  api.answer(() => ({ status: 422 }));
  assert.doesNotMatch((await project.run("run")).output, ID, "nothing was accepted");
  api.answer(() => ({ json: {} }));
  const first = await people.run();
  const finished = first.events.find((event) => event.type === "run_finished");
  const id = finished?.type === "run_finished" ? finished.unnamed_project : undefined;
  assert.match(id ?? "", /^[0-9a-f-]{36}$/, first.output);
  await people.setRows(COLUMNS, rowsOf(3));
  const second = await project.run("run");
  assert.match(second.output, /Sent: 1 group in 1 request/);
  assert.doesNotMatch(second.output, ID, "once is enough");

  const checked = await project.run("state check");
  assert.match(checked.output, RegExp(`^project_id: ${id}$`, "m"));
  const ofPractice = await project.run("state check --practice");
  assert.doesNotMatch(ofPractice.output, /project_id/, "it is not what the settings mean");
});

Deno.test("a state of another project that an earlier version has left is not brought up to date", async () => {
  await using project = await tempProject({
    "models/mart/a.sql": "SELECT 1 AS id",
    "spoor.yaml": "project_id: 01c46dcb-feae-4d78-9421-0c12f3b25767\n",
  });
  await project.write(".spoor/note", "");
  writeVersion1(project.path(".spoor/spoor.db"));
  const version = () => project.rows("PRAGMA user_version");

  const refused = await project.run("run");

  assert.equal(refused.code, 1, refused.output);
  assert.match(refused.output, /is that of project 934a8a8e-4cb7-4347-be7d-f0a044cae348, and/);
  assert.deepEqual(version(), [{ user_version: 1 }]);
});
