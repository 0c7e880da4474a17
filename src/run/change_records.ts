/**
 * What the state file keeps of changes under way: the ledger's rows, and the record of how they ended.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { afterFailure, isUnknown } from "~/delivery/earlier_try.ts";
import { DeliveryLog, type DeliveryState } from "~/store/deliveries.ts";
import { Ledger, type LedgerEntry } from "~/store/ledger.ts";
import { type HeldGroup, movedBeside } from "./held_group.ts";

/** What records need of their run. */
export interface ChangeRecordContext {
  db: DatabaseSync;
  model: string;
  runId: number;
  /** `@max_attempts` */
  maxAttempts: number;
  /** ISO 8601, UTC. */
  now: () => string;
}

/** Call its methods inside a transaction. */
export class ChangeRecords {
  readonly #ledger: Ledger;
  readonly #log: DeliveryLog;

  constructor(private readonly context: ChangeRecordContext) {
    const { db, runId, model } = context;
    this.#ledger = new Ledger(db, model);
    this.#log = new DeliveryLog(db, runId, model);
  }

  /** A request of the group is about to leave. */
  sent(group: HeldGroup): void {
    this.#write(group, { state: "sent", parked: false });
  }

  /** No request of the group left after all: the ledger is to it as it was before. */
  withdrawn(group: HeldGroup, earlier: LedgerEntry | undefined): void {
    if (!earlier) return this.#ledger.remove(group.changeId);
    const { runId, now } = this.context;
    const state = isUnknown(earlier) ? "unknown" : earlier.state;
    const error = "Not tried again: the far side did not work, or the run was stopped";
    this.#ledger.write({ ...earlier, state, runId, error, at: now() });
  }

  /** It was refused with others, and waits for its turn to be tried without them. */
  waits(group: HeldGroup): void {
    this.#write(group, {
      ...{ state: "failed", parked: false },
      error: "Refused with the other groups of its batch",
    });
  }

  accepted(group: HeldGroup): void {
    // Where no request was made, what the ledger has of the group may be an earlier change.
    if (group.intent) this.#ledger.remove(group.changeId);
    else this.#ledger.forget(group.keyText);
    this.#note(group, "accepted");
  }

  rejected(group: HeldGroup, reason: string): void {
    this.#write(group, { state: "rejected", parked: true, error: reason });
    this.#note(group, "rejected", reason);
  }

  failed(group: HeldGroup, error: string): void {
    this.#write(group, { ...afterFailure(group.attempts, this.context.maxAttempts), error });
    this.#note(group, "failed", error);
  }

  /** A request of it may have arrived, and no answer tells. */
  unknown(group: HeldGroup, error: string): void {
    this.#write(group, { state: "unknown", parked: false, error });
    this.#note(group, "unknown", error);
  }

  /** The same of a change whose run died while its request was out. */
  cutOff(entry: LedgerEntry): void {
    const { runId, now } = this.context;
    const error = "The run ended while a request was out";
    this.#ledger.write({ ...entry, state: "unknown", runId, error, at: now() });
    const { id, groupKey, batch, action, contentHash } = entry;
    const state = "unknown";
    this.#log.write({
      groupKey,
      changeId: id,
      batch,
      action,
      state,
      at: now(),
      contentHash,
      error,
    });
  }

  /** Nothing of the group is left to do. */
  forget(groupKey: string): void {
    this.#ledger.forget(groupKey);
  }

  #write(
    group: HeldGroup,
    end: Pick<LedgerEntry, "state" | "parked"> & { error?: string },
  ): void {
    const { changeId, keyText, hash, batch, place, attempts, action } = group;
    const { runId, now } = this.context;
    this.#ledger.write({
      moved: movedBeside(group, end.state),
      ...{ id: changeId, groupKey: keyText, contentHash: hash, batch, place, attempts, action },
      ...{ runId, at: now() },
      ...end,
    });
  }

  #note(group: HeldGroup, state: DeliveryState, error?: string): void {
    const { changeId, keyText, hash, batch, action, changed } = group;
    this.#log.write({
      ...{ groupKey: keyText, changeId, batch, action, state, at: this.context.now() },
      ...{ contentHash: hash, changed, error },
    });
  }
}
