/**
 * What may come next on a command line, by the tables of the commands.
 *
 * @module
 */
import {
  type Command,
  type Completion,
  type FlagOption,
  GLOBAL_OPTIONS,
  type OptionTable,
  type ValueOption,
} from "~/cli/command.ts";
import { FOLDERS_WANTED } from "./shell_scripts.ts";

/** One thing that may come next. */
export interface Candidate {
  value: string;
  description: string;
}

/** Where candidates come from that are not in the tables. */
export interface CompletionSources {
  commands: readonly Command[];
  /** Names of the models of the project around, or none. */
  modelNames: () => readonly string[];
}

/**
 * Finds what may come next.
 *
 * @param words What was typed after the program's name; the last one is being typed and may be
 * empty.
 */
export function completeWords(words: readonly string[], sources: CompletionSources): Candidate[] {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  return candidatesFor(before, current, sources).filter(({ value }) =>
    value === FOLDERS_WANTED || value.startsWith(current)
  );
}

function candidatesFor(
  before: readonly string[],
  current: string,
  sources: CompletionSources,
): Candidate[] {
  const { command, places } = readWords(before, sources.commands);
  const table: OptionTable = { ...command?.options, ...GLOBAL_OPTIONS };

  const pending = valueOption(before.at(-1), table);
  if (pending) return valuesOf(pending, current, sources);
  const inline = /^(--[^=]+)=(.*)$/.exec(current);
  if (inline) {
    const [, name = "", value = ""] = inline;
    const option = valueOption(name, table);
    const values = option ? valuesOf(option, value, sources) : [];
    return values.map((one) => ({ ...one, value: `${name}=${one.value}` }));
  }
  if (current.startsWith("-")) return optionsOf(table);
  if (!command) return valuesOf({ complete: "commands" }, current, sources);
  const { positionals } = command;
  const last = positionals.at(-1);
  const positional = positionals[places] ?? (last?.many ? last : undefined);
  if (!positional) return [];
  const words = positional.words?.map((value) => ({ value, description: "" })) ?? [];
  return [...words, ...valuesOf(positional, current, sources)];
}

/** The command among the words, and how many positionals came after it. */
function readWords(
  words: readonly string[],
  commands: readonly Command[],
): { command: Command | undefined; places: number } {
  let command: Command | undefined;
  let places = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (valueOption(word, { ...command?.options, ...GLOBAL_OPTIONS })) i++;
    else if (word.startsWith("-")) continue;
    else if (command) places++;
    else command = commands.find(({ name }) => name === word);
  }
  return { command, places };
}

/** The option that a word names, if its value is the next word. */
function valueOption(word: string | undefined, table: OptionTable): ValueOption | undefined {
  if (!word?.startsWith("-")) return undefined;
  for (const [name, spec] of Object.entries(table)) {
    const isMeant = word === `--${name}` || (spec.short !== undefined && word === `-${spec.short}`);
    if (isMeant && spec.type === "string") return spec;
  }
  return undefined;
}

function optionsOf(table: OptionTable): Candidate[] {
  return Object.entries(table).map(([name, { help }]: [string, FlagOption | ValueOption]) => ({
    value: `--${name}`,
    description: help,
  }));
}

function valuesOf(
  { choices, complete }: { choices?: readonly string[]; complete?: Completion },
  current: string,
  { commands, modelNames }: CompletionSources,
): Candidate[] {
  if (choices) return choices.map((value) => ({ value, description: "" }));
  if (complete === "folders") return [{ value: FOLDERS_WANTED, description: "" }];
  if (complete === "commands") {
    return commands.map(({ name, summary }) => ({ value: name, description: summary }));
  }
  if (complete === undefined) return [];
  const sign = complete === "selectors" && current.startsWith("+") ? "+" : "";
  return modelNames().map((name) => ({ value: sign + name, description: "" }));
}
