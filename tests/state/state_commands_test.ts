/** `spoor state`: list, check, backup and mv, as a user calls them. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type Answer, fakeApi } from "../support/fake_api.ts";
import { assertExplained } from "../support/mistake.ts";
import { killAfter } from "../support/spoor.ts";
import { rowsOf, SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";
import { putBack, removeState, STATE } from "./state_file.ts";

const ONE_MODEL = { "models/a/b.sql": "SELECT 1 AS id" };
const WAITS = `
  import { log } from "spoor";
  log.info("waiting");
  await new Promise(() => setInterval(() => {}, 1e6));
`;

function jsonLines(text: string): Record<string, unknown>[] {
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

function change(project: TempProject, sql: string): void {
  using db = new DatabaseSync(project.path(STATE));
  db.exec(sql);
}

Deno.test("state backup makes a whole copy while a run goes on, which can stand in for the state", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  const { project } = people;
  await people.setRows(["id", "name"], rowsOf(30));
  const running = project.start("run --json");
  api.answer((_, index): Answer => index < 12 ? { json: {} } : { hang: true });
  await Promise.race([api.received(13), running.result]);

  const { code, stdout, output } = await project.run("state backup --json");

  assert.equal(code, 0, output);
  const [copy] = jsonLines(stdout);
  assert.equal(copy?.type, "state_backup");
  assert.match(String(copy?.path), /\/\.spoor\/backups\/spoor-\d{8}T\d{6}Z\.db$/);
  await killAfter(running, Promise.resolve());
  assert.deepEqual([...Deno.readDirSync(project.path(".spoor/backups"))].length, 1);

  await putBack(project, String(copy?.path));
  assert.equal((await project.run("state check")).code, 0);
  const first = new Set(api.requests.slice(0, 12).map(({ path }) => path));
  api.clear();
  api.answer(() => ({ json: {} }));
  const next = await people.run();
  assert.equal(next.code, 0, next.output);
  assert.equal(api.requests.length, 18);
  assert.deepEqual(api.requests.filter(({ path }) => first.has(path)), []);
});

Deno.test("state backup FILE writes there, and never over what is there", async () => {
  await using project = await tempProject(ONE_MODEL);
  await project.run("run");

  const first = await project.run("state backup copies/monday.db");
  assert.equal(first.code, 0, first.output);
  assert.deepEqual(project.rows("a.b", "copies/monday.db"), [{ id: 1 }]);
  const before = await project.bytes("copies/monday.db");
  const second = await project.run("state backup copies/monday.db");

  assertExplained(second, { says: ["monday.db: it is there already"], hint: /another name/ });
  assert.deepEqual(await project.bytes("copies/monday.db"), before);
  assert.deepEqual([...Deno.readDirSync(project.path("copies"))].map(({ name }) => name), [
    "monday.db",
  ]);
});

Deno.test({
  name: "state backup shows nobody else the copy while it is written",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using project = await tempProject(ONE_MODEL);
    await project.run("run");
    // It takes a moment to copy.
    change(project, "CREATE TABLE large AS SELECT zeroblob(80000000) AS zeros");
    await Deno.chmod(project.path(STATE), 0o600);
    await Deno.mkdir(project.path("copies"));
    const watcher = Deno.watchFs(project.path("copies"), { recursive: false });
    const running = project.start("state backup copies/monday.db");
    const seen = new Map<string, number>();
    void running.result.finally(() => watcher.close());
    for await (const { paths } of watcher) {
      for (const path of paths.filter((path) => path !== project.path("copies"))) {
        const mode = await Deno.lstat(path).then((found) => found.mode ?? 0, () => undefined);
        if (mode !== undefined) seen.set(path, (seen.get(path) ?? 0) | (mode & 0o077));
      }
    }

    assert.equal((await running.result).code, 0);
    assert.ok(seen.size > 1, "something is seen while it is written, and then the copy");
    assert.deepEqual([...seen].filter(([, others]) => others !== 0), []);
    assert.deepEqual([...Deno.readDirSync(project.path("copies"))].map(({ name }) => name), [
      "monday.db",
    ]);
  },
});

Deno.test("state backup to where nothing can be written is explained, and leaves nothing", async () => {
  await using project = await tempProject({ ...ONE_MODEL, file: "no folder" });
  await project.run("run");
  const result = await project.run("state backup file/copy.db");
  assertExplained(result, {
    says: [/Cannot write the backup \S+\/file\/copy\.db: "\S+\/file" is no folder/],
    hint: /Name a file in a folder/,
  });
  const folder = await project.run("state backup models");
  assertExplained(folder, {
    says: [/Cannot write the backup \S+\/models: it is a folder/],
    hint: /Name a file in it, as in "\S+\/models\/spoor\.db"/,
  });
  assert.doesNotMatch(result.output, /os error/);
  assert.deepEqual([...Deno.readDirSync(project.path("models"))].map(({ name }) => name), ["a"]);
});

for (const action of ["list", "check", "backup", "mv a.c a.b"]) {
  Deno.test(`state ${action} where nothing has run says so`, async () => {
    await using project = await tempProject(ONE_MODEL);
    const result = await project.run(`state ${action}`);
    assertExplained(result, { says: ["nothing has run here yet"], hint: /spoor run/ });
    assert.equal(await project.exists(".spoor"), false);
  });
}

Deno.test("state list shows what each model has, and what the project no longer has", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/people/2" ? { status: 400 } : { json: {} }
  );
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "name"], rowsOf(3));
  await people.run();
  await people.project.remove("models/sync/people.ts");

  const { stdout } = await people.project.run("state list --json");
  const states = jsonLines(stdout);

  assert.deepEqual(states.map(({ model, in_project: isThere }) => [model, isThere]), [
    ["raw.people", true],
    ["sync.people", false],
  ]);
  assert.deepEqual(
    [states[1]?.accepted_rows, states[1]?.changes_waiting, states[1]?.changes],
    [2, 1, { failed: 1 }],
  );
  const { output } = await people.project.run("state list");
  assert.match(output, /accepted rows +groups not accepted/);
  assert.match(output, /sync\.people +tracked +2 +2 +1 .*no longer in the project/);
  const check = await people.project.run("state check");
  assert.equal(check.code, 0, check.output);
  assert.match(check.output, /State is left over of sync\.people/);
});

/** Damage → what the check says of it. */
const DAMAGES: readonly (readonly [sql: string, says: RegExp])[] = [
  [`UPDATE "spoor.ledger" SET state = 'lost'`, /^ledger: Change 2 of sync\.people .*state lost/m],
  [`UPDATE "spoor.ledger" SET group_key = 'x'`, /^ledger: Change 2 .*the key x/m],
  [`UPDATE "spoor.ledger" SET state = 'rejected'`, /^ledger: .*rejected, and is not parked/m],
  [`UPDATE sqlite_sequence SET seq = 1 WHERE name = 'spoor.ledger'`, /^change ids: /m],
  [
    `UPDATE "spoor.steps" SET groups_saved = 9 WHERE groups_new = 3`,
    /^sums: The sums of sync\.people in run 1 do not balance: 3 groups to deliver, 10 accounted for/m,
  ],
  [`DELETE FROM "spoor.accepted_columns"`, /^accepted rows: 2 accepted rows of sync\.people/m],
  [
    `CREATE TABLE t AS SELECT * FROM "sync.people" WHERE id <> 3; DROP VIEW "sync.people";
     ALTER TABLE t RENAME TO "sync.people"`,
    /^tables: Groups of sync\.people .*id = 3/m,
  ],
  [`DROP TABLE "spoor.accepted.sync.people"`, /^tables: sync\.people shows .*that is gone/m],
  [`DELETE FROM "spoor.meta" WHERE key = 'project_id'`, /^project: .*no project_id/m],
  [
    `UPDATE "spoor.models" SET inputs = '{'`,
    /^models: "spoor\.models" has inputs that are no JSON/m,
  ],
  [
    `DELETE FROM "spoor.accepted_columns"; DELETE FROM "spoor.accepted.sync.people" WHERE id = 3`,
    /^accepted rows: 1 accepted row of sync\.people names a set/m,
  ],
  [`DELETE FROM "spoor.runs"`, /^runs: 2 models have a part in run 1/m],
  [
    `DELETE FROM "spoor.runs"; DELETE FROM "spoor.steps" WHERE model = 'raw.people'`,
    /^runs: 1 model has a part in run 1/m,
  ],
  [`DROP TABLE "spoor.delivery_records"`, /^schema: .*has no table spoor\.delivery_records/m],
  [`DROP TABLE "spoor.batch_parts"`, /^schema: .*has no table spoor\.batch_parts/m],
  [`DROP VIEW "spoor.deliveries"`, /^schema: .*has no view spoor\.deliveries/m],
  [`DELETE FROM "spoor.model_names"`, /^records: 3 deliveries are of models that are not known/m],
  [
    `DELETE FROM "spoor.model_names"; DELETE FROM "spoor.delivery_records"
     WHERE change_id > (SELECT min(change_id) FROM "spoor.delivery_records")`,
    /^records: 1 delivery is of a model that is not known/m,
  ],
  [`DELETE FROM "spoor.request_kinds"`, /^records: 3 requests are of kinds that are not known/m],
  [
    `ALTER TABLE "spoor.files" DROP COLUMN size_bytes`,
    /^schema: .*has no column spoor\.files\.size_bytes/m,
  ],
];

Deno.test("state check finds each damage, with what to do, and exits with 1", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/people/2" ? { status: 400 } : { json: {} }
  );
  await using people = await syncProject(api, SEND_EACH_ROW);
  const { project } = people;
  await people.setRows(["id", "name"], rowsOf(3));
  await people.run();
  const clean = await project.run("state check --json");
  assert.equal(clean.code, 0, clean.output);
  assert.deepEqual(jsonLines(clean.stdout).map(({ type, ok }) => [type, ok]), [
    ["state_check", true],
  ]);
  await project.run("state backup whole.db");

  for (const [sql, says] of DAMAGES) {
    await putBack(project, "whole.db");
    change(project, sql);
    const before = await project.bytes(STATE);

    const { code, output } = await project.run("state check");

    assert.equal(code, 1, `${sql}\n${output}`);
    assert.match(output, says);
    assert.match(output, /^ {2}hint: [A-Z]/m);
    assert.deepEqual(await project.bytes(STATE), before, "a check writes nothing");
  }
});

Deno.test("nothing is sent from a state file that has lost what its Idempotency-Keys are made of", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "name"], rowsOf(1));
  await people.run();
  change(people.project, `DELETE FROM "spoor.meta" WHERE key = 'project_id'`);
  await people.setRows(["id", "name"], rowsOf(2));
  api.clear();

  for (const command of ["run", "plan"]) {
    const result = await people.project.run(command);
    assertExplained(result, { says: ["has no project_id"], hint: /Restore a backup/ });
  }
  assert.equal(api.requests.length, 0);
});

Deno.test("state check finds a page of the file that was overwritten", async () => {
  await using project = await tempProject(ONE_MODEL);
  await project.run("run");
  await project.run("state backup whole.db");
  const [page] = project.rows(
    `SELECT rootpage AS n FROM sqlite_schema WHERE name = 'a.b'`,
    "whole.db",
  );
  const bytes = await project.bytes("whole.db");
  bytes.fill(0xa5, (Number(page?.n) - 1) * 4096, Number(page?.n) * 4096);
  await removeState(project);
  await project.write(STATE, bytes);

  const result = await project.run("state check --json");

  assert.equal(result.code, 1, result.output);
  const [finding] = jsonLines(result.stdout);
  assert.deepEqual([finding?.type, finding?.check], ["state_finding", "file structure"]);
  assert.match(String(finding?.message), /^The file is damaged: /);
  assert.match(String(finding?.hint), /restore a backup/);
  assert.deepEqual(await project.bytes(STATE), bytes);
});

Deno.test("state mv refuses what would lose or mix states, with the nearest names", async () => {
  await using project = await tempProject({
    "models/a/first.sql": "SELECT 1 AS id",
    "models/a/second.sql": "SELECT 2 AS id",
    "models/a/gone.sql": "SELECT 3 AS id",
  });
  await project.run("run");
  await project.remove("models/a/gone.sql");
  const cases: readonly (readonly [args: string, says: string, hint: RegExp, code: number])[] = [
    // A name that nobody knows is a wrong call, as in every other command.
    ["a.gonne a.second", `there is no state of "a.gonne"`, /Did you mean "a\.gone"/, 2],
    ["a.gone a.secnd", `"a.secnd" is not a model of this project`, /Did you mean "a\.second"/, 2],
    ["a.first a.second", "a.first is still a model of this project", /Rename its file first/, 1],
    ["a.gone a.second", "a.second has its own state already (1 row)", /restore a backup/, 1],
  ];

  for (const [args, says, hint, code] of cases) {
    assertExplained(await project.run(`state mv ${args}`), { says: [says], hint, code });
  }
  assert.deepEqual(project.rows("a.gone"), [{ id: 3 }]);
  const wrong = await project.run("state mv a.gone");
  assert.equal(wrong.code, 2);
  assert.match(wrong.output, /hint: Write "spoor state mv OLD NEW"/);
});

for (const saves of ["what it read", "more than it read"]) {
  Deno.test(`state mv takes all that a model has that saves ${saves}: table, index, history, requests, files`, async () => {
    await using api = await fakeApi();
    const isTable = saves === "more than it read";
    const code = isTable
      ? SEND_EACH_ROW.replace(/\}\);\s*$/, "return { ...row, more: 1 };\n});")
      : SEND_EACH_ROW;
    await using people = await syncProject(api, code);
    const { project } = people;
    await people.setRows(["id", "name"], rowsOf(3));
    await people.run();
    const text = await project.read("models/sync/people.ts");
    await project.remove("models/sync/people.ts");
    await project.write("models/sync/contacts.ts", text);
    await project.run("run");

    const moved = await project.run("state mv sync.people sync.contacts");

    assert.equal(moved.code, 0, moved.output);
    assert.match(moved.output, /The state of sync\.people is that of sync\.contacts now: 3 rows/);
    const counts = (table: string) =>
      project.rows(
        `SELECT model, count(*) AS n FROM "${table}" WHERE model LIKE 'sync%' GROUP BY 1`,
      );
    assert.deepEqual(counts("spoor.steps"), [{ model: "sync.contacts", n: 2 }]);
    assert.deepEqual(counts("spoor.requests"), [{ model: "sync.contacts", n: 3 }]);
    assert.deepEqual(counts("spoor.deliveries"), [{ model: "sync.contacts", n: 3 }]);
    assert.deepEqual(counts("spoor.models"), [{ model: "sync.contacts", n: 1 }]);
    assert.deepEqual(counts("spoor.accepted_columns"), [{ model: "sync.contacts", n: 1 }]);
    assert.deepEqual(
      project.rows("SELECT name, tbl_name FROM sqlite_schema WHERE name LIKE 'spoor.key%'"),
      isTable ? [{ name: "spoor.key.sync.contacts.id", tbl_name: "sync.contacts" }] : [],
    );
    assert.deepEqual(project.rows("SELECT type FROM sqlite_schema WHERE name = 'sync.contacts'"), [
      { type: isTable ? "table" : "view" },
    ]);
    assert.deepEqual(project.rows("sync.contacts").map(({ id }) => id), [1, 2, 3]);
    assert.deepEqual(
      project.rows("SELECT name FROM sqlite_schema WHERE name LIKE '%sync.people%'"),
      [],
    );
    assert.equal((await project.run("state check")).code, 0);
    const again = await people.project.run("run --json");
    assert.match(again.stdout, /"model":"sync\.contacts"[^\n]*"status":"skipped"/);
  });
}

Deno.test("state mv gives way to a run, and says whose it is", async () => {
  await using project = await tempProject({
    "models/a/t.ts": WAITS,
    "models/a/old.sql": "SELECT 1",
  });
  await project.run("run a.old");
  await project.remove("models/a/old.sql");
  await using running = project.start("run");
  await running.waitFor(/waiting/);

  const result = await project.run("state mv a.old a.t");

  assertExplained(result, {
    says: [`process ${running.pid} ("spoor run") has held the lock since`],
    hint: /Wait until that run ends/,
  });
  assert.equal(project.rows("a.old").length, 1);
});

Deno.test("a shell completes the actions of state, and the models for mv", async () => {
  await using project = await tempProject(ONE_MODEL);
  const actions = await project.run(["complete", "--", "state", ""]);
  assert.deepEqual(actions.stdout.trim().split("\n"), ["list", "check", "backup", "mv"]);
  const models = await project.run(["complete", "--", "state", "mv", "a.old", ""]);
  assert.equal(models.stdout.trim(), "a.b");
});
