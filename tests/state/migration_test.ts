/** State files of earlier versions go on where they were, whatever happens while they are brought up to date. */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { checkState } from "~/state/check_state.ts";
import { openState } from "~/store/file/open_state.ts";
import { APPLICATION_ID, MIGRATIONS } from "~/store/schema.ts";
import { areRowsKept } from "~/tracked/accept/kept_rows.ts";
import { fakeApi } from "../support/fake_api.ts";
import { rowsOf, SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";
import { tempProject } from "../support/temp_project.ts";
import { SINCE_3, writeVersion } from "./rows_since_version_3.ts";
import { STATE } from "./state_file.ts";
import * as version1 from "./version_1.ts";
import * as version2 from "./version_2.ts";

interface EarlierVersion {
  version: number;
  write: (path: string, options?: { hasHistory?: boolean }) => void;
  /** Path → key of the two requests that wait. */
  openKeys: Readonly<Record<string, string>>;
  /** The name of the first of five people; the others are Ada. */
  firstName: string;
}

const EARLIER: readonly EarlierVersion[] = [
  { version: 1, write: version1.writeVersion1, openKeys: version1.OPEN_KEYS, firstName: "Ada" },
  { version: 2, write: version2.writeVersion2, openKeys: version2.OPEN_KEYS, firstName: "Eva" },
  ...SINCE_3.map(({ version, openKeys }): EarlierVersion => ({
    version,
    write: (path, options) => writeVersion(path, version, options),
    openKeys,
    firstName: "Eva",
  })),
];

/** All but what version 4 notes: from which change on keys are made of content too. */
function wasIn(version: number): (row: Record<string, unknown>) => boolean {
  return ({ key }) => version >= 4 || key !== "content_keys_from";
}

Deno.test("openState() tells what a model of an earlier version only kept from what was accepted", async () => {
  await using project = await tempProject();
  const path = project.path(STATE);
  writeVersion(path, 4);
  {
    using db = new DatabaseSync(path);
    const step = `(run_id, model, kind, status, reason, rows, elapsed_ms)`;
    db.exec(
      `INSERT INTO "spoor.steps" ${step} VALUES (1, 'mart.kept', 'tracked', 'ok', 'first run', 3, 1)`,
    );
  }

  using db = openState(path);

  assert.deepEqual(
    ["mart.kept", "sync.people", "raw.people"].map((model) => areRowsKept(db, model)),
    [true, false, false],
  );
});

Deno.test("every released schema has its test here", () => {
  assert.deepEqual(EARLIER.map(({ version }) => version), MIGRATIONS.slice(1).map((_, i) => i + 1));
});

for (const { version, write, openKeys, firstName } of EARLIER) {
  Deno.test(`openState() brings a file of version ${version} up to date and keeps every row`, async () => {
    await using project = await tempProject();
    const path = project.path(STATE);
    write(path, { hasHistory: true });
    const before = dump(path);

    using db = openState(path);

    const after = dump(path);
    assert.equal(db.prepare("PRAGMA user_version").get()?.user_version, MIGRATIONS.length);
    for (const [table, rows] of before) {
      const columns = Object.keys(rows[0] ?? {});
      const kept = (after.get(table) ?? []).filter(wasIn(version)).map((row) => pick(row, columns));
      // Not one by one: a diff of 60,000 rows takes longer than all else here.
      assert.equal(textOf(kept) === textOf(rows), true, `${table} is not what it was`);
    }
    const report = checkState({ db, isOfProject: () => true });
    assert.deepEqual(report.findings, []);
  });

  Deno.test(`a run on a file of version ${version} sends nothing again, and goes on with what waited, same keys`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND_EACH_ROW);
    const rows = [["1", `'${firstName}'`], ...rowsOf(5).slice(1)];
    await people.setRows(["id", "name"], rows);
    write(people.project.path(STATE));

    const run = await people.run();

    assert.equal(run.code, 0, run.output);
    assert.deepEqual(
      Object.fromEntries(api.requests.map(({ path, key }) => [path, key])),
      openKeys,
    );
    assert.equal(api.requests.length, 2);
    assert.equal(run.sync.delivery?.unchanged, 3);
    assert.equal(people.project.rows("sync.people").length, 5);
    assert.deepEqual(
      people.project.rows(`SELECT status FROM "spoor.runs" ORDER BY id`).map((row) => row.status),
      ["ok", "died", "ok"],
    );

    api.clear();
    const next = await people.run();
    assert.equal(next.code, 0, next.output);
    assert.equal(api.requests.length, 0);
    assert.equal((await people.project.run("state check")).code, 0);
  });

  Deno.test(`reading commands leave a file of version ${version} as it is`, async () => {
    await using project = await tempProject({
      "models/sync/people.ts": `// @kind: tracked\n// @unique_key: id\nimport "spoor";`,
    });
    const path = project.path(STATE);
    write(path);

    for (
      const command of [
        "history",
        "history sync.people",
        "describe sync.people",
        "query sync.people",
        "state list",
        "state check",
      ]
    ) {
      const { code, output } = await project.run(command);
      assert.equal(code, 0, `${command}: ${output}`);
    }
    const { output } = await project.run("state check");

    assert.match(
      output,
      new RegExp(`The schema is ${version}; the next run brings it to ${MIGRATIONS.length}`),
    );
    using db = new DatabaseSync(path, { readOnly: true });
    assert.equal(db.prepare("PRAGMA user_version").get()?.user_version, version);
  });
}

Deno.test("openState() keeps every change of version 2, and takes for possible what may have been done", async () => {
  await using project = await tempProject();
  const path = project.path(STATE);
  const states = ["sent", "unknown", "failed", "rejected", "settled"];
  writeChanges(path, states);

  using db = openState(path);

  const rows = db.prepare(`SELECT group_key, state, moved FROM "spoor.ledger" ORDER BY id`).all();
  assert.deepEqual(
    rows.map(({ group_key: key, state, moved }) => [key, state, moved]),
    states.map((state, i) => [`[${i}]`, state, state === "rejected" ? 0 : 1]),
  );
  assert.deepEqual(checkState({ db, isOfProject: () => true }).findings, []);
});

Deno.test("what was settled as sent in a file of version 5 is remembered beside what is tried in its place", async () => {
  await using api = await fakeApi(({ path, json }) => {
    return path === "/people/5" && JSON.stringify(json).includes("Bad") ? { status: 422 } : {};
  });
  await using people = await syncProject(api, SEND_EACH_ROW);
  const path = people.project.path(STATE);
  writeVersion(path, 5);
  {
    using db = new DatabaseSync(path);
    db.exec(`UPDATE "spoor.ledger" SET state = 'settled' WHERE group_key = '[5]'`);
  }
  const rowsWith = (name: string) => [["1", "'Eva'"], ...rowsOf(4).slice(1), ["5", `'${name}'`]];
  for (const name of ["Bad", "Ada"]) {
    await people.setRows(["id", "name"], rowsWith(name));
    await people.run();
  }

  const sent = api.requests.filter((request) => request.path === "/people/5");
  assert.deepEqual(sent.map(({ json }) => json), [{ id: 5, name: "Bad" }]);
  assert.deepEqual(people.project.rows("spoor.ledger"), []);
});

/** A file of version 2 with a change in each of these states. */
function writeChanges(path: string, states: readonly string[]): void {
  Deno.mkdirSync(dirname(path), { recursive: true });
  using db = new DatabaseSync(path);
  db.exec("PRAGMA journal_mode = WAL; BEGIN");
  for (const sql of MIGRATIONS.slice(0, 2)) db.exec(sql);
  const insert = db.prepare(
    `INSERT INTO "spoor.ledger" (model, group_key, content_hash, state, parked, run_id, action)
     VALUES ('sync.people', ?, '1:a', ?, ?, 1, 'create')`,
  );
  for (const [i, state] of states.entries()) {
    insert.run(`[${i}]`, state, BigInt(state === "rejected"));
  }
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 2; COMMIT`);
}

Deno.test("why tells of tries that a file of version 2 has on record, and asks for a run before", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "name"], [["1", "'Eva'"], ...rowsOf(5).slice(1)]);
  version2.writeVersion2(people.project.path(STATE));

  const before = await people.project.run("why sync.people 4");
  assert.match(before.output, /only an older Spoor has run here yet/);
  await people.run();
  const { stdout } = await people.project.run("why sync.people 4");

  const [accepted = -1, retried = -1, failed = -1] = [
    /run 3 .*accepted: created/,
    /after run 2 .*retried: by a person/,
    /run 2 .*failed: create/,
  ].map((pattern) => stdout.search(pattern));
  assert.ok(accepted >= 0 && accepted < retried && retried < failed, stdout);
  assert.match(stdout, /people\/4 +400 .*3 ms, key d687a6b1c792075dc1c4d661113c1ce9/);
});

const KILLS = 8;

for (const { version, write } of EARLIER) {
  Deno.test(`killed ${KILLS} times while it migrates, a file is of version ${version} or of the new one, and whole`, async () => {
    await using project = await tempProject();
    const pristine = project.path("pristine.db");
    write(pristine, { hasHistory: true });
    const rows = countsOf(pristine);
    const tookMs = await openInProcess(project.path("timed.db"), pristine, undefined);
    const versions: number[] = [];
    for (let i = 0; i < KILLS; i++) {
      const path = project.path(`killed-${i}.db`);
      // Spread over the time that opening takes, so that some come before, in and after it.
      await openInProcess(path, pristine, tookMs * 1.2 * i / KILLS);

      const found = assertWhole(path, rows);
      assert.ok([version, MIGRATIONS.length].includes(found), `version ${found}`);
      versions.push(found);
      openState(path).close();
      assert.equal(assertWhole(path, rows), MIGRATIONS.length);
    }
    assert.ok(versions.includes(version), `no kill came before the end: ${versions}`);
  });
}

/** Copies a file and opens the copy in another process, which is killed after a time. */
async function openInProcess(
  path: string,
  from: string,
  killAfterMs: number | undefined,
): Promise<number> {
  await Deno.copyFile(from, path);
  const script = fileURLToPath(new URL("open_when_told.ts", import.meta.url));
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  await using child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "--no-check", "--config", config, script, path],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const ready = child.stdout.getReader();
  await ready.read();
  ready.releaseLock();
  const startedAt = performance.now();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("\n"));
  if (killAfterMs !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, killAfterMs));
    try {
      child.kill("SIGKILL");
    } catch {
      // It was done before.
    }
  }
  await child.stdout.cancel();
  await child.status;
  await writer.abort().catch(() => {}); // The process is gone, and its end of the pipe with it.
  return performance.now() - startedAt;
}

/** @returns The version; everything that belongs to it is there. */
function assertWhole(path: string, rows: Readonly<Record<string, number>>): number {
  using db = new DatabaseSync(path, { readOnly: true });
  const report = checkState({ db, isOfProject: () => true });
  assert.deepEqual(report.findings, []);
  const version = Number(db.prepare("PRAGMA user_version").get()?.user_version);
  assert.deepEqual(pick(countsOf(path), Object.keys(rows)), rows);
  return version;
}

/** How many rows there are of all that a migration moves. */
function countsOf(path: string): Record<string, number> {
  using db = new DatabaseSync(path, { readOnly: true });
  const tables = ["spoor.ledger", "spoor.requests", "spoor.deliveries"].filter((name) =>
    db.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(name)
  );
  return Object.fromEntries(tables.map((table) => [
    table,
    Number(db.prepare(`SELECT count(*) AS n FROM "${table}"`).get()?.n),
  ]));
}

/** All rows of all tables and views, by name; as they are told apart since version 3. */
function dump(path: string): Map<string, Record<string, unknown>[]> {
  using db = new DatabaseSync(path, { readOnly: true });
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')").all();
  return new Map(tables.map(({ name }) => [
    String(name),
    db.prepare(`SELECT * FROM "${name}"`).all().map((row) => asSinceVersion3(String(name), row)),
  ]));
}

/** Deliveries have no number any more, and requests a time to a tenth of a millisecond. */
function asSinceVersion3(table: string, row: Record<string, unknown>): Record<string, unknown> {
  const { id, ...rest } = row;
  if (table === "spoor.deliveries") return rest;
  if (table !== "spoor.requests") return { ...row };
  return { id, ...rest, elapsed_ms: Math.round(Number(row.elapsed_ms) * 10) / 10 };
}

/** In any order. */
function textOf(rows: readonly Record<string, unknown>[]): string {
  return rows.map((row) => JSON.stringify(row)).sort().join("\n");
}

function pick<Value>(
  row: Readonly<Record<string, Value>>,
  names: readonly string[],
): Record<string, Value | undefined> {
  return Object.fromEntries(names.map((name) => [name, row[name]]));
}

Deno.test("a large file is not brought up to date without a word, and nothing is said of a small one", async () => {
  await using project = await tempProject({ "models/mart/one.sql": "SELECT 1 AS id" });
  const path = project.path(STATE);
  writeVersion(path, 3);
  {
    using db = new DatabaseSync(path);
    db.exec("CREATE TABLE filler (x); INSERT INTO filler VALUES (zeroblob(25000000))");
  }
  const size = `from version 3 to ${MIGRATIONS.length} \\(25\\.\\d MB\\)`;

  const plan = await project.run("plan --json");
  const run = await project.run("run --json");
  const again = await project.run("run");

  assert.match(
    plan.stderr,
    new RegExp(`^Bringing a copy of the state file ${size}, for this plan alone; .*\\n$`),
  );
  assert.match(
    run.stderr,
    new RegExp(`^Bringing the state file ${size}; this is done once\\.\\n$`),
  );
  assert.equal(run.code, 0, run.output);
  assert.equal(again.stderr, "");
  writeVersion(project.path(".spoor/practice-state.db"), 3);
  assert.equal((await project.run("run --practice")).stderr, "");
});
