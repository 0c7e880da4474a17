/**
 * Writes down every group that a comparison has found to be delivered, before the first of them is begun: what
 * becomes of each can be asked for by SQL from then on, also after a kill.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { columnList, quoteIdentifier, temp } from "~/sql/identifiers.ts";
import { clearPending } from "~/store/changes/pending.ts";
import { acceptedTableName } from "~/tracked/accept/accepted_table.ts";
import { GROUP_KEY, registerGroupKey } from "~/tracked/group_key_sql.ts";
import { type Comparison, keyIsAccepted, removedIs } from "./comparison_sql.ts";
import type { ChangeSet } from "./find_changes.ts";

/** Whose groups they are. */
export interface PendingSubject {
  runId: number;
  /** Groups that left the query are delivered too. */
  withRemoved: boolean;
  /** Some groups are in the ledger: these have a state already. */
  hasLedger: boolean;
}

/**
 * In place of what an earlier run has left. Call inside the transaction that found the changes, when their
 * rows are in their order.
 */
export function notePending(db: DatabaseSync, changes: ChangeSet, subject: PendingSubject): void {
  const c = changes.comparison;
  const given = changes.new + changes.changed;
  const removed = subject.withRemoved ? changes.removed : 0;
  clearPending(db, c.model);
  if (given + removed === 0) return;
  registerGroupKey(db);
  const run = (sql: string) =>
    db.prepare(`INSERT INTO "spoor.pending" ${sql}`).run(c.model, BigInt(subject.runId));
  if (removed > 0) run(removedSql(c, subject));
  if (given > 0) run(givenSql(changes, removed, subject));
}

/** Numbered as they are read: in the order of their first rows, after what is removed. */
function givenSql(changes: ChangeSet, removed: number, { hasLedger }: PendingSubject): string {
  const { comparison: c, new: added, changed, rows } = changes;
  const keys = columnList(c.uniqueKey);
  const source = rows === added + changed
    ? `SELECT ${c.place} AS number, ${keys} FROM ${temp(c.rowsTable)}`
    : `SELECT row_number() OVER (ORDER BY min(${c.place})) AS number, ${keys}
       FROM ${temp(c.rowsTable)} GROUP BY ${keys}`;
  return `SELECT ?1, ${removed} + g.number, ?2, ${actionSql(changes)}, ${
    keySql(c)
  } FROM (${source}) AS g
    WHERE ${notInLedgerSql(c, hasLedger)}`;
}

function removedSql(c: Comparison, { hasLedger }: PendingSubject): string {
  const keys = columnList(c.uniqueKey);
  return `SELECT ?1, g.number, ?2, 'remove', ${keySql(c)}
    FROM (SELECT row_number() OVER (ORDER BY ${keys}) AS number, ${keys}
      FROM ${temp(c.removedTable)} AS r WHERE ${hasLedger ? removedIs("news", c) : "true"}) AS g
    WHERE ${notInLedgerSql(c, hasLedger)}`;
}

function actionSql({ comparison: c, new: added, changed }: ChangeSet): string {
  if (changed === 0) return "'create'";
  if (added === 0) return "'update'";
  return `iif(EXISTS (SELECT 1 FROM ${quoteIdentifier(acceptedTableName(c.model))} AS a
    WHERE ${keyIsAccepted(c.uniqueKey, "g")}), 'update', 'create')`;
}

function keySql({ uniqueKey }: Comparison): string {
  return `${GROUP_KEY}(${columnList(uniqueKey, "g")})`;
}

function notInLedgerSql(c: Comparison, hasLedger: boolean): string {
  if (!hasLedger) return "true";
  return `NOT EXISTS (SELECT 1 FROM "spoor.ledger" AS l
    WHERE l.model = ?1 AND l.group_key = ${keySql(c)})`;
}
