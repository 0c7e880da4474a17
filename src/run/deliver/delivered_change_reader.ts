/**
 * Reads the changes of a comparison as they are given to a model: groups that are new or changed, each
 * with what was accepted before, then those that the query no longer has. Of these, what was cut off comes
 * with its batch.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { ChangeAction } from "~/delivery/earlier_try.ts";
import type { RowBlock } from "~/sandbox/protocol.ts";
import {
  type ChangedGroup,
  ChangedGroupReader,
  type GroupBlock,
} from "~/tracked/compare/changed_group_reader.ts";
import { FieldComparer, type FlatRow } from "~/tracked/compare/changed_values.ts";
import type { Comparison } from "~/tracked/compare/comparison_sql.ts";
import type { ChangeSet } from "~/tracked/compare/find_changes.ts";
import { PreviousRows } from "~/tracked/compare/previous_rows.ts";
import { RemovedGroupReader } from "~/tracked/compare/removed_group_reader.ts";
import { type BatchPlace, RemovedRepeats } from "~/tracked/compare/removed_repeats.ts";
import { GroupHasher } from "~/tracked/content_hash.ts";
import { encodeGroupKey } from "~/tracked/group_key.ts";
import type { SqlValue } from "~/warehouse/values.ts";

/** One change. */
export interface DeliveredChange extends ChangedGroup {
  /** Its number among those that wait (`notePending`); 0 of one that was cut off, which does not wait. */
  pendingNumber: number;
  action: ChangeAction;
  /** JSON: column → [old, new]; where the group is one row and was one before. */
  changed: string | undefined;
  /** How many rows it had when it was accepted last. */
  previousRows: number;
}

/** Some changes, and their rows one after the other. */
export interface DeliveredBlock {
  changes: readonly DeliveredChange[];
  values: SqlValue[];
  previous?: RowBlock & { values: SqlValue[] };
  done: boolean;
}

/** Sees each change as it is read. */
export type SeeChange = (change: DeliveredChange, before: FlatRow, after: FlatRow) => void;

/** See the module's comment. */
export class DeliveredChangeReader {
  readonly #changed: ChangedGroupReader;
  readonly #removed: RemovedGroupReader;
  readonly #previous: PreviousRows;
  readonly #previousHasher: GroupHasher;
  readonly #fields: FieldComparer;
  readonly #c: Comparison;
  readonly #repeats: RemovedRepeats;
  #isChangedDone = false;
  /** What was read of changed groups and not given yet. */
  #waiting: GroupBlock | undefined;
  #lastNumber = 0;
  /** Of the removed ones that were not cut off. */
  #removedRead = 0;

  constructor(
    private readonly db: DatabaseSync,
    private readonly changes: ChangeSet,
    private readonly readsRemoved: boolean,
    private readonly withPrevious: boolean,
    private readonly see: SeeChange | undefined,
    /** Groups that the far side has though nothing of them is accepted. */
    private readonly isThere: (keyText: string) => boolean = () => false,
    /** Where a group went out, if that was cut off. */
    private readonly placeOf: (keyText: string) => BatchPlace | undefined = () => undefined,
  ) {
    this.#c = changes.comparison;
    this.#changed = new ChangedGroupReader(db, this.#c);
    this.#repeats = new RemovedRepeats(db, this.#c);
    this.#removed = new RemovedGroupReader(db, this.#c, this.#repeats);
    this.#previous = new PreviousRows(db, this.#c);
    this.#previousHasher = new GroupHasher(this.#previous.columns);
    this.#fields = new FieldComparer(this.#previous.columns, this.#c.columns);
  }

  /** Reads about `wanted` rows; a group is never split. */
  read(wanted: number): DeliveredBlock {
    return this.#isChangedDone ? this.#readRemoved(wanted) : this.#readChanged(wanted);
  }

  #readChanged(wanted: number): DeliveredBlock {
    const { groups, values, done } = this.#waiting ?? this.#changed.read(wanted);
    this.#waiting = undefined;
    const previous = this.#emptyPrevious();
    const width = this.#c.columns.length;
    const befores = this.changes.changed > 0 ? this.#previous.readAll(groups) : [];
    const changes: DeliveredChange[] = [];
    let at = 0;
    for (const [index, group] of groups.entries()) {
      if (!this.#takeRepeats(group, changes, previous, wanted + index)) {
        this.#waiting = { groups: groups.slice(index), values: values.slice(at), done };
        const given = values.slice(0, at);
        return { changes, values: given, ...(this.withPrevious && { previous }), done: false };
      }
      const own = values.slice(at, at += (group.lastRow - group.firstRow + 1) * width);
      const before = befores[index] ?? [];
      const change = this.#toChange(group, before, own, previous);
      this.#show(change, before, own);
      changes.push(change);
    }
    this.#isChangedDone = done;
    const isOver = done && !(this.readsRemoved && this.changes.removed > 0);
    return { changes, values, ...(this.withPrevious && { previous }), done: isOver };
  }

  /**
   * Gives what is to be removed and went out before this group did.
   *
   * @returns False when more of it is left than is wanted.
   */
  #takeRepeats(
    { keyText }: ChangedGroup,
    changes: DeliveredChange[],
    previous: { values: SqlValue[] },
    most: number,
  ): boolean {
    if (!this.readsRemoved || !this.#repeats.next) return true;
    const place = this.placeOf(keyText);
    while (this.#repeats.isBefore(place)) {
      if (changes.length >= most) return false;
      changes.push(this.#toRemoval(this.#repeats.take() ?? [], 0, previous));
    }
    return true;
  }

  #toChange(
    group: ChangedGroup,
    before: readonly SqlValue[],
    own: readonly SqlValue[],
    previous: { values: SqlValue[] },
  ): DeliveredChange {
    const { columns } = this.#previous;
    const previousRows = before.length / columns.length;
    const given = { ...group, number: ++this.#lastNumber, pendingNumber: group.number };
    if (this.withPrevious) { for (const value of before) previous.values.push(value); }
    if (previousRows === 0) {
      const action = this.isThere(group.keyText) ? "update" : "create";
      return { ...given, action, changed: undefined, previousRows };
    }
    const isOneRow = previousRows === 1 && own.length === this.#c.columns.length;
    const changed = isOneRow ? JSON.stringify(this.#fields.compare(before, own)) : undefined;
    return { ...given, action: "update", changed, previousRows };
  }

  #readRemoved(wanted: number): DeliveredBlock {
    const previous = this.#emptyPrevious();
    const changes: DeliveredChange[] = [];
    while (changes.length < wanted && this.#repeats.next) {
      changes.push(this.#toRemoval(this.#repeats.take() ?? [], 0, previous));
    }
    const keys = changes.length < wanted ? this.#removed.read(wanted - changes.length) : [];
    const before = this.changes.new + this.changes.changed;
    for (const key of keys) {
      changes.push(this.#toRemoval(key, before + ++this.#removedRead, previous));
    }
    return { changes, values: [], previous, done: changes.length < wanted };
  }

  #toRemoval(
    key: readonly SqlValue[],
    pendingNumber: number,
    previous: { values: SqlValue[] },
  ): DeliveredChange {
    const before = this.#previous.read(key);
    for (const value of before) previous.values.push(value);
    const change: DeliveredChange = {
      number: ++this.#lastNumber,
      pendingNumber,
      key,
      keyText: encodeGroupKey(key),
      hash: this.#previousHasher.hash(before),
      firstRow: 0,
      lastRow: -1,
      action: "remove",
      changed: undefined,
      previousRows: before.length / this.#previous.columns.length,
    };
    this.#show(change, before, []);
    return change;
  }

  #show(change: DeliveredChange, before: readonly SqlValue[], own: readonly SqlValue[]): void {
    const after = { columns: own.length > 0 ? this.#c.columns : [], values: own };
    this.see?.(change, { columns: this.#previous.columns, values: before }, after);
  }

  #emptyPrevious(): RowBlock & { values: SqlValue[] } {
    return { columns: this.#previous.columns, values: [] };
  }
}
