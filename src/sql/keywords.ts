/**
 * The keywords that matter to a reader of queries: which of them cannot be a bare name.
 *
 * SQLite takes most of its keywords as names where they make no sense as keywords (`parse.y`,
 * `%fallback ID`). Those are not listed.
 *
 * @module
 */

/** Never a name unless it is quoted. */
const RESERVED_WORDS: ReadonlySet<string> = new Set(
  `ADD ALL ALTER AND AS AUTOINCREMENT BETWEEN CASE CHECK COLLATE COMMIT CONSTRAINT CREATE DEFAULT
   DEFERRABLE DELETE DISTINCT DROP ELSE ESCAPE EXCEPT EXISTS FOREIGN FROM GROUP HAVING IN INDEX
   INSERT INTERSECT INTO IS ISNULL JOIN LIMIT NOT NOTHING NOTNULL NULL ON OR ORDER PRIMARY
   REFERENCES RETURNING SELECT SET TABLE THEN TO TRANSACTION UNION UNIQUE UPDATE USING VALUES WHEN
   WHERE`.split(/\s+/),
);

/** Words before JOIN. Each may name a table, but is no alias unless AS stands before it. */
const JOIN_WORDS: ReadonlySet<string> = new Set(
  ["CROSS", "FULL", "INNER", "LEFT", "NATURAL", "OUTER", "RIGHT"],
);

/** Words that end a FROM clause on their level. */
const CLAUSE_WORDS: ReadonlySet<string> = new Set(
  ["WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "EXCEPT", "INTERSECT"],
);

/** Whether a word (any case) must be quoted to be a name in SQLite. */
export function isReservedWord(word: string): boolean {
  return RESERVED_WORDS.has(word.replace(/[a-z]+/g, (letters) => letters.toUpperCase()));
}

/** Whether a keyword (upper case) may stand as an alias without AS before it. */
export function canBeBareAlias(keyword: string): boolean {
  return !RESERVED_WORDS.has(keyword) && !JOIN_WORDS.has(keyword) && keyword !== "INDEXED";
}

/** Whether a keyword (upper case) ends the FROM clause that it follows. */
export function endsFromClause(keyword: string): boolean {
  return CLAUSE_WORDS.has(keyword);
}
