/**
 * Values of rows: from what a model holds to what SQLite holds, and rows from flat blocks.
 *
 * @module
 */
import { messageOf } from "~/base/message_of.ts";
import { cutText } from "~/base/text/cut_text.ts";
import { modelError } from "~/sandbox/guest/host_error.ts";
import { jsonText } from "~/sandbox/guest/json_text.ts";
import type { Value } from "~/sandbox/protocol.ts";

/** A row as a model reads it. */
export type Row = Record<string, Value>;

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** The value that is saved; undefined where there is none. */
function convert(value: unknown): Value | undefined {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return Number.isFinite(value) ? value : undefined;
    case "boolean":
      return value ? 1 : 0;
    case "bigint":
      return value >= MIN_INT64 && value <= MAX_INT64 ? value : undefined;
    case "object":
      return value === null ? null : convertObject(value);
    default:
      return undefined;
  }
}

/** Bytes are copied: a model may go on using its buffer before the row has left. */
function convertObject(value: object): Value | undefined {
  if (value instanceof Uint8Array) return value.slice();
  if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0));
  if (value instanceof Date) return isNaN(value.getTime()) ? undefined : value.toISOString();
  return jsonText(value);
}

/** Why a value has no place in SQL, as the end of a sentence. */
class NoValue {
  constructor(readonly reason: string) {}
}

function tryToConvert(value: unknown): Value | NoValue {
  try {
    return convert(value) ?? (value === null ? null : new NoValue(`is ${describe(value)}`));
  } catch (error) {
    return new NoValue(`cannot be written as JSON (${messageOf(error)})`);
  }
}

/**
 * Turns one value of a row into what is saved.
 *
 * @param describeRow Names the row in an error.
 * @throws For a value that SQL has no place for, with the column's name.
 */
export function toSaved(value: unknown, column: string, describeRow: () => string): Value {
  const saved = tryToConvert(value);
  if (saved instanceof NoValue) throw unsavable(column, describeRow, saved.reason);
  return saved;
}

/**
 * Turns a value of a model into what stands for a parameter of its query.
 *
 * @param place Counted from 1.
 * @throws For a value that SQL has no place for.
 */
export function toParameter(value: unknown, place: number): Value {
  const parameter = tryToConvert(value);
  if (!(parameter instanceof NoValue)) return parameter;
  throw modelError(`Cannot run the query: its parameter ${place} ${parameter.reason}`, {
    hint: "A parameter is text, a number, a boolean, a Date or bytes, or null for no value.",
  });
}

function unsavable(column: string, describeRow: () => string, what: string): Error {
  return modelError(`Cannot save ${describeRow()}: column "${column}" ${what}`, {
    unsavable: true,
    hint: "A column holds text, a number, a boolean, a Date, bytes, an object or array (saved as " +
      "JSON), or null where there is no value.",
  });
}

function describe(value: unknown): string {
  if (typeof value === "bigint") return `${value}, which is beyond 64 bits`;
  if (value instanceof Date) return "a Date without a time";
  if (typeof value === "number" || value === undefined) return String(value);
  return `a ${typeof value}`;
}

/** Makes row objects out of flat values; all rows of one maker have one shape. */
export function rowMaker(columns: readonly string[]): (
  values: readonly Value[],
  offset: number,
) => Row {
  const width = columns.length;
  if (columns.includes("__proto__")) return (values, offset) => safeRow(columns, values, offset);
  const shape: Row = {};
  for (const column of columns) shape[column] = null;
  return (values, offset) => {
    const row = { ...shape };
    for (let i = 0; i < width; i++) row[columns[i] as string] = values[offset + i] as Value;
    return row;
  };
}

/** For a column that an assignment would not make: as slow as it is rare. */
function safeRow(columns: readonly string[], values: readonly Value[], offset: number): Row {
  return Object.fromEntries(columns.map((column, i) => [column, values[offset + i] as Value]));
}

/** `customer_id = 7, year = 2024`: names a group in messages. */
export function describeKey(key: Readonly<Row>): string {
  return Object.entries(key).map(([column, value]) => `${column} = ${describeValue(value)}`)
    .join(", ");
}

/** Characters of a text that a message shows. */
const SHOWN_LENGTH = 200;

function describeValue(value: Value): string {
  if (typeof value === "string") return JSON.stringify(cutText(value, SHOWN_LENGTH));
  return value instanceof Uint8Array ? `${value.length} bytes` : String(value);
}

/** A key as something that a Map finds again: 1 and 1n are one key, 1 and "1" are two. */
export function keyIdentity(values: readonly Value[]): unknown {
  const [only] = values;
  if (values.length === 1 && !(only instanceof Uint8Array)) return normalNumber(only);
  return values.map((value) => {
    if (value instanceof Uint8Array) return `bytes:${value}`;
    const normal = normalNumber(value);
    return `${typeof normal}:${String(normal).length}:${normal}`;
  }).join("|");
}

function normalNumber(value: Value | undefined): Value | undefined {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
