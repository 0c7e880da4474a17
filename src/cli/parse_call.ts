/**
 * Reads a command line by the command's own table, strictly: what is not in the table is an
 * error that names the nearest thing that is.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { closestWord } from "~/base/text/closest_word.ts";
import { UserError } from "~/base/user_error.ts";
import { type Command, GLOBAL_OPTIONS, type OptionTable, type Positional } from "./command.ts";

/** Options and positionals as given, defaults filled in. */
export interface ParsedCall {
  options: Readonly<Record<string, boolean | string | readonly string[] | undefined>>;
  positionals: readonly string[];
}

type Token = NonNullable<ReturnType<typeof tokenize>["tokens"]>[number];
type OptionToken = Extract<Token, { kind: "option" }>;

/** Takes the command's name out of a command line; options of all commands may come before it. */
export function splitCommand(
  args: readonly string[],
): { command: string | undefined; rest: readonly string[] } {
  const { tokens } = tokenize(args, GLOBAL_OPTIONS);
  const first = tokens.find((token) => token.kind !== "option");
  if (first?.kind !== "positional") return { command: undefined, rest: args };
  return { command: first.value, rest: args.toSpliced(first.index, 1) };
}

/**
 * Reads what follows a command's name.
 *
 * @throws {UserError} With exit code 2: unknown option, missing or needless value, and so on.
 */
export function parseCall(args: readonly string[], command: Command): ParsedCall {
  const table: OptionTable = { ...command.options, ...GLOBAL_OPTIONS };
  const { tokens, values, positionals } = tokenize(args, table);
  const given = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    expectNoWord(args[token.index], command);
    checkOption(token, table, command);
    if (given.has(token.name)) checkRepeated(token.name, table, command.name);
    given.add(token.name);
  }
  if (values.help !== true) checkPositionals(positionals, command);
  return { options: withDefaults(values, table), positionals };
}

function tokenize(args: readonly string[], options: OptionTable) {
  return parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
}

/** A number below 0 may be a group's key; no option is one. */
function expectNoWord(word: string | undefined, command: Command): void {
  const isNumber = word !== undefined && /^-\d/.test(word);
  if (!isNumber || command.positionals.length === 0) return;
  throw new UserError(`Cannot run "spoor ${command.name}": "${word}" is not one of its options`, {
    hint: `A word that begins with "-" goes last, behind "--": -- ${word}`,
    exitCode: 2,
  });
}

function checkOption(token: OptionToken, table: OptionTable, command: Command): void {
  const spec = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
  if (spec === undefined) throw unknownOption(token, table, command);
  if (spec.type === "boolean") {
    if (token.value === undefined) return;
    throw wrongCall(`"--${token.name}" takes no value`, command.name);
  }
  const { value } = token;
  if (value === undefined || (!token.inlineValue && /^-./.test(value))) {
    throw wrongCall(
      `"${token.rawName}" needs a value`,
      command.name,
      `${token.rawName} ${spec.value}`,
    );
  }
  if (spec.choices && !spec.choices.includes(value)) {
    throw notAChoice(`--${token.name}`, value, spec.choices, command.name);
  }
}

/** Of two values one would go unread. A flag says no more when it is given twice. */
function checkRepeated(name: string, table: OptionTable, command: string): void {
  const spec = table[name];
  if (spec?.type !== "string" || spec.multiple) return;
  throw new UserError(`Cannot run "spoor ${command}": "--${name}" is given twice`, {
    hint: `Give it once: "--${name} ${spec.value}"`,
    exitCode: 2,
  });
}

/** Options of dbt's, by which models are named there. */
const OPTIONS_THAT_SELECT = ["select", "models", "model", "s", "m"];

function unknownOption(
  token: OptionToken,
  table: OptionTable,
  { name: command, positionals }: Command,
): UserError {
  const meant = closestWord(token.name, Object.keys(table));
  const takesSelectors = positionals.some(({ complete }) => complete === "selectors");
  return new UserError(
    `Cannot run "spoor ${command}": "${token.rawName}" is not one of its options`,
    {
      hint: takesSelectors && OPTIONS_THAT_SELECT.includes(token.name)
        ? `Name models without an option: "spoor ${command} sync.crm"`
        : meant
        ? `Did you mean "--${meant}"?`
        : `Run "spoor ${command} --help" to see its options`,
      exitCode: 2,
    },
  );
}

function checkPositionals(given: readonly string[], command: Command): void {
  const { positionals } = command;
  const missing = positionals.find((positional, i) => positional.required && i >= given.length);
  if (missing) {
    throw wrongCall(
      `<${missing.name}> is missing`,
      command.name,
      `spoor ${command.name} ${renderPositionals(positionals)}`,
    );
  }
  const last = positionals.at(-1);
  const extra = given[positionals.length];
  if (extra !== undefined && !last?.many) {
    throw wrongCall(`"${extra}" is one argument too many`, command.name);
  }
  given.forEach((value, i) => {
    const choices = positionals[i]?.choices;
    if (choices && !choices.includes(value)) {
      throw notAChoice(`<${positionals[i]?.name}>`, value, choices, command.name);
    }
  });
}

/** `<model> [selector…]`, as a usage line shows them. */
export function renderPositionals(positionals: readonly Positional[]): string {
  return positionals.map(({ name, required, many }) => {
    const text = many ? `${name}…` : name;
    return required ? `<${text}>` : `[${text}]`;
  }).join(" ");
}

function notAChoice(
  what: string,
  value: string,
  choices: readonly string[],
  command: string,
): UserError {
  const meant = closestWord(value, choices);
  return new UserError(`Cannot run "spoor ${command}": ${what} cannot be "${value}"`, {
    hint: `${meant ? `Did you mean "${meant}"? ` : ""}It is one of: ${choices.join(", ")}`,
    exitCode: 2,
  });
}

function wrongCall(state: string, command: string, usage?: string): UserError {
  return new UserError(`Cannot run "spoor ${command}": ${state}`, {
    hint: usage ? `Write "${usage}"` : `Run "spoor ${command} --help" to see how it is called`,
    exitCode: 2,
  });
}

function withDefaults(
  values: Readonly<Record<string, unknown>>,
  table: OptionTable,
): ParsedCall["options"] {
  const options: Record<string, boolean | string | readonly string[] | undefined> = {};
  for (const [name, spec] of Object.entries(table)) {
    if (spec.type === "boolean") options[name] = values[name] === true;
    else if (spec.multiple) options[name] = (values[name] as string[] | undefined) ?? [];
    else options[name] = (values[name] as string | undefined) ?? spec.default;
  }
  return options;
}
