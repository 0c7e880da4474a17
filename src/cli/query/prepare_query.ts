/**
 * Prepares what `spoor query` was given: a table's name or a SELECT, on a connection that cannot
 * write.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { messageOf } from "~/base/message_of.ts";
import { closestWord } from "~/base/text/closest_word.ts";
import { textPosition } from "~/base/text/text_position.ts";
import { UserError } from "~/base/user_error.ts";
import { NearestTable } from "~/dag/nearest_table.ts";
import { parseModelName, quoteIdentifier, temp } from "~/sql/identifiers.ts";
import { findUnboundParameter } from "~/sql/parameters.ts";
import { rewriteTableReferences } from "~/sql/rewrite_references.ts";
import { readSingleSelect } from "~/sql/single_select.ts";
import { renamedInFile } from "~/sql/table_references.ts";
import { createResultTable } from "~/warehouse/result_table.ts";
import { findStatementErrorOffset } from "~/warehouse/statements/statement_error_offset.ts";
import { listTables } from "~/warehouse/tables.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import { WholeRows } from "~/warehouse/whole_rows.ts";

const RESULT = "spoor.query_result";

/** What Spoor keeps for people to read; the help of `spoor query` says what is in them. */
const OWN_TABLES = ["changes", "runs", "steps", "models", "ledger", "deliveries", "requests"]
  .map((name) => `spoor.${name}`);

/** Rows to come, and what their columns are called. */
export interface QueryResult {
  columns: readonly string[];
  rows: Iterable<readonly SqlValue[]>;
}

/**
 * Prepares a query.
 *
 * @param text `mart.customers`, or SQL.
 * @param models Names of the project's models, for hints.
 * @param option What commands in hints need to be about this state: ` --practice`, or nothing.
 * @throws {UserError} It is not one SELECT, or SQLite refuses it.
 */
export function prepareQuery(
  db: DatabaseSync,
  text: string,
  models: readonly string[],
  option: string,
): QueryResult {
  const sql = toSql(text);
  try {
    const columns = db.prepare(sql).columns().map(({ name }) => name);
    return { columns, rows: readRows(db, sql, columns.length) };
  } catch (error) {
    throw explain(error, db, sql, models, option);
  }
}

function toSql(text: string): string {
  if (parseModelName(text.trim())) return `SELECT * FROM ${quoteIdentifier(text.trim())}`;
  const single = readSingleSelect(text);
  const details = [`sql = ${text.trim()}`];
  if (!single.ok) {
    throw new UserError(single.message, {
      hint: `${single.hint} "spoor query" reads only; a table's name alone will do, too.`,
      details,
      exitCode: 2,
    });
  }
  const unbound = findUnboundParameter(single.text);
  if (unbound) {
    throw new UserError(unbound.message, { hint: unbound.hint, details, exitCode: 2 });
  }
  return rewriteTableReferences(single.text, renamedInFile);
}

/** @throws {UserError} SQLite finds some mistakes only while it computes. */
function* readRows(
  db: DatabaseSync,
  sql: string,
  columnCount: number,
): Generator<readonly SqlValue[]> {
  const columns = Array.from({ length: columnCount }, (_, i) => `c${i}`);
  try {
    createResultTable(db, RESULT, columns, sql, []);
  } catch (error) {
    throw cannotRun(error, sql);
  }
  yield* new WholeRows(db, columns, `FROM ${temp(RESULT)}`).iterate();
}

function explain(
  error: unknown,
  db: DatabaseSync,
  sql: string,
  models: readonly string[],
  option: string,
): UserError {
  const message = messageOf(error);
  const table = /^no such table: (.*)$/.exec(message)?.[1];
  if (table === undefined) {
    return cannotRun(error, sql, { place: placeOf(db, sql, message), exitCode: 2 });
  }
  const isOwn = table.startsWith("spoor.");
  const meant = isOwn
    ? closestWord(table, OWN_TABLES)
    : new NearestTable(models, listTables(db)).find(table);
  const hint = models.includes(table)
    ? `Run "spoor run +${table}${option}" first: the model has not made its table yet.`
    : meant === undefined && isOwn
    ? `Tables of Spoor's own are ${OWN_TABLES.join(", ")}.`
    : meant === undefined
    ? `Run "spoor query spoor.models${option}" to see the tables that there are.`
    : `Did you mean "${meant}"?`;
  return new UserError(`Cannot run the query: there is no table "${table}"`, {
    hint,
    cause: error,
    // Of a model there will be one.
    exitCode: models.includes(table) ? 1 : 2,
  });
}

function cannotRun(
  error: unknown,
  sql: string,
  { place = "", exitCode = 1 }: { place?: string; exitCode?: 1 | 2 } = {},
): UserError {
  return new UserError(`Cannot run the query: ${messageOf(error)}${place}`, {
    details: [`sql = ${sql}`],
    cause: error,
    exitCode,
  });
}

function placeOf(db: DatabaseSync, sql: string, message: string): string {
  const offset = findStatementErrorOffset(db, sql, message);
  if (offset === undefined) return "";
  const { line, column } = textPosition(sql, offset);
  return sql.includes("\n") ? ` (line ${line}, column ${column})` : ` (column ${column})`;
}
