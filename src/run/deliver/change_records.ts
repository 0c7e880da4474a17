/**
 * What the state file keeps of changes under way: the ledger's rows, and the record of how they ended.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { isUnknown } from "~/delivery/earlier_try.ts";
import { BatchIds } from "~/store/changes/batch_ids.ts";
import { BatchParts, type PartedBatch } from "~/store/changes/batch_parts.ts";
import { CUT_OFF, cutOffNote } from "~/store/changes/cut_off.ts";
import { DeliveryLog, type DeliveryState } from "~/store/changes/delivery_log.ts";
import { keepLedgerIds, Ledger, type LedgerEntry } from "~/store/changes/ledger.ts";
import { PendingGroups } from "~/store/changes/pending.ts";
import { afterTry, type GivenGroup, knownBeside } from "./given_group.ts";

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

/** A batch, or a change that goes out alone, and the larger batch that it is a part of. */
export interface BatchPart {
  /** What its requests are recorded by. */
  part: number;
  of: PartedBatch;
}

/** Call its methods inside a transaction. */
export class ChangeRecords {
  readonly #ledger: Ledger;
  readonly #log: DeliveryLog;
  readonly #batchIds: BatchIds;
  readonly #parts: BatchParts;
  readonly #pending: PendingGroups;

  constructor(private readonly context: ChangeRecordContext) {
    const { db, runId, model } = context;
    this.#ledger = new Ledger(db, model);
    this.#log = new DeliveryLog(db, runId, model);
    this.#batchIds = new BatchIds(db);
    this.#parts = new BatchParts(db, runId);
    this.#pending = new PendingGroups(db, model, runId);
  }

  /** A model is about to see keys that are made of these ids: what it does with them is not known. */
  shown(lastId: number): void {
    keepLedgerIds(this.context.db, lastId);
  }

  /**
   * A request of the groups is about to leave.
   *
   * @param part Where they were in a larger batch before.
   */
  sent(groups: readonly GivenGroup[], part?: BatchPart): void {
    this.#write(groups, { state: "sent", parked: false });
    const [first] = groups;
    if (first?.batch) this.#batchIds.keep(first.batch);
    if (part) this.#parts.put(part.part, part.of);
    this.#pending.remove(groups.map(({ pendingNumber }) => pendingNumber));
  }

  /** No request of the group left after all: the ledger is to it as it was before. */
  withdrawn(group: GivenGroup): void {
    const { earlier } = group;
    if (!earlier) {
      this.#ledger.remove([group.changeId]);
      return this.#pending.put({
        number: group.pendingNumber,
        action: group.action,
        groupKey: group.keyText,
      });
    }
    const state = isUnknown(earlier) ? "unknown" : earlier.state;
    this.#ledger.write([earlier], { ...earlier, state, at: earlier.at ?? this.context.now() });
  }

  /** They were refused with others, and wait for their turn to be tried without them. */
  wait(groups: readonly GivenGroup[]): void {
    this.#write(groups, {
      state: "failed",
      parked: false,
      error: "Refused with the other groups of its batch",
    });
  }

  accepted(groups: readonly GivenGroup[]): void {
    this.#ledger.remove(groups.filter(({ intent }) => intent).map(({ changeId }) => changeId));
    // Where no request was made, what the ledger has of the group may be an earlier change.
    for (const { intent, keyText } of groups) if (!intent) this.#ledger.forget(keyText);
    this.#note(groups, "accepted");
  }

  rejected(groups: readonly GivenGroup[], reason: string): void {
    this.#write(groups, { state: "rejected", parked: true, error: reason });
    this.#note(groups, "rejected", reason);
  }

  failed(group: GivenGroup, error: string): void {
    this.#write([group], { ...afterTry(group, this.context.maxAttempts), error });
    this.#note([group], "failed", error);
  }

  /** A request of it may have arrived, and no answer tells. */
  unknown(group: GivenGroup, error: string): void {
    this.#write([group], { state: "unknown", parked: false, error });
    this.#note([group], "unknown", error);
  }

  /** The same of changes whose run died while a request of them was out. */
  cutOff(entries: readonly LedgerEntry[]): void {
    const end = { state: "unknown", at: this.context.now() } as const;
    this.#ledger.cutOff(entries.map(({ id }) => id), CUT_OFF);
    for (const { id: changeId, ...entry } of entries) {
      this.#log.write({ ...entry, ...end, changeId, error: cutOffNote(entry.runId) });
    }
  }

  /** Nothing of the group is left to do. */
  forget(groupKey: string): void {
    this.#ledger.forget(groupKey);
  }

  #write(
    groups: readonly GivenGroup[],
    end: Pick<LedgerEntry, "state" | "parked"> & { error?: string },
  ): void {
    const { runId, now } = this.context;
    this.#ledger.write(
      groups.map((group) => {
        const { changeId: id, keyText: groupKey, hash: contentHash } = group;
        const { place, attempts, action } = group;
        const batch = group.goesAlone ? id : group.batch;
        const known = knownBeside(group, end.state);
        return { id, groupKey, contentHash, batch, place, attempts, action, ...known };
      }),
      { ...end, runId, at: now() },
    );
  }

  /** They have come to an end. Those without a request were pending until now. */
  #note(groups: readonly GivenGroup[], state: DeliveryState, error?: string): void {
    this.#pending.remove(
      groups.filter(({ intent }) => !intent).map(({ pendingNumber }) => pendingNumber),
    );
    this.#log.writeAll(
      groups.map(({ changeId, keyText: groupKey, hash: contentHash, batch, action, changed }) => ({
        groupKey,
        changeId,
        batch,
        action,
        contentHash,
        changed,
      })),
      { state, error, at: this.context.now() },
    );
  }
}
