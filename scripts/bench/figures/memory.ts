/**
 * The peak of memory, which must not grow with the number of rows.
 *
 * @module
 */
import { changedAccounts, writeAccounts } from "../accounts.ts";
import { sendingModel, writeAccountsProject, writeModel } from "../accounts_project.ts";
import type { Bench, SpoorRun } from "../bench.ts";
import type { Figure, Line } from "../figure.ts";
import { startLoopback } from "../loopback.ts";
import { renderAmount } from "../render_line.ts";
import { sendUntilCounted } from "../send_until_counted.ts";
import { expectSaved } from "../spoor_events.ts";

const MODEL = "sync.accounts";
const LIMIT_MB = 300;

export const memoryFigure: Figure = {
  name: "memory",
  summary: "peak memory of the whole way at 1,000,000 rows and at 5,000,000",

  async *measure(bench: Bench): AsyncGenerator<Line> {
    for (const full of [1_000_000, 5_000_000]) yield* measurePeaks(bench, bench.count(full));
  },
};

async function* measurePeaks(bench: Bench, rows: number): AsyncGenerator<Line> {
  await using loopback = await startLoopback();
  const project = await writeAccountsProject(await bench.folder("memory"), rows);
  const first = await bench.run(project.folder);
  expectSaved(first, MODEL, rows);
  yield peak(`peak memory, ${rows} rows, first run`, first);

  await writeModel(
    project.folder,
    "sync/accounts.ts",
    sendingModel("staging.accounts", loopback.host),
  );
  await writeAccounts(project.csv, rows, 1);
  const changed = changedAccounts(rows);
  const { run } = await sendUntilCounted(bench, loopback, project.folder, MODEL, changed);
  yield peak(`peak memory, ${rows} rows, 1 % changed`, run);
}

function peak(work: string, run: SpoorRun): Line {
  if (run.peakMb === undefined) throw new Error("Cannot measure memory: /proc is not there");
  return {
    work,
    unit: "MB",
    spoor: run.peakMb,
    target: { factor: 0, plus: LIMIT_MB },
    note: `took ${renderAmount(run.wallMs, "ms")}`,
  };
}
