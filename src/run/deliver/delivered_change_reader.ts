/**
 * Reads the changes of a comparison as they are given to a model: groups that are new or changed, each
 * with what was accepted before, then those that the query no longer has.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { ChangeAction } from "~/delivery/earlier_try.ts";
import type { RowBlock } from "~/sandbox/protocol.ts";
import { type ChangedGroup, ChangedGroupReader } from "~/tracked/compare/changed_group_reader.ts";
import { FieldComparer, type FlatRow } from "~/tracked/compare/changed_values.ts";
import type { Comparison } from "~/tracked/compare/comparison_sql.ts";
import type { ChangeSet } from "~/tracked/compare/find_changes.ts";
import { PreviousRows } from "~/tracked/compare/previous_rows.ts";
import { RemovedGroupReader } from "~/tracked/compare/removed_group_reader.ts";
import { GroupHasher } from "~/tracked/content_hash.ts";
import { encodeGroupKey } from "~/tracked/group_key.ts";
import type { SqlValue } from "~/warehouse/values.ts";

/** One change. */
export interface DeliveredChange extends ChangedGroup {
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
  #isChangedDone = false;
  #lastNumber = 0;

  constructor(
    private readonly db: DatabaseSync,
    private readonly changes: ChangeSet,
    private readonly readsRemoved: boolean,
    private readonly withPrevious: boolean,
    private readonly see: SeeChange | undefined,
    /** Groups that the far side has though nothing of them is accepted. */
    private readonly isThere: (keyText: string) => boolean = () => false,
  ) {
    this.#c = changes.comparison;
    this.#changed = new ChangedGroupReader(db, this.#c);
    this.#removed = new RemovedGroupReader(db, this.#c);
    this.#previous = new PreviousRows(db, this.#c);
    this.#previousHasher = new GroupHasher(this.#previous.columns);
    this.#fields = new FieldComparer(this.#previous.columns, this.#c.columns);
  }

  /** Reads about `wanted` rows; a group is never split. */
  read(wanted: number): DeliveredBlock {
    const block = this.#isChangedDone ? this.#readRemoved(wanted) : this.#readChanged(wanted);
    this.#lastNumber = block.changes.at(-1)?.number ?? this.#lastNumber;
    return block;
  }

  #readChanged(wanted: number): DeliveredBlock {
    const { groups, values, done } = this.#changed.read(wanted);
    const previous = this.#emptyPrevious();
    const width = this.#c.columns.length;
    const befores = this.changes.changed > 0 ? this.#previous.readAll(groups) : [];
    let at = 0;
    const changes = groups.map((group, index): DeliveredChange => {
      const own = values.slice(at, at += (group.lastRow - group.firstRow + 1) * width);
      const before = befores[index] ?? [];
      const change = this.#toChange(group, before, own, previous);
      this.#show(change, before, own);
      return change;
    });
    this.#isChangedDone = done;
    const isOver = done && !(this.readsRemoved && this.changes.removed > 0);
    return { changes, values, ...(this.withPrevious && { previous }), done: isOver };
  }

  #toChange(
    group: ChangedGroup,
    before: readonly SqlValue[],
    own: readonly SqlValue[],
    previous: { values: SqlValue[] },
  ): DeliveredChange {
    const { columns } = this.#previous;
    const previousRows = before.length / columns.length;
    if (this.withPrevious) { for (const value of before) previous.values.push(value); }
    if (previousRows === 0) {
      const action = this.isThere(group.keyText) ? "update" : "create";
      return { ...group, action, changed: undefined, previousRows };
    }
    const isOneRow = previousRows === 1 && own.length === this.#c.columns.length;
    const changed = isOneRow ? JSON.stringify(this.#fields.compare(before, own)) : undefined;
    return { ...group, action: "update", changed, previousRows };
  }

  #readRemoved(wanted: number): DeliveredBlock {
    const previous = this.#emptyPrevious();
    const keys = this.#removed.read(wanted);
    const changes = keys.map((key, index): DeliveredChange => {
      const before = this.#previous.read(key);
      for (const value of before) previous.values.push(value);
      const change: DeliveredChange = {
        number: this.#lastNumber + 1 + index,
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
    });
    return { changes, values: [], previous, done: keys.length < wanted };
  }

  #show(change: DeliveredChange, before: readonly SqlValue[], own: readonly SqlValue[]): void {
    const after = { columns: own.length > 0 ? this.#c.columns : [], values: own };
    this.see?.(change, { columns: this.#previous.columns, values: before }, after);
  }

  #emptyPrevious(): RowBlock & { values: SqlValue[] } {
    return { columns: this.#previous.columns, values: [] };
  }
}
