/**
 * Finding what changed among a million rows, and sending it.
 *
 * Times are of the whole process, from the call to the exit. In all three the mart is a view and
 * nothing above the tracked model costs anything worth mentioning (`dial_project.ts`).
 *
 * @module
 */
import { join } from "node:path";
import { changedAccounts } from "../accounts.ts";
import { sendingModel, writeModel } from "../accounts_project.ts";
import { type Bench, medians } from "../bench.ts";
import {
  joinByValueSql,
  preparedForJoinSql,
  runAbove,
  turnDial,
  writeDialProject,
} from "../dial_project.ts";
import type { Figure, Line } from "../figure.ts";
import { startLoopback } from "../loopback.ts";
import { renderAmount } from "../render_line.ts";
import { sendingLines } from "../sending_lines.ts";
import { expectSaved, expectStatus, finished } from "../spoor_events.ts";

const MODEL = "sync.accounts";

export const trackedUnchangedFigure: Figure = {
  name: "tracked_unchanged",
  summary: "tracked, 1,000,000 rows, nothing changed",

  async *measure(bench: Bench): AsyncGenerator<Line> {
    const rows = bench.count(1_000_000);
    const project = await seededProject(bench, rows);
    const floor = await preparedFloor(bench, rows);
    let modelMs = 0;
    const ms = await medians(bench.options.repeat, {
      floor: async () => (await bench.floor("run_sql", floor.database, floor.join)).wallMs,
      spoor: async (turn) => {
        await turnDial(project, { turn: 0, note: turn + 1 });
        const run = await bench.run(project);
        expectStatus(run, "ok", MODEL);
        expectSaved(run, MODEL, 0);
        modelMs = finished(run, MODEL).elapsed_ms;
        return run.wallMs;
      },
    });
    yield {
      work: `tracked, ${rows} rows, nothing changed`,
      unit: "ms",
      ...ms,
      target: { factor: 2 },
      note: `the model alone ${renderAmount(modelMs, "ms")}`,
    };
  },
};

export const trackedChangedFigure: Figure = {
  name: "tracked_changed",
  summary: "tracked, 1 % of 1,000,000 rows changed, sent one by one at concurrency 64",

  async *measure(bench: Bench): AsyncGenerator<Line> {
    const rows = bench.count(1_000_000);
    const changed = changedAccounts(rows);
    const project = await seededProject(bench, rows);
    await using loopback = await startLoopback();
    await writeModel(project, "sync/accounts.ts", sendingModel("mart.accounts", loopback.host));
    await bench.run(project);
    yield* sendingLines(`tracked, 1 % of ${rows} rows changed, ${changed} requests`, {
      bench,
      loopback,
      project,
      requests: changed,
      concurrency: 64,
      factor: 1.6,
      prepare: (turn) => turnDial(project, { turn: turn + 1, note: 0 }),
    });
  },
};

export const firstSyncFigure: Figure = {
  name: "first_sync",
  summary: "first sync of 100,000 rows at concurrency 64",

  async *measure(bench: Bench): AsyncGenerator<Line> {
    const rows = bench.count(100_000);
    const project = await bench.folder("first_sync");
    await writeDialProject(project, rows);
    await using loopback = await startLoopback();
    await writeModel(project, "sync/accounts.ts", sendingModel("mart.accounts", loopback.host));
    yield* sendingLines(`first sync of ${rows} rows, one request a row`, {
      bench,
      loopback,
      project,
      requests: rows,
      concurrency: 64,
      factor: 1.6,
      prepare: () => runAbove(bench, project),
    });
  },
};

async function seededProject(bench: Bench, rows: number): Promise<string> {
  const project = await bench.folder(`tracked_${rows}`);
  await writeDialProject(project, rows);
  expectSaved(await bench.run(project), MODEL, rows);
  return project;
}

async function preparedFloor(
  bench: Bench,
  rows: number,
): Promise<{ database: string; join: string }> {
  const folder = await bench.folder("tracked_floor");
  const [database, prepare, joinSql] = ["floor.db", "prepare.sql", "join.sql"]
    .map((name) => join(folder, name)) as [string, string, string];
  await Deno.writeTextFile(prepare, preparedForJoinSql(rows));
  await Deno.writeTextFile(joinSql, joinByValueSql("mart.accounts"));
  await bench.floor("run_sql", "--prepare", database, prepare);
  return { database, join: joinSql };
}
