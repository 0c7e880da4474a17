/**
 * A group's key on the command line: `7`, `EU 42`, `region=EU id=42`; and commands that name one.
 *
 * A shell gives text only, so `7` stands for the number or, where there is none, for the text; `"'7'"` is the
 * text alone. In the same way `id=7` names a column, or is a value.
 *
 * @module
 */
import { isSameName } from "~/base/text/same_name.ts";
import { shellWord } from "~/base/text/shell_word.ts";
import { UserError } from "~/base/user_error.ts";
import { cutKeyText, toKeyValue } from "~/tracked/group_key.ts";
import { fromRead, isSqlValue, type SqlValue } from "~/warehouse/values.ts";

/**
 * Reads the words of a key: all keys that they may mean.
 *
 * @param columns The model's unique key.
 * @returns A list for each way to assign the words to columns, the one that is meant before others first; of
 * each list the first key is the one with the numbers, where they are written as they are shown.
 * @throws {UserError} With exit code 2: too many words, too few, or a column twice.
 */
export function readKeyWords(
  words: readonly string[],
  columns: readonly string[],
): SqlValue[][][] {
  const named = assign(words, columns);
  const isInOrder = words.length !== columns.length ||
    named.every((text, index) => text === words[index]);
  return (isInOrder ? [named] : [named, words]).map(keysOf);
}

/** All keys whose values may be written so. */
function keysOf(texts: readonly string[]): SqlValue[][] {
  return texts.reduce<SqlValue[][]>(
    (keys, text) => keys.flatMap((key) => formsOf(text).map((form) => [...key, form])),
    [[]],
  );
}

/** The text of each column, in the key's order; `id=7` is that of the column `id`. */
function assign(words: readonly string[], columns: readonly string[]): string[] {
  const pairs = words.map((word) => readPair(word, columns));
  const named = new Map(pairs.flatMap(({ column, text }) => column ? [[column, text]] : []));
  const others = pairs.filter(({ column }) => column === undefined).map(({ text }) => text);
  const texts = columns.map((column) => named.get(column) ?? others.shift());
  const isWhole = texts.every((text) => text !== undefined) && others.length === 0;
  if (isWhole && named.size === pairs.filter(({ column }) => column).length) {
    return texts.filter((text) => text !== undefined);
  }
  throw new UserError(
    `Cannot tell which group is meant: "${cutKeyText(words.join(" "))}" is not a key of ${
      columns.length === 1 ? `the column "${columns[0]}"` : columns.join(", ")
    }`,
    { hint: `Write it as "${columns.map((column) => `${column}=…`).join(" ")}".`, exitCode: 2 },
  );
}

function readPair(
  word: string,
  columns: readonly string[],
): { column: string | undefined; text: string } {
  const [, name = "", text = ""] = /^\s*([^=]+?)\s*=\s*([^]*)$/.exec(word) ?? [];
  const column = columns.find((each) => isSameName(each, name));
  return column === undefined ? { column, text: word } : { column, text };
}

/** What a text may stand for; itself last, but for a number that is written otherwise, as `007`. */
function formsOf(text: string): SqlValue[] {
  const forms: SqlValue[] = [];
  const number = readNumber(text);
  if (number !== undefined && String(number) !== text) return [text, number];
  if (number !== undefined) forms.push(number);
  if (/^x'([0-9a-f]{2})*'$/i.test(text)) {
    forms.push(Uint8Array.fromHex(text.slice(2, -1)));
  }
  if (/^'[^]*'$/.test(text) && text.length > 1) forms.push(text.slice(1, -1).replaceAll("''", "'"));
  return [...forms, text];
}

function readNumber(text: string): SqlValue | undefined {
  if (/^-?\d+$/.test(text)) return readInteger(text);
  const isReal = /^-?\d+\.\d+$|^-?\d+(\.\d+)?e[+-]?\d+$/i.test(text);
  return isReal ? Number(text) : undefined;
}

/** Beyond SQLite's integers it is a REAL. */
function readInteger(text: string): SqlValue {
  const integer = BigInt(text);
  return isSqlValue(integer) ? fromRead(integer) : Number(text);
}

/** A command that is longer than some lines is not read off a screen, and a shell takes no word of 128 KiB. */
const MAX_WORDS_LENGTH = 1_000;

/**
 * The words that name a key in a command that is shown to people.
 *
 * @returns `undefined`: they are too long for that, and cut they would name nothing.
 */
export function toShownKeyWords(
  columns: readonly string[],
  key: readonly SqlValue[],
): string | undefined {
  const words = toKeyWords(columns, key);
  return words.length <= MAX_WORDS_LENGTH ? words : undefined;
}

/** What a command is about that cannot name one group. */
const ALL_OF_MODEL = " (all groups of the model: the key is too long for a command)";

/**
 * How a person settles a group; options come first, because "--" may stand before a key.
 *
 * @param words Its key as words of the command line; `undefined`: they are too long to be shown.
 */
export function settleCommand(model: string, words: string | undefined, option: string): string {
  const settle = `spoor unknown settle --sent${option} ${model}`;
  return words === undefined
    ? `${settle} --all, or with --not-sent${ALL_OF_MODEL}`
    : `${settle} ${words}, or with --not-sent`;
}

/** How a person has a group tried again. */
export function retryCommand(model: string, words: string | undefined, option: string): string {
  const retry = `spoor retry${option} ${model}`;
  return words === undefined ? retry + ALL_OF_MODEL : `${retry} ${words}`;
}

/** The words that name a key, as a shell takes them: `7`, `"'7'"`, `region=EU id=42`. */
export function toKeyWords(columns: readonly string[], key: readonly SqlValue[]): string {
  if (key.length === 1) return quoteForShell(textOf(key[0] ?? null));
  return columns.map((column, index) => quoteForShell(`${column}=${textOf(key[index] ?? null)}`))
    .join(" ");
}

/**
 * In quotes of its own where it would be read otherwise: as a number or bytes; spaces in front are dropped,
 * `id=` names a column.
 */
function textOf(value: SqlValue): string {
  if (value instanceof Uint8Array) return `x'${value.toHex()}'`;
  if (typeof value !== "string") return String(toKeyValue(value));
  const isMistakable = /^\s|=/.test(value) || formsOf(value).length > 1;
  return isMistakable ? `'${value.replaceAll("'", "''")}'` : value;
}

function quoteForShell(word: string): string {
  const needsDashes = word.startsWith("-");
  return needsDashes ? `-- ${shellWord(word)}` : shellWord(word);
}
