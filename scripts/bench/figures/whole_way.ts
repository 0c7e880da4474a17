/**
 * The whole way: a CSV file of a million rows → staging → tracked, and only what changed leaves.
 *
 * @module
 */
import { join } from "node:path";
import { changedAccounts, writeAccounts } from "../accounts.ts";
import {
  type AccountsProject,
  sendingModel,
  STAGING_SQL,
  writeAccountsProject,
  writeModel,
} from "../accounts_project.ts";
import { type Bench, medians } from "../bench.ts";
import { joinByValueSql } from "../dial_project.ts";
import type { Figure, Line } from "../figure.ts";
import { type Loopback, startLoopback } from "../loopback.ts";
import { sendUntilCounted } from "../send_until_counted.ts";
import { expectSaved, expectStatus } from "../spoor_events.ts";

const MODEL = "sync.accounts";
const UNTOUCHED_RUNS = 5;

export const wholeWayFigure: Figure = {
  name: "whole_way",
  summary: "CSV of 1,000,000 rows → staging → tracked: untouched, rewritten, 1 % changed",

  async *measure(bench: Bench): AsyncGenerator<Line> {
    const rows = bench.count(1_000_000);
    await using loopback = await startLoopback();
    const project = await writeAccountsProject(await bench.folder("whole_way"), rows);
    expectSaved(await bench.run(project.folder), MODEL, rows);
    await writeModel(
      project.folder,
      "sync/accounts.ts",
      sendingModel("staging.accounts", loopback.host),
    );
    await bench.run(project.folder);

    const untouched = await measureUntouched(bench, project, rows);
    yield untouched;
    yield await measureRewritten(bench, project, { rows, startMs: untouched.spoor });
    yield await measureChanged(bench, project, loopback, rows);
  },
};

async function measureUntouched(
  bench: Bench,
  project: AccountsProject,
  rows: number,
): Promise<Line> {
  const ms = await medians(UNTOUCHED_RUNS, {
    floor: () => bench.emptyMs(),
    spoor: () => runSkipped(bench, project),
  });
  return {
    work: `whole way, ${rows} rows, file untouched`,
    unit: "ms",
    ...ms,
    target: { factor: 12 },
  };
}

/** The start beside the floor is that of the run in which nothing is done. */
async function measureRewritten(
  bench: Bench,
  project: AccountsProject,
  { rows, startMs }: { rows: number; startMs: number },
): Promise<Line> {
  const ms = await medians(bench.options.repeat, {
    floor: async () => (await bench.floor("hash_file", project.csv)).wallMs,
    spoor: async () => {
      await writeAccounts(project.csv, rows, 0);
      return await runSkipped(bench, project);
    },
  });
  return {
    work: "whole way, file rewritten with the same bytes",
    unit: "ms",
    ...ms,
    target: { factor: 2, plus: startMs },
  };
}

async function measureChanged(
  bench: Bench,
  project: AccountsProject,
  loopback: Loopback,
  rows: number,
): Promise<Line> {
  const changed = changedAccounts(rows);
  let note = "";
  const ms = await medians(bench.options.repeat, {
    floor: () => sumOfFloors(bench, project, loopback, changed),
    spoor: async (turn) => {
      await writeAccounts(project.csv, rows, turn + 1);
      const sent = await sendUntilCounted(bench, loopback, project.folder, MODEL, changed);
      note = sent.note;
      return sent.run.wallMs;
    },
  });
  return {
    work: `whole way, 1 % of ${rows} rows changed, ${changed} requests`,
    unit: "ms",
    ...ms,
    target: { factor: 1.8 },
    note,
  };
}

async function runSkipped(bench: Bench, project: AccountsProject): Promise<number> {
  const run = await bench.run(project.folder);
  expectStatus(run, "skipped", "raw.accounts", "staging.accounts", MODEL);
  return run.wallMs;
}

/** Parse and insert, one copy, one join, the raw fetches: the work alone, and one start for all. */
async function sumOfFloors(
  bench: Bench,
  project: AccountsProject,
  loopback: Loopback,
  requests: number,
): Promise<number> {
  const folder = await bench.folder("whole_way_floor");
  const database = join(folder, "floor.db");
  const sql = async (name: string, text: string) => {
    const path = join(folder, name);
    await Deno.writeTextFile(path, text);
    return path;
  };
  const copied = STAGING_SQL.replace("raw.accounts", "accounts");
  const copy = await sql("copy.sql", `CREATE TABLE staged AS ${copied}`);
  const accept = await sql(
    "accept.sql",
    `CREATE TABLE accepted (
      account_id INTEGER PRIMARY KEY, email, name, plan, country, seats, balance, updated_at
    );
    INSERT INTO accepted SELECT * FROM staged;`,
  );
  const compare = await sql("join.sql", joinByValueSql("staged"));
  const url = `http://${loopback.host}/accounts`;

  const parsed = await bench.floor("parse_and_insert", database, project.csv);
  const copiedOnce = await bench.floor("run_sql", database, copy);
  await bench.floor("run_sql", "--prepare", database, accept);
  const joined = await bench.floor("run_sql", database, compare);
  const fetched = await bench.floor("fetch_loop", url, String(requests), "64");
  return await bench.emptyMs() + parsed.workMs + copiedOnce.workMs + joined.workMs +
    fetched.workMs;
}
