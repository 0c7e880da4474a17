// deno-lint-ignore-file no-console
/**
 * `deno task bench [name…]`: what Spoor costs, each figure beside its floor, measured in one run.
 *
 * @module
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { Bench } from "./bench/bench.ts";
import { FIGURES } from "./bench/figures.ts";
import { type Figure, isReached } from "./bench/figure.ts";
import { renderHead, renderLine } from "./bench/render_line.ts";

const HELP = `deno task bench [name…] [options]

Prints for each figure its floor, Spoor's time, the ratio and the target.

  --scale N      a share of the full sizes, 0.01 for a quick look (default 1)
  --repeat N     runs of what takes long, of which the median counts (default 3)
  --binary PATH  measure a compiled Spoor instead of "deno run"
  --folder PATH  where generated files go (default: a temporary folder)
  --keep         keep the generated files

Names:
${FIGURES.map(({ name, summary }) => `  ${name.padEnd(18)} ${summary}`).join("\n")}`;

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      scale: { type: "string", default: "1" },
      repeat: { type: "string", default: "3" },
      binary: { type: "string" },
      folder: { type: "string" },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return console.log(HELP);

  const figures = chooseFigures(positionals);
  const folder = await Deno.makeTempDir({
    prefix: "spoor_bench_",
    ...(values.folder !== undefined && { dir: values.folder }),
  });
  try {
    await measureAll(
      new Bench({
        folder,
        scale: positive("--scale", values.scale),
        repeat: positive("--repeat", values.repeat),
        ...(values.binary !== undefined && { binary: resolve(values.binary) }),
      }),
      figures,
    );
  } finally {
    if (values.keep) console.error(`Generated files: ${folder}`);
    else await Deno.remove(folder, { recursive: true });
  }
}

async function measureAll(bench: Bench, figures: readonly Figure[]): Promise<void> {
  console.log(renderHead());
  const missed: string[] = [];
  for (const figure of figures) {
    try {
      for await (const line of figure.measure(bench)) {
        console.log(renderLine(line));
        if (!isReached(line)) missed.push(line.work);
      }
    } catch (error) {
      console.error(`${figure.name}: ${error instanceof Error ? error.message : error}`);
      missed.push(figure.name);
      Deno.exitCode = 1;
    }
  }
  console.log(missed.length === 0 ? "All targets reached." : `Missed: ${missed.join("; ")}`);
}

function chooseFigures(names: readonly string[]): readonly Figure[] {
  for (const name of names) {
    if (!FIGURES.some((figure) => figure.name === name)) {
      throw new Error(`Cannot measure "${name}": there is no such figure\n\n${HELP}`);
    }
  }
  return names.length === 0 ? FIGURES : FIGURES.filter(({ name }) => names.includes(name));
}

function positive(option: string, text: string): number {
  const number = Number(text);
  if (number > 0) return number;
  throw new Error(`Cannot use ${option} "${text}": it takes a number above 0`);
}

await main(Deno.args);
