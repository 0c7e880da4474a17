/** State files of earlier versions go on where they were, whatever happens while they are brought up to date. */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { checkState } from "~/state/check_state.ts";
import { openState } from "~/store/open_state.ts";
import { APPLICATION_ID, MIGRATIONS } from "~/store/schema.ts";
import { rowsOf, SEND_EACH_ROW, syncProject } from "../delivery/sync_project.ts";
import { fakeApi } from "../support/fake_api.ts";
import { tempProject } from "../support/temp_project.ts";
import { OPEN_KEYS, writeVersion1 } from "./version_1.ts";

const STATE = ".spoor/spoor.db";

Deno.test("every released schema has its test here", () => {
  assert.equal(MIGRATIONS.length, 3, "add a builder of version 3 to these tests");
});

Deno.test("openState() keeps every change of version 2, and takes for possible what may have been done", async () => {
  await using project = await tempProject();
  const path = project.path(STATE);
  const states = ["sent", "unknown", "failed", "rejected", "settled"];
  writeVersion2(path, states);

  using db = openState(path);

  const rows = db.prepare(`SELECT group_key, state, moved FROM "spoor.ledger" ORDER BY id`).all();
  assert.deepEqual(
    rows.map(({ group_key: key, state, moved }) => [key, state, moved]),
    states.map((state, i) => [`[${i}]`, state, state === "rejected" ? 0 : 1]),
  );
  assert.deepEqual(checkState({ db, isOfProject: () => true }).findings, []);
});

/** A file of version 2 with a change in each of these states. */
function writeVersion2(path: string, states: readonly string[]): void {
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

Deno.test("openState() brings a file of version 1 up to date and keeps every row", async () => {
  await using project = await tempProject();
  const path = project.path(STATE);
  writeVersion1(path);
  const before = dump(path);

  using db = openState(path);

  const after = dump(path);
  assert.equal(db.prepare("PRAGMA user_version").get()?.user_version, MIGRATIONS.length);
  for (const [table, rows] of before) {
    const kept = after.get(table)?.map((row, i) => pick(row, Object.keys(rows[i] ?? {})));
    assert.deepEqual(kept, rows, table);
  }
  const report = checkState({ db, isOfProject: () => true });
  assert.deepEqual(report.findings, []);
});

Deno.test("a run on a file of version 1 sends nothing again, and goes on with what waited, same keys", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "name"], rowsOf(5));
  writeVersion1(people.project.path(STATE));

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(
    Object.fromEntries(api.requests.map(({ path, key }) => [path, key])),
    OPEN_KEYS,
  );
  assert.equal(api.requests.length, 2);
  assert.equal(run.sync.delivery?.unchanged, 3);
  assert.equal(people.project.rows("sync.people").length, 5);
  assert.deepEqual(
    people.project.rows(`SELECT status FROM "spoor.runs" ORDER BY id`).map(({ status }) => status),
    ["ok", "died", "ok"],
  );

  api.clear();
  const next = await people.run();
  assert.equal(next.code, 0, next.output);
  assert.equal(api.requests.length, 0);
  assert.equal((await people.project.run("state check")).code, 0);
});

Deno.test("reading commands leave a file of version 1 as it is", async () => {
  await using project = await tempProject({ "models/sync/people.sql": "SELECT 1 AS id" });
  const path = project.path(STATE);
  writeVersion1(path);

  for (const command of ["history", "query sync.people", "state list", "state check"]) {
    const { code, output } = await project.run(command);
    assert.equal(code, 0, `${command}: ${output}`);
  }
  const { output } = await project.run("state check");

  assert.match(output, /The schema is 1; the next run brings it to 3/);
  using db = new DatabaseSync(path, { readOnly: true });
  assert.equal(db.prepare("PRAGMA user_version").get()?.user_version, 1);
});

const KILLS = 20;

Deno.test(`killed ${KILLS} times while it migrates, the file is of the old or of the new version, and whole`, async () => {
  await using project = await tempProject();
  const pristine = project.path("pristine.db");
  writeVersion1(pristine, { hasHistory: true });
  const tookMs = await openInProcess(project.path("timed.db"), pristine, undefined);
  const versions: number[] = [];
  for (let i = 0; i < KILLS; i++) {
    const path = project.path(`killed-${i}.db`);
    // Spread over the time that opening takes, so that some come before, in and after it.
    await openInProcess(path, pristine, tookMs * 1.2 * i / KILLS);

    versions.push(assertWhole(path));
    openState(path).close();
    assert.equal(assertWhole(path), MIGRATIONS.length);
  }
  assert.ok(versions.includes(1), `no kill came before the end: ${versions}`);
});

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
function assertWhole(path: string): number {
  using db = new DatabaseSync(path, { readOnly: true });
  const version = Number(db.prepare("PRAGMA user_version").get()?.user_version);
  assert.ok([1, MIGRATIONS.length].includes(version), `version ${version}`);
  const report = checkState({ db, isOfProject: () => true });
  assert.deepEqual(report.findings, []);
  assert.equal(db.prepare(`SELECT count(*) AS n FROM "spoor.requests"`).get()?.n, 60_000);
  assert.equal(db.prepare(`SELECT count(*) AS n FROM "spoor.ledger"`).get()?.n, 2);
  return version;
}

/** All rows of all tables, by table. */
function dump(path: string): Map<string, Record<string, unknown>[]> {
  using db = new DatabaseSync(path, { readOnly: true });
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  return new Map(tables.map(({ name }) => [
    String(name),
    db.prepare(`SELECT * FROM "${name}"`).all().map((row) => ({ ...row })),
  ]));
}

function pick(row: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, row[name]]));
}
