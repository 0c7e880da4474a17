/**
 * Makes what `import … from "spoor"` gives, for one model. `api.ts` says what it must be.
 *
 * @module
 */
import { headerHint } from "~/base/header_hint.ts";
import type { GuestStart, Value } from "~/sandbox/protocol.ts";
import type * as Api from "./api.ts";
import { Changes } from "./deliver/changes.ts";
import type { Delivery, SavedRow } from "./deliver/delivery.ts";
import { LateErrors } from "./deliver/late_errors.ts";
import { rejectRow } from "./deliver/reject.ts";
import { Items, makeFiles, ModelFile } from "./files/files.ts";
import { nameKind } from "./format_value.ts";
import { modelError, refusal } from "./host_error.ts";
import type { HostPort } from "./host_port.ts";
import { hmac } from "./http/hmac.ts";
import { makeHttp } from "./http/http.ts";
import { HttpError, HttpResponse } from "./http/http_response.ts";
import { BlockIterator } from "./rows/block_iterator.ts";
import { FOLLOWED } from "./rows/followed_array.ts";
import type { RowSaver } from "./rows/row_saver.ts";
import { type QueryText, RowSource } from "./rows/row_source.ts";
import { toParameter } from "./rows/row_values.ts";
import { Rows, type RowsContext } from "./rows/rows.ts";

/** What the API works with. */
export interface ApiContext {
  port: HostPort;
  start: GuestStart;
  log: Api.Log;
  saver: RowSaver;
  /** Of a tracked model: there from its first `query` on. */
  delivery(): Delivery | undefined;
  /** Makes it. */
  beginDelivery(): Delivery;
  isStopped(): boolean;
  track<T>(work: Promise<T>): Promise<T>;
  /** The message of what was thrown. */
  explain(error: unknown): string;
}

/** Makes the API of one model. */
export function makeApi(context: ApiContext): typeof Api {
  const { port, start, log } = context;
  return {
    query: makeQuery(context),
    changes: makeChanges(context),
    save: makeSave(context),
    reject: (row, reason) => rejectRow(context.delivery(), row, reason),
    http: makeHttp(context),
    HttpError: HttpError as unknown as typeof Api.HttpError,
    secret: (name) => secret(start, name),
    hmac: (standIn, text, options) => hmac(start, standIn, text, options),
    env: (name, fallback) => env(start, name, fallback),
    files: makeFiles(port),
    log,
  };
}

/** Classes and prototypes of what the API hands out; hardened with it. */
export const MODEL_CLASSES: readonly unknown[] = [
  Rows,
  Changes,
  BlockIterator,
  HttpResponse,
  HttpError,
  ModelFile,
  Items,
  ...FOLLOWED,
];

type SqlArguments = readonly [string | TemplateStringsArray, ...unknown[]];

function makeQuery(context: ApiContext): Api.Query {
  const tracked = (...given: SqlArguments) => openRows(context, given, false);
  const all = (...given: SqlArguments) => openRows(context, given, true);
  return Object.assign(tracked, { all }) as unknown as Api.Query;
}

function openRows(context: ApiContext, given: SqlArguments, all: boolean): Rows {
  const isTracked = context.start.kind === "tracked" && !all;
  const query = { ...statementOf(given), all: !isTracked };
  const delivery = isTracked ? context.beginDelivery() : undefined;
  return new Rows(readingOf(context, query, delivery));
}

function makeChanges(context: ApiContext): typeof Api.changes {
  return ((...given: SqlArguments) => {
    const { kind } = context.start;
    if (kind !== "tracked") {
      throw refusal(
        `Cannot read changes: the model is of the kind "${kind}"`,
        "Only a tracked model knows what was accepted before: write // @kind: tracked, or use query.",
      );
    }
    const query = { ...statementOf(given), all: false, changes: true as const };
    const delivery = context.beginDelivery();
    return new Changes({ ...readingOf(context, query, delivery), delivery });
  }) as unknown as typeof Api.changes;
}

function readingOf(
  context: ApiContext,
  query: QueryText,
  delivery: Delivery | undefined,
): RowsContext {
  const { port, start, isStopped, track, log } = context;
  return {
    source: new RowSource(port, query, isStopped),
    delivery,
    uniqueKey: start.uniqueKey,
    concurrency: start.concurrency,
    isStopped,
    saveRows: (rows) => saveRows(context, rows),
    warn: log.warn,
    late: new LateErrors({ warn: log.warn, explain: context.explain }),
    track,
  };
}

function statementOf([first, ...rest]: SqlArguments): Pick<QueryText, "sql" | "params"> {
  if (typeof first === "string") {
    const params = rest[0] ?? [];
    if (Array.isArray(params)) return { sql: first, params: parametersOf(params, first) };
    throw modelError("Cannot run the query: its parameters are not an array", {
      hint: "Write query(sql, [a, b]), or query`… ${a} … ${b}`.",
    });
  }
  if (Array.isArray(first)) {
    const sql = first.join("?");
    return { sql, params: parametersOf(rest, sql) };
  }
  throw modelError(`Cannot run the query: the SQL is ${nameKind(first)}, and not text`);
}

/** `json_each(?)`, `? ->> 'a'` */
const READS_JSON = /\bjsonb?(?:_\w+)?\s*\(|->/i;

/** A list or an object becomes one text of JSON: `id NOT IN (?)` would be true of every row. */
function parametersOf(values: readonly unknown[], sql: string): Value[] {
  const mayBeJson = READS_JSON.test(sql);
  return values.map((value, i) => {
    if (mayBeJson || !isListOrObject(value)) {
      return toParameter(value, i + 1);
    }
    throw modelError(`Cannot run the query: its parameter ${i + 1} is ${nameKind(value)}`, {
      hint: "For a list write IN (SELECT value FROM json_each(?)).",
    });
  });
}

function isListOrObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return !(value instanceof Date || ArrayBuffer.isView(value) || value instanceof ArrayBuffer);
}

function makeSave(context: ApiContext): Api.Save {
  return {
    row: (row) => {
      const delivery = context.delivery();
      return delivery ? delivery.save(row as SavedRow) : saveFlat(context, row as SavedRow);
    },
    rows: async (rows) => {
      if (Array.isArray(rows)) return await saveRows(context, rows);
      expectRows(rows);
      for await (const block of inBlocks(rows)) await saveRows(context, block);
    },
  };
}

/** A row that cannot be saved rejects, as in a tracked model, and does not throw at once. */
function saveFlat(context: ApiContext, row: SavedRow): Promise<void> {
  try {
    return context.saver.save(row);
  } catch (error) {
    return Promise.reject(error);
  }
}

async function saveRows(context: ApiContext, rows: readonly SavedRow[]): Promise<void> {
  const delivery = context.delivery();
  if (delivery) return await delivery.saveAll(rows);
  for (const row of rows) {
    const saving = context.saver.save(row);
    if (context.saver.isFull) await saving;
  }
}

/** One row and a group are objects too, but no lists. */
function expectRows(rows: unknown): void {
  const isObject = typeof rows === "object" && rows !== null;
  if (isObject && (Symbol.iterator in rows || Symbol.asyncIterator in rows)) return;
  throw modelError(`Cannot save rows: they are ${nameKind(rows)}, and not a list of rows`, {
    hint:
      "One row is saved by save.row(row), a group that groups() gives by save.rows(group.rows).",
    unsavable: true,
  });
}

const BLOCK_ROWS = 500;

async function* inBlocks(
  rows: Iterable<object> | AsyncIterable<object>,
): AsyncGenerator<SavedRow[], void> {
  let block: SavedRow[] = [];
  for await (const row of rows) {
    block.push(row as SavedRow);
    if (block.length < BLOCK_ROWS) continue;
    yield block;
    block = [];
  }
  if (block.length > 0) yield block;
}

function secret(start: GuestStart, name: string): string {
  const standIn = Object.hasOwn(start.secrets, name) ? start.secrets[name] : undefined;
  if (standIn !== undefined) return standIn;
  expectName("secret", name);
  throw refusal(
    `Cannot use the secret "${name}": @secrets does not list it`,
    headerHint("secrets", Object.keys(start.secrets), name),
  );
}

function env(start: GuestStart, name: string, fallback: string | undefined): string {
  if (!start.allowedEnv.includes(name)) {
    expectName("env", name);
    throw refusal(
      `Cannot read the environment variable "${name}": @allow_env does not list it`,
      headerHint("allow_env", start.allowedEnv, name),
    );
  }
  const value = Object.hasOwn(start.env, name) ? start.env[name] : fallback;
  if (value !== undefined) return value;
  throw modelError(`Cannot read the environment variable "${name}": it is not set`, {
    hint: `Set it, or give a fallback: env("${name}", "…").`,
    fatal: true,
  });
}

function expectName(call: string, name: unknown): void {
  if (typeof name === "string" && name !== "") return;
  const given = name === "" ? "empty" : nameKind(name);
  throw modelError(`Cannot call ${call}: the name is ${given}`, {
    hint: `Write the name of a variable, as in ${call}("CRM_TOKEN").`,
    fatal: true,
  });
}
