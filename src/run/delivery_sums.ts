/**
 * The sums of one delivery: how its groups have ended, and that every one of them has ended once.
 *
 * @module
 */
import type { ChangeSet } from "~/tracked/find_changes.ts";
import type { DeliveryCounts } from "./run_event.ts";

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
   * @param total Groups that were to be delivered.
   * @param left Groups that were not reached.
   * @throws {Error} They do not balance.
   */
  close(changes: ChangeSet, total: number, left: number): DeliveryCounts {
    const { new: added, changed, unchanged, removed, heldBack } = changes;
    const { saved, rejected, failed, unknown, keptBack } = this;
    const counts: DeliveryCounts = {
      ...{ new: added, changed, unchanged, removed, parked: heldBack.groups, left },
      ...{ saved, rejected, failed, unknown },
      ...(keptBack > 0 && { kept_back: keptBack }),
    };
    assertBalance(total, counts);
    return counts;
  }
}

/** Every group that was delivered has come to exactly one end, or was not reached. */
function assertBalance(delivered: number, counts: DeliveryCounts): void {
  const { saved, rejected, failed, unknown, left } = counts;
  if (delivered === saved + rejected + failed + unknown + left) return;
  throw new Error(
    `The sums do not balance: ${delivered} groups were to be delivered, and ${saved} were saved, ` +
      `${rejected} rejected, ${failed} failed, ${unknown} are unknown, ${left} were not reached`,
  );
}
