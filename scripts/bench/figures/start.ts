/**
 * How long it takes before anything happens: `spoor version`, a run in which nothing is to be done.
 *
 * @module
 */
import type { Bench } from "../bench.ts";
import { medians } from "../bench.ts";
import { copyExample } from "../example_project.ts";
import type { Figure, Line } from "../figure.ts";

const RUNS = 9;

export const startFigure: Figure = {
  name: "start",
  summary: "spoor version; a no-op run of the example",

  async *measure(bench: Bench): AsyncGenerator<Line> {
    const project = await bench.folder("example");
    await copyExample(project);
    const run = () => bench.run(project, "--practice");
    await run();
    await run();

    const ms = await medians(RUNS, {
      floor: () => bench.emptyMs(),
      version: async () => (await bench.spoor("version")).wallMs,
      noOp: async () => (await run()).wallMs,
    });
    yield line("spoor version", ms.floor, ms.version, 2);
    yield line("no-op run of the example", ms.floor, ms.noOp, 6);
  },
};

function line(work: string, floor: number, spoor: number, factor: number): Line {
  return { work, unit: "ms", floor, spoor, target: { factor } };
}
