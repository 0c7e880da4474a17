/**
 * Keys as long as documents: people are shown their beginning, programs get them whole, and no
 * command is shown that the key would make useless.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { readLines } from "../../support/read_lines.ts";
import { COLUMNS, rowsOf, syncProject } from "../../support/sync_project.ts";

const LENGTH = 1_000_000;
const KEY = "k".repeat(LENGTH);
/** SQL for `KEY`. */
const LONG = `replace(hex(zeroblob(${LENGTH / 2})), '00', 'kk')`;
const SHOWN = `id = ${"k".repeat(200)}… (1,000,000 characters)`;
/** Far more than what is said of one group, far less than the key. */
const FEW_CHARACTERS = 10_000;

/** Sends the names alone: what a request holds is cut elsewhere. */
const SEND = `
  await query("SELECT * FROM raw.people").each(async (row) => {
    await http.post(ORIGIN + "/", { json: row.name });
  });
`;

function assertCut(text: string, shown = SHOWN): void {
  assert.ok(text.includes(shown), text.slice(0, FEW_CHARACTERS));
  assert.ok(text.length < FEW_CHARACTERS, `${text.length} characters were printed`);
}

Deno.test("run, failures and plan show the beginning of a long key, and all of it with --json", async () => {
  await using api = await fakeApi(() => ({ status: 422 }));
  await using people = await syncProject(api, SEND);
  const { project } = people;
  await people.setRows(COLUMNS, [[LONG, "'Ada'"]]);

  assertCut((await project.run("plan")).output);
  const [planned] = await readLines(project, "plan");
  const [change] = (planned?.models as { changes: { key: unknown }[] }[])
    .flatMap(({ changes }) => changes);
  assert.ok(JSON.stringify(change?.key) === JSON.stringify({ id: KEY }), "the plan's key is whole");

  // Here the key with its columns' names is one text.
  assertCut((await project.run("run")).output, "kkk… (1,000,005 characters)");
  const whole = (await people.run()).sync.failures?.[0]?.key;
  assert.ok(whole === `id = ${KEY}`, "the event's key is whole");

  assertCut((await project.run("failures")).output);
  const [failure] = await readLines(project, "failures");
  const [example] = failure?.examples as { id: string }[];
  assert.ok(example?.id === KEY, "the example is whole");
});

Deno.test("a budget's examples and an error in the model show the beginning of a long key", async () => {
  await using api = await fakeApi();
  const code = SEND.replace("});\n  });", "});\n    return { ...row, id: row.id + '!' };\n  });");
  await using people = await syncProject(api, code, { directives: ["max_changes: 0"] });
  await people.setRows(COLUMNS, rowsOf(1));
  await people.setSync(SEND);
  await people.run();

  await people.setSync(code);
  await people.setRows(COLUMNS, [["1", "'Ada'"], [LONG, "'Bo'"]]);
  assertCut((await people.project.run("run")).output, "kkk… (1,000,000 characters)");

  await people.setSync(code, ["max_changes: 100%"]);
  const output = (await people.project.run("run")).output;
  assertCut(output, 'kkk… (1,000,001 characters)"');
  assertCut((await people.project.run("failures")).output);
});

Deno.test("of a group whose key is too long for a command, one that settles or retries all is shown", async () => {
  await using api = await fakeApi(({ json }) => json === "Bo" ? { status: 422 } : { drop: true });
  const directives = ["delivery: at_most_once", "max_attempts: 1", "retries: 0"];
  await using people = await syncProject(api, SEND, { directives });
  const { project } = people;
  const key = KEY.slice(0, 5_000);
  const other = `x${key}`;
  await people.setRows(COLUMNS, [[`substr(${LONG}, 1, 5000)`, "'Ada'"], [`'${other}'`, "'Bo'"]]);
  await people.run();

  const start = `id = ${"k".repeat(200)}… (5,000 characters)`;
  const listed = (await project.run("unknown")).output;
  assertCut(listed, start);
  const settle = "spoor unknown settle --sent sync.people --all, or with --not-sent (all groups";
  assertCut(listed, `Look at the far side, then: ${settle}`);
  assertCut((await project.run(["why", "sync.people", key])).output, `waits for you: ${settle}`);
  assertCut(
    (await project.run(["why", "sync.people", other])).output,
    "parked until its content changes, or: spoor retry sync.people (all groups of the model",
  );
  const [story] = await readLines(project, "why", "sync.people", other);
  assert.deepEqual(story?.key, { id: other });

  const typo = await project.run(["why", "sync.people", `${other}y`]);
  assert.equal(typo.code, 2);
  assertCut(typo.output, `That is the nearest that it knows`);
  assertCut(typo.output, `id = x${"k".repeat(199)}… (5,001 characters)`);

  const settled = await project.run("unknown settle --sent sync.people --all");
  assert.match(settled.stdout, /accepts 1 group without a request/, settled.output);
  const retried = await project.run("retry sync.people");
  assert.equal(retried.code, 0, retried.output);
  api.answer(() => ({ json: {} }));
  const run = await people.run();
  assert.equal(run.code, 0, run.output);
  assert.deepEqual([run.sync.delivery?.new, run.sync.delivery?.saved], [1, 1]);
  assert.equal((await people.run()).sync.status, "skipped");
});

Deno.test("a key as long as a URL is shown whole, and in the command that retries it", async () => {
  await using api = await fakeApi(() => ({ status: 422 }));
  await using people = await syncProject(api, SEND, { directives: ["max_attempts: 1"] });
  const key = `https://example.com/${"a/".repeat(80)}7`;
  await people.setRows(COLUMNS, [[`'${key}'`, "'Ada'"]]);

  assert.ok((await people.project.run("run")).output.includes(`id = ${key}:`));
  const why = (await people.project.run(["why", "sync.people", key])).output;
  assert.ok(why.includes(`spoor retry sync.people ${key}`), why);
});
