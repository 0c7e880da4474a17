/**
 * Acknowledges groups: records them as accepted by the far side, with the content that was read.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import {
  acceptedTableName,
  COLUMNS_ID,
  COPIES,
  NEW_TOKEN,
  ORDINAL,
  TOKEN,
} from "./accepted_table.ts";
import type { ChangedGroup } from "./changed_groups.ts";
import { type Comparison, temp } from "./comparison_sql.ts";
import { CONTENT_HASH, ensureTargetTable } from "./target_table.ts";

/** Rows as they are to be stored in the target. */
export interface SavedRows {
  columns: readonly string[];
  /** Flat, row after row. */
  values: readonly SqlValue[];
}

/** Acknowledges groups of one comparison, one at a time; statements are prepared once. */
export class Acknowledger {
  readonly #forget: StatementSync;
  readonly #acceptOne: StatementSync;
  readonly #acceptMany: StatementSync;
  #unstore: StatementSync | undefined;
  #targetColumns = "";
  #store: StatementSync | undefined;
  /** How the target's columns changed. */
  readonly columnChanges: string[] = [];

  constructor(private readonly db: DatabaseSync, private readonly c: Comparison) {
    const accepted = quoteIdentifier(acceptedTableName(c.model));
    const columns = c.columns.map(quoteIdentifier);
    const target = `INSERT INTO ${accepted}
      (${columns.join(", ")}, ${ORDINAL}, ${COPIES}, ${TOKEN}, ${COLUMNS_ID})`;
    const source = `FROM ${temp(c.rowsTable)} WHERE rowid BETWEEN ? AND ?`;
    this.#forget = db.prepare(`DELETE FROM ${accepted} WHERE ${whereKey(c.uniqueKey)}`);
    this.#acceptOne = db.prepare(
      `${target} SELECT ${columns.join(", ")}, 0, 1, ${NEW_TOKEN}, ${c.columnsId} ${source}`,
    );
    const distinct = columns.map((column) => `+${column} COLLATE BINARY`).join(", ");
    this.#acceptMany = db.prepare(
      `${target} SELECT ${
        columns.join(", ")
      }, row_number() OVER () - 1, _spoor_n, ${NEW_TOKEN}, ${c.columnsId}
       FROM (SELECT ${columns.join(", ")}, count(*) AS _spoor_n ${source} GROUP BY ${distinct})`,
    );
  }

  /** Call inside a transaction. */
  acknowledge(group: ChangedGroup, saved: SavedRows): void {
    const key = group.key.map(toBound);
    this.#forget.run(...key);
    const accept = group.firstRow === group.lastRow ? this.#acceptOne : this.#acceptMany;
    accept.run(BigInt(group.firstRow), BigInt(group.lastRow));
    this.#prepareTarget(saved.columns);
    this.#unstore?.run(...key);
    const width = saved.columns.length;
    for (let start = 0; start < saved.values.length; start += width) {
      this.#store?.run(...saved.values.slice(start, start + width).map(toBound), group.hash);
    }
  }

  #prepareTarget(columns: readonly string[]): void {
    const list = columns.join("\0");
    if (this.#store && list === this.#targetColumns) return;
    const { model, uniqueKey } = this.c;
    this.columnChanges.push(...ensureTargetTable(this.db, model, uniqueKey, columns));
    this.#targetColumns = list;
    const names = [...columns, CONTENT_HASH].map(quoteIdentifier);
    this.#unstore = this.db.prepare(
      `DELETE FROM ${quoteIdentifier(model)} WHERE ${whereKey(uniqueKey)}`,
    );
    this.#store = this.db.prepare(
      `INSERT INTO ${quoteIdentifier(model)} (${names.join(", ")}) VALUES (${
        names.map(() => "?").join(", ")
      })`,
    );
  }
}

function whereKey(uniqueKey: readonly string[]): string {
  return uniqueKey.map((key) => `${quoteIdentifier(key)} = ?`).join(" AND ");
}
