/**
 * One tracked query being delivered: its changed groups on their way from `delivered` to
 * acknowledged, failed or unknown, and the ledger that remembers them.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { type ErrorReport, UserError } from "~/base/user_error.ts";
import type { AcknowledgedGroup, DeliveredGroup, RowBlock } from "~/sandbox/protocol.ts";
import { foldName } from "~/sql/identifiers.ts";
import type { GroupCommit } from "~/store/group_commit.ts";
import { batchToRepeat, Ledger, type LedgerEntry } from "~/store/ledger.ts";
import { noteDelivery } from "~/store/model_states.ts";
import { forgetRemoved } from "~/tracked/accept_all.ts";
import { Acknowledger } from "~/tracked/acknowledge.ts";
import { forcedButGoneSql } from "~/tracked/comparison_sql.ts";
import { type ChangedGroup, ChangedGroupReader } from "~/tracked/changed_groups.ts";
import { type ChangeSet, dropChanges, type ForcedGroup } from "~/tracked/find_changes.ts";
import { decodeGroupKey, encodeGroupKey, renderGroupKey } from "~/tracked/group_key.ts";
import { refuseOwnColumn } from "~/tracked/target_table.ts";
import { prepareArrayRows, readRow } from "~/warehouse/array_rows.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import { assertGuest } from "./guest_error.ts";
import { checkRowBlock } from "./row_block.ts";
import type { DeliveryCounts, GroupFailure } from "./run_event.ts";

/** A group that the model has in its hands. */
interface HeldGroup extends ChangedGroup {
  /** The change's id in the ledger; given when it is needed first. */
  changeId: number;
  batch: number;
  /** Its row in the ledger is committed, or on its way. */
  intent: Promise<void> | undefined;
  /** Requests that are out. */
  pending: number;
  /** A request of it has ended that was not refused before it left. */
  hasLeft: boolean;
  /** A request of it may have arrived though no answer came. */
  isUncertain: boolean;
  /** Why it failed, once it has. */
  failure: ErrorReport | undefined;
  isAcknowledged: boolean;
}

/** What a delivery needs from its run. */
export interface DeliveryContext {
  db: DatabaseSync;
  commits: GroupCommit;
  model: string;
  runId: number;
  /** Gives a change its id: unique over the life of the state file. */
  nextChangeId: () => number;
}

/** Groups that failed are shown as examples, not all. */
const MAX_FAILURES_SHOWN = 10;

/** What was tried before and not acknowledged; under another `@unique_key` it was other groups. */
export function forcedGroups(
  earlier: readonly LedgerEntry[],
  keyColumns: number,
): ForcedGroup[] {
  return earlier.map((entry) => ({
    key: decodeGroupKey(entry.groupKey),
    batch: batchToRepeat(entry),
  })).filter(({ key }) => key.length === keyColumns);
}

/** See the module's comment. */
export class Delivery {
  readonly failures: GroupFailure[] = [];
  #held = new Map<number, HeldGroup>();
  /** Number of the last group that was delivered. */
  #lastNumber = 0;
  #saved = 0;
  #failed = 0;
  #unknown = 0;
  readonly #reader: ChangedGroupReader;
  readonly #acknowledger: Acknowledger;
  readonly #ledger: Ledger;
  readonly #earlier: ReadonlyMap<string, LedgerEntry>;

  constructor(
    private readonly context: DeliveryContext,
    private readonly changes: ChangeSet,
    earlier: readonly LedgerEntry[],
  ) {
    const { db, model } = context;
    this.#reader = new ChangedGroupReader(db, changes.comparison);
    this.#acknowledger = new Acknowledger(db, changes.comparison);
    this.#ledger = new Ledger(db, model);
    this.#earlier = new Map(earlier.map((entry) => [entry.groupKey, entry]));
    this.#forgetGone();
    if (this.total + changes.removed > 0) noteDelivery(db, model, this.total);
  }

  /** Groups to deliver. */
  get total(): number {
    return this.changes.new + this.changes.changed;
  }

  /** Groups that have come to an end. */
  get done(): number {
    return this.#saved + this.#failed + this.#unknown;
  }

  /** Whether the target's content moved. */
  get hasWritten(): boolean {
    return this.#saved + this.changes.removed > 0;
  }

  get columnChanges(): readonly string[] {
    return this.#acknowledger.columnChanges;
  }

  /** Groups and their rows for the model. */
  pull(rows: number): { block: RowBlock; groups: DeliveredGroup[]; done: boolean } {
    const { groups, values, done } = this.#reader.read(rows);
    this.#lastNumber = groups.at(-1)?.number ?? this.#lastNumber;
    const delivered = groups.map((group) => {
      const earlier = this.#earlierChange(group);
      const batch = earlier ? batchToRepeat(earlier) : 0;
      this.#held.set(group.number, {
        ...group,
        changeId: earlier?.id ?? 0,
        batch,
        intent: undefined,
        pending: 0,
        isUncertain: false,
        hasLeft: false,
        failure: undefined,
        isAcknowledged: false,
      });
      const rows = group.lastRow - group.firstRow + 1;
      return { group: group.number, rows, batch };
    });
    return { block: { columns: this.changes.comparison.columns, values }, groups: delivered, done };
  }

  /**
   * A request about these groups is to leave: writes the intent and resolves when it is durable. What
   * follows a group's end is no part of its change.
   *
   * @returns The changes' ids, of which the request's key is made.
   */
  async begin(numbers: readonly number[]): Promise<number[]> {
    const groups = numbers.flatMap((number) => this.#findOpen(number) ?? []);
    for (const group of groups) group.changeId ||= this.context.nextChangeId();
    const batch = groups.length > 1 ? (groups[0]?.changeId ?? 0) : 0;
    const fresh = groups.filter((group) => !group.intent);
    if (fresh.length > 0) {
      const written = this.context.commits.add(() => {
        for (const group of fresh) this.#writeIntent(group);
      });
      for (const group of fresh) {
        group.batch = batch;
        group.intent = written;
      }
    }
    for (const group of groups) group.pending += 1;
    await Promise.all(groups.map((group) => group.intent));
    return groups.map((group) => group.changeId);
  }

  /** The request has ended. `isUncertain`: it may have arrived, and no answer tells. */
  end(numbers: readonly number[], isUncertain: boolean): void {
    for (const number of numbers) {
      const group = this.#held.get(number);
      if (!group) continue;
      group.pending -= 1;
      group.isUncertain ||= isUncertain;
      group.hasLeft = true;
    }
  }

  /**
   * The request did not leave after all: groups of which nothing else has left are as if it had never
   * been begun, and count as not reached.
   */
  withdraw(numbers: readonly number[]): void {
    for (const number of numbers) {
      const group = this.#held.get(number);
      if (!group) continue;
      group.pending -= 1;
      if (group.pending > 0 || group.hasLeft || !group.intent) continue;
      group.intent = undefined;
      const { changeId } = group;
      const earlier = this.#earlierChange(group);
      // One that may have arrived in an earlier run still may have.
      if (earlier?.state === "sent") continue;
      this.context.commits.addUnawaited(() => {
        if (earlier) this.#ledger.fail(changeId, "The far side was down");
        else this.#ledger.remove(changeId);
      });
    }
  }

  /**
   * Records groups as accepted by the far side; resolves when that is durable.
   *
   * @throws {UserError} A row has another key than its group.
   * @throws {GuestError} The message was forged.
   */
  acknowledge(acknowledged: readonly AcknowledgedGroup[]): Promise<void> {
    assertGuest(isDistinct(acknowledged.map(({ group }) => group)), "a group twice");
    const work = acknowledged.map(({ group: number, block }) => {
      const group = this.#get(number);
      assertGuest(!group.isAcknowledged && !group.failure, "a group that has ended already");
      checkRowBlock(block);
      assertGuest(block.values.length > 0, "a group without rows");
      this.#checkKey(group, block);
      refuseOwnColumn(this.context.model, block.columns);
      return { group, block: block as RowBlock & { values: readonly SqlValue[] } };
    });
    // All or none: the model may save the others by themselves.
    for (const { group } of work) group.isAcknowledged = true;
    return this.context.commits.add(() => {
      for (const { group, block } of work) {
        this.#acknowledger.acknowledge(group, block);
        if (group.changeId) this.#ledger.remove(group.changeId);
      }
    }).then(() => {
      for (const { group } of work) this.#held.delete(group.number);
      this.#saved += work.length;
    }, (error) => {
      for (const { group } of work) group.isAcknowledged = false;
      throw error;
    });
  }

  /** The model tried a group and it was not accepted. */
  fail(number: number, error: ErrorReport): void {
    const group = this.#get(number);
    assertGuest(!group.isAcknowledged && !group.failure, "a group that has ended already");
    if (this.#settle(group, error)) {
      this.context.commits.addUnawaited(() => this.#ledger.fail(group.changeId, error.message));
    }
  }

  /**
   * What became of all groups, once the model has ended. Groups that it still held are settled. Call
   * inside the transaction that records the model's end.
   */
  finish(): DeliveryCounts {
    const error = { message: "The model ended before it saved this group" };
    for (const group of this.#held.values()) {
      if (group.failure || group.isAcknowledged || !group.intent) continue;
      if (this.#settle(group, error)) this.#ledger.fail(group.changeId, error.message);
    }
    const { new: added, changed, unchanged, removed } = this.changes;
    return {
      new: added,
      changed,
      unchanged,
      removed,
      saved: this.#saved,
      rejected: 0,
      parked: 0,
      failed: this.#failed,
      unknown: this.#unknown,
      left: this.total - this.done,
    };
  }

  dispose(): void {
    dropChanges(this.context.db, this.changes);
  }

  /** What was tried before comes first and is sent again with the same key, if it is the same change. */
  #earlierChange(group: ChangedGroup): LedgerEntry | undefined {
    const entry = this.#earlier.get(group.keyText);
    return entry?.contentHash === group.hash ? entry : undefined;
  }

  #writeIntent(group: HeldGroup): void {
    this.#ledger.write({
      id: group.changeId,
      groupKey: group.keyText,
      contentHash: group.hash,
      state: "sent",
      batch: group.batch,
      runId: this.context.runId,
    });
  }

  /** @returns Whether the ledger is to be told: a request of the group was answered, and not accepted. */
  #settle(group: HeldGroup, error: ErrorReport): boolean {
    group.failure = error;
    const isUnknown = group.isUncertain || group.pending > 0;
    if (isUnknown) this.#unknown += 1;
    else this.#failed += 1;
    if (this.failures.length < MAX_FAILURES_SHOWN) {
      const key = renderGroupKey(this.changes.comparison.uniqueKey, group.key);
      this.failures.push({ key, error });
    }
    return group.intent !== undefined && !isUnknown;
  }

  #findOpen(number: number): HeldGroup | undefined {
    const group = this.#held.get(number);
    assertGuest(group || number <= this.#lastNumber, `a group that it never had (${number})`);
    return group?.isAcknowledged || group?.failure ? undefined : group;
  }

  #get(number: number): HeldGroup {
    const group = this.#held.get(number);
    assertGuest(group, `a group that it does not hold (${number})`);
    return group;
  }

  #checkKey(group: HeldGroup, block: RowBlock): void {
    const { uniqueKey } = this.changes.comparison;
    const names = block.columns.map(foldName);
    const indexes = uniqueKey.map((key) => names.indexOf(foldName(key)));
    for (let start = 0; start < block.values.length; start += names.length) {
      const key = indexes.map((index) => index < 0 ? null : block.values[start + index] ?? null);
      if (encodeGroupKey(key) === group.keyText) continue;
      throw new UserError(
        `Cannot save a row of ${this.context.model}: its key is ${
          renderGroupKey(uniqueKey, key)
        }, and the group's is ${renderGroupKey(uniqueKey, group.key)}`,
        { hint: "Save the row with the key that was read" },
      );
    }
  }

  /** Groups that left the query are forgotten, and what the ledger knew of them. */
  #forgetGone(): void {
    forgetRemoved(this.context.db, this.changes);
    const gone = prepareArrayRows(this.context.db, forcedButGoneSql(this.changes.comparison)).all();
    for (const key of gone) this.#ledger.forget(encodeGroupKey(readRow(key)));
    const { length } = this.changes.comparison.uniqueKey;
    for (const { groupKey } of this.#earlier.values()) {
      if (decodeGroupKey(groupKey).length !== length) this.#ledger.forget(groupKey);
    }
  }
}

function isDistinct(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}
