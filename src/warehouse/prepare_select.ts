/**
 * Prepares a model's query: puts the real table names in, has SQLite read it under an authorizer
 * that allows reading the declared tables and nothing else, and explains what SQLite says.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { type SourceLocation, UserError } from "~/base/user_error.ts";
import { textPosition } from "~/base/text_position.ts";
import { foldName } from "~/sql/identifiers.ts";
import { rewriteTableReferences } from "~/sql/rewrite_references.ts";
import { readSingleSelect } from "~/sql/single_select.ts";
import { findTableReferences } from "~/sql/table_references.ts";
import { AuthorizerCode, setAuthorizer } from "./authorizer.ts";
import { findSqlErrorOffset } from "./sql_error_offset.ts";

/** A query to prepare and where it stands. */
export interface SelectInput {
  /** As the model has it. */
  sql: string;
  /** For messages: `the query of mart.customers`. */
  name: string;
  /** Where `sql` begins in its file. */
  at: SourceLocation;
  /** `schema.name` of all tables that may be read, or `"all"` (Spoor's own tables too). */
  readable: Iterable<string> | "all";
}

/** A query that SQLite has accepted. */
export interface PreparedSelect {
  /** On tables as the file has them. */
  sql: string;
  columns: readonly string[];
}

/** Functions that reach beyond the database, or into Spoor's own. */
const FORBIDDEN_FUNCTIONS = /^(load_extension|fts3_tokenizer|spoor_.*)$/i;
/** Table-valued functions that only look at their arguments. */
const SAFE_TABLES = new Set(["json_each", "json_tree"]);

/**
 * Prepares one SELECT.
 *
 * @throws {UserError} Not one SELECT, a mistake in it, a table that may not be read, two columns of
 * one name.
 */
export function prepareSelect(db: DatabaseSync, input: SelectInput): PreparedSelect {
  const single = readSingleSelect(input.sql);
  if (!single.ok) {
    throw new UserError(single.message, {
      at: placeOf(input, single.offset),
      hint: single.hint,
    });
  }
  refuseUndeclared(input, single.text);
  const sql = rewriteTableReferences(
    single.text,
    ({ schema, table }) => schema === undefined ? undefined : `${schema}.${table}`,
  );
  const columns = readColumns(db, sql, input, single.start);
  refuseDoubleNames(columns, input);
  return { sql, columns };
}

/**
 * The authorizer alone is no gate for this: it is not asked for a table that is read only through
 * `USING`, and Deno 2.6 has none.
 */
function refuseUndeclared({ readable, ...input }: SelectInput, sql: string): void {
  if (readable === "all") return;
  const names = new Set([...readable].map(foldName));
  for (const { schema, table } of findTableReferences(sql)) {
    const name = schema === undefined ? table : `${schema}.${table}`;
    if (!names.has(foldName(name))) throw notAllowed(`table ${name}`, { ...input, readable });
  }
}

function readColumns(db: DatabaseSync, sql: string, input: SelectInput, start: number): string[] {
  const denied: string[] = [];
  if (input.readable !== "all") guard(db, new Set([...input.readable].map(foldName)), denied);
  try {
    return db.prepare(sql).columns().map((column) => column.name);
  } catch (error) {
    if (denied[0] !== undefined) throw notAllowed(denied[0], input);
    const message = error instanceof Error ? error.message : String(error);
    // Rewriting moves what stands behind a table's name on the same line, never a line.
    const offset = findSqlErrorOffset(db, sql, message);
    const line = offset === undefined ? 1 : textPosition(sql, offset).line;
    throw new UserError(`Cannot run ${input.name}: ${message}`, {
      at: placeOf(input, start, line - 1),
      details: linesAround(sql, line),
      cause: error,
    });
  } finally {
    setAuthorizer(db, null);
  }
}

function guard(db: DatabaseSync, readable: ReadonlySet<string>, denied: string[]): void {
  const isReadable = (table: string | null) =>
    table !== null && (readable.has(foldName(table)) || SAFE_TABLES.has(foldName(table)));
  setAuthorizer(db, (action, first, second, _database, view) => {
    if (action === AuthorizerCode.select || action === AuthorizerCode.recursive) {
      return AuthorizerCode.ok;
    }
    if (action === AuthorizerCode.read) {
      // An empty table name is a subquery or CTE; `view` is the view through which it is read.
      if (first === "" || isReadable(first) || isReadable(view)) return AuthorizerCode.ok;
      denied.push(`table ${first}`);
      return AuthorizerCode.deny;
    }
    if (action === AuthorizerCode.function && !FORBIDDEN_FUNCTIONS.test(second ?? "")) {
      return AuthorizerCode.ok;
    }
    denied.push(action === AuthorizerCode.function ? `function ${second}` : "statement");
    return AuthorizerCode.deny;
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
      hint: `Add "@depends_on: ${table}" to the model's header`,
    },
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
function placeOf(input: SelectInput, offset: number, moreLines = 0): SourceLocation {
  const { line } = textPosition(input.sql, offset);
  return { path: input.at.path, line: (input.at.line ?? 1) + line - 1 + moreLines };
}

/** The line of the mistake, as the user wrote it but for the tables' names. */
function linesAround(sql: string, line: number): string[] {
  const text = sql.split("\n")[line - 1]?.trim();
  return text === undefined || text === "" ? [] : [`sql = ${text}`];
}
