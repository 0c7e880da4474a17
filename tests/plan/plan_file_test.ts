/**
 * `spoor plan -o`: where the plan cannot be written it says so before anything is done, and leaves nothing.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { assertExplained } from "../support/mistake.ts";
import { COLUMNS, rowsOf, syncProject } from "../support/sync_project.ts";
import { tempProject } from "../support/temp_project.ts";

const FILES = { "models/raw/a.sql": "SELECT 1 AS id", file: "no folder", "folder/.keep": "" };

async function filesOf(root: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(root)) names.push(name);
  return names.filter((name) => name !== ".spoor").sort();
}

for (
  const [to, says, hint] of [
    ["none/deep/x.plan", /Cannot write none\/deep\/x\.plan: there is no folder "none"/, /make it/],
    [
      "folder",
      /Cannot write folder: it is a folder/,
      /Name a file in it, as in "folder\/plan\.json"/,
    ],
    ["file/x.plan", /Cannot write file\/x\.plan: "file" is no folder/, /Name a file in a folder/],
    ["", /Cannot write the plan: -o names no file/, /-o plan\.json/],
  ] as const
) {
  Deno.test(`plan -o "${to}" is explained, and nothing is written`, async () => {
    await using project = await tempProject(FILES);
    const before = await filesOf(project.root);

    const result = await project.run(["plan", "-o", to]);

    assertExplained(result, { says: [says], hint, code: 2 });
    assert.doesNotMatch(result.output, /os error|writefile/);
    assert.equal(result.stdout, "", "no plan is made in vain");
    assert.deepEqual(await filesOf(project.root), before);
  });
}

for (
  const [name, text] of [
    ["the models' own file", FILES["models/raw/a.sql"]],
    ["JSON that is no plan", `{"type": "run"}`],
    ["JSON with a plan in it", `{"inner": {"type": "plan"}}`],
    ["a text that speaks of plans", `"type": "plan"`],
  ] as const
) {
  Deno.test(`plan -o does not replace ${name}`, async () => {
    await using project = await tempProject({ ...FILES, there: text });

    const result = await project.run("plan -o there");

    assertExplained(result, {
      says: ["Cannot write there: it is there already, and is no plan"],
      hint: /another name.*not touched/,
      code: 2,
    });
    assert.equal(result.stdout, "", "no plan is made in vain");
    assert.equal(await project.read("there"), text);
  });
}

Deno.test("plan -o writes nothing among what Spoor keeps, by no path", async () => {
  await using project = await tempProject(FILES);
  assert.equal((await project.run("run")).code, 0);
  await Deno.symlink(".spoor/spoor.db", project.path("link"));
  const before = await Deno.readFile(project.path(".spoor/spoor.db"));

  for (
    const to of [".spoor/spoor.db", ".spoor/new.json", "folder/../.spoor/new.json", "link"]
  ) {
    const result = await project.run(["plan", "-o", to]);
    assertExplained(result, {
      says: [`Cannot write ${to}: it is in .spoor, where Spoor keeps its state`],
      hint: /plan\.json/,
      code: 2,
    });
  }

  assert.deepEqual(await Deno.readFile(project.path(".spoor/spoor.db")), before);
  const { code, output } = await project.run("run");
  assert.equal(code, 0, output);
});

Deno.test("plan -o writes to a file that is empty, and over a plan that lies on one line", async () => {
  await using project = await tempProject({ ...FILES, empty: "" });
  assert.equal((await project.run("plan -o empty")).code, 0);
  const { stdout } = await project.run("plan --json");
  await Deno.writeTextFile(project.path("line.json"), stdout);

  const { code, output } = await project.run("plan -o line.json");

  assert.equal(code, 0, output);
  for (const name of ["empty", "line.json"]) {
    assert.equal(JSON.parse(await project.read(name)).complete, true);
  }
});

Deno.test("plan -o replaces what is there when the new plan is whole, for its owner alone", async () => {
  await using project = await tempProject(FILES);
  await Deno.symlink("plan.json", project.path("link"));
  const old = await project.run("plan --format json");
  await Deno.writeTextFile(project.path("plan.json"), old.stdout);

  const { code, output } = await project.run("plan -o link");

  assert.equal(code, 0, output);
  assert.equal(JSON.parse(await project.read("plan.json")).type, "plan");
  assert.equal((await Deno.lstat(project.path("link"))).isSymlink, true);
  if (Deno.build.os !== "windows") {
    assert.equal(((await Deno.stat(project.path("plan.json"))).mode ?? 0) & 0o777, 0o600);
  }
  assert.deepEqual(await filesOf(project.root), ["file", "folder", "link", "models", "plan.json"]);
});

Deno.test(
  "plan -o to a full device says so",
  { ignore: Deno.build.os !== "linux" },
  async () => {
    await using project = await tempProject(FILES);

    const result = await project.run("plan -o /dev/full");

    assertExplained(result, { says: ["Cannot write /dev/full: the disk is full"], hint: /space/ });
  },
);

/** What a shell makes of a command line. */
async function wordsOf(line: string): Promise<string[]> {
  const args = ["-c", `printf '%s\\n' ${line}`];
  const { stdout } = await new Deno.Command("sh", { args }).output();
  return new TextDecoder().decode(stdout).trimEnd().split("\n");
}

for (const file of ["plan.json", "my plan.json", "it's.json", "-dash.json"]) {
  Deno.test({
    name: `the command that plan prints applies the plan that it wrote to ${file}`,
    ignore: Deno.build.os === "windows",
    async fn() {
      await using project = await tempProject({ "models/raw/a.sql": "SELECT 1 AS id" });

      const planned = await project.run(["plan", `--output=${file}`]);

      const [, command = ""] = /To send just this: (.*)/.exec(planned.stderr) ?? [];
      const [program, ...args] = await wordsOf(command);
      assert.equal(program, "spoor", planned.stderr);
      const { code, output } = await project.run(args);
      assert.equal(code, 0, output);
      assert.deepEqual(project.rows("raw.a"), [{ id: 1 }]);
    },
  });
}

Deno.test("plan -o of what would fail does not ask to send it, and says what apply does", async () => {
  await using project = await tempProject({
    "models/raw/a.sql": "SELECT 1 AS id",
    "models/raw/b.sql": "SELECT abs(-9223372036854775807 - 1) AS id",
    "models/raw/c.sql": "SELECT id FROM raw.b",
  });

  const { code, stderr } = await project.run(["plan", "-o", "plan.json"]);

  assert.equal(code, 1);
  assert.doesNotMatch(stderr, /To send/);
  assert.match(
    stderr,
    /^Wrote plan\.json\. Applied as it is, it ends with exit code 1: 2 models would fail or be blocked\. Make it anew once that is mended\.$/m,
  );
  const applied = await project.run("apply plan.json");
  assert.equal(applied.code, 1, applied.output);
  assert.deepEqual(project.rows("raw.a"), [{ id: 1 }]);
});

for (
  const [what, code, before, after] of [
    [
      "asks the far side first",
      `const known = await http.get(ORIGIN + "/known?id=" + row.id);
       await http.post(ORIGIN + "/people", { json: known.json });`,
      /^Wrote plan\.json\. Not all of it is known, and spoor apply sends only what is shown: [^\n]* To send all of it: (spoor run .*)$/m,
      /Where a new plan does not show it, send without one by spoor run$/m,
    ],
    [
      "goes on with an answer",
      `const { json } = await http.post(ORIGIN + "/people", { json: row });
       await http.put(ORIGIN + "/people/" + json.id, { json: row });`,
      /^Wrote plan\.json\. To send just this: spoor apply plan\.json; what comes after an assumed answer [^\n]* To send it in any case: (spoor run .*)$/m,
      /The next plan assumes what was answered, and has it: spoor plan -o plan\.json$/m,
    ],
  ] as const
) {
  Deno.test(`plan -o of a model that ${what} says what apply may not send, and the run that does`, async () => {
    await using api = await fakeApi(() => ({ json: { id: 17 } }));
    await using people = await syncProject(
      api,
      `await query("SELECT * FROM raw.people").each(async (row) => { ${code} });`,
    );
    await people.setRows(COLUMNS, rowsOf(1));

    const planned = await people.project.run("plan +sync.people --full -o plan.json");

    assert.equal(planned.code, 0, planned.output);
    const [, command = ""] = before.exec(planned.stderr) ?? [];
    assert.equal(command, "spoor run +sync.people --full", planned.stderr);
    const applied = await people.project.run("apply plan.json");
    assert.equal(applied.code, 1, applied.output);
    assert.match(applied.output, /hint: It was not sent\./);
    assert.match(applied.output, after);
    const [, ...args] = command.split(" ");
    const run = await people.project.run(args);
    assert.equal(run.code, 0, run.output);

    const nothing = await people.project.run("plan -o plan.json");
    assert.match(nothing.stderr, /^Wrote plan\.json\. There is nothing in it to do\.$/m);
  });
}
