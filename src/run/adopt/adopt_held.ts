/**
 * `--adopt` with `--held`: what the far side holds already is known, and only what truly differs is left
 * to be sent.
 *
 * Groups that are the same there are recorded as accepted. One that differs is kept as it is there, so that
 * the next run shows and sends what differs; one that is not there counts as new. What only the far side
 * has was never Spoor's: nothing is recorded of it, so it is never removed. Groups that this model sent
 * before and that have left its query since are treated as `@on_removed` says, by the next run and under
 * its budget, if the far side still has them.
 *
 * @module
 */
// deno-lint-ignore-file camelcase -- fields, as --json prints them.
import type { DatabaseSync } from "node:sqlite";
import { countOf } from "~/base/text/counts.ts";
import { type DeliveryPromise, isHeldBack } from "~/delivery/earlier_try.ts";
import type { Model } from "~/model/model.ts";
import type { ModelPlan } from "~/plan/model_plan.ts";
import { DeliveredChangeReader } from "~/run/deliver/delivered_change_reader.ts";
import type { TrackedQuery } from "~/run/earlier/accept_settled.ts";
import type { AdoptedGroups } from "~/run/run_event.ts";
import { columnList, temp } from "~/sql/identifiers.ts";
import { DeliveryLog } from "~/store/changes/delivery_log.ts";
import { LedgerReader } from "~/store/changes/ledger.ts";
import { forgetRemoved } from "~/tracked/accept/accept_all.ts";
import { adoptGroups, forgetRemovedNotThere } from "~/tracked/adopt/adopt_groups.ts";
import {
  collectGroups,
  countDifferences,
  dropFarTables,
  type FarComparison,
  type FarFigures,
  groupFinder,
  matchGroups,
} from "~/tracked/adopt/match_far_rows.ts";
import type { ChangeSet } from "~/tracked/compare/find_changes.ts";
import { notePending } from "~/tracked/compare/note_pending.ts";
import { decodeGroupKey } from "~/tracked/group_key.ts";
import { createResultTable } from "~/warehouse/result_table.ts";
import { type Adoption, clearChanges } from "./adopt_changes.ts";
import { adoptTries, type AdoptTriesContext } from "./adopt_tries.ts";
import { notesOf } from "./held_notes.ts";
import type { HeldSource } from "./held_source.ts";
import { type LoadedHeld, loadHeld, type QueryRows } from "./load_held.ts";
import { refuseAmbiguousKey, refuseEmptyQuery, refuseNoneMet } from "./refuse_held.ts";

/** What it needs of its run. */
export interface AdoptHeldContext extends Omit<AdoptTriesContext, "model"> {
  model: Model;
  source: HeldSource;
  plan?: ModelPlan | undefined;
}

/** Adopts by one source. Loaded only by a run that asks for it. */
export interface HeldAdopter {
  copyOfQuery: typeof copyOfQuery;
  adopt: (
    context: Omit<AdoptHeldContext, "source">,
    ...parts: [queryTable: string, changes: ChangeSet, earlier: LedgerReader]
  ) => Adoption;
}

/** Makes it. */
export function heldAdopter(source: HeldSource): HeldAdopter {
  return {
    copyOfQuery,
    adopt: (context, ...parts) => adoptHeld({ ...context, source }, ...parts),
  };
}

let copies = 0;

/** Puts the rows of a query into a temporary table, and gives the query that reads that. */
export function copyOfQuery(
  db: DatabaseSync,
  { select, columns, params }: TrackedQuery,
): TrackedQuery & { table: string } {
  const table = `spoor.adopt.${++copies}`;
  createResultTable(db, table, columns, select, params);
  return { table, columns, select: `SELECT * FROM ${temp(table)}`, params: [] };
}

/**
 * Compares and records. Call inside the transaction that found the changes.
 *
 * @returns The comparison as it stands then: what differs is changed, what is not there is new, and none of
 * it is given to the model in this run.
 * @throws {UserError} There is nothing to compare, or nothing is met there.
 */
export function adoptHeld(
  context: AdoptHeldContext,
  queryTable: string,
  changes: ChangeSet,
  earlier: LedgerReader,
): Adoption {
  const { db, model, source, onRemoved, plan } = context;
  const { comparison: c } = changes;
  const query: QueryRows = { uniqueKey: c.uniqueKey, columns: c.columns, table: queryTable };
  refuseEmptyQuery(db, context, query);
  const loaded = loadHeld(db, source, model, query);
  const far = loaded.comparison;
  collectGroups(db, far);
  refuseAmbiguousKey(db, context, far);
  const figures = matchGroups(db, far);
  refuseNoneMet(db, context, far, figures, loaded);
  const differing = countDifferences(db, far);
  const notes = notesOf(db, context, loaded, differing);
  const removedThere = onRemoved === "forget"
    ? forgetAll(db, changes)
    : forgetRemovedNotThere(db, changes, far);
  const hasWritten = adoptGroups(db, changes, far);
  adoptTries({ ...context, model: model.name }, far, earlier);
  const adopted: AdoptedGroups = {
    ...toAdopted(context, loaded, figures),
    differ_in: Object.fromEntries(differing.differences),
    to_remove: onRemoved === "deliver" ? removedThere : 0,
    notes,
  };
  const rest: ChangeSet = {
    ...changes,
    new: figures.notThere,
    changed: figures.differ,
    unchanged: figures.same,
    rows: 0,
    removed: adopted.to_remove,
  };
  const heldBack = record(context, adopted, rest, far);
  const told = { ...adopted, ...heldBack > 0 && { held_back: heldBack } };
  plan?.compared({
    new: rest.new,
    changed: rest.changed,
    unchanged: rest.unchanged,
    removed: removedThere,
    held: 0,
    onRemoved,
    adopt: true,
    adopted: told,
  });
  dropFarTables(db, far);
  clearChanges(db, changes);
  return { changes: rest, hasWritten: hasWritten || changes.removed > removedThere, told };
}

function forgetAll(db: DatabaseSync, changes: ChangeSet): 0 {
  forgetRemoved(db, changes);
  db.exec(`DELETE FROM ${temp(changes.comparison.removedTable)}`);
  return 0;
}

const READ_AT_ONCE = 1_000;

/**
 * One line for all groups, the key "*", and one for each that is left to be sent.
 *
 * @returns How many of those that are left, or are to be removed, no run sends by itself.
 */
function record(
  { db, model, runId, now, plan, promise }: AdoptHeldContext,
  told: AdoptedGroups,
  rest: ChangeSet,
  far: FarComparison,
): number {
  const log = new DeliveryLog(db, runId, model.name);
  const at = now();
  const adopted = { batch: 0, changeId: 0, state: "adopted", at, contentHash: "" } as const;
  log.write({ ...adopted, groupKey: "*", action: "update", error: summaryOf(told) });
  fillWithRest(db, rest, far);
  const pending = { runId, withRemoved: false, hasLedger: true };
  const tries = new LedgerReader(db, model.name);
  let heldBack = 0;
  if (!plan) notePending(db, { ...rest, removed: 0 }, pending);
  const reader = new DeliveredChangeReader(db, { ...rest, removed: 0 }, {
    see: (change, before, after) => {
      const { keyText: groupKey, changed, action } = change;
      const isThere = action === "update";
      const error = isThere ? `differs in ${told.source}` : `is not in ${told.source}`;
      log.write({ ...adopted, groupKey, action: isThere ? "update" : "create", changed, error });
      plan?.notGiven(change, before, after);
      const entry = tries.get(groupKey);
      if (entry && isHeldBack(entry, { hash: change.hash }, promise)) heldBack += 1;
    },
  });
  while (!reader.read(READ_AT_ONCE).done);
  return heldBack + (told.to_remove > 0 ? countHeldRemoved(db, far, tries, promise) : 0);
}

/** Those that have left the query and are there, and of which no run tells the far side by itself. */
function countHeldRemoved(
  db: DatabaseSync,
  far: FarComparison,
  tries: LedgerReader,
  promise: DeliveryPromise,
): number {
  const find = groupFinder(db, far);
  let held = 0;
  for (const entry of tries.each()) {
    const key = decodeGroupKey(entry.groupKey);
    if (key.length !== far.uniqueKey.length) continue;
    const { isHere, isThere } = find(key);
    if (!isHere && isThere && isHeldBack(entry, "removed", promise)) held += 1;
  }
  return held;
}

/** The rows of all groups that are left, group by group. */
function fillWithRest(db: DatabaseSync, { comparison: c }: ChangeSet, far: FarComparison): void {
  const keys = columnList(c.uniqueKey);
  const own = c.uniqueKey.map((_, i) => `q${i}`).join(", ");
  db.exec(
    `DELETE FROM ${temp(c.rowsTable)};
     INSERT INTO ${temp(c.rowsTable)} SELECT * FROM ${temp(far.queryTable)}
     WHERE (${keys}) IN (SELECT ${own} FROM ${temp(far.groupsTable)} WHERE NOT same)
     ORDER BY ${keys}, ${c.place}`,
  );
}

function summaryOf(
  { source, same, differ, not_there: missing, to_remove: gone }: AdoptedGroups,
): string {
  const text = `${countOf(same, "group")} recorded as sent, as in ${source}; ${differ} ${
    differ === 1 ? "differs" : "differ"
  }, ${missing} not there`;
  return gone > 0 ? `${text}, ${gone} there that left the query` : text;
}

function toAdopted(
  { source }: AdoptHeldContext,
  { comparison, ignored, rows, withoutKey }: LoadedHeld,
  { groupsThere, same, differ, notThere, onlyThere }: FarFigures,
): Omit<AdoptedGroups, "differ_in" | "to_remove" | "notes"> {
  const { columns, uniqueKey, compared } = comparison;
  return {
    source: source.name,
    rows_there: rows,
    groups_there: groupsThere,
    same,
    differ,
    not_there: notThere,
    only_there: onlyThere,
    without_key: withoutKey,
    compared,
    assumed: columns.filter((each) => !uniqueKey.includes(each) && !compared.includes(each)),
    ignored,
  };
}
