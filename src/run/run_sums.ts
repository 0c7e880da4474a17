/**
 * What the models of a run have done, added up.
 *
 * @module
 */
import type { DeliveryCounts, GroupSums, RequestCounts, RunEvent } from "./run_event.ts";

/** See the module's comment. */
export class RunSums {
  readonly requests: RequestCounts = { sent: 0, accepted: 0, refused: 0, retries: 0 };
  /** Absent where no model compared any. */
  groups: GroupSums | undefined;

  see(event: RunEvent): void {
    if (event.type !== "model_finished") return;
    if (event.requests) addTo(this.requests, event.requests);
    if (event.delivery) this.#addDelivery(event.delivery);
  }

  #addDelivery(counts: DeliveryCounts): void {
    const { saved, rejected, failed, unknown, left } = counts;
    const own = { delivered: saved + rejected + failed + unknown + left, ...counts };
    if (this.groups) addTo(this.groups, own);
    else this.groups = own;
  }
}

function addTo<Sums extends object>(sums: Sums, part: Sums): void {
  for (const [name, value] of Object.entries(part)) {
    const field = name as keyof Sums;
    sums[field] = (Number(sums[field] ?? 0) + Number(value)) as Sums[keyof Sums];
  }
}
