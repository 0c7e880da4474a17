/**
 * What a practice run tells to type next: where it was asked for by `--practice`, every such command has
 * it, as without it the real state would be acted on, and the real far side.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fakeApi } from "../../support/fake_api.ts";
import {
  COLUMNS,
  rowsOf,
  SEND_EACH_ROW,
  SEND_IN_LOOP,
  syncProject,
} from "../../support/sync_project.ts";

Deno.test("a budget's way out is that of the state it is about: practice by option, practice by settings, real", async () => {
  await using api = await fakeApi();
  const hintAfter = async (files: Record<string, string>, ...args: string[]) => {
    await using people = await syncProject(api, SEND_EACH_ROW, { files });
    await people.setRows(COLUMNS, rowsOf(50));
    await people.run(...args);
    await people.setRows(COLUMNS, rowsOf(30));
    const blocked = await people.run(...args);
    assert.equal(blocked.code, 1);
    return blocked.sync.error?.hint ?? "";
  };

  assert.match(
    await hintAfter({}, "--practice"),
    /: spoor run sync\.people --allow-removed --practice$/,
  );
  const bySettings = { "spoor.yaml": "practice: true\n" };
  assert.match(await hintAfter(bySettings), /: spoor run sync\.people --allow-removed$/);
  assert.match(await hintAfter({}), /: spoor run sync\.people --allow-removed$/);
});

Deno.test("failures, why and unknown of a practice run name commands that stay in practice", async () => {
  await using api = await fakeApi();
  const directives = ["delivery: at_most_once", "max_attempts: 1", "retries: 0", "timeout: 1s"];
  await using people = await syncProject(api, SEND_EACH_ROW, { directives });
  await people.setRows(COLUMNS, rowsOf(1));
  const say = async (...args: string[]) => (await people.project.run(args)).output;

  const failed = await say("run", "--practice", "--faults", "refuse");
  assert.match(failed, /parked: spoor failures sync\.people --practice/);
  const failures = await say("failures", "--practice");
  assert.match(failures, /^spoor retry sync\.people --practice +lets/m);
  assert.match(failures, /^spoor why sync\.people KEY --practice +tells/m);
  const parked = await say("why", "sync.people", "1", "--practice");
  assert.match(parked, /or: spoor retry --practice sync\.people 1$/m);

  await people.setRows(COLUMNS, rowsOf(1, "Bo"));
  const lost = await say("run", "--practice", "--faults", "drop");
  assert.match(lost, /until you have looked: spoor unknown sync\.people --practice/);
  const settle = /spoor unknown settle --sent --practice sync\.people 1, or with --not-sent$/m;
  assert.match(await say("why", "sync.people", "1", "--practice"), settle);
  assert.match(await say("unknown", "--practice"), settle);
  assert.match(await say("failures", "--practice"), /^spoor unknown --practice +lists/m);
  const retry = await say("retry", "sync.people", "--practice");
  assert.match(retry, /run "spoor unknown sync\.people --practice" to see/);
  const nothing = await say("unknown", "settle", "sync.people", "--all", "--sent", "--practice");
  assert.match(nothing, /Now run: spoor run sync\.people --practice/);
  const again = await say("unknown", "settle", "sync.people", "--all", "--sent", "--practice");
  assert.match(again, /Run "spoor unknown --practice" to see/);
});

Deno.test("state check and query name commands that stay in practice", async () => {
  await using api = await fakeApi();
  const code = SEND_IN_LOOP.replace("save.row(row)", "save.row({ ...row, sent: true })");
  await using people = await syncProject(api, code);
  await people.setRows(COLUMNS, rowsOf(2));
  await people.run("--practice");
  await people.project.write("models/mart/later.sql", "SELECT 1 AS id");
  using db = new DatabaseSync(people.project.path(".spoor/practice-state.db"));
  db.exec(`DELETE FROM "sync.people" WHERE id = 1`);
  const say = async (...args: string[]) => (await people.project.run(args)).output;

  assert.match(
    await say("state", "check", "--practice"),
    /--resend sync\.people --practice" sends/,
  );
  assert.match(
    await say("query", "mart.later", "--practice"),
    /"spoor run \+mart\.later --practice"/,
  );
});

Deno.test("what a run and a plan that is applied name for what is missing stays in practice", async () => {
  await using api = await fakeApi();
  const code = `
    const answer = await http.post(ORIGIN + "/first", { json: {} });
    await http.post(ORIGIN + "/second/" + (answer.json.id ?? "none"), { json: {} });
    await query.all("SELECT * FROM raw.nothing");
  `;
  await using people = await syncProject(api, code, {
    files: {
      "models/raw/nothing.ts": `import { log } from "spoor"; log.debug("no rows");`,
      "models/mart/nothing.sql": "SELECT * FROM raw.nothing",
    },
  });
  const say = async (...args: string[]) => (await people.project.run(args)).output;

  const missing = await say("run", "--practice", "--jobs", "1");
  assert.match(missing, /Cannot run mart\.nothing: raw\.nothing has no table yet/);
  assert.match(missing, /Cannot run a query of sync\.people: raw\.nothing has no table yet/);
  assert.equal(missing.match(/Run "spoor run \+raw\.nothing --practice" first/g)?.length, 2);
  assert.match(await say("run"), /Run "spoor run \+raw\.nothing" first/);

  await say("plan", "sync.people", "--practice", "-o", "plan.json");
  assert.match(await say("apply", "plan.json"), /send without one by spoor run --practice/);
});
