/**
 * Calls that are wrong: exit code 2, whatever the command; and what `--json` prints is JSON.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { readLines } from "../support/read_lines.ts";
import { rowsOf, SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";
import { tempProject } from "../support/temp_project.ts";

const WRONG: readonly (readonly [call: string | readonly string[], says: RegExp])[] = [
  ["history sync.poeple", /there is no such model\n +hint: Did you mean "sync\.people"\?/],
  ["query sync.poeple", /there is no table "sync\.poeple"\n +hint: Did you mean "sync\.people"\?/],
  ["run --timeout 0s", /Cannot read "--timeout": "0s" leaves no time at all/],
  ["query spoor.step", /there is no table "spoor\.step"\n +hint: Did you mean "spoor\.steps"\?/],
  ["query spoor.foo", /hint: Tables of Spoor's own are spoor\.changes, spoor\.runs, /],
  ["query sync.people --json --format csv", /--json and --format csv ask for two formats/],
  [
    ["query", "SELECT :a, ?"],
    /nothing gives a value to the parameter ":a"[^]*Write the value itself/,
  ],
  [
    ["run", "--adopt", "sync.people", "--held", "SELECT * FROM raw.people WHERE id = ?"],
    /nothing gives a value to the parameter "\?"/,
  ],
  ["plan --json --format md", /--json and --format md ask for two formats/],
  ["plan -o -", /"-" names no file/],
  ["apply nope.json", /there is no such file/],
  ["why sync.poeple 1", /Did you mean "sync\.people"\?/],
  ["failures sync.poeple", /Did you mean "sync\.people"\?/],
  ["describe sync.poeple", /Did you mean "sync\.people"\?/],
  ["run sync.poeple", /Did you mean "sync\.people"\?/],
  ["history --project nowhere", /"nowhere" is not a folder/],
  ["run --project=", /Cannot find a project: --project is empty/],
  ["init --project=", /Cannot make a project in "": this names no folder/],
  ["practice --clear api.example.com", /--clear forgets all practice/],
  ["retry sync.people --all", /it takes a model, or --all for all models/],
  ["auth crm --new-key", /--new-key prints a key for all services/],
  ["auth nope --forget", /Cannot forget the tokens of "nope": spoor\.yaml has no such service/],
];

Deno.test("a call that is wrong exits with 2, and says what is wrong", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "name"], rowsOf(1));
  await people.run("--practice");
  await people.run();
  await people.project.write("models/mart/later.sql", "SELECT 1 AS id");

  for (const [call, says] of WRONG) {
    const { code, stderr } = await people.project.run(call);
    assert.match(stderr, says, `${call}`);
    assert.equal(code, 2, `${call}`);
  }
  assert.equal(await people.project.exists("-"), false);
  assert.equal(await people.project.exists("README.md"), false, "no project was made");
  assert.equal((await readLines(people.project, "practice")).length, 1, "nothing was forgotten");

  const later = await people.project.run("history mart.later");
  assert.match(later.stderr, /it has never run/);
  assert.equal(later.code, 1, "there is such a model");
  assert.equal((await people.project.run("query mart.later")).code, 1);
});

Deno.test("faults are for practice: a run that is none is refused, and sends nothing", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "name"], rowsOf(2));
  const { project } = people;

  for (const faults of ["429:100%", "bogus"]) {
    const { code, stderr } = await project.run(["run", "--faults", faults]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /error: Cannot run with "--faults": this is not a practice run\n/);
    assert.match(stderr, /hint: Nothing was sent\. Add --practice/);
  }
  assert.equal(api.requests.length, 0);
  assert.equal(await project.exists(".spoor"), false, "nothing was begun");

  await project.write("spoor.yaml", "practice: true\n");
  assert.equal((await project.run("run --faults bogus")).code, 2);
  const practised = await project.run(["run", "--faults", "slow:1ms drop:0%"]);
  assert.equal(practised.code, 0, practised.output);
  const [last] = await readLines(project, "history", "--practice");
  assert.equal(last?.command, "spoor run --faults 'slow:1ms drop:0%'");
  assert.equal(api.requests.length, 0);
});

Deno.test("to list what failed or is unknown where nothing has run is no failure", async () => {
  await using project = await tempProject({ "models/mart/a.sql": "SELECT 1 AS id" });

  for (const command of ["failures", "unknown", "failures --json", "history"]) {
    const { code, output } = await project.run(command);
    assert.equal(code, 0, output);
    assert.match(output, /[Nn]othing has run/);
  }
  await project.run("run --practice");
  const { code, stderr } = await project.run("failures");
  assert.equal(code, 0);
  assert.match(stderr, /Only practice runs have run here yet\. Add --practice/);
});

Deno.test("retry of a project that has no group says of none that it is accepted", async () => {
  await using project = await tempProject({ "models/mart/a.sql": "SELECT 1 AS id" });
  await project.run("run");

  const { code, stderr } = await project.run("retry --all");

  assert.equal(code, 1);
  assert.match(stderr, /no group is failed or rejected\n +As it stands: there is no group that/);
});

Deno.test("with --json each line of every command is an object with its type", async () => {
  await using project = await tempProject({ "models/mart/a.sql": "SELECT 1 AS id" });
  await project.run("run --practice");

  for (
    const [call, type] of [
      ["help", "help"],
      ["help run", "help"],
      ["run --help", "help"],
      ["completions bash", "completions"],
      ["practice --clear", "practice_cleared"],
    ]
  ) {
    const lines = await readLines(project, ...(call ?? "").split(" "));
    assert.deepEqual(lines.map((line) => line.type), [type], call);
  }
});

Deno.test("to list nothing is a wrong call, and --all wins over --limit", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "name"], rowsOf(2));
  await people.run("--practice");
  await people.run();
  const { project } = people;

  for (
    const command of [
      "history",
      "history sync.people",
      "query raw.people",
      "why sync.people 1",
      "failures",
      "unknown",
      "practice",
    ]
  ) {
    for (const more of ["", " --json", " --all"]) {
      const { code, output } = await project.run(`${command} -n 0${more}`);
      assert.equal(code, 2, command + more);
      assert.match(output, /Cannot read \\?"--limit\\?": \\?"0\\?" is not a whole number from 1/);
    }
  }
  assert.equal(
    (await readLines(project, "query", "raw.people", "--limit", "1", "--all")).length,
    2,
  );
});

Deno.test("a run's command in history can be typed in again", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "name"], rowsOf(2));
  await people.run();
  const select = "SELECT id, name FROM raw.people WHERE name <> 'it''s'";
  const adopt = ["--adopt", "sync.people", "--held", select];
  assert.equal((await people.run("sync.people", ...adopt)).code, 0);
  await people.setRows(["id", "name"], rowsOf(3));
  await people.project.run(["plan", "sync.people+", "-o", "my plan.json"]);
  await people.project.run(["apply", "my plan.json"]);

  const [applied, adopted] = await readLines(people.project, "history");

  assert.equal(applied?.command, "spoor apply 'my plan.json'");
  assert.equal(adopted?.command, `spoor run sync.people --adopt sync.people --held "${select}"`);
});
