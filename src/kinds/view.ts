/**
 * The `view` kind: a view in the SQLite file; its query runs whenever it is read.
 *
 * @module
 */
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { columnsOf, dropTable, findTableType } from "~/warehouse/tables.ts";
import { columnChanges } from "./column_changes.ts";
import type { Kind } from "./kind.ts";

/** See the module's comment. A view's content moves with what it reads, so a run always counts. */
export const viewKind: Kind = {
  writeSelect({ db, model }, select) {
    const before = findTableType(db, model) === undefined ? [] : columnsOf(db, model);
    dropTable(db, model);
    db.exec(`CREATE VIEW ${quoteIdentifier(model)} AS ${select}`);
    return { changed: true, columnChanges: columnChanges(before, columnsOf(db, model)) };
  },

  writeSaved({ model }) {
    // `project/` refuses a TypeScript model of this kind before anything runs.
    throw new Error(`${model} is a view and cannot take saved rows`);
  },
};
