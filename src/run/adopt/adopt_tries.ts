/**
 * What becomes of earlier tries when `--held` says what the far side holds: what they may have done there is
 * known by that.
 *
 * | the group now                     | may have arrived, or settled   | one that was refused, and may have done something |
 * | --------------------------------- | ------------------------------ | ------------------------------------------------- |
 * | is the same there                 | is over                        | is over                                           |
 * | differs there, or is not there    | is over: a new change          | as it was, under a key of its own                 |
 * | has left the query, and is there  | to be removed, under a new key | as it was, under a key of its own                 |
 * | has left the query, and is not, … | is over                        | is over                                           |
 * | … or nobody is told of removals   | is over                        | is over                                           |
 *
 * A new key: the far side may know the one that went out, would answer as it did before, and do nothing. That
 * takes the export to be younger than the try; one that is older may have a group created twice. A try that
 * surely did nothing stays as it was. At most once, what may have arrived still waits for a person.
 *
 * @module
 */
import { type DeliveryPromise, isUnknown, mayHaveMore } from "~/delivery/earlier_try.ts";
import type { OnRemoved } from "~/model/model.ts";
import { type ChangeRecordContext, ChangeRecords } from "~/run/deliver/change_records.ts";
import { Ledger, type LedgerEntry, type LedgerReader } from "~/store/changes/ledger.ts";
import {
  type FarComparison,
  type FoundGroup,
  groupFinder,
} from "~/tracked/adopt/match_far_rows.ts";
import { decodeGroupKey } from "~/tracked/group_key.ts";

/** What it needs of its run and its model. */
export interface AdoptTriesContext extends ChangeRecordContext {
  /** `@delivery` */
  promise: DeliveryPromise;
  /** `@on_removed` */
  onRemoved: OnRemoved;
  nextChangeId: () => number;
}

/** Settles them. Call inside the transaction of the adoption, when groups have their verdicts. */
export function adoptTries(
  context: AdoptTriesContext,
  far: FarComparison,
  earlier: LedgerReader,
): void {
  const { db, model, nextChangeId } = context;
  new ChangeRecords(context).cutOff(earlier.each("state = 'sent'").toArray());
  const find = groupFinder(db, far);
  const ledger = new Ledger(db, model);
  for (const entry of earlier.each()) {
    const key = decodeGroupKey(entry.groupKey);
    // Under another `@unique_key` it was another group.
    if (key.length !== far.uniqueKey.length) continue;
    const next = nextOf(entry, find(key), context);
    if (next === "over") ledger.forget(entry.groupKey);
    else if (next === entry) ledger.forgetSettled(entry.groupKey);
    else ledger.renew({ ...next, id: nextChangeId(), batch: 0, place: 0 });
  }
}

function nextOf(
  entry: LedgerEntry,
  { isHere, isThere, isSame }: FoundGroup,
  { promise, onRemoved }: AdoptTriesContext,
): LedgerEntry | "over" {
  if (isSame) return "over";
  if (isUnknown(entry) && promise === "at_most_once") return entry;
  // What a person has settled is as it was then, and this is how it is now.
  const mayHaveArrived = isUnknown(entry) || entry.state === "settled";
  if (!mayHaveArrived && !mayHaveMore(entry)) return entry;
  if (isHere) return mayHaveArrived ? "over" : { ...entry, moved: false };
  if (!isThere || onRemoved !== "deliver") return "over";
  // Where nothing was ever accepted of it, this alone says that the far side has it.
  const untried = { state: "failed", attempts: 0, parked: false } as const;
  return { ...entry, ...(mayHaveArrived && untried), moved: true };
}
