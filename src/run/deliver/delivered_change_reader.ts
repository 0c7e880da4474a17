/**
 * Reads the changes of a comparison as they are given to a model: groups that are new or changed, each
 * with what was accepted before, and those that the query no longer has, in their turn (`RemovedGroups`): as a
 * rule before all others.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { ChangeAction } from "~/delivery/earlier_try.ts";
import { type ChangedGroup, ChangedGroupReader } from "~/tracked/compare/changed_group_reader.ts";
import { changedRows } from "~/tracked/compare/changed_rows.ts";
import { FieldComparer, type FlatRow } from "~/tracked/compare/changed_values.ts";
import type { Comparison } from "~/tracked/compare/comparison_sql.ts";
import type { ChangeSet } from "~/tracked/compare/find_changes.ts";
import {
  addPrevious,
  countPrevious,
  type PreviousBlock,
  type PreviousGroup,
  PreviousRows,
} from "~/tracked/compare/previous_rows.ts";
import { writeChange } from "~/tracked/compare/recorded_change.ts";
import { RemovedGroups, type RemovedInTurn, type Turn } from "~/tracked/compare/removed_groups.ts";
import { encodeGroupKey } from "~/tracked/group_key.ts";
import type { SqlValue } from "~/warehouse/values.ts";

/** One change. */
export interface DeliveredChange extends ChangedGroup {
  /** Its number among those that wait (`notePending`); 0 of one that is known not to wait. */
  pendingNumber: number;
  action: ChangeAction;
  /** `RecordedChange` as JSON; of what was there before. */
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

/** How changes are read. */
export interface ChangeReading {
  /** Groups that the query no longer has are given, too. @default false */
  readsRemoved?: boolean;
  /** Each change comes with what was accepted before. @default false */
  withPrevious?: boolean;
  /** Sees each change as it is read. */
  see?: ((change: DeliveredChange, before: PreviousGroup, after: FlatRow) => void) | undefined;
  /** Groups that the far side has though nothing of them is accepted. @default none */
  isThere?: (keyText: string) => boolean;
  /** When a changed group comes, among those that are removed. @default as one that is new */
  turnOf?: (keyText: string) => Turn;
}

/** Groups that were read, and are to be given. */
interface ReadGroups {
  groups: readonly ChangedGroup[];
  /** What was accepted of each. */
  befores: readonly PreviousGroup[];
  values: SqlValue[];
  /** Nothing comes after these. */
  done: boolean;
}

/** See the module's comment. */
export class DeliveredChangeReader {
  readonly #changed: ChangedGroupReader;
  readonly #previous: PreviousRows;
  /** By what was accepted under which columns. */
  readonly #fields = new Map<readonly string[], FieldComparer>();
  readonly #c: Comparison;
  /** Undefined: the model is given none. */
  readonly #removed: RemovedGroups | undefined;
  /** Numbers before those of changed groups. */
  readonly #removedNumbers: number;
  /** What was read of changed groups and not given yet. */
  #waiting: ReadGroups | undefined;
  #lastNumber = 0;

  constructor(
    db: DatabaseSync,
    private readonly changes: ChangeSet,
    private readonly reading: ChangeReading,
  ) {
    this.#c = changes.comparison;
    this.#changed = new ChangedGroupReader(db, this.#c);
    this.#removedNumbers = reading.readsRemoved ? changes.removed : 0;
    if (this.#removedNumbers > 0) this.#removed = new RemovedGroups(db, this.#c);
    this.#previous = new PreviousRows(db, this.#c);
  }

  /** Reads about `wanted` rows, where a removal counts as one; a group is never split. */
  read(wanted: number): DeliveredBlock {
    const most = Math.max(1, wanted);
    const { groups, befores, values, done } = this.#waiting ?? this.#readChanged(most);
    this.#waiting = undefined;
    const previous: PreviousBlock[] = [];
    const changes: DeliveredChange[] = [];
    const width = this.#c.columns.length;
    let rows = 0;
    let at = 0;
    for (const [index, group] of groups.entries()) {
      rows += this.#giveRemoved(group, most - rows, changes, previous);
      const ownRows = group.lastRow - group.firstRow + 1;
      if (rows > 0 && rows + ownRows > most) {
        this.#waiting = {
          groups: groups.slice(index),
          befores: befores.slice(index),
          values: values.slice(at),
          done,
        };
        const given = values.slice(0, at);
        return {
          changes,
          values: given,
          ...(this.reading.withPrevious && { previous }),
          done: false,
        };
      }
      rows += ownRows;
      const own = values.slice(at, at += ownRows * width);
      const before = befores[index] ?? [];
      const change = this.#toChange(group, before, own, previous);
      this.#show(change, before, own);
      changes.push(change);
    }
    if (done) this.#giveRemoved(undefined, most - rows, changes, previous);
    const isOver = done && (this.#removed?.isOver ?? true);
    return { changes, values, ...(this.reading.withPrevious && { previous }), done: isOver };
  }

  #readChanged(wanted: number): ReadGroups {
    const block = this.#changed.read(wanted);
    return {
      ...block,
      befores: this.changes.changed > 0 ? this.#previous.readAll(block.groups) : [],
    };
  }

  /**
   * Gives what is to be removed before a changed group, or after the last.
   *
   * @returns How many.
   */
  #giveRemoved(
    next: ChangedGroup | undefined,
    most: number,
    changes: DeliveredChange[],
    previous: PreviousBlock[],
  ): number {
    if (!this.#removed || most <= 0 || this.#removed.isOver) return 0;
    const turn = next && (this.reading.turnOf?.(next.keyText) ?? "news");
    for (let given = 0; given < most; given++) {
      const removed = this.#removed.take(turn);
      if (!removed) return given;
      changes.push(this.#toRemoval(removed, previous));
    }
    return most;
  }

  #toChange(
    group: ChangedGroup,
    before: PreviousGroup,
    own: readonly SqlValue[],
    previous: PreviousBlock[],
  ): DeliveredChange {
    const previousRows = countPrevious(before);
    const pendingNumber = this.#removedNumbers + group.number;
    const given = { ...group, number: ++this.#lastNumber, pendingNumber };
    if (this.reading.withPrevious) addPrevious(before, previous);
    if (previousRows === 0) {
      const action = this.reading.isThere?.(group.keyText) ? "update" : "create";
      return { ...given, action, changed: undefined, previousRows };
    }
    return { ...given, action: "update", changed: this.#compare(before, own), previousRows };
  }

  #toRemoval(
    { key, pendingNumber }: RemovedInTurn,
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

  #compare(before: PreviousGroup, own: readonly SqlValue[]): string {
    const { uniqueKey, columns } = this.#c;
    const [block] = before;
    if (block && countPrevious(before) === 1 && own.length === columns.length) {
      const values = this.#comparerOf(block.columns).compare(block.values, own);
      return writeChange({ values });
    }
    const after = { columns, values: own };
    const comparerOf = (columns: readonly string[]) => this.#comparerOf(columns);
    return writeChange({ rows: changedRows(uniqueKey, before, after, comparerOf) });
  }

  #comparerOf(before: readonly string[]): FieldComparer {
    let fields = this.#fields.get(before);
    if (!fields) this.#fields.set(before, fields = new FieldComparer(before, this.#c.columns));
    return fields;
  }

  #show(change: DeliveredChange, before: PreviousGroup, own: readonly SqlValue[]): void {
    this.reading.see?.(change, before, {
      columns: own.length > 0 ? this.#c.columns : [],
      values: own,
    });
  }
}
