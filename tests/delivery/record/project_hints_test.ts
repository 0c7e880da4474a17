/**
 * What is told to type next of a project that was named by --project: it names it too, as without that it would be
 * about the project of the folder that it is typed in.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi } from "../../support/fake_api.ts";
import { COLUMNS, rowsOf, SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";
import { tempProject } from "../../support/temp_project.ts";

/** A project, and a way to call Spoor in the folder of another one. */
async function projectFromOutside(api: FakeApi, directives: readonly string[]) {
  const people = await syncProject(api, SEND_EACH_ROW, { directives });
  const elsewhere = await tempProject();
  // As a person types it who has a folder with a quote in its name.
  const link = elsewhere.path("Ada's people");
  await Deno.symlink(people.project.root, link);
  const option = ` --project "${link}"`;
  return {
    people,
    option,
    async say(...args: string[]) {
      return (await elsewhere.run([...args, "--project", "Ada's people"])).output;
    },
    async [Symbol.asyncDispose]() {
      await elsewhere[Symbol.asyncDispose]();
      await people[Symbol.asyncDispose]();
    },
  };
}

Deno.test("every command that a run, its failures, why, unknown, settle and retry name has the project, where it was named", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/people/1" ? { status: 422 } : { drop: true }
  );
  const directives = ["delivery: at_most_once", "max_attempts: 1", "retries: 0"];
  await using there = await projectFromOutside(api, directives);
  const { people, say, option } = there;
  await people.setRows(COLUMNS, rowsOf(2));
  const has = async (text: string, ...args: string[]) => {
    const output = await say(...args);
    assert.ok(output.includes(text), `${text}\nis not in\n${output}`);
  };

  await has(`Run "spoor run${option}" first`, "why", "sync.people", "1");
  const ran = await say("run");
  assert.ok(ran.includes(`parked: spoor failures sync.people${option}`), ran);
  assert.ok(ran.includes(`until you have looked: spoor unknown sync.people${option}`), ran);
  await has(`spoor retry sync.people${option} `, "failures");
  await has(`spoor unknown${option} `, "failures");
  await has(`spoor why sync.people KEY${option} `, "failures");
  await has(`or: spoor retry${option} sync.people 1`, "why", "sync.people", "1");
  const settle = `spoor unknown settle --sent${option} sync.people 2, or with --not-sent`;
  await has(settle, "why", "sync.people", "2");
  await has(settle, "unknown");
  await has(`run "spoor unknown sync.people${option}"`, "retry", "sync.people", "2");
  await has(`Now run: spoor run sync.people${option}`, "retry", "sync.people", "1");
  await has(
    `Now run: spoor run sync.people${option}`,
    "unknown",
    "settle",
    "sync.people",
    "2",
    "--sent",
  );
  await has(`"spoor unknown${option}"`, "unknown", "settle", "sync.people", "--all", "--sent");
  await has(`"spoor history${option}"`, "why", "mart.nothing_like_it", "1");
});

Deno.test("a budget's way out, a plan to apply and a state to move are of the project that was named", async () => {
  await using api = await fakeApi();
  await using there = await projectFromOutside(api, ["max_changes: 2"]);
  const { people, say, option } = there;
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();
  await people.setRows(COLUMNS, rowsOf(3, "Bo"));

  const through = `spoor run sync.people --allow-changes${option}`;
  for (const args of [["run"], ["failures"], ["plan"]]) {
    const output = await say(...args);
    assert.ok(output.includes(through), output);
  }
  // A run's words are recorded, and read from another folder than it was called in.
  const block = await people.project.run("why sync.people 1");
  assert.match(block.output, /let through: spoor run sync\.people --allow-changes$/m);
  const planned = await say("plan", "-o", "my plan.json", "--allow-changes");
  assert.ok(planned.includes(`To send just this: spoor apply 'my plan.json'${option}`), planned);
  await people.project.remove("models/sync/people.ts");
  const listed = await say("state", "list");
  assert.ok(listed.includes(`"spoor state mv sync.people <new name>${option}"`), listed);
});

Deno.test("what new, describe, practice, apply and auth name is of the project that was named", async () => {
  await using api = await fakeApi();
  await using there = await projectFromOutside(api, []);
  const { people, say, option } = there;
  await people.setRows(COLUMNS, rowsOf(1));
  assert.match(await say("run", "--practice"), /1 accepted/);
  await people.project.write("no plan.json", "{}");
  await people.project.write("old.json", `{"type":"plan","practice":true}`);
  const has = async (text: string, ...args: string[]) => {
    const output = await say(...args);
    assert.ok(output.includes(text), `${text}\nis not in\n${output}`);
  };

  const wrote = `"spoor validate${option}" and "spoor run +mart.new${option}"`;
  await has(wrote, "new", "mart.new");
  await has(`Run "spoor new nope.x${option}" to make one`, "describe", "nope.x");
  await has(`Run "spoor query spoor.models${option}" to see`, "describe", "spoor.runs");
  await has(`"spoor practice 127.0.0.1:${new URL(api.origin).port}${option}" shows`, "practice");
  const planned = `Make a plan with "spoor plan -o plan.json${option}"`;
  await has(planned, "apply", "nowhere.json");
  await has(planned, "apply", people.project.path("no plan.json"));
  const practised = `Make a plan with "spoor plan -o plan.json --practice${option}"`;
  await has(practised, "apply", people.project.path("old.json"));
  await has(`"spoor auth${option}" lists the names`, "auth", "--forget");
});

Deno.test("no command has a project where none was named, or the folder tells which it is", async () => {
  await using api = await fakeApi(() => ({ status: 422 }));
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["max_attempts: 1"] });
  const { project } = people;
  await people.setRows(COLUMNS, rowsOf(1));

  const outputs = [
    await project.run("run"),
    await project.run("failures"),
    await project.run(["failures", "--project", "."]),
    await project.run(["failures", "--project", ".."], { cwd: project.path("models") }),
    await project.run(["why", "sync.people", "1", "--project", project.root]),
  ];

  for (const { code, output } of outputs) {
    assert.ok(code < 2, output);
    assert.match(output, /spoor (failures|retry)/);
    assert.doesNotMatch(output, /--project/);
  }
});
