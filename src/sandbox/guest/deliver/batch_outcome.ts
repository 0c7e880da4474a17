/**
 * What a function given to `batches` says of a partial answer: `{accepted, rejected}` by key.
 *
 * Whatever it says clearly is done. A group that it names in both lists, or in none, has failed;
 * and a key that is not in the batch fails the groups that it did not name, since one of them may
 * have been meant.
 *
 * @module
 */
import type { BatchOutcome } from "~/sandbox/guest/api.ts";
import { formatMessage } from "~/sandbox/guest/format_value.ts";
import { modelError } from "~/sandbox/guest/host_error.ts";
import { describeKey, keyIdentity, type Row, toSaved } from "~/sandbox/guest/rows/row_values.ts";
import type { GivenGroup } from "./delivery.ts";
import { rejectionReason } from "./reject.ts";
import { saveTogether } from "./save_together.ts";
import type { Work } from "./work_on_groups.ts";

const NO_REASON = "The far side refused it and gave no reason";

/** Whether the function returned an outcome, and not a row. */
export function isOutcome(returned: unknown): returned is BatchOutcome {
  if (typeof returned !== "object" || returned === null || Array.isArray(returned)) return false;
  const names = Object.keys(returned);
  return names.length > 0 && names.every(isList);
}

/**
 * What is meant as an outcome, and is none, is no row either.
 *
 * @throws {Error} With what may be returned.
 */
export function expectRows(returned: unknown, batch: readonly GivenGroup[]): void {
  if (typeof returned !== "object" || returned === null || Array.isArray(returned)) return;
  const names = Object.keys(returned);
  const lists = names.filter(isList);
  const key = Object.keys(batch[0]?.key ?? {});
  if (names.length > 0 && (lists.length === 0 || key.every((each) => names.includes(each)))) return;
  const others = names.filter((name) => !isList(name)).map((name) => `"${name}"`).join(", ");
  const what = names.length === 0
    ? "it is an object without columns"
    : `beside ${lists.map((name) => `"${name}"`).join(" and ")} it has ${others}`;
  throw modelError(`Cannot read what the function returned: ${what}`, {
    hint: "Return { accepted: [key, …], rejected: [{ key, reason }, …] }, the rows to save, or " +
      "nothing to save all as they were read.",
  });
}

function isList(name: string): boolean {
  return name === "accepted" || name === "rejected";
}

/** Saves what was accepted, as it was read, parks what was rejected, and fails the others. */
export async function settleOutcome(
  outcome: BatchOutcome,
  batch: readonly GivenGroup[],
  work: Work,
): Promise<void> {
  const { delivery } = work;
  if (!delivery) {
    throw modelError("Cannot use { accepted, rejected }: the model is not tracked", {
      hint: "Return the rows to save.",
    });
  }
  const read = new OutcomeReader(batch).read(outcome);
  // A position may be another group's key: then none of them can be believed.
  if (read.hasPosition) throw read.stranger;
  const { accepted, rejected } = read;
  if (accepted.length > 0) {
    await saveTogether(accepted.map((group) => [group, group.rows]), delivery);
  }
  for (const [reason, groups] of rejected) await delivery.reject(groups, reason);
  for (const [group, error] of read.failed) delivery.fail(group, error);
  const left = batch.filter((group) => group.state === "open");
  for (const group of left) delivery.fail(group, read.stranger ?? unnamed(group));
  if (read.stranger && left.length === 0) work.warn(read.stranger.message);
}

/** Sorts the keys of an outcome. */
class OutcomeReader {
  readonly accepted: GivenGroup[] = [];
  /** By reason: each is one message. */
  readonly rejected = new Map<string, GivenGroup[]>();
  readonly failed = new Map<GivenGroup, Error>();
  /** Why a key means no group of the batch; the first of them. */
  stranger: Error | undefined;
  /** A key that means no group is the place of one in the batch. */
  hasPosition = false;
  #batch: ReadonlyMap<unknown, GivenGroup>;
  #columns: readonly string[];

  constructor(batch: readonly GivenGroup[]) {
    this.#batch = new Map(batch.map((group) => [identityOf(group.key), group]));
    this.#columns = Object.keys(batch[0]?.key ?? {});
  }

  read(outcome: BatchOutcome): this {
    const accepted = new Set(this.#groups("accepted", outcome.accepted).keys());
    const rejected = this.#groups("rejected", outcome.rejected);
    for (const group of new Set([...accepted, ...rejected.keys()])) {
      const isRejected = rejected.has(group);
      if (isRejected && accepted.has(group)) this.failed.set(group, contradiction(group));
      else if (group.state !== "open") this.#checkEnd(group, isRejected);
      else if (isRejected) this.#reject(group, rejected.get(group));
      else this.accepted.push(group);
    }
    return this;
  }

  #reject(group: GivenGroup, given: unknown): void {
    try {
      const reason = rejectionReason(given ?? NO_REASON, group.key);
      const others = this.rejected.get(reason);
      if (others) others.push(group);
      else this.rejected.set(reason, [group]);
    } catch (error) {
      this.failed.set(group, error as Error);
    }
  }

  /** The function has ended the group itself; it may say so again, but not otherwise. */
  #checkEnd(group: GivenGroup, isRejected: boolean): void {
    if (group.state === (isRejected ? "rejected" : "saved")) return;
    this.stranger ??= modelError(
      `Cannot take ${describeKey(group.key)} as ${isRejected ? "rejected" : "accepted"}: ` +
        `it was ${group.state} already`,
    );
  }

  /** The groups that a list names, each with its reason. */
  #groups(list: "accepted" | "rejected", items: unknown): Map<GivenGroup, unknown> {
    const groups = new Map<GivenGroup, unknown>();
    if (items === undefined || items === null) return groups;
    if (!Array.isArray(items)) {
      throw modelError(`Cannot read what the function returned: "${list}" is not an array`, {
        hint: "Return { accepted: [key, …], rejected: [{ key, reason }, …] }.",
      });
    }
    for (const item of items) {
      try {
        const { key, reason } = this.#keyOf(item, list);
        const group = this.#batch.get(identityOf(key));
        if (group) groups.set(group, reason ?? whatElseIsSaid(item, group));
        else this.#noteStranger(key, list);
      } catch (error) {
        this.stranger ??= error as Error;
      }
    }
    return groups;
  }

  #noteStranger(key: Row, list: string): void {
    const [value, ...others] = Object.values(key);
    const isPosition = typeof value === "number" && Number.isInteger(value) && value >= 0 &&
      value < this.#batch.size && others.length === 0;
    if (isPosition && !this.hasPosition) this.stranger = undefined;
    this.hasPosition ||= isPosition;
    this.stranger ??= notInBatch(key, list, this.#lookAlike(key), isPosition);
  }

  /** A value, a key, a row that holds its key, or `{key, reason}`. */
  #keyOf(item: unknown, list: string, isNested = false): { key: Row; reason?: unknown } {
    const [column] = this.#columns;
    if (!isRecord(item)) {
      if (this.#columns.length !== 1 || column === undefined) throw notAKey(this.#columns, list);
      return { key: { [column]: this.#valueOf(item, column) } };
    }
    if (this.#columns.every((each) => Object.hasOwn(item, each))) {
      const key = this.#columns.map((each) => [each, this.#valueOf(item[each], each)]);
      return { key: Object.fromEntries(key), reason: item.reason };
    }
    if (isNested || !Object.hasOwn(item, "key")) throw notAKey(this.#columns, list);
    return { key: this.#keyOf(item.key, list, true).key, reason: item.reason };
  }

  /** A key of the batch that is the same in text, and is of another type. */
  #lookAlike(key: Readonly<Row>): Readonly<Row> | undefined {
    const textOf = (values: Readonly<Row>) => Object.values(values).map(String).join("\0");
    const text = textOf(key);
    return this.#batch.values().find((group) => textOf(group.key) === text)?.key;
  }

  #valueOf(value: unknown, column: string) {
    return toSaved(value, column, () => "a key of the function's answer");
  }
}

/** Values and bytes are keys by themselves; all other objects hold columns. */
function isRecord(item: unknown): item is Record<string, unknown> {
  return typeof item === "object" && item !== null && !(item instanceof Uint8Array) &&
    !(item instanceof Date) && !Array.isArray(item);
}

/**
 * What stands beside the key, and is neither of it nor of the row: `{ key, error }`. An answer's own words are handed
 * on as they came, and not every far side says `reason`.
 */
function whatElseIsSaid(item: unknown, { key, rows }: GivenGroup): unknown {
  if (!isRecord(item)) return undefined;
  const others = Object.entries(item).filter(([name, value]) =>
    name !== "key" && !Object.hasOwn(key, name) && !Object.hasOwn(rows[0] ?? {}, name) &&
    value !== undefined && value !== null &&
    !(typeof value === "string" && value.trim() === "")
  );
  const [only, ...more] = others;
  if (!only) return undefined;
  if (more.length > 0) return formatMessage([Object.fromEntries(others)]);
  return only[1] instanceof Error ? only[1] : formatMessage([only[1]]);
}

function identityOf(key: Readonly<Row>): unknown {
  return keyIdentity(Object.values(key));
}

function contradiction({ key }: GivenGroup): Error {
  return modelError(
    `Cannot tell what became of ${describeKey(key)}: it is both in accepted and in rejected`,
  );
}

function notInBatch(
  key: Readonly<Row>,
  list: string,
  lookAlike: Readonly<Row> | undefined,
  isPosition: boolean,
): Error {
  return modelError(
    `Cannot find ${describeKey(key)}, which the function returned in ${list}: ` +
      "it is not in the batch",
    {
      hint: typeHint(key, lookAlike) ??
        (isPosition
          ? "Return keys, and not the places in the batch: groups[i].key."
          : `Return the keys as they were read: 1 and "1" are two keys.`),
    },
  );
}

/** `The key is the number 1: return Number(…) of the text that the far side gives` */
function typeHint(key: Readonly<Row>, lookAlike: Readonly<Row> = {}): string | undefined {
  const column = Object.keys(lookAlike).find((each) => typeof lookAlike[each] !== typeof key[each]);
  const read = column === undefined ? undefined : lookAlike[column];
  if (typeof read === "number") {
    return `The key is the number ${read}: return Number(…) of the text.`;
  }
  if (typeof read === "bigint") {
    return `The key is the bigint ${read}: return BigInt(…) of the text.`;
  }
  if (typeof read === "string") {
    return `The key is the text "${read}": return String(…) of the number.`;
  }
  return undefined;
}

function notAKey(columns: readonly string[], list: string): Error {
  return modelError(`Cannot read a key that the function returned in ${list}`, {
    hint: `Give an object with ${columns.map((column) => `"${column}"`).join(", ")}.`,
  });
}

function unnamed({ key }: GivenGroup): Error {
  return modelError(
    `Cannot tell what became of ${describeKey(key)}: ` +
      "the function named it neither in accepted nor in rejected",
    { hint: "Return every key of the batch in one of the two." },
  );
}
