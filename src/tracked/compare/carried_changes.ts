/**
 * Changes of a comparison that a budget has counted before: an earlier run has found them, was not stopped at
 * them, and did not reach them or has failed at them. What `--held` has left is not among them: nothing was to
 * be sent when it was found. Nor is what was parked, or settled by a person, and holds something else by now.
 *
 * A group is known by its key: whether what it holds has changed once more, nothing tells.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { columnList, temp } from "~/sql/identifiers.ts";
import { IS_UNKNOWN } from "~/store/changes/ledger.ts";
import { GROUP_KEY, registerGroupKey } from "~/tracked/group_key_sql.ts";
import { countFrom } from "~/warehouse/tables.ts";
import type { Comparison } from "./comparison_sql.ts";
import type { ChangeSet } from "./find_changes.ts";

/**
 * How many there are. Call before the pending groups are replaced. Costs two look-ups where an earlier run has
 * left nothing.
 */
export function countCarried(db: DatabaseSync, changes: ChangeSet): number {
  const { comparison: c, new: added, changed, rows } = changes;
  const hasLeft = `SELECT 1 FROM "spoor.pending" WHERE model = ?1
    UNION ALL SELECT 1 FROM "spoor.ledger" WHERE model = ?1 LIMIT 1`;
  if (db.prepare(hasLeft).get(c.model) === undefined) return 0;
  registerGroupKey(db);
  const keys = columnList(c.uniqueKey);
  const groups = rows === added + changed
    ? temp(c.rowsTable)
    : `(SELECT DISTINCT ${keys} FROM ${temp(c.rowsTable)})`;
  return countFrom(db, `${groups} AS r WHERE ${isCarried(c)}`, c.model);
}

/** SQL: whether a changed group (`r`) is one of them; `?1` is the model. */
export function isCarried({ uniqueKey }: Comparison): string {
  const keys = columnList(uniqueKey, "r");
  return `${GROUP_KEY}(${keys}) IN (
    SELECT group_key FROM "spoor.pending" WHERE model = ?1 AND action <> 'remove' AND run_id NOT IN (
      SELECT run_id FROM "spoor.deliveries"
      WHERE model = ?1 AND group_key = '*' AND state = 'adopted')
    UNION ALL
    SELECT group_key FROM "spoor.ledger" WHERE model = ?1 AND action <> 'remove' AND NOT parked
      AND (state = 'failed' OR ${IS_UNKNOWN}))`;
}
