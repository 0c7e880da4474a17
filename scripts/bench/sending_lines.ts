/**
 * Spoor sending one request a row, beside a raw fetch loop of as many requests at the same concurrency.
 *
 * @module
 */
import { join } from "node:path";
import { type Bench, type FloorRun, medians } from "./bench.ts";
import type { Line } from "./figure.ts";
import type { Loopback } from "./loopback.ts";
import { median } from "./median.ts";
import { sendUntilCounted } from "./send_until_counted.ts";
import { sendingMs } from "./spoor_events.ts";

const MODEL = "sync.accounts";

/** What is sent, and what it is measured by. */
export interface Sending {
  bench: Bench;
  loopback: Loopback;
  project: string;
  requests: number;
  /** At once, of Spoor and of the loop. */
  concurrency: number;
  /** Of the floor, that is still allowed. */
  factor: number;
  /** Makes the change that is to be sent; not measured. */
  prepare(turn: number): Promise<unknown>;
}

/**
 * The whole process beside the fetch loop's, of it the sending alone beside the loop alone, and what of that the
 * promise costs by itself: a loop that does nothing but keep intents and ends on the disk.
 */
export async function* sendingLines(work: string, sending: Sending): AsyncGenerator<Line> {
  const { bench, loopback, project, requests, factor, prepare } = sending;
  const phases = { floor: [] as number[], durable: [] as number[], spoor: [] as number[] };
  let note = "";
  const ms = await medians(bench.options.repeat, {
    floor: async () => {
      const { wallMs, workMs } = await fetchLoop(bench, loopback, sending);
      phases.floor.push(workMs);
      phases.durable.push((await durableLoop(bench, loopback, sending)).workMs);
      return wallMs;
    },
    spoor: async (turn) => {
      await prepare(turn);
      const sent = await sendUntilCounted(bench, loopback, project, MODEL, requests);
      phases.spoor.push(sendingMs(sent.run, MODEL));
      note = sent.note;
      return sent.run.wallMs;
    },
  });
  yield { work, unit: "ms", ...ms, target: { factor }, note };
  const floor = median(phases.floor);
  const target = { factor };
  const spoor = median(phases.spoor);
  yield { work: "  of it the sending alone", unit: "ms", floor, spoor, target };
  const durable = median(phases.durable);
  yield {
    work: "  a loop with durable ends, and no more",
    unit: "ms",
    floor,
    spoor: durable,
    target,
  };
}

async function fetchLoop(
  bench: Bench,
  loopback: Loopback,
  { requests, concurrency }: Sending,
): Promise<FloorRun> {
  const url = `http://${loopback.host}/accounts`;
  const run = await bench.floor("fetch_loop", url, String(requests), String(concurrency));
  await loopback.takeCount();
  return run;
}

async function durableLoop(
  bench: Bench,
  loopback: Loopback,
  { requests, concurrency }: Sending,
): Promise<FloorRun> {
  const url = `http://${loopback.host}/accounts`;
  const path = join(await bench.folder("durable_loop"), "loop.db");
  const args = [path, url, String(requests), String(concurrency)];
  const run = await bench.floor("durable_fetch_loop", ...args);
  await loopback.takeCount();
  return run;
}
