/**
 * What a delivery makes of a model that has another `@unique_key` than what was accepted of it.
 *
 * Accepted rows are grouped anew (`tracked/accept/accepted_table.ts`), so that nothing is sent again for it. What
 * cannot be grouped so, or is not known to have arrived, is not passed over: a person has to say.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { countOf, renderCount, withRest } from "~/base/text/counts.ts";
import { foldName } from "~/base/text/same_name.ts";
import { UserError } from "~/base/user_error.ts";
import { isForced, isUnknown, mayHaveMore } from "~/delivery/earlier_try.ts";
import type { Model } from "~/model/model.ts";
import { placeOfDirective } from "~/model/place_of_directive.ts";
import type { ModelWishes } from "~/run/models/model_wishes.ts";
import type { RunContext } from "~/run/run_context.ts";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { noteFormerKey } from "~/store/changes/former_keys.ts";
import { Ledger, type LedgerEntry, type LedgerReader } from "~/store/changes/ledger.ts";
import { clearPending } from "~/store/changes/pending.ts";
import { acceptedKeyOf, acceptedTableName } from "~/tracked/accept/accepted_table.ts";
import { FormerGroups } from "~/tracked/accept/former_groups.ts";
import { findAccepted } from "~/tracked/accept/known_group.ts";
import { decodeGroupKey, renderGroupKey } from "~/tracked/group_key.ts";
import { columnsOf, countFrom } from "~/warehouse/tables.ts";

/** Groups that are shown as examples. */
const EXAMPLES = 10;

/**
 * Call inside the transaction that finds the changes, before they are found. Nothing of the ledger, and of what
 * waits, is left then: under another key it was other groups.
 *
 * @param run.stateOption What the commands in a hint need to be about this state.
 * @returns How many of them were parked.
 * @throws {UserError} Of some groups it is not known whether they were sent, or what was accepted has no value in
 * the new key.
 */
export function takeNewKey(
  db: DatabaseSync,
  model: Model,
  wishes: ModelWishes,
  ledger: LedgerReader,
  { runId, stateOption }: Pick<RunContext, "runId" | "stateOption">,
): number {
  const { uniqueKey = [] } = model.directives;
  const former = formerKey(db, model.name, uniqueKey, ledger);
  if (former === undefined) return 0;
  refuseOpen(model, former, ledger.each().filter(isUnsettled).toArray(), stateOption);
  if (!wishes.resend && !wishes.adopt) {
    const toRemove = ledger.each().filter((entry) => isRemovedLater(db, model, former, entry))
      .toArray();
    refuseOpen(model, former, toRemove, stateOption);
    refuseLoss(db, model, wishes, stateOption);
  }
  noteFormerKey(db, model.name, former, runId);
  clearPending(db, model.name);
  const groups = new FormerGroups(db, { model: model.name, uniqueKey: former });
  const entries = new Ledger(db, model.name);
  let unparked = 0;
  for (const entry of ledger.each()) {
    if (isForced(entry) && former.length > 0) groups.doubt(decodeGroupKey(entry.groupKey));
    if (entry.parked) unparked += 1;
    entries.forget(entry.groupKey);
  }
  return unparked;
}

/** The key that was; `undefined`: it is the same. Of one that nothing was begun under, no columns are known. */
function formerKey(
  db: DatabaseSync,
  model: string,
  uniqueKey: readonly string[],
  ledger: LedgerReader,
): readonly string[] | undefined {
  const key = acceptedKeyOf(db, model);
  if (key.length > 0) return folded(key) === folded(uniqueKey) ? undefined : key;
  return ledger.has(`json_array_length(group_key) <> ${uniqueKey.length}`) ? [] : undefined;
}

function folded(key: readonly string[]): string {
  return key.map(foldName).join("\0");
}

/**
 * A try that may have arrived, and what a person said of one and no run has looked at, is about a group of the
 * former key.
 */
function isUnsettled(entry: LedgerEntry): boolean {
  return isUnknown(entry) || (entry.state === "settled" && entry.settledHash === undefined);
}

/**
 * Nothing was accepted of it, and the far side may have it all the same: where the query has it no longer, it is
 * removed there, as long as it is known by its key.
 */
function isRemovedLater(
  db: DatabaseSync,
  { name, directives: { onRemoved } }: Model,
  former: readonly string[],
  entry: LedgerEntry,
): boolean {
  if (onRemoved !== "deliver" || !mayHaveMore(entry)) return false;
  if (former.length === 0) return true;
  return findAccepted(db, name, former, decodeGroupKey(entry.groupKey)) === undefined;
}

function refuseOpen(
  model: Model,
  former: readonly string[],
  open: readonly LedgerEntry[],
  stateOption: string,
): void {
  if (open.length === 0) return;
  const groups = countOf(open.length, "group");
  const before = former.length > 0
    ? ` "@unique_key: ${former.join(", ")}"`
    : " the key that it had";
  const isSaid = open.every(({ state }) => state === "settled");
  const what = isSaid
    ? `what was settled of ${groups} is not taken over yet`
    : `the far side may have ${groups} of the former key, and that is open`;
  const isKept = model.directives.delivery === "at_most_once" && open.some(isUnknown);
  const until = isSaid
    ? "run it once"
    : isKept
    ? `settle what "spoor unknown ${model.name}${stateOption}" lists, and run it once`
    : `run it until "spoor failures ${model.name}${stateOption}" has them no longer`;
  throw new UserError(`Cannot send ${model.name} by another unique key: ${what}`, {
    at: placeOfDirective(model, "unique_key"),
    details: withRest(
      open.slice(0, EXAMPLES)
        .map(({ groupKey }) => renderGroupKey(former, decodeGroupKey(groupKey))),
      open.length - EXAMPLES,
    ),
    hint: `Nothing was sent. Give it back${before} and ${until}; then change the key`,
  });
}

/** What would be lost would be sent a second time, as new, and is never told to be removed. */
function refuseLoss(
  db: DatabaseSync,
  model: Model,
  { allowChanges }: ModelWishes,
  stateOption: string,
): void {
  const { uniqueKey = [] } = model.directives;
  const table = acceptedTableName(model.name);
  const columns = new Set(columnsOf(db, table).map(foldName));
  if (columns.size === 0) return;
  const missing = uniqueKey.find((key) => !columns.has(foldName(key)));
  const isLost = missing === undefined
    ? uniqueKey.map((key) => `${quoteIdentifier(key)} IS NULL`).join(" OR ")
    : "TRUE";
  const rows = (where: string) => countFrom(db, `${quoteIdentifier(table)} WHERE ${where}`);
  const lost = rows(isLost);
  const isPart = missing === undefined;
  if (lost === 0 || (isPart && allowChanges)) return;
  const command = (option: string) => `spoor run ${model.name} ${option}${stateOption}`;
  const { name } = model;
  const sendsRest = isPart ? `; "${command("--allow-changes")}" sends those as new ones` : "";
  throw new UserError(
    `Cannot send ${name} by another unique key: ${renderCount(lost)} of ${
      renderCount(rows("TRUE"))
    } accepted rows have no ` +
      `"${missing ?? uniqueKey.join(`", "`)}"`,
    {
      at: placeOfDirective(model, "unique_key"),
      details: [
        "They would be sent a second time, as new groups, and never be removed. Nothing was sent.",
      ],
      hint:
        `If the far side has what the query gives, "${command(`--adopt ${name}`)}" records that; ` +
        `"${command(`--resend ${name}`)}" sends all its groups again${sendsRest}`,
    },
  );
}
