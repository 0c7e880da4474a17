/**
 * How long it takes to look something up in a long record: `why`, `failures` and `history` with a
 * million deliveries and as many requests; `--scale 10` for ten million.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { openState, stateFilePath } from "~/store/file/open_state.ts";
import { acceptedTableName, ensureAcceptedTable } from "~/tracked/accept/accepted_table.ts";
import { ensureTargetAsRead } from "~/tracked/accept/target_table.ts";
import type { Bench } from "../bench.ts";
import { medians } from "../bench.ts";
import type { Figure, Line } from "../figure.ts";

const RUNS = 5;
const MODEL = "sync.accounts";
/** One in so many groups is not accepted. */
const FAILING = 100;
/** Tries of each group. */
const TRIES = 10;
/** What a look-up may take beside the start of the program. */
const LOOK_MS = 100;

export const recordsFigure: Figure = {
  name: "records",
  summary: "why, failures and history with 1,000,000 deliveries and requests",

  async *measure(bench: Bench): AsyncGenerator<Line> {
    const records = bench.count(1_000_000, 10_000);
    const project = await bench.folder("records");
    await writeProject(project, records);
    const look = async (...args: string[]) => {
      const { wallMs, lines } = await bench.spoor(...args, "--project", project);
      if (lines.length === 0) throw new Error(`spoor ${args.join(" ")} failed`);
      return wallMs;
    };
    const key = String(Math.ceil(records / TRIES / 2));
    const ms = await medians(RUNS, {
      start: async () => (await bench.spoor("version")).wallMs,
      why: () => look("why", MODEL, key),
      failures: () => look("failures"),
      unknown: () => look("unknown"),
      history: () => look("history", MODEL),
      runs: () => look("history"),
    });
    yield line(`why, ${records} deliveries`, ms.start, ms.why);
    yield line("failures", ms.start, ms.failures);
    yield line("unknown", ms.start, ms.unknown);
    yield line("history of a model", ms.start, ms.history);
    yield line("history", ms.start, ms.runs);
  },
};

function line(work: string, floor: number, spoor: number): Line {
  return { work, unit: "ms", floor, spoor, target: { factor: 1, plus: LOOK_MS } };
}

async function writeProject(folder: string, records: number): Promise<void> {
  await mkdir(join(folder, "models", "sync"), { recursive: true });
  const header = ["kind: tracked", "unique_key: id", "allow_net: localhost"];
  await writeFile(
    join(folder, "models", "sync", "accounts.ts"),
    header.map((entry) => `// @${entry}\n`).join(""),
  );
  using db = openState(stateFilePath(folder, false));
  db.exec("PRAGMA synchronous = OFF");
  fill(db, records);
}

/** A year of runs, each group tried as often as the others; the last try of some failed. */
function fill(db: DatabaseSync, records: number): void {
  const groups = Math.ceil(records / TRIES);
  const runs = 8_760;
  const numbers = (count: number) =>
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  const lastTry = TRIES - 1;
  const run = `(1 + i * ${runs} / ${records + 1})`;
  const at = "strftime('%Y-%m-%dT%H:%M:%fZ', 1767225600 + i, 'unixepoch')";
  const columnsId = ensureAcceptedTable(db, MODEL, ["id"], ["id", "email"]);
  ensureTargetAsRead(db, MODEL, ["id"], ["id", "email"]);
  const email = "'a' || i || '@example.com'";
  db.exec(`
    BEGIN;
    ${numbers(runs)} INSERT INTO "spoor.runs" (started_at, ended_at, status, spoor_version, command)
      SELECT ${at}, ${at}, 'ok', '0', 'spoor run' FROM n;
    ${numbers(runs)} INSERT INTO "spoor.steps" (run_id, model, kind, status, reason, elapsed_ms,
        groups_new, groups_changed, groups_unchanged, groups_removed, groups_saved, groups_failed,
        groups_unknown, groups_left, groups_rejected, groups_parked)
      SELECT i, '${MODEL}', 'tracked', 'ok', 'changed', 1, 0, 9, 0, 0, 9, 0, 0, 0, 0, 0 FROM n;
    ${numbers(groups)} INSERT INTO "${acceptedTableName(MODEL)}"
        (id, email, _spoor_ordinal, _spoor_copies, _spoor_token, _spoor_columns, _spoor_hash)
      SELECT i, ${email}, 0, 1, random() & 0x7fffffffffff, ${columnsId}, randomblob(16) FROM n;
    INSERT INTO "spoor.model_names" VALUES (1, '${MODEL}');
    ${numbers(groups)},
      tries (try) AS (SELECT 0 UNION ALL SELECT try + 1 FROM tries WHERE try < ${lastTry}),
      changes (group_key, i) AS (SELECT '[' || n.i || ']', n.i + try * ${groups} FROM n, tries)
    INSERT INTO "spoor.delivery_records" (model_id, group_key, run_id, nth, action, state, change_id,
        batch, after_ms, content_hash, changed)
      SELECT 1, group_key, ${run}, 0, 1, 0, i, 0, i % 10000, randomblob(16), '{"email":["a","b"]}'
      FROM changes ORDER BY group_key, i;
    ${numbers(runs)} INSERT INTO "spoor.request_kinds"
      SELECT i, i, 1, '${MODEL}', 'PUT', 'https://localhost/', 200, i * ${records} / ${runs} FROM n;
    ${numbers(records)} INSERT INTO "spoor.request_records" (kind_id, change_id, after_ms,
        elapsed_tenths, attempts, url)
      SELECT ${run}, i, i % 10000, 10, 1, 1 + (i - 1) % ${groups} FROM n;
    ${
    numbers(Math.ceil(groups / FAILING))
  } INSERT INTO "spoor.ledger" (model, group_key, content_hash,
        state, run_id, error, parked, at)
      SELECT '${MODEL}', '[' || (i * ${FAILING}) || ']', '1:x', iif(i % 10, 'failed', 'unknown'), ${runs},
        'PUT https://localhost/' || (i * ${FAILING}) || ' answered 422', i % 2, ${at} FROM n;
    COMMIT;
  `);
}
