/**
 * Reads the changes of a comparison as they are given to a model: groups that are new or changed, each
 * with what was accepted before, then those that the query no longer has. Of these, what was cut off comes
 * with its batch.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { ChangeAction } from "~/delivery/earlier_try.ts";
import {
  type ChangedGroup,
  ChangedGroupReader,
  type GroupBlock,
} from "~/tracked/compare/changed_group_reader.ts";
import {
  type ChangedValues,
  FieldComparer,
  type FlatRow,
} from "~/tracked/compare/changed_values.ts";
import type { Comparison } from "~/tracked/compare/comparison_sql.ts";
import type { ChangeSet } from "~/tracked/compare/find_changes.ts";
import {
  addPrevious,
  countPrevious,
  type PreviousBlock,
  type PreviousGroup,
  PreviousRows,
} from "~/tracked/compare/previous_rows.ts";
import { RemovedGroupReader } from "~/tracked/compare/removed_group_reader.ts";
import { type BatchPlace, RemovedRepeats } from "~/tracked/compare/removed_repeats.ts";
import { encodeGroupKey } from "~/tracked/group_key.ts";
import type { SqlValue } from "~/warehouse/values.ts";

/** One change. */
export interface DeliveredChange extends ChangedGroup {
  /** Its number among those that wait (`notePending`); 0 of one that was cut off, which does not wait. */
  pendingNumber: number;
  action: ChangeAction;
  /** `ChangedValues` as JSON; where the group is one row and was one before. */
  changed: string | undefined;
  /** How many rows it had when it was accepted last. */
  previousRows: number;
}

/** Some changes, and their rows one after the other. */
export interface DeliveredBlock {
  changes: readonly DeliveredChange[];
  values: SqlValue[];
  /** Group after group, if it was asked for. */
  previous?: readonly PreviousBlock[];
  done: boolean;
}

/** Sees each change as it is read. */
export type SeeChange = (change: DeliveredChange, before: PreviousGroup, after: FlatRow) => void;

/** See the module's comment. */
export class DeliveredChangeReader {
  readonly #changed: ChangedGroupReader;
  readonly #removed: RemovedGroupReader;
  readonly #previous: PreviousRows;
  /** By what was accepted under which columns. */
  readonly #fields = new Map<readonly string[], FieldComparer>();
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
  }

  /** Reads about `wanted` rows; a group is never split. */
  read(wanted: number): DeliveredBlock {
    return this.#isChangedDone ? this.#readRemoved(wanted) : this.#readChanged(wanted);
  }

  #readChanged(wanted: number): DeliveredBlock {
    const { groups, values, done } = this.#waiting ?? this.#changed.read(wanted);
    this.#waiting = undefined;
    const previous: PreviousBlock[] = [];
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
    previous: PreviousBlock[],
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
    before: PreviousGroup,
    own: readonly SqlValue[],
    previous: PreviousBlock[],
  ): DeliveredChange {
    const previousRows = countPrevious(before);
    const given = { ...group, number: ++this.#lastNumber, pendingNumber: group.number };
    if (this.withPrevious) addPrevious(before, previous);
    if (previousRows === 0) {
      const action = this.isThere(group.keyText) ? "update" : "create";
      return { ...given, action, changed: undefined, previousRows };
    }
    const [block] = before;
    const isOneRow = previousRows === 1 && own.length === this.#c.columns.length;
    const changed = block && isOneRow ? JSON.stringify(this.#compare(block, own)) : undefined;
    return { ...given, action: "update", changed, previousRows };
  }

  #readRemoved(wanted: number): DeliveredBlock {
    const previous: PreviousBlock[] = [];
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
    previous: PreviousBlock[],
  ): DeliveredChange {
    const before = this.#previous.read(key);
    addPrevious(before, previous);
    const change: DeliveredChange = {
      number: ++this.#lastNumber,
      pendingNumber,
      key,
      keyText: encodeGroupKey(key),
      hash: this.#previous.hash(before),
      firstRow: 0,
      lastRow: -1,
      action: "remove",
      changed: undefined,
      previousRows: countPrevious(before),
    };
    this.#show(change, before, []);
    return change;
  }

  #compare({ columns, values }: PreviousBlock, own: readonly SqlValue[]): ChangedValues {
    let fields = this.#fields.get(columns);
    if (!fields) this.#fields.set(columns, fields = new FieldComparer(columns, this.#c.columns));
    return fields.compare(values, own);
  }

  #show(change: DeliveredChange, before: PreviousGroup, own: readonly SqlValue[]): void {
    this.see?.(change, before, { columns: own.length > 0 ? this.#c.columns : [], values: own });
  }
}
