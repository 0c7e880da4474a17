/**
 * What delivery costs that can be trusted: the intent on disk before each request, the acknowledgement after
 * it, and what is kept of both.
 *
 * @module
 */
import { join } from "node:path";
import { BODIES_BYTES, OPEN_BYTES } from "~/store/changes/kept_bodies.ts";
import { stateFilePath } from "~/store/file/open_state.ts";
import { openDatabaseReadOnly } from "~/warehouse/open_database.ts";
import { ACCOUNT_COLUMNS } from "../accounts.ts";
import {
  acknowledgingModel,
  batchingModel,
  sendingModel,
  writeModel,
} from "../accounts_project.ts";
import { type Bench, medians } from "../bench.ts";
import { preparedForJoinSql, runAbove, turnDial, writeDialProject } from "../dial_project.ts";
import type { Figure, Line } from "../figure.ts";
import { startLoopback } from "../loopback.ts";
import { sendUntilCounted } from "../send_until_counted.ts";
import { sendingLines } from "../sending_lines.ts";
import { expectSaved } from "../spoor_events.ts";

const MODEL = "sync.accounts";
const BATCH = 100;
const BATCHES_AT_ONCE = 8;

/** Concurrency → what is still allowed. */
const FACTORS = [[1, 1.8], [8, 1.5], [64, 1.4]] as const;

export const deliveryFigure: Figure = {
  name: "delivery",
  summary: "10,000 requests, durable intent and acknowledgement, at concurrency 1, 8 and 64",

  async *measure(bench: Bench): AsyncGenerator<Line> {
    const requests = bench.count(10_000);
    const project = await bench.folder("delivery");
    await writeDialProject(project, requests);
    await using loopback = await startLoopback();
    for (const [concurrency, factor] of FACTORS) {
      const model = sendingModel("mart.accounts", loopback.host, concurrency);
      await writeModel(project, "sync/accounts.ts", model);
      yield* sendingLines(`${requests} requests, ${concurrency} at once`, {
        bench,
        loopback,
        project,
        requests,
        concurrency,
        factor,
        prepare: () => runAbove(bench, project),
      });
    }
  },
};

export const batchesFigure: Figure = {
  name: "batches",
  summary: "batches of 100 over 1,000,000 changed rows",

  async *measure(bench: Bench): AsyncGenerator<Line> {
    const rows = bench.count(1_000_000, BATCH);
    const requests = Math.ceil(rows / BATCH);
    const columns = [...ACCOUNT_COLUMNS, "note"];
    const project = await bench.folder("batches");
    await writeDialProject(project, rows);
    await writeModel(project, "sync/accounts.ts", acknowledgingModel("mart.accounts", columns));
    expectSaved(await bench.run(project), MODEL, rows);

    await using loopback = await startLoopback();
    const model = batchingModel("mart.accounts", loopback.host, {
      size: BATCH,
      concurrency: BATCHES_AT_ONCE,
      columns,
    });
    await writeModel(project, "sync/accounts.ts", model);
    await bench.run(project);
    const startMs = await bench.emptyMs();
    const url = `http://${loopback.host}/accounts`;
    const floorArgs = [url, String(rows), String(BATCH), String(BATCHES_AT_ONCE)];
    let note = "";
    const ms = await medians(bench.options.repeat, {
      // The bodies are built beforehand, so the process is its start and the loop.
      floor: async () => startMs + (await bench.floor("fetch_batches", ...floorArgs)).workMs,
      spoor: async (turn) => {
        await turnDial(project, { turn: 0, note: turn + 1 });
        const sent = await sendUntilCounted(bench, loopback, project, MODEL, {
          requests,
          groups: rows,
        });
        note = sent.note;
        return sent.run.wallMs;
      },
    });
    const work = `${rows} changed rows in ${requests} batches`;
    yield { work, unit: "ms", ...ms, target: { factor: 2.5 }, note };
  },
};

export const stateSizeFigure: Figure = {
  name: "state_size",
  summary: "what the state file grows by for 1,000,000 delivered one-row groups",

  async *measure(bench: Bench): AsyncGenerator<Line> {
    // What is kept for ever is the same for each group: a tenth of them tells as much, in less time.
    const rows = bench.count(100_000, 1_000);
    await using loopback = await startLoopback();
    const floor = await tableMb(bench, rows);
    const ways = {
      [`in batches of ${BATCH}`]: batchingModel("mart.accounts", loopback.host, {
        size: BATCH,
        concurrency: BATCHES_AT_ONCE,
      }),
      "one by one": sendingModel("mart.accounts", loopback.host),
    };
    for (const [way, model] of Object.entries(ways)) {
      const spoor = await growthMb(bench, rows, model);
      yield {
        work: `state file per 1,000,000 rows, delivered ${way}`,
        unit: "MB",
        floor: perMillion(floor, rows),
        spoor: perMillion(spoor, rows) + (BODIES_BYTES + OPEN_BYTES) / 2 ** 20,
        target: { factor: 2.5 },
        note: `measured with ${rows}; the floor is the rows in a table of plain SQLite; ` +
          "bodies of requests count as the most that is ever kept of them",
      };
    }
  },
};

/** What a delivery adds to a state file that holds the source rows already, without bodies of requests. */
async function growthMb(bench: Bench, rows: number, model: string): Promise<number> {
  const project = await bench.folder("state_size");
  await writeDialProject(project, rows);
  await writeModel(project, "sync/accounts.ts", model);
  await runAbove(bench, project);
  const before = await folderMb(join(project, ".spoor"));
  expectSaved(await bench.run(project), MODEL, rows);
  return await folderMb(join(project, ".spoor")) - before - bodiesMb(project);
}

function bodiesMb(project: string): number {
  using db = openDatabaseReadOnly(stateFilePath(project, false));
  const row = db.prepare(
    `SELECT sum(pgsize) AS bytes FROM dbstat WHERE name = 'spoor.request_bodies'`,
  ).get();
  return Number(row?.bytes) / 2 ** 20;
}

/** The rows alone, in plain SQLite. */
async function tableMb(bench: Bench, rows: number): Promise<number> {
  const folder = await bench.folder("state_size_floor");
  const prepare = join(folder, "prepare.sql");
  const keepRaw = "DROP TABLE accepted; VACUUM; PRAGMA wal_checkpoint(TRUNCATE);";
  await Deno.writeTextFile(prepare, preparedForJoinSql(rows) + keepRaw);
  await bench.floor("run_sql", "--prepare", join(folder, "floor.db"), prepare);
  await Deno.remove(prepare);
  return await folderMb(folder);
}

async function folderMb(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile) bytes += (await Deno.stat(join(folder, name))).size;
  }
  return bytes / 2 ** 20;
}

function perMillion(amount: number, rows: number): number {
  return amount * 1_000_000 / rows;
}
