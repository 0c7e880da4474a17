/**
 * Whether the next run would stop at a budget with what a run has left: what `--allow-removed` lets through
 * holds for one run.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { type BudgetFacts, findBreaches, limitsOf } from "~/delivery/budget.ts";
import { termsOf } from "~/delivery/delivery_terms.ts";
import type { DeliveryPromise } from "~/delivery/earlier_try.ts";
import type { Model } from "~/model/model.ts";
import type { ModelWishes } from "~/run/models/model_wishes.ts";
import type { AdoptedGroups } from "~/run/run_event.ts";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { IS_UNKNOWN } from "~/store/changes/ledger.ts";
import { acceptedTableName, ORDINAL } from "~/tracked/accept/accepted_table.ts";
import { findTableType } from "~/warehouse/tables.ts";
import { breachesText, commandThrough } from "./budget_words.ts";

/** Why it would stop, and what lets it go on. */
export interface BudgetAhead {
  /** `30 of 40 groups left its query, and @max_removed is 20%` */
  why: string;
  /** `spoor run sync.crm --allow-removed` */
  command: string;
}

type LeftGroups = Omit<BudgetFacts, "accepted">;
type LeftByAdopt = Pick<AdoptedGroups, "differ" | "not_there" | "to_remove">;

/** What it is told by. */
export interface AheadContext {
  db: DatabaseSync;
  stateOption: string;
}

/**
 * Finds it, where the source stays as it is. Call when the run's own part is written.
 *
 * @param adopted What `--held` has left: of what is to be removed then, nothing is noted one by one.
 */
export function budgetAhead(
  { db, stateOption }: AheadContext,
  { name, directives }: Model,
  wishes: ModelWishes,
  adopted?: LeftByAdopt,
): BudgetAhead | undefined {
  // Else this run was within its budgets, and has left less.
  if (!wishes.allowRemoved && !wishes.adopt) return undefined;
  const left = adopted
    ? leftByAdopt(db, name, adopted)
    : leftOf(db, name, termsOf(directives).promise);
  const facts = { ...left, accepted: countAccepted(db, name) };
  const breaches = findBreaches(facts, { ...limitsOf(directives), ...NOTHING_GIVEN });
  if (breaches.length === 0) return undefined;
  return {
    why: breachesText(breaches),
    command: commandThrough(name, breaches, NOTHING_GIVEN, stateOption),
  };
}

/** What this run was let do is no part of the next one. */
const NOTHING_GIVEN = { allowRemoved: false, allowChanges: false, resend: false };

/** What differs or is missing there counts, but for what was tried before: that has its place in the ledger. */
function leftByAdopt(db: DatabaseSync, model: string, adopted: LeftByAdopt): LeftGroups {
  const row = db.prepare(`SELECT count(*) AS n FROM "spoor.pending" WHERE model = ?`).get(model);
  const found = adopted.differ + adopted.not_there;
  return { new: found, carried: found - Number(row?.n), changed: 0, removed: adopted.to_remove };
}

/** What changed and is left has been counted by this run, or by one before. */
function leftOf(
  db: DatabaseSync,
  model: string,
  promise: DeliveryPromise,
): LeftGroups {
  const held = promise === "at_most_once"
    ? `(parked OR ${IS_UNKNOWN})`
    : `(parked AND NOT ${IS_UNKNOWN})`;
  const row = db.prepare(
    `SELECT count(*) FILTER (WHERE action <> 'remove' AND NOT ${held}) AS changes,
       count(*) FILTER (WHERE action = 'remove' AND NOT ${held}) AS removed,
       count(*) FILTER (WHERE action <> 'remove' AND ${held}) AS heldPresent,
       count(*) FILTER (WHERE action = 'remove' AND ${held}) AS heldRemoved
     FROM "spoor.changes" WHERE model = ?`,
  ).get(model) ?? {};
  return {
    new: Number(row.changes),
    carried: Number(row.changes),
    changed: 0,
    removed: Number(row.removed),
    heldBack: { accepted: Number(row.heldRemoved), present: Number(row.heldPresent) },
  };
}

function countAccepted(db: DatabaseSync, model: string): number {
  const accepted = acceptedTableName(model);
  if (!findTableType(db, accepted)) return 0;
  const sql = `SELECT count(*) AS n FROM ${quoteIdentifier(accepted)} WHERE ${ORDINAL} = 0`;
  return Number(db.prepare(sql).get()?.n);
}
