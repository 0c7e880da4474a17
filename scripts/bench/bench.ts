/**
 * What every figure works with: where Spoor is, where files may be put, how much to measure.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunEvent } from "~/run/run_event.ts";
import { median } from "./median.ts";
import { runTimed, type TimedProcess } from "./timed_process.ts";
import { V8_FLAGS } from "../v8_flags.ts";

/** The repository, which holds Spoor's source and its example. */
export const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

/** How the benchmark was called. */
export interface BenchOptions {
  /** A folder for generated files; what is in it when the benchmark ends is lost. */
  folder: string;
  /** 1: the full sizes; 0.01: a quick look. */
  scale: number;
  /** A compiled Spoor; without it `deno run main.ts`. */
  binary?: string | undefined;
  /** Runs of what takes long; what is short runs more often. */
  repeat: number;
}

/** A run of Spoor: the process, and the events it printed with the time of their arrival. */
export interface SpoorRun extends TimedProcess {
  events: readonly { event: RunEvent; atMs: number }[];
}

/** A run of a floor program. */
export interface FloorRun extends TimedProcess {
  /** The work alone, as the program timed it: without start and preparation. */
  workMs: number;
}

/** Runs Spoor and floors in a temporary folder. */
export class Bench {
  constructor(readonly options: BenchOptions) {}

  /** A size of the figures table at this scale, and at least what still makes sense. */
  count(full: number, least = 100): number {
    return Math.max(least, Math.round(full * this.options.scale));
  }

  /** A new empty folder. */
  async folder(name: string): Promise<string> {
    const path = join(this.options.folder, name);
    await Deno.remove(path, { recursive: true }).catch(ignoreMissing);
    await Deno.mkdir(path, { recursive: true });
    return path;
  }

  /** Runs a Spoor command as the process that a user would start. */
  spoor(...args: string[]): Promise<TimedProcess> {
    return runTimed([...this.#spoorCommand(), ...args], { env: { NO_COLOR: "1" } });
  }

  /** `spoor run` of a project, with its events. */
  async run(project: string, ...args: string[]): Promise<SpoorRun> {
    const process = await this.spoor("run", "--project", project, "--json", ...args);
    const events = process.lines.map(({ text, atMs }) => ({
      event: JSON.parse(text) as RunEvent,
      atMs,
    }));
    return { ...process, events };
  }

  /** Runs one of the programs in `floors/`. */
  async floor(name: string, ...args: string[]): Promise<FloorRun> {
    const program = join(REPOSITORY, "scripts", "bench", "floors", `${name}.ts`);
    const process = await runTimed([Deno.execPath(), "run", "-A", program, ...args]);
    const last = process.lines.at(-1)?.text ?? "0";
    return { ...process, workMs: Number(last) };
  }

  /** The start of a process that does nothing: an empty Deno script. */
  async emptyMs(): Promise<number> {
    return (await this.floor("empty")).wallMs;
  }

  #spoorCommand(): string[] {
    if (this.options.binary !== undefined) return [this.options.binary];
    const config = join(REPOSITORY, "deno.json");
    return [
      Deno.execPath(),
      "run",
      "-A",
      V8_FLAGS,
      "--config",
      config,
      join(REPOSITORY, "main.ts"),
    ];
  }
}

/** Medians of several measurements, taken in turns so that a busy moment meets all of them. */
export async function medians<Name extends string>(
  times: number,
  measurements: Readonly<Record<Name, (turn: number) => Promise<number>>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(measurements) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    number[]
  >;
  for (let turn = 0; turn < times; turn++) {
    for (const name of names) values[name].push(await measurements[name](turn));
  }
  return Object.fromEntries(names.map((name) => [name, median(values[name])])) as Record<
    Name,
    number
  >;
}

/** Removes what a project's earlier runs have left, so that the next is a first run. */
export async function forget(project: string): Promise<void> {
  await Deno.remove(join(project, ".spoor"), { recursive: true }).catch(ignoreMissing);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
