/**
 * A large CSV file through a TypeScript model: into a new table, and again with the same rows.
 *
 * The second run reads everything again (`@volatile`), since without that there is nothing to
 * measure: an untouched file is skipped.
 *
 * @module
 */
import { join } from "node:path";
import { writeAccounts } from "../accounts.ts";
import { ingestModel, writeModel } from "../accounts_project.ts";
import { type Bench, forget, medians } from "../bench.ts";
import type { Figure, Line } from "../figure.ts";
import { expectStatus, finished } from "../spoor_events.ts";

export const ingestFigure: Figure = {
  name: "ingest",
  summary: "a CSV of 1,000,000 rows by a TypeScript model, first and unchanged",

  async *measure(bench: Bench): AsyncGenerator<Line> {
    const rows = bench.count(1_000_000);
    const project = await bench.folder("ingest");
    const csv = join(project, "accounts.csv");
    await writeAccounts(csv, rows, 0);
    await writeModel(project, "raw/accounts.ts", ingestModel("@volatile: true"));

    const ms = await medians(bench.options.repeat, {
      floor: async () => {
        const database = join(await bench.folder("ingest_floor"), "floor.db");
        return (await bench.floor("parse_and_insert", database, csv)).wallMs;
      },
      first: async () => {
        await forget(project);
        return await ingest(bench, project, { changed: true, rows });
      },
      unchanged: () => ingest(bench, project, { changed: false, rows }),
    });
    yield line(`ingest of a CSV, ${rows} rows, first`, ms.floor, ms.first);
    yield line(`ingest of a CSV, ${rows} rows, unchanged`, ms.floor, ms.unchanged);
  },
};

async function ingest(
  bench: Bench,
  project: string,
  expected: { changed: boolean; rows: number },
): Promise<number> {
  const run = await bench.run(project);
  expectStatus(run, "ok", "raw.accounts");
  const { changed, rows } = finished(run, "raw.accounts");
  if (changed !== expected.changed || (rows ?? expected.rows) !== expected.rows) {
    throw new Error(`Cannot use this run: changed is ${changed}, rows are ${rows}`);
  }
  return run.wallMs;
}

function line(work: string, floor: number, spoor: number): Line {
  return { work, unit: "ms", floor, spoor, target: { factor: 2 } };
}
