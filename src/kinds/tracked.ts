/**
 * The `tracked` kind: groups of rows by `@unique_key`, each with the hash of its content.
 *
 * | the model            | the target holds                     | a group that is gone |
 * | -------------------- | ------------------------------------ | -------------------- |
 * | SQL                  | what its query gives, group by group | leaves the target    |
 * | TypeScript, saves    | what it saved, group by group        | stays                |
 * | TypeScript, `query`  | what was acknowledged (`run/`)       | leaves the target    |
 *
 * Unchanged groups are not rewritten.
 *
 * @module
 */
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { acceptAll, forgetRemoved } from "~/tracked/accept/accept_all.ts";
import { acceptedTableName } from "~/tracked/accept/accepted_table.ts";
import { beginKeeping } from "~/tracked/accept/kept_rows.ts";
import { dropGoneColumns, isTrackedTarget } from "~/tracked/accept/target_table.ts";
import { type ChangeSet, dropChanges, findChanges } from "~/tracked/compare/find_changes.ts";
import { columnsOf, countRows, dropTable } from "~/warehouse/tables.ts";
import type { Kind, KindContext, WriteResult } from "./kind.ts";

/** See the module's comment. */
export const trackedKind: Kind = {
  writeSelect(context, select) {
    const columns = context.db.prepare(select).columns().map((column) => column.name);
    const changes = find(context, select, columns);
    forgetRemoved(context.db, changes);
    const result = write(context, changes, changes.removed);
    const gone = dropGoneColumns(context.db, context.model, context.uniqueKey, columns);
    if (gone.length === 0) return result;
    return { ...result, changed: true, columnChanges: [...result.columnChanges, ...gone] };
  },

  writeSaved(context, stage) {
    const select = `SELECT * FROM ${quoteIdentifier(stage)}`;
    const changes = find(context, select, columnsOf(context.db, stage));
    const result = write(context, changes, 0);
    dropTable(context.db, stage);
    return result;
  },
};

function find(
  { db, model, uniqueKey }: KindContext,
  select: string,
  columns: readonly string[],
): ChangeSet {
  beginKeeping(db, model);
  // A target that was dropped, or that another kind made meanwhile, holds nothing that is kept.
  if (!isTrackedTarget(db, model)) dropTable(db, acceptedTableName(model));
  return findChanges(db, {
    model,
    uniqueKey,
    select,
    columns,
    params: [],
    tried: [],
    everything: false,
    isKept: true,
  });
}

function write({ db, model }: KindContext, changes: ChangeSet, removed: number): WriteResult {
  const columnChanges = acceptAll(db, changes);
  dropChanges(db, changes);
  const { new: added, changed, unchanged } = changes;
  return {
    changed: added + changed + removed + columnChanges.length > 0,
    rows: countRows(db, model),
    columnChanges,
    groups: { new: added, changed, unchanged, removed },
  };
}
