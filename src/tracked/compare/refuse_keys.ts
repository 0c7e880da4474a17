/**
 * Refuses rows whose key cannot name a group:
 *
 * | a key is                        | what would come of it                                          |
 * | ------------------------------- | -------------------------------------------------------------- |
 * | NULL                            | it is equal to no other: the row would be new in every run     |
 * | infinite                        | JSON has no such number: the ledger could not tell the group   |
 * | a text that is not read exactly | it reads like another key: one of the two would never be sent  |
 *
 * `node:sqlite` reads a text up to its first NUL, and bytes that are not UTF-8 as U+FFFD. Only rows that
 * changed are looked at, inside SQLite.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { countOf } from "~/base/text/counts.ts";
import { shortenText } from "~/base/text/cut_text.ts";
import { UserError } from "~/base/user_error.ts";
import { quoteIdentifier, temp } from "~/sql/identifiers.ts";
import { type Comparison, isKey } from "./comparison_sql.ts";

/** What is wrong with the keys of some rows. */
interface KeyFault {
  /** SQL that is true for such a row. */
  condition: string;
  message: (rows: string, count: number) => string;
  hint: string;
}

/**
 * Refuses what is among the changed rows. Call before anything is done by their keys.
 *
 * @param verb What the model would do with them.
 * @throws {UserError} It shows the first of the rows.
 */
export function refuseKeys(
  db: DatabaseSync,
  c: Comparison,
  verb: "send" | "keep" = "send",
): void {
  registerFunctions(db);
  if (!hasSuspects(db, c)) return;
  const cannot = `Cannot ${verb} ${c.model}`;
  const faults = [nullFault(c, cannot), ...c.uniqueKey.flatMap((key) => faultsOf(key, cannot))];
  for (const fault of faults) refuse(db, c, { table: c.rowsTable, columns: c.columns }, fault);
}

/**
 * Refuses what is among the removed groups, for a model that delivers them. Earlier versions accepted such
 * keys: their removal would go out with the key of another group.
 *
 * @throws {UserError} It shows the first of them.
 */
export function refuseRemovedKeys(db: DatabaseSync, c: Comparison): void {
  registerFunctions(db);
  for (const key of c.uniqueKey) {
    refuse(db, c, { table: c.removedTable, columns: c.uniqueKey }, {
      condition: isInexactSql(quoteIdentifier(key)),
      message: (_, count) =>
        `Cannot remove what left the query of ${c.model}: the key ${key} of ${
          countOf(count, "group")
        } cannot be read exactly`,
      hint: `It reads like the key of another group. Run once with "@on_removed: forget"`,
    });
  }
}

/** Longer keys are not joined. */
const MAX_JOINED_BYTES = 1_000;
const JOINED_ROWS = 500;

/**
 * A look that costs little where nothing is wrong: keys are joined for it, because to call JavaScript for
 * each of a million does cost. It may suspect keys that are right: long ones, blobs, U+FFFD itself.
 */
function hasSuspects(db: DatabaseSync, c: Comparison): boolean {
  const names = c.uniqueKey.map(quoteIdentifier);
  const rows = temp(c.rowsTable);
  const isNoInteger = names.map((name) => `typeof(${name}) <> 'integer'`);
  const alone = names.map((name) =>
    `${name} IS NULL OR ${isInfiniteSql(name)} OR octet_length(${name}) > ${MAX_JOINED_BYTES}`
  );
  const joined = names.map((name) => `${IS_DOUBTFUL}(group_concat(${name}))`);
  const isThere = (sql: string) => db.prepare(sql).get() !== undefined;
  // Most keys are integers, of which nothing can be wrong.
  return isThere(`SELECT 1 FROM ${rows} WHERE ${isNoInteger.join(" OR ")} LIMIT 1`) && [
    `SELECT 1 FROM ${rows} WHERE ${alone.join(" OR ")} LIMIT 1`,
    `WITH RECURSIVE block (start) AS (SELECT 1 UNION ALL SELECT start + ${JOINED_ROWS} FROM block
       WHERE start + ${JOINED_ROWS} <= (SELECT max(${c.place}) FROM ${rows}))
     SELECT 1 FROM block WHERE (SELECT ${joined.join(" OR ")} FROM ${rows}
       WHERE ${c.place} BETWEEN start AND start + ${JOINED_ROWS - 1}) LIMIT 1`,
  ].some(isThere);
}

function nullFault({ uniqueKey }: Comparison, cannot: string): KeyFault {
  return {
    condition: uniqueKey.map((key) => `${quoteIdentifier(key)} IS NULL`).join(" OR "),
    message: (rows, count) => `${cannot}: ${rows} ${count === 1 ? "has" : "have"} a NULL key`,
    hint: `Give every row a value for ${uniqueKey.join(", ")}, or leave these rows out with WHERE`,
  };
}

function faultsOf(key: string, cannot: string): KeyFault[] {
  const name = quoteIdentifier(key);
  return [{
    condition: isInfiniteSql(name),
    message: (rows) => `${cannot}: its key ${key} is infinite in ${rows}`,
    hint: `Give every row a finite ${key}, or leave these rows out with WHERE`,
  }, {
    condition: isInexactSql(name),
    message: (rows) => `${cannot}: its key ${key} cannot be read exactly in ${rows}`,
    hint: `Text with char(0) in it, or with bytes that are not UTF-8, reads like another text: ` +
      `select hex(${key}) AS ${key} for the key, or leave these rows out with WHERE`,
  }];
}

const SHOWN = 3;

function refuse(
  db: DatabaseSync,
  c: Comparison,
  { table, columns }: { table: string; columns: readonly string[] },
  { condition, message, hint }: KeyFault,
): void {
  const from = `FROM ${temp(table)} WHERE ${condition}`;
  const count = Number(db.prepare(`SELECT count(*) AS n ${from}`).get()?.n);
  if (count === 0) return;
  const list = columns.map((column) => {
    const name = quoteIdentifier(column);
    return isKey(c, column) ? `${shownSql(name)} AS ${name}` : name;
  });
  const shown = db.prepare(`SELECT ${list.join(", ")} ${from} LIMIT ${SHOWN}`);
  shown.setReadBigInts(true);
  throw new UserError(message(countOf(count, "row"), count), {
    details: shown.all().map((row) =>
      columns.map((column) => `${column} = ${row[column] ?? "NULL"}`).join(", ")
    ),
    hint,
  });
}

const IS_DOUBTFUL = "spoor_is_doubtful";
const AS_READ = "spoor_as_read";
const AS_SQL = "spoor_as_sql";

function isInfiniteSql(name: string): string {
  return `${name} = 9e999 OR ${name} = -9e999`;
}

/** Whether a text is another one as soon as JavaScript has read it. */
function isInexactSql(name: string): string {
  return `typeof(${name}) = 'text' AND ${IS_DOUBTFUL}(${name}) AND ${AS_READ}(${name}) IS NOT ${name}`;
}

function shownSql(name: string): string {
  return `iif(${isInexactSql(name)}, ${AS_SQL}(${name}, hex(${name})), ${name})`;
}

/** A column that is read is cut at its first NUL; an argument of a function is not. */
function registerFunctions(db: DatabaseSync): void {
  const options = { varargs: true, deterministic: true };
  db.function(IS_DOUBTFUL, options, (text: unknown) => BigInt(isDoubtful(String(text))));
  db.function(AS_READ, options, (text: unknown) => String(text).split("\0", 1)[0] ?? "");
  db.function(
    AS_SQL,
    options,
    (text: unknown, hex: unknown) => textAsSql(String(text), String(hex)),
  );
}

/** Bytes that are not UTF-8 come as U+FFFD; U+FFFD itself does too. */
function isDoubtful(text: string): boolean {
  return text.includes("\0") || text.includes("\ufffd");
}

const MAX_SHOWN = 200;

/** A text as one can write it in SQL: `'a' || char(0) || 'b'`, `CAST(x'FF' AS TEXT)`. */
function textAsSql(text: string, hex: string): string {
  const sql = text.includes("\ufffd")
    ? `CAST(x'${hex}' AS TEXT)`
    : `'${text.replaceAll("'", "''").replaceAll("\0", "' || char(0) || '")}'`;
  return shortenText(sql, MAX_SHOWN);
}
