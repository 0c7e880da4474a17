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
  isRepeatedInVain,
  isUnknown,
  mayHaveMore,
} from "~/delivery/earlier_try.ts";
import { CUT_OFF } from "~/store/changes/cut_off.ts";
import { IS_UNKNOWN, type LedgerEntry, type LedgerReader } from "~/store/changes/ledger.ts";
import type { TriedGroup } from "~/tracked/compare/find_changes.ts";
import type { HoldCandidates } from "~/tracked/compare/hold_back.ts";
import type { Turn } from "~/tracked/compare/removed_groups.ts";
import { decodeGroupKey } from "~/tracked/group_key.ts";

/** Batches, and groups alone, that come last though they are repeated: all of each was repeated in vain. */
export function lateRepeats(earlier: LedgerReader): ReadonlySet<number> {
  const late = new Set<number>();
  const first = new Set<number>();
  // A run has noted that the one before died, and has not come to them.
  for (const entry of earlier.each(`${IS_UNKNOWN} AND error = '${CUT_OFF}'`)) {
    first.add(batchToRepeat(entry));
  }
  for (const entry of earlier.each(`${IS_UNKNOWN} AND error IS NOT '${CUT_OFF}'`)) {
    (isRepeatedInVain(entry) ? late : first).add(batchToRepeat(entry));
  }
  return late.difference(first);
}

/**
 * What was tried before and not accepted. What was refused for good, and did nothing, is as if it had not been
 * tried: it is parked, or another change is news.
 *
 * @param readsRemoved The far side is told of what left the query.
 */
export function* triedGroups(
  earlier: LedgerReader,
  readsRemoved: boolean,
): Generator<TriedGroup> {
  const late = lateRepeats(earlier);
  for (const entry of earlier.each()) {
    if (isAsUntried(entry)) continue;
    const batch = batchToRepeat(entry);
    yield {
      key: decodeGroupKey(entry.groupKey),
      isForced: isForced(entry),
      batch,
      place: entry.place,
      mayBeThere: readsRemoved && mayHaveMore(entry),
      isLate: batch === 0 ? hasFailedToRemove(entry) : late.has(batch),
    };
  }
}

/** When a changed group comes, by what the ledger has of it. */
export function turnOf(entry: LedgerEntry | undefined, late: ReadonlySet<number>): Turn {
  if (!entry || isAsUntried(entry)) return "news";
  const batch = batchToRepeat(entry);
  return batch === 0 ? "failed" : { batch, place: entry.place, isLate: late.has(batch) };
}

function isAsUntried(entry: LedgerEntry): boolean {
  return !isForced(entry) && entry.state === "rejected";
}

/** Where it was the far side that failed, it says nothing of the removal: that keeps its place before what is new. */
function hasFailedToRemove({ state, action, attempts }: LedgerEntry): boolean {
  return state === "failed" && action === "remove" && attempts > 0;
}

/** What may have to be held back; `undefined`: nothing, and nobody has to look. */
export function holdCandidates(
  earlier: LedgerReader,
  promise: DeliveryPromise,
): HoldCandidates | undefined {
  if (!earlier.has()) return undefined;
  // One that was rejected and is to be tried again is no news either once it is what was accepted.
  const isCandidate = (entry: LedgerEntry) =>
    entry.parked || entry.state === "rejected" || isUnknown(entry);
  return {
    *keys() {
      for (const entry of earlier.each()) {
        if (isCandidate(entry)) yield decodeGroupKey(entry.groupKey);
      }
    },
    find(keyText) {
      const entry = earlier.get(keyText);
      if (!entry || !isCandidate(entry)) return undefined;
      const isHeld = (now: GroupNow) => isHeldBack(entry, now, promise);
      return { isHeld, isParked: entry.parked };
    },
  };
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
