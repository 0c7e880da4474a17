/**
 * Holds the groups of a query against what the far side is said to hold: which are the same there in all
 * columns that are compared, which differ, which are not there.
 *
 * All of it happens in temporary tables, so memory does not grow with the rows. Their columns go by places
 * (`q0` a key of the query, `k0` the same in the form that is compared, `c0` a compared value): the names
 * of a query's own columns are anything.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { piecesOf } from "~/base/lists/pieces.ts";
import { columnList, quoteIdentifier, temp } from "~/sql/identifiers.ts";
import { rowidName } from "~/warehouse/rowid_name.ts";
import { countFrom } from "~/warehouse/tables.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import { type ColumnForm, farValueSql, queryFormSql } from "./far_values.ts";

/** What is compared, and where it lies. */
export interface FarComparison {
  /** As the query names them. */
  uniqueKey: readonly string[];
  /** All columns of the query. */
  columns: readonly string[];
  /** Those of them that the far side's rows have too, the key left out. */
  compared: readonly string[];
  /** How columns of the query are brought to the form of cells; none: values are compared as they are. */
  forms?: ReadonlyMap<string, ColumnForm> | undefined;
  /** The query's rows. */
  queryTable: string;
  /** The far side's: `k0, …, c0, …, line`. Rows without a key are not in it. */
  farTable: string;
  /** One row a group of the query: `q0, …, k0, …, first, rows, there, same`. */
  groupsTable: string;
}

/** How groups compare. */
export interface FarFigures {
  groupsThere: number;
  same: number;
  differ: number;
  notThere: number;
  /** Groups that the query does not have. */
  onlyThere: number;
}

/** Creates the table that the far side's rows are to be put into. */
export function createFarTable(db: DatabaseSync, c: FarComparison): readonly string[] {
  const columns = [...placesOf("k", c.uniqueKey), ...placesOf("c", c.compared), "line"];
  db.exec(`CREATE TEMP TABLE ${quoteIdentifier(c.farTable)} (${columns.join(", ")})`);
  return columns;
}

/** Drops the tables of a comparison. */
export function dropFarTables(db: DatabaseSync, c: FarComparison): void {
  for (const table of [c.queryTable, c.farTable, c.groupsTable]) {
    db.exec(`DROP TABLE IF EXISTS ${temp(table)}`);
  }
}

/** Makes the groups of the query, without a verdict. */
export function collectGroups(db: DatabaseSync, c: FarComparison): void {
  const own = placesOf("q", c.uniqueKey);
  const compared = placesOf("k", c.uniqueKey);
  const keys = c.uniqueKey.map(quoteIdentifier);
  const inForm = c.uniqueKey.map((key, i) => queryFormSql(c.forms?.get(key), keys[i] ?? ""));
  db.exec(
    `CREATE TEMP TABLE ${quoteIdentifier(c.groupsTable)} (${
      [...own, ...compared].join(", ")
    }, first, rows, there, same, PRIMARY KEY (${own.join(", ")})) WITHOUT ROWID;
     INSERT INTO ${temp(c.groupsTable)} SELECT ${keys.join(", ")}, ${inForm.join(", ")},
       min(${rowidName(c.columns)}), count(*), 0, NULL FROM ${temp(c.queryTable)} GROUP BY ${
      keys.join(", ")
    };
     CREATE INDEX ${temp(`${c.groupsTable}.k`)} ON ${quoteIdentifier(c.groupsTable)} (${
      compared.join(", ")
    })`,
  );
}

/** Two keys of the query that a CSV file cannot tell apart: 42 and '42'. */
export function findAmbiguousKey(db: DatabaseSync, c: FarComparison): unknown[] | undefined {
  const keys = placesOf("k", c.uniqueKey).join(", ");
  const row = db.prepare(
    `SELECT ${keys} FROM ${temp(c.groupsTable)} GROUP BY ${keys} HAVING count(*) > 1 LIMIT 1`,
  ).get();
  return row && Object.values(row);
}

/** Gives each group its verdict. Call when both tables are filled. */
export function matchGroups(db: DatabaseSync, c: FarComparison): FarFigures {
  const keys = placesOf("k", c.uniqueKey);
  const [groups, far, query] = [c.groupsTable, c.farTable, c.queryTable].map(temp);
  const values = placesOf("c", c.compared);
  const inForm = comparedInForm(c);
  db.exec(
    `CREATE INDEX ${temp(`${c.farTable}.k`)} ON ${quoteIdentifier(c.farTable)} (${keys.join(", ")});
     UPDATE ${groups} AS g SET there = (SELECT count(*) FROM ${far} AS f WHERE ${equal(keys)});
     UPDATE ${groups} AS g SET same = (SELECT (${inForm.join(", ")}) IS (${
      values.map((value) => `f.${value}`).join(", ")
    }) FROM ${query} AS q CROSS JOIN ${far} AS f WHERE q.${rowidName(c.columns)} = g.first AND ${
      equal(keys)
    })
       WHERE rows = 1 AND there = 1`,
  );
  matchGroupsOfMany(db, c);
  db.exec(`UPDATE ${groups} SET same = 0 WHERE same IS NULL`);
  return countAll(db, c);
}

/** As many rows on both sides: they are the same if each is there as often as it is here. */
function matchGroupsOfMany(db: DatabaseSync, c: FarComparison): void {
  const keys = placesOf("k", c.uniqueKey);
  const [groups, far, query] = [c.groupsTable, c.farTable, c.queryTable].map(temp);
  const isOfMany = "rows > 1 AND rows = there";
  if (!db.prepare(`SELECT 1 FROM ${groups} WHERE ${isOfMany} LIMIT 1`).get()) return;
  const ofGroup = keys.map((key) => `g.${key}`);
  const own = c.uniqueKey.map((key, i) => `g.q${i} = q.${quoteIdentifier(key)}`).join(" AND ");
  const here = [...ofGroup, ...comparedInForm(c)].map((value, i) => `${value} AS v${i}`);
  const there = [...ofGroup, ...placesOf("c", c.compared).map((place) => `f.${place}`)];
  const places = there.map((_, i) => `v${i}`).join(", ");
  db.exec(
    `UPDATE ${groups} SET same = 1 WHERE ${isOfMany};
     UPDATE ${groups} SET same = 0 WHERE ${isOfMany} AND (${keys.join(", ")}) IN (SELECT ${
      keys.map((_, i) => `v${i}`).join(", ")
    } FROM (
       SELECT ${places}, count(*) FROM (SELECT ${here.join(", ")} FROM ${query} AS q
         JOIN ${groups} AS g ON ${own} WHERE ${isOfMany}) GROUP BY ${places}
       EXCEPT
       SELECT ${places}, count(*) FROM (SELECT ${
      there.map((value, i) => `${value} AS v${i}`).join(", ")
    } FROM ${groups} AS g
         JOIN ${far} AS f ON ${equal(keys)} WHERE ${isOfMany}) GROUP BY ${places}))`,
  );
}

function countAll(db: DatabaseSync, c: FarComparison): FarFigures {
  const [groups, far] = [c.groupsTable, c.farTable].map(temp);
  const keys = placesOf("k", c.uniqueKey).join(", ");
  const found = db.prepare(
    `SELECT coalesce(sum(same), 0) AS same, coalesce(sum(there > 0), 0) AS met,
       coalesce(sum(there = 0), 0) AS missing FROM ${groups}`,
  ).get() ?? {};
  const of = db.prepare(
    `SELECT count(*) AS groups FROM (SELECT DISTINCT ${keys} FROM ${far})`,
  ).get() ?? {};
  const [same, met, groupsThere] = [Number(found.same), Number(found.met), Number(of.groups)];
  return {
    groupsThere,
    same,
    differ: met - same,
    notThere: Number(found.missing),
    onlyThere: groupsThere - met,
  };
}

/** Where a group is. */
export interface FoundGroup {
  /** In the query. */
  isHere: boolean;
  isThere: boolean;
  /** It has the same rows on both sides. */
  isSame: boolean;
}

/** Finds groups by their keys. Call it when groups have their verdicts. */
export function groupFinder(
  db: DatabaseSync,
  c: FarComparison,
): (key: readonly SqlValue[]) => FoundGroup {
  const own = c.uniqueKey.map((_, i) => `q${i} = ?`).join(" AND ");
  const groups = db.prepare(
    `SELECT there > 0 AS there, same FROM ${temp(c.groupsTable)} WHERE ${own}`,
  );
  const inForm = c.uniqueKey.map((key, i) =>
    `k${i} = ${queryFormSql(c.forms?.get(key), `?${i + 1}`)}`
  ).join(" AND ");
  const far = db.prepare(`SELECT 1 FROM ${temp(c.farTable)} WHERE ${inForm} LIMIT 1`);
  return (key) => {
    const bound = key.map(toBound);
    const found = groups.get(...bound);
    if (found) return { isHere: true, isThere: found.there === 1, isSame: found.same === 1 };
    return { isHere: false, isThere: far.get(...bound) !== undefined, isSame: false };
  };
}

/** Each reads two columns, and a SELECT with sums takes 2,000 of both. */
const SUMS_AT_ONCE = 500;

/** In how many groups, of those of one row on both sides, a column differs; and how many these are. */
export function countDifferences(
  db: DatabaseSync,
  c: FarComparison,
): { pairs: number; differences: ReadonlyMap<string, number> } {
  const [groups, far, query] = [c.groupsTable, c.farTable, c.queryTable].map(temp);
  const isPair = "rows = 1 AND there = 1";
  const pairs = countFrom(db, `${groups} WHERE ${isPair}`);
  const from = `FROM ${groups} AS g CROSS JOIN ${query} AS q ON q.${rowidName(c.columns)} = g.first
     CROSS JOIN ${far} AS f ON ${equal(placesOf("k", c.uniqueKey))} WHERE ${isPair} AND NOT g.same`;
  const sums = comparedInForm(c).map((value, i) => `sum(${value} IS NOT f.c${i}) AS n${i}`);
  const found = piecesOf(sums, SUMS_AT_ONCE)
    .map((some) => db.prepare(`SELECT ${some.join(", ")} ${from}`).get() ?? {});
  const row = Object.assign({}, ...found);
  const counts = c.compared.map((column, i) => [column, Number(row[`n${i}`] ?? 0)] as const);
  return {
    pairs,
    differences: new Map(
      counts.filter(([, count]) => count > 0).toSorted(([, a], [, b]) => b - a),
    ),
  };
}

/**
 * Makes a table of what the far side holds of the groups that differ, with the columns of the query. What
 * is not compared is taken to be as the query has it where a group is one row on both sides, and is NULL
 * elsewhere: which of the rows would it be?
 */
export function createFarSideOfDiffering(
  db: DatabaseSync,
  c: FarComparison,
  table: string,
): void {
  const keys = placesOf("k", c.uniqueKey);
  const [groups, far, query] = [c.groupsTable, c.farTable, c.queryTable].map(temp);
  const list = columnList(c.columns);
  const isOne = "g.rows = 1 AND g.there = 1";
  const one = c.columns.map((column) => valueOf(c, column, `q.${quoteIdentifier(column)}`, true));
  const many = c.columns.map((column) => valueOf(c, column, "NULL", false));
  db.exec(
    `CREATE TEMP TABLE ${quoteIdentifier(table)} (${list});
     INSERT INTO ${temp(table)} SELECT ${one.join(", ")} FROM ${groups} AS g
       CROSS JOIN ${query} AS q ON q.${rowidName(c.columns)} = g.first CROSS JOIN ${far} AS f ON ${
      equal(keys)
    }
       WHERE ${isOne} AND NOT g.same;
     INSERT INTO ${temp(table)} SELECT ${many.join(", ")} FROM ${groups} AS g
       CROSS JOIN ${far} AS f ON ${equal(keys)}
       WHERE g.there > 0 AND NOT (${isOne}) AND NOT g.same`,
  );
}

function valueOf(c: FarComparison, column: string, otherwise: string, isOne: boolean): string {
  const key = c.uniqueKey.indexOf(column);
  if (key >= 0) return `g.q${key}`;
  const place = c.compared.indexOf(column);
  if (place < 0) return otherwise;
  const form = c.forms?.get(column);
  const value = farValueSql(form, `f.c${place}`);
  if (!isOne) return value;
  return `CASE WHEN ${
    queryFormSql(form, otherwise)
  } IS f.c${place} THEN ${otherwise} ELSE ${value} END`;
}

/** `k0, k1, …` */
function placesOf(letter: string, columns: readonly string[]): string[] {
  return columns.map((_, i) => `${letter}${i}`);
}

function comparedInForm(c: FarComparison): string[] {
  return c.compared.map((column) =>
    queryFormSql(c.forms?.get(column), `q.${quoteIdentifier(column)}`)
  );
}

function equal(keys: readonly string[]): string {
  return keys.map((key) => `f.${key} = g.${key}`).join(" AND ");
}
