/**
 * The sums of one delivery: how its groups have ended, and that every one of them was read and has ended once.
 *
 * @module
 */
import type { DeliveryCounts } from "~/run/run_event.ts";
import type { ChangeSet } from "~/tracked/compare/find_changes.ts";

/** See the module's comment. In groups. */
export class DeliverySums {
  saved = 0;
  rejected = 0;
  failed = 0;
  unknown = 0;
  /** Of those that failed or are unknown: no run sends them again by itself. */
  keptBack = 0;

  /** Groups that have come to an end. */
  get done(): number {
    return this.saved + this.rejected + this.failed + this.unknown;
  }

  /**
   * The sums at the end of a delivery.
   *
   * @param total Groups that were to be delivered, as the comparison counted them.
   * @throws {Error} They do not balance.
   */
  close(changes: ChangeSet, total: number, read: ReadGroups): DeliveryCounts {
    const { new: added, changed, unchanged, removed, heldBack } = changes;
    const { saved, rejected, failed, unknown, keptBack } = this;
    const left = total - read.groups + read.returned;
    const counts: DeliveryCounts = {
      new: added,
      changed,
      unchanged,
      removed,
      parked: heldBack.parked,
      left,
      saved,
      rejected,
      failed,
      unknown,
      ...(heldBack.groups > 0 && { held_back: heldBack.groups }),
      ...(keptBack > 0 && { kept_back: keptBack }),
    };
    assertBalance(total, read, counts);
    return counts;
  }
}

/** What was read of the groups that were to be delivered. */
export interface ReadGroups {
  groups: number;
  /** Nothing comes after these. */
  isAll: boolean;
  /** Those of them that the model did not begin. */
  returned: number;
}

/**
 * Every group that was counted was read, or waits to be read; every one that was read has come to exactly one
 * end, or was not begun. What is left is no witness: it is computed.
 */
function assertBalance(total: number, read: ReadGroups, counts: DeliveryCounts): void {
  const { saved, rejected, failed, unknown } = counts;
  const isRead = read.isAll ? read.groups === total : read.groups <= total;
  if (isRead && read.groups === saved + rejected + failed + unknown + read.returned) return;
  throw new Error(
    `The sums do not balance: ${total} groups were to be delivered, and ${read.groups} were read: ` +
      `${saved} were saved, ${rejected} rejected, ${failed} failed, ${unknown} are unknown, ` +
      `${read.returned} were not reached`,
  );
}
