/**
 * Prepares a model's query: puts the real table names in, has SQLite read it under an authorizer
 * that allows reading the declared tables and nothing else, and explains what SQLite says.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { headerHint } from "~/base/header_hint.ts";
import { messageOf } from "~/base/message_of.ts";
import { shortenText } from "~/base/text/cut_text.ts";
import { foldName } from "~/base/text/same_name.ts";
import { lineInFile, textPosition } from "~/base/text/text_position.ts";
import { type SourceLocation, UserError } from "~/base/user_error.ts";
import { findParameterMistake } from "~/sql/parameters.ts";
import { rewriteTableReferences } from "~/sql/rewrite_references.ts";
import { readSingleSelect } from "~/sql/single_select.ts";
import { findTableReferences, renamedInFile, tableInFile } from "~/sql/table_references.ts";
import { type Authorizer, AuthorizerCode, underAuthorizer } from "./authorizer.ts";
import { MAX_COLUMNS } from "./column_limit.ts";
import { findStatementErrorOffset } from "./statement_error_offset.ts";

/** A query to prepare and where it stands. */
export interface SelectInput {
  /** As the model has it. */
  sql: string;
  /** For messages: `the query of mart.customers`. */
  name: string;
  /** Where `sql` begins in its file; absent where only who asks knows it. */
  at: SourceLocation | undefined;
  /** Where each of its lines stands, unless they follow each other as in the file. */
  lines?: readonly number[];
  /** `schema.name` of all tables that may be read, or `"all"` (Spoor's own tables too). */
  readable: Iterable<string> | "all";
  /** How many values it is given for its parameters; absent where that is known later, or was held against it before. */
  values?: number;
  /** What the model's `@depends_on` lists. @default nothing */
  dependsOn?: readonly string[];
  /** What commands need to be about this state: ` --practice`, ` --project DIR`. @default nothing */
  stateOption?: string;
}

/** A query that SQLite has accepted. */
export interface PreparedSelect {
  /** On tables as the file has them. */
  sql: string;
  columns: readonly string[];
}

/** Functions that reach beyond the database, or into Spoor's own. */
const FORBIDDEN_FUNCTIONS = /^(load_extension|fts3_tokenizer|spoor_.*)$/i;
/** Characters of a line of SQL in a message. */
const MAX_SHOWN = 200;
/** Table-valued functions that only look at their arguments. */
const SAFE_TABLES = new Set(["json_each", "json_tree"]);

/**
 * Prepares one SELECT.
 *
 * @throws {UserError} Not one SELECT, a mistake in it, a table that may not be read, two columns of
 * one name, another number of parameters than of values.
 */
export function prepareSelect(db: DatabaseSync, input: SelectInput): PreparedSelect {
  const single = readSingleSelect(input.sql);
  if (!single.ok) {
    throw new UserError(single.message, {
      at: placeOf(input, single.offset),
      hint: single.hint,
    });
  }
  refuseParameters(single.text, input, single.start);
  return prepareFileSelect(db, rewrite(single.text, input), input, single.start);
}

/**
 * Prepares one SELECT that was read before, with the tables' names of the file in it.
 *
 * @param start Where it begins in `input.sql`.
 * @throws {UserError} The same, but for what reading it would find.
 */
export function prepareFileSelect(
  db: DatabaseSync,
  sql: string,
  input: SelectInput,
  start = 0,
): PreparedSelect {
  const columns = readColumns(db, sql, input, start);
  refuseTooManyColumns(columns, input);
  refuseDoubleNames(columns, input);
  return { sql, columns };
}

function refuseParameters(sql: string, input: SelectInput, start: number): void {
  if (input.values === undefined) return;
  const mistake = findParameterMistake(sql, input.values);
  if (!mistake) return;
  throw new UserError(`Cannot run ${input.name}: ${mistake.reason}`, {
    at: placeOf(input, start + mistake.offset),
    hint: mistake.hint,
  });
}

/**
 * Puts the real names in, and refuses tables that are not declared: the authorizer alone is no gate
 * for that, as it is not asked for a table that is read only through `USING`, and Deno 2.6 has none.
 */
function rewrite(sql: string, input: SelectInput): string {
  const names = input.readable === "all" ? undefined : new Set([...input.readable].map(foldName));
  return rewriteTableReferences(sql, (reference) => {
    const name = tableInFile(reference);
    if (names && !names.has(foldName(name))) throw notAllowed(`table ${name}`, input);
    return renamedInFile(reference);
  });
}

function readColumns(db: DatabaseSync, sql: string, input: SelectInput, start: number): string[] {
  const read = () => db.prepare(sql).columns().map((column) => column.name);
  const guard = input.readable === "all" ? undefined : new Guard(input.readable);
  try {
    if (!guard) return read();
    try {
      return underAuthorizer(db, guard.authorize, read);
    } catch (error) {
      // Views are looked up only where one is read: it takes a scan of the schema.
      if (!guard.metView) throw error;
      guard.allowBehindViews(tablesBehindViews(db, guard.readable));
      return underAuthorizer(db, guard.authorize, read);
    }
  } catch (error) {
    throw explain(db, sql, input, start, error, guard?.denied);
  }
}

function explain(
  db: DatabaseSync,
  sql: string,
  input: SelectInput,
  start: number,
  error: unknown,
  denied: string | undefined,
): UserError {
  if (denied !== undefined) return notAllowed(denied, input);
  const message = messageOf(error);
  const missing = /^no such table: (?:main\.)?(\w+\.\w+)$/.exec(message)?.[1];
  if (missing !== undefined) return notMade(missing, input, error);
  // Rewriting moves what stands behind a table's name on the same line, never a line.
  const offset = findStatementErrorOffset(db, sql, message);
  const line = offset === undefined ? 1 : textPosition(sql, offset).line;
  return new UserError(`Cannot run ${input.name}: ${message}`, {
    at: placeOf(input, start, line - 1),
    details: lineOfMistake(sql, line),
    cause: error,
  });
}

/** The policy of one query: it may read the declared tables, and what their views read. */
class Guard {
  readonly readable: ReadonlySet<string>;
  /** The first thing that was refused. */
  denied: string | undefined;
  /** Something was refused that is read through a view. */
  metView = false;
  #behindViews: ReadonlySet<string> = new Set();

  constructor(readable: Iterable<string>) {
    this.readable = new Set([...readable].map(foldName));
  }

  allowBehindViews(tables: ReadonlySet<string>): void {
    this.#behindViews = tables;
    this.denied = undefined;
  }

  readonly authorize: Authorizer = (action, first, second, database, through) => {
    if (action === AuthorizerCode.select || action === AuthorizerCode.recursive) {
      return AuthorizerCode.ok;
    }
    // count(*): SQLite names no database, be it of a table (the text was read for those) or of a CTE.
    if (action === AuthorizerCode.read && second === "" && database === null) {
      return AuthorizerCode.ok;
    }
    if (action === AuthorizerCode.read) {
      // Of a view of which no column is read, as to count its rows, SQLite names the table and not the view.
      return this.#authorizeRead(first, through !== null || second === "");
    }
    if (action === AuthorizerCode.function && !FORBIDDEN_FUNCTIONS.test(second ?? "")) {
      return AuthorizerCode.ok;
    }
    return this.#deny(action === AuthorizerCode.function ? `function ${second}` : "statement");
  };

  /**
   * An empty table name is a subquery or CTE. Through which a table is read may be a view, or a subquery or
   * CTE, be it the view's or the query's own.
   */
  #authorizeRead(table: string | null, mayBeThroughView: boolean): number {
    if (table === "" || this.#isReadable(table)) return AuthorizerCode.ok;
    const isBehindView = table !== null && this.#behindViews.has(foldName(table));
    if (mayBeThroughView && isBehindView) return AuthorizerCode.ok;
    this.metView ||= mayBeThroughView;
    return this.#deny(`table ${table}`);
  }

  #isReadable(table: string | null): boolean {
    return table !== null &&
      (this.readable.has(foldName(table)) || SAFE_TABLES.has(foldName(table)));
  }

  #deny(what: string): number {
    this.denied ??= what;
    return AuthorizerCode.deny;
  }
}

/** What the readable views read, and the views among that in turn: who may read a view reads through it. */
function tablesBehindViews(db: DatabaseSync, readable: ReadonlySet<string>): Set<string> {
  const viewsAmong = db.prepare(
    `SELECT sql FROM sqlite_schema WHERE type = 'view'
     AND name COLLATE NOCASE IN (SELECT value FROM json_each(?))`,
  );
  const behind = new Set<string>();
  for (let names = [...readable]; names.length > 0;) {
    const views = viewsAmong.all(JSON.stringify(names));
    const read = views.flatMap(({ sql }) => tablesOfView(String(sql)));
    names = read.filter((table) => !behind.has(table));
    for (const name of names) behind.add(name);
  }
  return behind;
}

/** As the file has them: a view's text names `"schema.table"` in one. */
function tablesOfView(sql: string): string[] {
  return findTableReferences(sql.replace(/^.*?\bAS\s/is, "")).map(({ table }) => foldName(table));
}

function notMade(table: string, input: SelectInput, cause: unknown): UserError {
  return new UserError(`Cannot run ${input.name}: ${table} has no table yet`, {
    at: input.at,
    hint: `Run "spoor run +${table}${
      input.stateOption ?? ""
    }" first; a TypeScript model has a table once it has saved a row`,
    cause,
  });
}

function notAllowed(what: string, input: SelectInput): UserError {
  const table = /^table (.*)$/.exec(what)?.[1];
  if (table === undefined) {
    return new UserError(`Cannot run ${input.name}: it may not use the ${what}`, { at: input.at });
  }
  return new UserError(
    `Cannot run ${input.name}: it reads ${table}, which the model does not declare`,
    {
      at: input.at,
      hint: table.includes(".")
        ? headerHint("depends_on", input.dependsOn ?? [], table)
        : `Name a table with its schema, as in "staging.${table}"; SQLite's own are not for models`,
    },
  );
}

function refuseTooManyColumns(columns: readonly string[], input: SelectInput): void {
  if (columns.length <= MAX_COLUMNS) return;
  throw new UserError(
    `Cannot run ${input.name}: it has ${columns.length} columns, and a table takes ${MAX_COLUMNS}`,
    { at: input.at, hint: "Select the columns that are needed, or put groups of them into JSON" },
  );
}

function refuseDoubleNames(columns: readonly string[], input: SelectInput): void {
  const seen = new Set<string>();
  for (const column of columns) {
    if (seen.has(foldName(column))) {
      throw new UserError(`Cannot run ${input.name}: two of its columns are named "${column}"`, {
        at: input.at,
        hint: `Give one of them another name with AS`,
      });
    }
    seen.add(foldName(column));
  }
}

/** The place of an offset in the query as written, `moreLines` further down. */
function placeOf(
  { sql, at, lines }: SelectInput,
  offset: number,
  moreLines = 0,
): SourceLocation | undefined {
  if (at?.line === undefined) return at;
  const line = lineInFile(textPosition(sql, offset).line + moreLines, at.line, lines);
  return { path: at.path, line };
}

/** The line of the mistake, as the user wrote it but for the tables' names. */
function lineOfMistake(sql: string, line: number): string[] {
  const text = sql.split("\n")[line - 1]?.trim() ?? "";
  return text === "" ? [] : [`sql = ${shortenText(text, MAX_SHOWN)}`];
}
