/**
 * The `table` kind: rebuilt by every run, swapped in one transaction.
 *
 * The new rows are compared with the old ones before the swap: a rebuild that gives the same rows
 * leaves the target as it is, so that nothing below it wakes.
 *
 * @module
 */
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { hasSameRows } from "~/warehouse/same_rows.ts";
import { stageName } from "~/warehouse/stages.ts";
import {
  columnsOf,
  countRows,
  createTableAs,
  dropTable,
  findTableType,
} from "~/warehouse/tables.ts";
import { columnChanges } from "./column_changes.ts";
import type { Kind, KindContext, WriteResult } from "./kind.ts";

/** See the module's comment. */
export const tableKind: Kind = {
  writeSelect(context, select) {
    const { db, model } = context;
    if (createTableAs(db, model, select)) {
      return { changed: true, rows: countRows(db, model), columnChanges: [] };
    }
    const stage = stageName(model);
    dropTable(db, stage);
    db.exec(`CREATE TABLE ${quoteIdentifier(stage)} AS ${select}`);
    return swap(context, stage);
  },

  writeSaved: swap,
};

function swap({ db, model }: KindContext, stage: string): WriteResult {
  const before = findTableType(db, model);
  const columns = before === undefined ? [] : columnsOf(db, model);
  if (before === "table" && hasSameRows(db, model, stage)) {
    dropTable(db, stage);
    return { changed: false, rows: countRows(db, model), columnChanges: [] };
  }
  const changes = columnChanges(columns, columnsOf(db, stage));
  dropTable(db, model);
  db.exec(`ALTER TABLE ${quoteIdentifier(stage)} RENAME TO ${quoteIdentifier(model)}`);
  return { changed: true, rows: countRows(db, model), columnChanges: changes };
}
