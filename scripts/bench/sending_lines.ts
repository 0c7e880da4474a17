/**
 * Spoor sending one request a row, beside a raw fetch loop of as many requests at the same concurrency.
 *
 * @module
 */
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

/** The whole process beside the fetch loop's, and of it the sending alone beside the loop alone. */
export async function* sendingLines(work: string, sending: Sending): AsyncGenerator<Line> {
  const { bench, loopback, project, requests, concurrency, factor, prepare } = sending;
  const phases = { floor: [] as number[], spoor: [] as number[] };
  let note = "";
  const ms = await medians(bench.options.repeat, {
    floor: async () => {
      const { wallMs, workMs } = await fetchLoop(bench, loopback, requests, concurrency);
      phases.floor.push(workMs);
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
  yield {
    work: "  of it the sending alone",
    unit: "ms",
    floor: median(phases.floor),
    spoor: median(phases.spoor),
    target: { factor },
  };
}

async function fetchLoop(
  bench: Bench,
  loopback: Loopback,
  requests: number,
  concurrency: number,
): Promise<FloorRun> {
  const url = `http://${loopback.host}/accounts`;
  const run = await bench.floor("fetch_loop", url, String(requests), String(concurrency));
  await loopback.takeCount();
  return run;
}
