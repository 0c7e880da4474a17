/**
 * How near a model comes to its rate limit, counted at the far end, which must never see more than the limit.
 *
 * The floor is the limit itself: the first window's requests leave at once, each further window's a window later.
 *
 * @module
 */
import { sendingModel, writeModel } from "../accounts_project.ts";
import type { Bench } from "../bench.ts";
import { runAbove, writeDialProject } from "../dial_project.ts";
import type { Figure, Line } from "../figure.ts";
import { startLoopback } from "../loopback.ts";
import { expectSaved } from "../spoor_events.ts";

const MODEL = "sync.accounts";
const COUNT = 100;
const WINDOW_MS = 10_000;

export const rateLimitFigure: Figure = {
  name: "rate_limit",
  summary: "1,000 requests at a rate limit of 100/10s; takes 90 s",

  async *measure(bench: Bench): AsyncGenerator<Line> {
    const requests = bench.count(1_000, 2 * COUNT);
    const floor = Math.floor((requests - 1) / COUNT) * WINDOW_MS;
    const project = await bench.folder("rate_limit");
    await writeDialProject(project, requests);
    await using loopback = await startLoopback();
    const limit = `// @rate_limit: ${COUNT}/${WINDOW_MS / 1_000}s\n`;
    const model = limit + sendingModel("mart.accounts", loopback.host);
    await writeModel(project, "sync/accounts.ts", model);
    await runAbove(bench, project);
    // Once: it is the clock that is measured, and the clock is the same each time.
    const run = await bench.run(project);
    expectSaved(run, MODEL, requests);
    const arrivals = (await loopback.takeArrivals()).sort((a, b) => a - b);
    const closest = closestMs(arrivals);
    if (arrivals.length !== requests || closest < WINDOW_MS) {
      const came = `${arrivals.length} requests came, ${COUNT + 1} of them in ${closest} ms`;
      throw new Error(`Cannot use this run: ${came}`);
    }
    const work = `${requests} requests at ${COUNT}/${WINDOW_MS / 1_000}s`;
    const target = { factor: 1.02 };
    const spoor = (arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0);
    const note = `${COUNT + 1} requests never came in less than ${closest.toFixed(1)} ms`;
    yield { work: `${work}, first to last`, unit: "ms", floor, spoor, target, note };
    yield { work: "  the whole process", unit: "ms", floor, spoor: run.wallMs, target };
  },
};

/** The shortest time in which one request more than the limit came. */
function closestMs(arrivals: readonly number[]): number {
  const spans = arrivals.slice(COUNT).map((atMs, index) => atMs - (arrivals[index] ?? 0));
  return Math.min(...spans);
}
