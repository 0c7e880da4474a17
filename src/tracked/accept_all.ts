/**
 * Accepts all changes of a comparison at once, inside SQLite: for tracked models that send nothing,
 * whose target is kept in step with their query (or with the rows that they saved).
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { fromRead, type SqlValue } from "~/warehouse/values.ts";
import {
  acceptedTableName,
  COLUMNS_ID,
  COPIES,
  NEW_TOKEN,
  ORDINAL,
  TOKEN,
} from "./accepted_table.ts";
import { type Comparison, keysAreEqual, temp } from "./comparison_sql.ts";
import { GroupHasher } from "./content_hash.ts";
import type { ChangeSet } from "./find_changes.ts";
import { CONTENT_HASH, ensureTargetTable } from "./target_table.ts";

/** Writes the groups that are new or changed. Call inside a transaction. Returns column changes. */
export function acceptAll(db: DatabaseSync, changes: ChangeSet): string[] {
  const c = changes.comparison;
  const columnChanges = ensureTargetTable(db, c.model, c.uniqueKey, c.columns);
  if (changes.new + changes.changed === 0) return columnChanges;
  if (changes.changed > 0) deleteGroups(db, c);
  acceptRows(db, c);
  storeRows(db, c);
  return columnChanges;
}

/** Drops the groups that the query no longer has, from the target and from the accepted rows. */
export function forgetRemoved(db: DatabaseSync, { comparison: c, removed }: ChangeSet): void {
  if (removed === 0) return;
  for (const table of [acceptedTableName(c.model), c.model]) {
    db.exec(
      `DELETE FROM ${quoteIdentifier(table)} AS t WHERE EXISTS (SELECT 1 FROM ${
        temp(c.removedTable)
      } AS r
       WHERE ${keysAreEqual(c.uniqueKey, "r", "t")})`,
    );
  }
}

function deleteGroups(db: DatabaseSync, c: Comparison): void {
  for (const table of [acceptedTableName(c.model), c.model]) {
    db.exec(
      `DELETE FROM ${quoteIdentifier(table)} AS t WHERE EXISTS (SELECT 1 FROM ${
        temp(c.keysTable)
      } AS k
       WHERE ${keysAreEqual(c.uniqueKey, "k", "t")})`,
    );
  }
}

function acceptRows(db: DatabaseSync, c: Comparison): void {
  const columns = c.columns.map(quoteIdentifier);
  const keys = c.uniqueKey.map(quoteIdentifier).join(", ");
  const distinct = columns.map((column) => `+${column} COLLATE BINARY`).join(", ");
  db.exec(
    `INSERT INTO ${quoteIdentifier(acceptedTableName(c.model))}
       (${columns.join(", ")}, ${ORDINAL}, ${COPIES}, ${TOKEN}, ${COLUMNS_ID})
     SELECT ${
      columns.join(", ")
    }, row_number() OVER (PARTITION BY ${keys}) - 1, _spoor_n, ${NEW_TOKEN}, ${c.columnsId}
     FROM (SELECT ${columns.join(", ")}, count(*) AS _spoor_n FROM ${
      temp(c.rowsTable)
    } GROUP BY ${distinct})`,
  );
}

function storeRows(db: DatabaseSync, c: Comparison): void {
  const hashes = `${c.rowsTable}.hashes`;
  const keys = c.uniqueKey.map(quoteIdentifier);
  const columns = c.columns.map(quoteIdentifier);
  registerHash(db, c.columns);
  db.exec(
    `CREATE TEMP TABLE ${quoteIdentifier(hashes)} (${keys.join(", ")}, _spoor_hash, PRIMARY KEY (${
      keys.join(", ")
    })) WITHOUT ROWID;
     INSERT INTO ${temp(hashes)} SELECT ${keys.join(", ")}, spoor_hash(${columns.join(", ")})
       FROM ${temp(c.rowsTable)} GROUP BY ${keys.join(", ")};
     INSERT INTO ${quoteIdentifier(c.model)} (${columns.join(", ")}, ${CONTENT_HASH})
       SELECT ${columns.map((column) => `r.${column}`).join(", ")}, h._spoor_hash
       FROM ${temp(c.rowsTable)} AS r JOIN ${temp(hashes)} AS h ON ${
      keysAreEqual(c.uniqueKey, "h", "r")
    }
       ORDER BY r.rowid;
     DROP TABLE ${temp(hashes)}`,
  );
}

/** `spoor_hash(columns…)`: the content hash of the rows of a group; only changed groups come here. */
function registerHash(db: DatabaseSync, columns: readonly string[]): void {
  const hasher = new GroupHasher(columns);
  const start = () => [] as SqlValue[];
  const step = (values: SqlValue[], ...row: SqlValue[]) => {
    for (const value of row) values.push(fromRead(value));
    return values;
  };
  const result = (values: SqlValue[]) => hasher.hash(values);
  // The types of node:sqlite in Deno know numbers as the only state of an aggregate.
  const options = { start, step, result, varargs: true, useBigIntArguments: true } as unknown;
  db.aggregate("spoor_hash", options as Parameters<DatabaseSync["aggregate"]>[1]);
}
