/**
 * The SQL of a comparison by value between a query and the accepted rows of its model.
 *
 * Values are compared with `IS`, without affinities (unary `+`; the accepted table declares no
 * types) and with the collation BINARY: '1' and 1 differ, 'Gold' and 'GOLD' differ, NULL is NULL,
 * 1 and 1.0 are the same.
 *
 * @module
 */
import { isSameName } from "~/base/text/same_name.ts";
import { columnList, quoteIdentifier, temp } from "~/sql/identifiers.ts";
import { joinConditions } from "~/sql/join_conditions.ts";
import {
  acceptedTableName,
  COLUMNS_ID,
  COPIES,
  DOUBTED_COLUMNS_ID,
  ORDINAL,
  TOKEN,
  tokenHigh,
  tokenLow,
} from "~/tracked/accept/accepted_table.ts";

/** What is compared. */
export interface Comparison {
  model: string;
  uniqueKey: readonly string[];
  /** The query's columns, in its order. */
  columns: readonly string[];
  /** One SELECT on tables as the file has them. */
  select: string;
  columnsId: number;
  /** The name of the rowid in tables that have the query's columns: the place of a row. */
  place: string;
  /** Temporary tables of this comparison: rows of changed groups, … */
  rowsTable: string;
  /** … keys of changed groups, … */
  keysTable: string;
  /** … keys of groups that the query no longer has, … */
  removedTable: string;
  /** … keys of groups that were tried, with the batch that they go out in first, … */
  triedTable: string;
  /** … and keys of groups that are held back; only there where some are. */
  heldBackTable: string;
  /** The same of accepted groups of many rows (`large_groups.ts`), where there are such: their keys, and their rows. */
  large?: { keysTable: string; rowsTable: string };
}

/** `s.a = …` for each key column, joined by AND. */
export function keysAreEqual(keys: readonly string[], left: string, right: string): string {
  return keys.map((key) => {
    const name = quoteIdentifier(key);
    return `${left}.${name} COLLATE BINARY = +${right}.${name}`;
  }).join(" AND ");
}

/**
 * The key of an accepted row (`a`) is that of another one. Where it is the rowid, SQLite takes '1'
 * for 1 in a look-up; the second condition does not.
 */
export function keyIsAccepted(keys: readonly string[], other: string): string {
  const strict = keys.map((key) => {
    const name = quoteIdentifier(key);
    return ` AND +a.${name} COLLATE BINARY IS +${other}.${name}`;
  });
  return `${keysAreEqual(keys, "a", other)}${strict.join("")}`;
}

/** Rows (`s`), each with what was accepted of the same values, if there is such. */
interface Matched {
  from: string;
  /** Whose `_spoor_token` is that of the accepted row, or NULL. */
  alias: "a" | "s";
}

function matchedFrom(c: Comparison, source: string): Matched {
  const accepted = quoteIdentifier(acceptedTableName(c.model));
  const others = c.columns.filter((column) => !isKey(c, column)).map(quoteIdentifier);
  const areSame = joinConditions([
    keyIsAccepted(c.uniqueKey, "s"),
    `a.${COLUMNS_ID} = ${c.columnsId}`,
    ...others.map((name) => `+a.${name} COLLATE BINARY IS +s.${name}`),
  ], "AND");
  const { large } = c;
  if (!large) {
    return { from: `${source} AS s LEFT JOIN ${accepted} AS a ON ${areSame}`, alias: "a" };
  }
  // Without `+`: the index has these values.
  const areSameInLarge = joinConditions([
    keysAreEqual(c.uniqueKey, "a", "s"),
    ...others.map((name) => `a.${name} COLLATE BINARY IS +s.${name}`),
  ], "AND");
  const [key = ""] = c.uniqueKey.map(quoteIdentifier);
  // LIMIT keeps SQLite from taking it apart, and looking each token up once for each use of it.
  const from = `(SELECT s.*, CASE WHEN k.${key} IS NULL
      THEN (SELECT a.${TOKEN} FROM ${accepted} AS a WHERE ${areSame})
      ELSE (SELECT a.${TOKEN} FROM ${
    temp(large.rowsTable)
  } AS a WHERE ${areSameInLarge}) END AS ${TOKEN}
    FROM ${source} AS s LEFT JOIN ${temp(large.keysTable)} AS k ON ${
    keysAreEqual(c.uniqueKey, "k", "s")
  } LIMIT -1) AS s`;
  return { from, alias: "s" };
}

/**
 * Copies compare as copies: a row that came twice is met twice, so its token counts twice on both
 * sides.
 */
function sumsOfMatched({ alias }: Matched): string {
  return `count(${alias}.${TOKEN}) AS matched,
    coalesce(sum(${tokenLow(alias)}), 0) AS low, coalesce(sum(${tokenHigh(alias)}), 0) AS high`;
}

/**
 * One scan: count and sums over the matched rows, and the rows that match nothing, collected.
 *
 * @param collect Gives the call of the function that collects.
 */
export function compareSql(c: Comparison, collect: (values: readonly string[]) => string): string {
  const call = collect(valuesOf(c));
  const matched = matchedFrom(c, `(${c.select}\n)`);
  return `SELECT ${
    sumsOfMatched(matched)
  }, ${call} FILTER (WHERE ${matched.alias}.${TOKEN} IS NULL) AS unmatched
    FROM ${matched.from}`;
}

/** Rows that match nothing, inside SQLite; for when they are many. */
export function fillWithUnmatchedSql(c: Comparison): string {
  const { from, alias } = matchedFrom(c, `(${c.select}\n)`);
  return `INSERT INTO ${temp(c.rowsTable)} SELECT ${valuesOf(c).join(", ")} FROM ${from}
    WHERE ${alias}.${TOKEN} IS NULL`;
}

/** All rows of the groups in the table of changed keys. */
export function fillWithGroupsSql(c: Comparison): string {
  return `INSERT INTO ${temp(c.rowsTable)} SELECT s.* FROM (${c.select}\n) AS s
    WHERE EXISTS (SELECT 1 FROM ${temp(c.keysTable)} AS k WHERE ${
    keysAreEqual(c.uniqueKey, "k", "s")
  })`;
}

/** Sums over those changed rows that match an accepted row. */
export function matchedAmongChangedSql(c: Comparison): string {
  const matched = matchedFrom(c, temp(c.rowsTable));
  return `SELECT ${sumsOfMatched(matched)} FROM ${matched.from}`;
}

/** `s.a` for each column of the query. */
function valuesOf({ columns }: Comparison): string[] {
  return columns.map((column) => `s.${quoteIdentifier(column)}`);
}

/**
 * Groups, rows of the largest, copies and sums of all accepted rows. `hasOneRowEach`: every group is one row, once.
 */
export function acceptedSumsSql(model: string, hasOneRowEach: boolean): string {
  const sums = hasOneRowEach
    ? `count(*) AS groups, 1 AS largest, count(*) AS matched, coalesce(sum(${
      tokenLow("a")
    }), 0) AS low,
      coalesce(sum(${tokenHigh("a")}), 0) AS high`
    : `count(*) FILTER (WHERE a.${ORDINAL} = 0) AS groups, max(a.${ORDINAL}) + 1 AS largest,
      ${SUMS_OF_ACCEPTED}`;
  return `SELECT ${sums} FROM ${quoteIdentifier(acceptedTableName(model))} AS a`;
}

/** Copies and sums of the accepted rows whose key is among the changed. */
export function acceptedSumsOfChangedSql(c: Comparison): string {
  return `SELECT ${SUMS_OF_ACCEPTED} FROM ${temp(c.keysTable)} AS k JOIN ${
    quoteIdentifier(acceptedTableName(c.model))
  } AS a
    ON ${keyIsAccepted(c.uniqueKey, "k")}`;
}

const SUMS_OF_ACCEPTED = `coalesce(sum(a.${COPIES}), 0) AS matched,
  coalesce(sum(a.${COPIES} * ${tokenLow("a")}), 0) AS low,
  coalesce(sum(a.${COPIES} * ${tokenHigh("a")}), 0) AS high`;

/**
 * Group by group, for when the sums do not agree: adds every group that differs to the changed
 * keys, and those the query no longer has to the removed.
 */
export function compareGroupsSql(c: Comparison, hasOneRowEach: boolean): string[] {
  const ofAccepted = columnList(c.uniqueKey, "a");
  const found = temp(`${c.keysTable}.found`);
  return [
    ...(hasOneRowEach ? findRepeatedSql(c, found) : findDifferingSql(c, found)),
    `INSERT INTO ${temp(c.removedTable)} SELECT ${ofAccepted}
     FROM ${quoteIdentifier(acceptedTableName(c.model))} AS a WHERE a.${ORDINAL} = 0
     AND NOT EXISTS (SELECT 1 FROM ${found} AS f WHERE ${keysAreEqual(c.uniqueKey, "f", "a")})`,
    `DROP TABLE ${found}`,
  ];
}

/** Every accepted group is one row: a row that differs is known already, one that came again is not. */
function findRepeatedSql(c: Comparison, found: string): string[] {
  const keys = c.uniqueKey.map(quoteIdentifier);
  const list = keys.join(", ");
  return [
    `CREATE TEMP TABLE ${found} (${list}, n, PRIMARY KEY (${list})) WITHOUT ROWID`,
    `INSERT INTO ${found} SELECT ${list}, count(*) FROM (${c.select}\n)
     GROUP BY ${keys.map((key) => `${key} COLLATE BINARY`).join(", ")}`,
    `INSERT OR IGNORE INTO ${temp(c.keysTable)} SELECT ${list} FROM ${found} WHERE n > 1`,
  ];
}

function findDifferingSql(c: Comparison, found: string): string[] {
  const keys = c.uniqueKey.map(quoteIdentifier);
  const list = keys.join(", ");
  const matched = matchedFrom(c, `(${c.select}\n)`);
  return [
    `CREATE TEMP TABLE ${found} (${list}, matched, low, high, PRIMARY KEY (${list})) WITHOUT ROWID`,
    `INSERT INTO ${found} SELECT ${keys.map((key) => `s.${key}`).join(", ")}, ${
      sumsOfMatched(matched)
    }
     FROM ${matched.from}
     GROUP BY ${keys.map((key) => `s.${key} COLLATE BINARY`).join(", ")}`,
    `INSERT OR IGNORE INTO ${temp(c.keysTable)} SELECT ${keys.map((key) => `a.${key}`).join(", ")}
     FROM (SELECT ${list}, ${SUMS_OF_ACCEPTED} FROM ${
      quoteIdentifier(acceptedTableName(c.model))
    } AS a GROUP BY ${list}) AS a
     JOIN ${found} AS f ON ${keysAreEqual(c.uniqueKey, "f", "a")}
     WHERE f.matched <> a.matched OR f.low <> a.low OR f.high <> a.high`,
  ];
}

/** Takes every accepted row into doubt: until it is accepted anew its group counts as changed, in later runs too. */
export function outdateAcceptedSql(c: Comparison): string {
  return `UPDATE ${
    quoteIdentifier(acceptedTableName(c.model))
  } SET ${COLUMNS_ID} = ${DOUBTED_COLUMNS_ID}`;
}

/**
 * Moves to the removed those forced groups that are not in the query and were accepted once, or may be at
 * the far side without.
 */
export function removeForcedSql(c: Comparison): string {
  const keys = c.uniqueKey.map(quoteIdentifier);
  const [key] = keys;
  return `INSERT OR IGNORE INTO ${temp(c.removedTable)}
    SELECT ${keys.map((each) => `f.${each}`).join(", ")} FROM ${temp(c.triedTable)} AS f
    LEFT JOIN (SELECT DISTINCT ${keys.join(", ")} FROM ${temp(c.rowsTable)}) AS r
    ON ${keysAreEqual(c.uniqueKey, "r", "f")}
    WHERE f._spoor_forced AND r.${key} IS NULL AND (f._spoor_there OR EXISTS (SELECT 1 FROM ${
    quoteIdentifier(acceptedTableName(c.model))
  } AS a
    WHERE ${keyIsAccepted(c.uniqueKey, "f")}))`;
}

/** Of removed groups: neither cut off nor failed; their removal has failed before. */
export type RemovedKind = "news" | "failed";

/** Whether a removed group (`r`) is of a kind. */
export function removedIs(kind: RemovedKind, c: Comparison): string {
  const tried = (which: string) =>
    `EXISTS (SELECT 1 FROM ${temp(c.triedTable)} AS t
    WHERE ${which} AND ${keysAreEqual(c.uniqueKey, "t", "r")})`;
  return kind === "failed"
    ? tried("t._spoor_batch = 0 AND t._spoor_late")
    : `NOT ${tried("(t._spoor_batch <> 0 OR t._spoor_late)")}`;
}

/** Whether a group (`r`) of the query, or a removed one, was ever accepted. */
export function wasAccepted(c: Comparison): string {
  return `EXISTS (SELECT 1 FROM ${quoteIdentifier(acceptedTableName(c.model))} AS a
    WHERE ${keyIsAccepted(c.uniqueKey, "r")})`;
}

/** Keys of groups that were tried and are not among the changes: they are gone, or are what was accepted. */
export function triedButUnchangedSql(c: Comparison): string {
  const keys = columnList(c.uniqueKey);
  return `SELECT ${keys} FROM ${temp(c.triedTable)} EXCEPT SELECT ${keys} FROM ${
    temp(c.rowsTable)
  }`;
}

/** Whether a column is part of the key. */
export function isKey(c: Comparison, column: string): boolean {
  return c.uniqueKey.some((key) => isSameName(key, column));
}
