/**
 * Brings what the far side holds into a temporary table, in the form in which it is compared with the
 * model's query, and says which columns are compared.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { isSameName } from "~/base/text/same_name.ts";
import { UserError } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";
import { quoteIdentifier, temp } from "~/sql/identifiers.ts";
import { type ColumnForm, formsOf, readCell } from "~/tracked/adopt/far_values.ts";
import { createFarTable, type FarComparison } from "~/tracked/adopt/match_far_rows.ts";
import { type PreparedSelect, prepareSelect } from "~/warehouse/statements/prepare_select.ts";
import { RowInserter } from "~/warehouse/statements/row_inserter.ts";
import { countFrom } from "~/warehouse/tables.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import { type HeldHeader, readHeldHeader, readHeldRecords } from "./held_csv.ts";
import type { HeldSource } from "./held_source.ts";

/** What was loaded. */
export interface LoadedHeld {
  comparison: FarComparison;
  /** Columns of the query that hold bytes, where a CSV file is compared. */
  withBytes: readonly string[];
  /** Columns of the far side that the query does not have. */
  ignored: readonly string[];
  /** Columns whose names differ in case alone: `["Email", "email"]`. */
  renamed: readonly (readonly [there: string, here: string])[];
  rows: number;
  /** Rows without a key, and the lines of the first of them. */
  withoutKey: number;
  withoutKeyLines: readonly number[];
}

/** The query whose rows lie in a temporary table already. */
export interface QueryRows {
  /** As the query names them. */
  uniqueKey: readonly string[];
  columns: readonly string[];
  table: string;
}

let loads = 0;

/** Lines that are told. */
const LINES_TOLD = 3;

/**
 * Loads it. Call inside the transaction of the comparison.
 *
 * @throws {UserError} It cannot be read, has not the key, or no other column of the query.
 */
export function loadHeld(
  db: DatabaseSync,
  source: HeldSource,
  model: Model,
  query: QueryRows,
): LoadedHeld {
  const opened = source.type === "csv"
    ? { header: readHeldHeader(source, model), select: undefined }
    : { header: undefined, select: prepareHeld(db, source) };
  const columns = opened.header?.columns ?? opened.select?.columns ?? [];
  const placeOf = (column: string) => columns.findIndex((each) => isSameName(each, column));
  refuseMissingKey(source, model, query, columns);
  const compared = query.columns.filter((column) =>
    placeOf(column) >= 0 && !query.uniqueKey.includes(column)
  );
  if (compared.length === 0) throw nothingToCompare(source, model, query, columns);
  const name = `spoor.held.${++loads}`;
  const used = [...query.uniqueKey, ...compared];
  const found = opened.header && formsOf(db, query.table, used);
  const comparison: FarComparison = {
    uniqueKey: query.uniqueKey,
    columns: query.columns,
    compared,
    queryTable: query.table,
    ...(found && { forms: found.forms }),
    farTable: `${name}.rows`,
    groupsTable: `${name}.groups`,
  };
  const places = used.map(placeOf);
  const into = createFarTable(db, comparison);
  const loaded = source.type === "csv" && opened.header
    ? loadCsv(db, source, opened.header, comparison, places, into)
    : loadSelect(db, opened.select, comparison, places);
  return {
    ...loaded,
    comparison,
    withBytes: found?.withBytes ?? [],
    ignored: columns.filter((column) => !used.some((each) => isSameName(each, column))),
    renamed: used.flatMap((here, i) => {
      const there = columns[places[i] ?? -1] ?? here;
      return there === here ? [] : [[there, here] as const];
    }),
  };
}

function prepareHeld(db: DatabaseSync, source: HeldSource & { type: "select" }): PreparedSelect {
  return prepareSelect(db, {
    sql: source.sql,
    name: source.name,
    at: { path: "--held" },
    readable: source.tables,
  });
}

type Loaded = Pick<LoadedHeld, "rows" | "withoutKey" | "withoutKeyLines">;

function loadCsv(
  db: DatabaseSync,
  file: HeldSource & { type: "csv" },
  header: HeldHeader,
  { uniqueKey, compared, forms, farTable, queryTable }: FarComparison,
  places: readonly number[],
  into: readonly string[],
): Loaded {
  const inserter = new RowInserter(db, farTable, into, { schema: "temp" });
  const cellForms = [...uniqueKey, ...compared].map((column, i): ColumnForm => {
    const form = forms?.get(column) ?? "text";
    // No key is true or false.
    return form === "boolean" && i < uniqueKey.length ? "number" : form;
  });
  // No group has NULL in its key, so that an empty cell is an empty text there, if the query has any.
  const keysNotEmpty = uniqueKey.flatMap((column, i) =>
    hasEmptyText(db, queryTable, column) ? [] : [places[i] ?? -1]
  );
  const withoutKeyLines: number[] = [];
  let rows = 0;
  let withoutKey = 0;
  for (const records of readHeldRecords(file, header)) {
    const values: SqlValue[] = [];
    for (const { fields, line } of records) {
      rows += 1;
      if (keysNotEmpty.some((place) => fields[place] === "")) {
        withoutKey += 1;
        if (withoutKeyLines.length < LINES_TOLD) withoutKeyLines.push(line);
        continue;
      }
      for (const [i, place] of places.entries()) {
        values.push(readCell(cellForms[i] ?? "text", fields[place] ?? ""));
      }
      values.push(line);
    }
    inserter.insert(values);
  }
  return { rows, withoutKey, withoutKeyLines };
}

function hasEmptyText(db: DatabaseSync, table: string, column: string): boolean {
  const sql = `SELECT 1 FROM ${temp(table)} WHERE ${quoteIdentifier(column)} = '' LIMIT 1`;
  return db.prepare(sql).get() !== undefined;
}

function loadSelect(
  db: DatabaseSync,
  select: PreparedSelect | undefined,
  { uniqueKey, farTable }: FarComparison,
  places: readonly number[],
): Loaded {
  const list = places.map((place) => quoteIdentifier(select?.columns[place] ?? "")).join(", ");
  db.exec(`INSERT INTO ${temp(farTable)} SELECT ${list}, NULL FROM (${select?.sql}\n)`);
  const rows = countFrom(db, temp(farTable));
  const isNull = uniqueKey.map((_, i) => `k${i} IS NULL`).join(" OR ");
  db.exec(`DELETE FROM ${temp(farTable)} WHERE ${isNull}`);
  return { rows, withoutKey: rows - countFrom(db, temp(farTable)), withoutKeyLines: [] };
}

function refuseMissingKey(
  source: HeldSource,
  { name }: Model,
  { uniqueKey }: QueryRows,
  columns: readonly string[],
): void {
  const missing = uniqueKey.find((key) => !columns.some((column) => isSameName(column, key)));
  if (missing === undefined) return;
  throw new UserError(
    `Cannot compare ${name} with ${source.name}: it has no column "${missing}", the unique key`,
    {
      details: [`columns = ${columns.join(", ").slice(0, 200)}`],
      hint: `Select it under that name: --held "SELECT … AS ${missing}, … FROM …"`,
    },
  );
}

/** To take all that is there for the same, whatever it holds, would be no comparison. */
function nothingToCompare(
  source: HeldSource,
  { name }: Model,
  { columns: wanted }: QueryRows,
  columns: readonly string[],
): UserError {
  return new UserError(
    `Cannot compare ${name} with ${source.name}: they share no column but the unique key`,
    {
      ...(source.type === "csv" && { at: { path: source.name, line: 1 } }),
      details: [
        `columns there = ${columns.join(", ").slice(0, 200)}`,
        `columns of the query = ${wanted.join(", ").slice(0, 200)}`,
      ],
      hint: "Name the columns there as the query names them; to take all as sent, leave --held out",
    },
  );
}
