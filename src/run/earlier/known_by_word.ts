/**
 * Groups that the far side has by what a person said, or the model's own `verify`, and of which nothing was
 * ever accepted: they hold something else by now, so that they are sent. The model is given updates, and as
 * such they count.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { isThereByWord } from "~/delivery/earlier_try.ts";
import { columnList, quoteIdentifier, temp } from "~/sql/identifiers.ts";
import { HAS_SETTLED, type LedgerReader } from "~/store/changes/ledger.ts";
import { acceptedTableName } from "~/tracked/accept/accepted_table.ts";
import { keyIsAccepted, keysAreEqual } from "~/tracked/compare/comparison_sql.ts";
import type { ChangeSet } from "~/tracked/compare/find_changes.ts";
import { encodeGroupKey } from "~/tracked/group_key.ts";
import { prepareArrayRows, readRow } from "~/warehouse/statements/array_rows.ts";

/** The same changes, with these groups among the changed ones. */
export function countKnownByWord(
  db: DatabaseSync,
  changes: ChangeSet,
  earlier: LedgerReader,
): ChangeSet {
  if (changes.new === 0) return changes;
  const settled = new Set(
    earlier.each(HAS_SETTLED).filter(isThereByWord).map(({ groupKey }) => groupKey),
  );
  if (settled.size === 0) return changes;
  const { rowsTable, triedTable, model, uniqueKey } = changes.comparison;
  const keys = columnList(uniqueKey, "t");
  const known = prepareArrayRows(
    db,
    `SELECT DISTINCT ${keys} FROM ${temp(rowsTable)} AS r
     JOIN ${temp(triedTable)} AS t ON ${keysAreEqual(uniqueKey, "t", "r")}
     WHERE NOT EXISTS (SELECT 1 FROM ${quoteIdentifier(acceptedTableName(model))} AS a
       WHERE ${keyIsAccepted(uniqueKey, "t")})`,
  ).all().filter((key) => settled.has(encodeGroupKey(readRow(key)))).length;
  return { ...changes, new: changes.new - known, changed: changes.changed + known };
}
