/**
 * The beginning of a delivery: finds what changed, holds it against the budgets, and fixes what is to be
 * sent; or, with `--adopt`, records all of it as sent. In one transaction, before the first request.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import { findBreaches, limitsOf } from "~/delivery/budget.ts";
import { termsOf } from "~/delivery/delivery_terms.ts";
import type { Model } from "~/model/model.ts";
import { placeOfDirective } from "~/model/place_of_directive.ts";
import { cannotDeliverRemoved } from "~/project/models/validate_model.ts";
import { adoptChanges } from "~/run/adopt/adopt_changes.ts";
import { acceptSettled, type TrackedQuery } from "~/run/earlier/accept_settled.ts";
import { holdCandidates, triedGroups } from "~/run/earlier/earlier_changes.ts";
import { countKnownByWord } from "~/run/earlier/known_by_word.ts";
import { takeNewKey } from "~/run/earlier/take_new_key.ts";
import type { ModelWishes } from "~/run/models/model_wishes.ts";
import type { RunContext } from "~/run/run_context.ts";
import { loadKeyNames } from "~/store/changes/key_names.ts";
import { LedgerReader } from "~/store/changes/ledger.ts";
import type { DurableCommits } from "~/store/commits/group_commit.ts";
import { endKeeping } from "~/tracked/accept/kept_rows.ts";
import { restoreTarget } from "~/tracked/accept/target_table.ts";
import { countCarried } from "~/tracked/compare/carried_changes.ts";
import { type ChangeSet, dropChanges, findChanges } from "~/tracked/compare/find_changes.ts";
import { notePending, type PendingSubject } from "~/tracked/compare/note_pending.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { examplesOf } from "./budget_examples.ts";
import { breachesText, commandThrough } from "./budget_words.ts";
import { Delivery } from "./delivery.ts";
import { planChanges } from "./plan_changes.ts";
import { refuseRetypedKeys } from "./refuse_retyped_keys.ts";

/** What a delivery needs of its run. */
export interface DeliveryRun extends
  Pick<
    RunContext,
    | "db"
    | "runId"
    | "projectId"
    | "nextChangeId"
    | "nextBatchId"
    | "now"
    | "plan"
    | "stateOption"
  > {
  commits: DurableCommits;
}

/** A budget blocks the model: nothing was sent. */
export class BudgetExceeded extends UserError {}

/**
 * Begins a delivery.
 *
 * @param withPrevious The model asked by `changes`.
 * @throws {BudgetExceeded} More is gone or changed than the model allows.
 * @throws {UserError} A key is NULL or missing, or is another one than before and leaves something open, or is of
 * another type.
 */
export function beginDelivery(
  context: DeliveryRun,
  model: Model,
  wishes: ModelWishes,
  query: TrackedQuery,
  withPrevious: boolean,
): Delivery {
  const { db } = context;
  const { uniqueKey = [] } = model.directives;
  const { promise, onRemoved, maxAttempts } = termsOf(model.directives);
  if (onRemoved === "deliver" && !withPrevious) {
    throw cannotDeliverRemoved(model.name, placeOfDirective(model, "on_removed"));
  }
  return inTransaction(db, () => {
    endKeeping(db, model.name);
    const isRestored = restoreTarget(db, model.name);
    const earlier = new LedgerReader(db, model.name);
    const unparked = takeNewKey(db, model, wishes, earlier, context);
    const readsRemoved = onRemoved === "deliver";
    const settled = acceptSettled(
      { ...context, model: model.name, uniqueKey, onRemoved },
      query,
      earlier,
    );
    const { adopt, held } = wishes;
    const copy = adopt && held ? held.copyOfQuery(db, query) : undefined;
    const found = findChanges(db, {
      model: model.name,
      uniqueKey,
      ...copy ?? query,
      tried: triedGroups(earlier, readsRemoved),
      // To send all again, or to take all as sent, asks for the parked ones too.
      holdCandidates: wishes.resend || wishes.adopt ? undefined : holdCandidates(earlier, promise),
      everything: wishes.resend,
    });
    // To send all again, or to take all as sent, is asked for by name.
    if (!wishes.resend && !adopt) refuseRetypedKeys(db, model, found, context.stateOption);
    const changes = adopt ? found : countKnownByWord(db, found, earlier);
    const plan = context.plan?.of(model.name);
    if (plan && !copy) planChanges(db, plan, changes, { earlier, onRemoved, adopt });
    // What nothing was accepted of counts as little as what is new.
    checkBudgets(context, model, wishes, found);
    const keyNames = loadKeyNames(db, model.name);
    const parts = {
      ...context,
      model: model.name,
      promise,
      maxAttempts,
      onRemoved,
      withPrevious,
      keyNames,
      settled,
      isRestored,
      unparked: adopt || wishes.resend ? 0 : unparked,
      plan,
    };
    if (!adopt) {
      const delivery = new Delivery(parts, changes, earlier);
      // A plan is made on a copy that nobody asks anything.
      if (!plan) notePending(db, changes, pendingSubject(context, model, earlier));
      return delivery;
    }
    const adoption = copy && held
      ? held.adopt({ ...parts, model }, copy.table, changes, earlier)
      : adoptChanges(parts, changes, earlier);
    const onLeft = copy && readsRemoved ? onRemoved : "keep";
    return new Delivery({ ...parts, onRemoved: onLeft, adoption }, adoption.changes, earlier);
  });
}

function pendingSubject(
  { runId }: DeliveryRun,
  { directives }: Model,
  earlier: LedgerReader,
): PendingSubject {
  const withRemoved = directives.onRemoved === "deliver";
  return { runId, withRemoved, hasLedger: earlier.has() };
}

function checkBudgets(
  { db, plan, stateOption }: DeliveryRun,
  model: Model,
  wishes: ModelWishes,
  changes: ChangeSet,
): void {
  const { changed, unchanged, heldBack } = changes;
  const removed = changes.removed - changes.removedUnaccepted;
  const accepted = unchanged + changed + removed + heldBack.accepted;
  const budgets = {
    ...limitsOf(model.directives),
    // To record the present state sends nothing, and is asked for by name.
    allowRemoved: wishes.allowRemoved || wishes.adopt,
    allowChanges: wishes.allowChanges || wishes.adopt || wishes.resend,
  };
  const hasLimit = accepted > 0 && budgets.maxChanges !== undefined && !budgets.allowChanges;
  const carried = hasLimit && changed + changes.new > 0 ? countCarried(db, changes) : 0;
  const facts = { ...changes, removed, accepted, carried, heldBack };
  const breaches = findBreaches(facts, budgets);
  plan?.of(model.name).budgeted(facts, budgets, breaches);
  const [first] = breaches;
  if (!first) return;
  const all = plan?.of(model.name).listsEverything ?? false;
  const details = examplesOf(db, changes, breaches, {
    all,
    command: `spoor plan ${model.name} --all${stateOption}`,
  });
  dropChanges(db, changes);
  const text = breachesText(breaches);
  const selector = plan?.selectorOf(model.name);
  const command = commandThrough(model.name, breaches, wishes, stateOption, selector);
  throw new BudgetExceeded(`Cannot send ${model.name}: ${text}`, {
    at: placeOfDirective(model, first.budget),
    details,
    hint: `Nothing was sent. If that is right: ${command}`,
  });
}
