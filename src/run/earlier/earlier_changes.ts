/**
 * What a delivery makes of changes that were tried before and not accepted: which count as changed whatever
 * they hold, which may have to be held back, and which is the very change that is tried again.
 *
 * @module
 */
import {
  batchToRepeat,
  type ChangeAction,
  type DeliveryPromise,
  type GroupNow,
  isForced,
  isHeldBack,
  isUnknown,
  mayHaveMore,
} from "~/delivery/earlier_try.ts";
import type { LedgerEntry } from "~/store/changes/ledger.ts";
import type { ForcedGroup } from "~/tracked/compare/find_changes.ts";
import type { HoldCandidate } from "~/tracked/compare/hold_back.ts";
import { decodeGroupKey } from "~/tracked/group_key.ts";

/**
 * What was tried before and not accepted.
 *
 * @param readsRemoved The far side is told of what left the query.
 */
export function forcedGroups(
  earlier: readonly LedgerEntry[],
  readsRemoved: boolean,
): ForcedGroup[] {
  return earlier.filter(isForced).map((entry) => ({
    key: decodeGroupKey(entry.groupKey),
    batch: batchToRepeat(entry),
    mayBeThere: readsRemoved && mayHaveMore(entry),
  }));
}

/** What may have to be held back. */
export function holdCandidates(
  earlier: readonly LedgerEntry[],
  promise: DeliveryPromise,
): HoldCandidate[] {
  // One that was rejected and is to be tried again is no news either once it is what was accepted.
  const mayBeOver = (entry: LedgerEntry) => entry.parked || entry.state === "rejected";
  return earlier.filter((entry) => mayBeOver(entry) || isUnknown(entry)).map((entry) => ({
    key: decodeGroupKey(entry.groupKey),
    isHeld: (now: GroupNow) => isHeldBack(entry, now, promise),
    isParked: entry.parked,
  }));
}

/** What was tried before comes first and is sent again with the same key, if it is the same change. */
export function sameChange(
  earlier: LedgerEntry | undefined,
  { action, hash }: { action: ChangeAction; hash: string },
): LedgerEntry | undefined {
  if (earlier?.action === "remove" || action === "remove") {
    // What is removed is what was accepted, and that has not changed since.
    return earlier?.action === action ? earlier : undefined;
  }
  return earlier?.contentHash === hash ? earlier : undefined;
}
