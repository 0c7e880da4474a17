/**
 * SQL that inserts rows of a comparison into the accepted ones.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { columnList, quoteIdentifier } from "~/sql/identifiers.ts";
import type { Comparison } from "~/tracked/compare/comparison_sql.ts";
import {
  ACCEPTED_HASH,
  acceptedTableName,
  COLUMNS_ID,
  COPIES,
  NEW_TOKEN,
  ORDINAL,
  ownInsert,
  TOKEN,
} from "./accepted_table.ts";
import { keptHashSql } from "./target_view.ts";

/**
 * Rows that are each alone in their group and came once: no grouping, which is most of the work for a million rows.
 *
 * @param source From where: `FROM …`
 * @param hash SQL of a row's content hash, where it is kept.
 */
export function insertRowsSql(
  db: DatabaseSync,
  c: Comparison,
  source: string,
  hash?: string,
): string {
  const table = acceptedTableName(c.model);
  const own = ownInsert(db, table, c.columnsId);
  const list = columnList(c.columns);
  const [into, kept] = keeping(hash);
  return `INSERT INTO ${quoteIdentifier(table)} (${list}${own.columns}${into})
    SELECT ${list}${own.values}${kept} ${source}`;
}

/**
 * Rows of whole groups.
 *
 * @param rows A SELECT of the columns and `count(*) AS _spoor_n`, which is then grouped.
 * @param hash SQL of the content hash of the group of a row (`r`), where it is kept.
 */
export function insertGroupsSql(c: Comparison, rows: string, hash?: string): string {
  const list = columnList(c.columns);
  const own = columnList([ORDINAL, COPIES, TOKEN, COLUMNS_ID]);
  const distinct = c.columns.map((column) => `+${quoteIdentifier(column)} COLLATE BINARY`);
  const [into, kept] = keeping(hash);
  return `INSERT INTO ${quoteIdentifier(acceptedTableName(c.model))} (${list}, ${own}${into})
    SELECT ${list}, row_number() OVER (PARTITION BY ${columnList(c.uniqueKey)}) - 1, _spoor_n,
      ${NEW_TOKEN}, ${c.columnsId}${kept}
    FROM (${rows} GROUP BY ${distinct.join(", ")}) AS r`;
}

function keeping(hash: string | undefined): [into: string, kept: string] {
  return hash === undefined ? ["", ""] : [`, ${ACCEPTED_HASH}`, `, ${keptHashSql(hash)}`];
}
