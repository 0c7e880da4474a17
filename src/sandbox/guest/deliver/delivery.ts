/**
 * The groups of a tracked query that the model has been given, and how it ends them.
 *
 * A group is acknowledged when as many of its rows were saved as it has. Its entry is gone then,
 * so memory holds only groups that were given and not yet saved.
 *
 * @module
 */
import { isSameName } from "~/base/text/same_name.ts";
import { type ModulePaths, reportError } from "~/sandbox/guest/error_report.ts";
import { isUnsavable, modelError } from "~/sandbox/guest/host_error.ts";
import type { HostPort } from "~/sandbox/guest/host_port.ts";
import { areAsRead, type RowsAsRead } from "~/sandbox/guest/rows/as_read.ts";
import { columnsOf } from "~/sandbox/guest/rows/row_saver.ts";
import { describeKey, keyIdentity, type Row, toSaved } from "~/sandbox/guest/rows/row_values.ts";
import type { GuestMessage, RowBlock } from "~/sandbox/protocol.ts";
import {
  type RefusedWrite,
  refuseUnlooked,
  refuseUnread,
  type UnclearAnswers,
} from "./unclear_answers.ts";

/** A row as a model hands it in. */
export type SavedRow = Readonly<Record<string, unknown>>;

/** A group that the model was given. */
export interface GivenGroup {
  /** The host's number. */
  readonly number: number;
  readonly key: Readonly<Row>;
  /** By which its rows are found when they are saved. */
  readonly identity: unknown;
  readonly rows: readonly Row[];
  /** What its rows were made of. */
  readonly read: RowsAsRead;
  /** It left the query: it has no rows, and none can be saved for it. */
  readonly isRemoved: boolean;
  /** Saved one by one so far. */
  collected: SavedRow[];
  /** Successes of requests about it that do not say that all was accepted. */
  unclear?: UnclearAnswers;
  /** The last write about it that was not taken. */
  refused?: RefusedWrite;
  /** The place of the last other answer 200–299 to a write about it, in the order of answers; 0: there is none. */
  answeredAt: number;
  /** `open`: neither acknowledged, rejected nor reported as failed. */
  state: "open" | "saved" | "rejected" | "failed";
}

/** A group that is complete, and what of it is stored; `null`: what was read. */
interface Saved {
  group: GivenGroup;
  block: RowBlock | null;
}

/** What tells the host that groups have ended. */
type EndMessage =
  | Omit<Extract<GuestMessage, { type: "acknowledge" }>, "id">
  | Omit<Extract<GuestMessage, { type: "reject" }>, "id">;

/** See the module's comment. */
export class Delivery {
  #port: HostPort;
  #paths: ModulePaths;
  #uniqueKey: readonly string[];
  #isKeyNamed = false;
  #given = new Map<unknown, GivenGroup>();
  #savedRows = 0;
  #hasRejected = false;
  /** The number of the last group that the model was given. */
  lastGiven = 0;
  /** What it reads it has asked for as an array. */
  hasArray = false;

  constructor(port: HostPort, paths: ModulePaths, uniqueKey: readonly string[]) {
    this.#port = port;
    this.#paths = paths;
    this.#uniqueKey = uniqueKey;
  }

  /**
   * Whether the model has an array of groups in its hands of which some have not ended: then it may come to any
   * of them, by means that are not seen.
   */
  get hasArrayOpen(): boolean {
    return this.hasArray && this.#given.size > 0;
  }

  /** Groups that the model was given and that have not ended. */
  open(): Iterable<GivenGroup> {
    return this.#given.values();
  }

  /**
   * Notes a group that the model is given now.
   *
   * @param removed Of a group without rows: one that holds its key.
   */
  give(number: number, rows: readonly Row[], read: RowsAsRead, removed?: Row): GivenGroup {
    const first = rows[0] ?? removed ?? {};
    this.#nameKey(first);
    const key = this.#keyOf(first);
    const identity = keyIdentity(Object.values(key));
    const isRemoved = rows.length === 0;
    const group: GivenGroup = {
      number,
      key,
      identity,
      rows,
      read,
      isRemoved,
      collected: [],
      answeredAt: 0,
      state: "open",
    };
    this.lastGiven = number;
    this.#given.set(identity, group);
    return group;
  }

  /** Saves one row; resolves at once while others of its group are missing, else when durable. */
  async save(row: SavedRow): Promise<void> {
    const complete = this.#collect(row, this.#groupToSave(row));
    if (!complete) return;
    await this.#acknowledge([this.#keeping(complete, () => this.#saved(complete))]);
  }

  /** Saves rows of any groups; those that are complete then are acknowledged together. */
  async saveAll(rows: readonly SavedRow[]): Promise<void> {
    // All or none: what is refused leaves nothing behind of the others.
    const groups = rows.map((row) => [row, this.#groupToSave(row)] as const);
    const complete = groups.flatMap(([row, group]) => this.#collect(row, group) ?? []);
    if (complete.length === 0) return;
    await this.#acknowledge(
      complete.map((group) => this.#keeping(group, () => this.#saved(group))),
    );
  }

  /** Acknowledges a group with these rows, whose key columns may be left out. */
  async saveGroups(groups: readonly (readonly [GivenGroup, readonly SavedRow[]])[]): Promise<void> {
    const saved = groups.map(([group, rows]) => {
      expectOpen(group, "save");
      refuseUnlooked(group);
      if (group.isRemoved && rows.length > 0) throw removedGroup(group);
      if (!group.isRemoved && areAsRead(rows, group.read)) {
        this.#savedRows += rows.length;
        return { group, block: null };
      }
      return this.#keeping(group, () => {
        group.collected = rows.map((row) => this.#withKey(group, row));
        return this.#saved(group);
      });
    });
    await this.#acknowledge(saved);
  }

  /** Parks groups that the far side refuses for good; resolves when that is durable. */
  async reject(groups: readonly GivenGroup[], reason: string): Promise<void> {
    for (const group of groups) expectOpen(group, "reject");
    this.#hasRejected = true;
    const numbers = groups.map((group) => group.number);
    await this.#end(groups, "rejected", { type: "reject", groups: numbers, reason });
  }

  /** Tells the host that what the model wanted to keep of groups cannot be kept; they are not sent again for that. */
  noteUnfit(groups: readonly GivenGroup[]): void {
    const open = groups.filter(({ state }) => state === "open").map(({ number }) => number);
    if (open.length > 0) this.#port.send({ type: "unfit", groups: open });
  }

  #keeping<T>(group: GivenGroup, convert: () => T): T {
    try {
      return convert();
    } catch (error) {
      if (isUnsavable(error)) this.noteUnfit([group]);
      throw error;
    }
  }

  /** Reports that a group was tried and not accepted. */
  fail(group: GivenGroup, error: unknown): void {
    if (group.state !== "open") return;
    group.state = "failed";
    this.#forget(group);
    this.#port.send({
      type: "group_failed",
      group: group.number,
      error: reportError(error, this.#paths),
    });
  }

  /** The group of a row that the model hands in; an error when it is not one that was given. */
  groupOf(row: SavedRow, verb: "save" | "reject" = "save"): GivenGroup {
    this.#savedRows++;
    columnsOf(row, this.#savedRows, verb);
    const key = this.#keyOf(row, verb);
    const group = this.#given.get(keyIdentity(Object.values(key)));
    if (group) return group;
    const ended = verb === "reject" || this.#hasRejected ? "saved or rejected" : "saved";
    throw modelError(
      `Cannot ${verb} ${
        describeKey(key)
      }: it was not delivered in this run, or was ${ended} already`,
      {
        unsavable: true,
        hint: "Each row that the query gave is saved or rejected once, and no others are.",
      },
    );
  }

  #groupToSave(row: SavedRow): GivenGroup {
    const group = this.groupOf(row);
    if (group.isRemoved) throw removedGroup(group);
    refuseUnread(group);
    return group;
  }

  #collect(row: SavedRow, group: GivenGroup): GivenGroup | undefined {
    group.collected.push({ ...row });
    return group.collected.length === group.rows.length ? group : undefined;
  }

  /** Call after all are converted: a value that cannot be saved leaves all groups open. */
  async #acknowledge(saved: readonly Saved[]): Promise<void> {
    const groups = saved.map(({ group, block }) => ({ group: group.number, block }));
    await this.#end(saved.map(({ group }) => group), "saved", { type: "acknowledge", groups });
  }

  /** Groups end as they are told to the host, so that nothing else is done with them meanwhile. */
  async #end(
    groups: readonly GivenGroup[],
    state: "saved" | "rejected",
    message: EndMessage,
  ): Promise<void> {
    for (const group of groups) {
      group.state = state;
      this.#forget(group);
    }
    try {
      await this.#port.call("saved", message);
    } catch (error) {
      for (const group of groups) this.#reopen(group);
      throw error;
    }
  }

  /** The host did not take it: the model may end it otherwise. */
  #reopen(group: GivenGroup): void {
    group.state = "open";
    group.collected = [];
    this.#given.set(group.identity, group);
  }

  #forget(group: GivenGroup): void {
    this.#given.delete(group.identity);
  }

  /** What is to be stored of a group that is complete. */
  #saved(group: GivenGroup): Saved {
    const asRead = !group.isRemoved && areAsRead(group.collected, group.read);
    return { group, block: asRead ? null : this.#blockOf(group) };
  }

  /** One block a group: columns that only some rows have are NULL in the others. */
  #blockOf(group: GivenGroup): RowBlock {
    const rows = group.collected;
    const describeRow = () => describeKey(group.key);
    try {
      const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
      const values = rows.flatMap((row) =>
        columns.map((column) =>
          Object.hasOwn(row, column) ? toSaved(row[column], column, describeRow) : null
        )
      );
      return { columns, values };
    } catch (error) {
      group.collected = [];
      throw error;
    }
  }

  /** To SQL `ID` and `id` are one column: from the first row on the key goes by the query's names. */
  #nameKey(row: SavedRow): void {
    if (this.#isKeyNamed) return;
    const columns = Object.keys(row);
    this.#uniqueKey = this.#uniqueKey.map((key) =>
      columns.find((column) => isSameName(column, key)) ?? key
    );
    this.#isKeyNamed = true;
  }

  #keyOf(row: SavedRow, verb = "save"): Row {
    const key: Row = {};
    for (const column of this.#uniqueKey) {
      if (!Object.hasOwn(row, column)) throw this.#withoutKey(column, verb);
      key[column] = toSaved(row[column], column, () => `row ${this.#savedRows}`);
    }
    return key;
  }

  #withKey(group: GivenGroup, row: SavedRow): SavedRow {
    columnsOf(row, ++this.#savedRows);
    const whole = { ...group.key, ...row };
    const key = this.#keyOf(whole);
    if (keyIdentity(Object.values(key)) === group.identity) return whole;
    throw modelError(
      `Cannot save ${describeKey(key)}: the function was given ${describeKey(group.key)}`,
      { unsavable: true, hint: "Return the row with the key that it came with." },
    );
  }

  #withoutKey(column: string, verb: string): Error {
    return modelError(`Cannot ${verb} row ${this.#savedRows}: it has no column "${column}"`, {
      unsavable: true,
      hint: `"${column}" is in @unique_key: by it Spoor knows which group a row belongs to.`,
    });
  }
}

function expectOpen(group: GivenGroup, verb: "save" | "reject"): void {
  if (group.state === "open") return;
  const ended = group.state === "failed" ? "recorded as failed" : group.state;
  throw modelError(`Cannot ${verb} ${describeKey(group.key)}: it was ${ended} already`, {
    hint: "A group ends once: it is saved, rejected, or recorded as failed.",
  });
}

function removedGroup({ key }: GivenGroup): Error {
  return modelError(`Cannot save rows of ${describeKey(key)}: the group was removed`, {
    hint: "Call save() of the change without rows, or return nothing from each().",
  });
}
