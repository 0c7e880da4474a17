/**
 * What a command is: a value. The same table drives parsing, `--help` and shell completions.
 *
 * A new command is one file in `commands/` and one line in `commands/registry.ts`.
 *
 * @module
 */
import type { Output } from "./output/output.ts";

/** How the program ends. */
export const ExitCode = {
  /** All well. */
  Ok: 0,
  /** Something failed; the text says what and what to do. */
  Failed: 1,
  /** The call itself is wrong. */
  WrongCall: 2,
  /** By `--exit-code`: there is something, be it changes or failures. */
  Found: 3,
  /** Ended at once by a second Ctrl-C: 128 + SIGINT, as shells have it. */
  Interrupted: 130,
} as const;

/** What a shell may offer where a value is to come. */
export type Completion = "models" | "tables" | "selectors" | "folders" | "commands";

/** An option without a value. */
export interface FlagOption {
  type: "boolean";
  short?: string;
  /** What it does, in one line. */
  help: string;
}

/** An option with a value. */
export interface ValueOption {
  type: "string";
  short?: string;
  help: string;
  /** How the help names the value: `DIR`. */
  value: string;
  default?: string;
  /** True: may be given several times. */
  multiple?: true;
  /** The only values that it takes. */
  choices?: readonly string[];
  complete?: Completion;
}

/** Options by their long name, in the form that `parseArgs` of `node:util` takes. */
export type OptionTable = Readonly<Record<string, FlagOption | ValueOption>>;

type OptionValue<Spec> = Spec extends { type: "boolean" } ? boolean
  : Spec extends { multiple: true } ? readonly string[]
  : Spec extends { default: string } ? string
  : string | undefined;

/** What a call gave for each option of a table. */
export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table]: OptionValue<Table[Name]>;
};

/** An argument that is told by its place. */
export interface Positional {
  name: string;
  help: string;
  required?: true;
  /** True for the last one: takes all that follow. */
  many?: true;
  choices?: readonly string[];
  complete?: Completion;
  /** Words that a shell offers beside those. */
  words?: readonly string[];
}

/** Options that every command takes. */
export const GLOBAL_OPTIONS = {
  project: {
    type: "string",
    value: "DIR",
    help: "The project's folder, instead of the nearest one upward",
    complete: "folders",
  },
  json: { type: "boolean", help: "Print one JSON object a line to stdout, all else to stderr" },
  verbose: { type: "boolean", short: "v", help: "Tell more; with errors, where in Spoor" },
  "no-color": { type: "boolean", help: "No colour, as with the variable NO_COLOR" },
  help: { type: "boolean", short: "h", help: "Show how a command is called" },
} as const satisfies OptionTable;

/** What a command gets when it is called. */
export interface Call<Table extends OptionTable = OptionTable> {
  readonly options: OptionValues<Table & typeof GLOBAL_OPTIONS>;
  readonly positionals: readonly string[];
  readonly output: Output;
}

/** One command. */
export interface Command<Table extends OptionTable = OptionTable> {
  readonly name: string;
  /** One line, without a period. */
  readonly summary: string;
  /** Paragraphs for the command's own help. */
  readonly details?: string;
  readonly positionals: readonly Positional[];
  readonly options: Table;
  /** Whole command lines, and what each is for. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** @returns The exit code. */
  run(call: Call<Table>): number | Promise<number>;
}

/** Types a command's `run` by its own options. */
export function defineCommand<const Table extends OptionTable>(command: Command<Table>): Command {
  // What a call holds was parsed by this very table, so that the wider type tells no lie.
  return command as unknown as Command;
}
