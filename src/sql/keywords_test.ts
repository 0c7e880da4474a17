import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { canBeBareAlias, isReservedWord } from "./keywords.ts";

/** https://www.sqlite.org/lang_keywords.html, and MATERIALIZED, WITHIN as later versions have them. */
const SQLITE_KEYWORDS = `
  ABORT ACTION ADD AFTER ALL ALTER ALWAYS ANALYZE AND AS ASC ATTACH AUTOINCREMENT BEFORE BEGIN
  BETWEEN BY CASCADE CASE CAST CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS CURRENT
  CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DATABASE DEFAULT DEFERRABLE DEFERRED DELETE DESC
  DETACH DISTINCT DO DROP EACH ELSE END ESCAPE EXCEPT EXCLUDE EXCLUSIVE EXISTS EXPLAIN FAIL FILTER
  FIRST FOLLOWING FOR FOREIGN FROM FULL GENERATED GLOB GROUP GROUPS HAVING IF IGNORE IMMEDIATE IN
  INDEX INDEXED INITIALLY INNER INSERT INSTEAD INTERSECT INTO IS ISNULL JOIN KEY LAST LEFT LIKE
  LIMIT MATCH MATERIALIZED NATURAL NO NOT NOTHING NOTNULL NULL NULLS OF OFFSET ON OR ORDER OTHERS
  OUTER OVER PARTITION PLAN PRAGMA PRECEDING PRIMARY QUERY RAISE RANGE RECURSIVE REFERENCES REGEXP
  REINDEX RELEASE RENAME REPLACE RESTRICT RETURNING RIGHT ROLLBACK ROW ROWS SAVEPOINT SELECT SET
  TABLE TEMP TEMPORARY THEN TIES TO TRANSACTION TRIGGER UNBOUNDED UNION UNIQUE UPDATE USING VACUUM
  VALUES VIEW VIRTUAL WHEN WHERE WINDOW WITH WITHIN WITHOUT`.trim().split(/\s+/);

Deno.test("isReservedWord() agrees with SQLite about every keyword", () => {
  using database = new DatabaseSync(":memory:");
  for (const word of SQLITE_KEYWORDS) {
    const isName = prepares(database, `SELECT 1 FROM (SELECT 1) AS ${word}`);
    assert.equal(isReservedWord(word), !isName, word);
    assert.equal(isReservedWord(word.toLowerCase()), !isName, word);
  }
});

Deno.test("canBeBareAlias() agrees with SQLite about every keyword", () => {
  using database = new DatabaseSync(":memory:");
  for (const word of SQLITE_KEYWORDS) {
    const isAlias = prepares(database, `SELECT 1 FROM (SELECT 1 AS a) ${word}`);
    assert.equal(canBeBareAlias(word), isAlias, word);
  }
});

function prepares(database: DatabaseSync, sql: string): boolean {
  try {
    database.prepare(sql);
    return true;
  } catch (error) {
    assert.match(String(error), /syntax error|incomplete input/);
    return false;
  }
}
