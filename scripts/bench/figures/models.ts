/**
 * What a graph costs: a thousand models that have nothing to do, and their first run.
 *
 * @module
 */
import { join } from "node:path";
import { type Bench, forget, medians } from "../bench.ts";
import type { Figure, Line } from "../figure.ts";
import { writeLayeredModels } from "../layered_models.ts";

const NO_OP_RUNS = 5;

export const noOpModelsFigure: Figure = {
  name: "models",
  summary: "no-op run of 1,000 models and of 10,000",

  async *measure(bench: Bench): AsyncGenerator<Line> {
    const [small, large] = [bench.count(1_000, 10), bench.count(10_000, 100)];
    const smallProject = await layeredProject(bench, small);
    const ms = await medians(NO_OP_RUNS, {
      floor: () => bench.emptyMs(),
      small: async () => (await bench.run(smallProject)).wallMs,
    });
    yield {
      work: `no-op run, ${small} models`,
      unit: "ms",
      floor: ms.floor,
      spoor: ms.small,
      target: { factor: 12 },
    };

    const largeProject = await layeredProject(bench, large);
    const { largeMs } = await medians(bench.options.repeat, {
      largeMs: async () => (await bench.run(largeProject)).wallMs,
    });
    yield {
      work: `no-op run, ${large} models (floor: ${large / small} × the run before)`,
      unit: "ms",
      floor: ms.small * large / small,
      spoor: largeMs,
      target: { factor: 1 },
    };
  },
};

export const firstModelsFigure: Figure = {
  name: "first_models",
  summary: "first run of 1,000 small SQL models",

  async *measure(bench: Bench): AsyncGenerator<Line> {
    const count = bench.count(1_000, 10);
    const project = await bench.folder("first_models");
    const statements = join(project, "statements.json");
    await Deno.writeTextFile(
      statements,
      JSON.stringify(await writeLayeredModels(project, count)),
    );
    const ms = await medians(bench.options.repeat, {
      floor: async () => {
        const database = join(await bench.folder("first_models_floor"), "floor.db");
        return (await bench.floor("sqlite_statements", database, statements)).wallMs;
      },
      spoor: async () => {
        await forget(project);
        return (await bench.run(project)).wallMs;
      },
    });
    yield {
      work: `first run, ${count} SQL models`,
      unit: "ms",
      floor: ms.floor,
      spoor: ms.spoor,
      target: { factor: 1.5 },
    };
  },
};

/** A project that has run twice, so that nothing is left to be done. */
async function layeredProject(bench: Bench, models: number): Promise<string> {
  const project = await bench.folder(`models_${models}`);
  await writeLayeredModels(project, models);
  await bench.run(project);
  await bench.run(project);
  return project;
}
