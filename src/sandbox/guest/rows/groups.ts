/**
 * A query's rows as groups and batches.
 *
 * @module
 */
import { foldName } from "~/base/text/same_name.ts";
import type { Group } from "~/sandbox/guest/api.ts";
import { noteYielded } from "~/sandbox/guest/deliver/change_context.ts";
import type { Delivery, GivenGroup } from "~/sandbox/guest/deliver/delivery.ts";
import { noteObjects } from "~/sandbox/guest/deliver/known_objects.ts";
import type { DeliveredGroup } from "~/sandbox/protocol.ts";
import type { RowsAsRead } from "./as_read.ts";
import { BlockIterator } from "./block_iterator.ts";
import type { PulledRows, RowSource } from "./row_source.ts";
import type { Row } from "./row_values.ts";

/** What reading rows needs to know of its model. */
export interface Reading {
  source: RowSource;
  /** Of a tracked query; undefined for all others. */
  delivery: Delivery | undefined;
  uniqueKey: readonly string[];
  isStopped(): boolean;
}

/** What `changes` tells of a group beside its rows. */
export interface ReadChange {
  action: "create" | "update" | "remove";
  /** As accepted last. */
  previous: Row[];
  idempotencyKey: string;
}

/** A group as the guest handles it. */
export interface ReadGroup extends Group<Row> {
  /** Undefined where the query is not tracked. */
  given: GivenGroup | undefined;
  /** The batch in which it went out before a crash, or is to go alone; 0: none. */
  batch: number;
  /** What was sent of it was refused in an earlier run. */
  failedBefore: boolean;
  change: ReadChange;
}

/** Row after row, for a plain loop. */
export function iterateRows(reading: Reading): BlockIterator<Row> {
  const { source, delivery } = reading;
  const onEnd = () => {
    source.close();
    noteYielded([]);
  };
  if (!delivery) {
    const nextBlock = async () => (await source.nextRows())?.rows;
    return new BlockIterator({ nextBlock, onItem: () => !reading.isStopped(), onEnd });
  }
  let pulled: PulledRows | undefined;
  let nextGroup = 0;
  let at = 0;
  let groupEnd = 0;
  return new BlockIterator({
    async nextBlock() {
      pulled = await source.nextRows();
      nextGroup = at = groupEnd = 0;
      return pulled?.rows;
    },
    onItem() {
      if (at++ < groupEnd) return true;
      const group = pulled?.groups?.[nextGroup++];
      if (!pulled || !group || reading.isStopped()) return false;
      const first = groupEnd;
      groupEnd += group.rows;
      const rows = pulled.rows.slice(first, groupEnd);
      const given = delivery.give(group.group, rows, asRead(pulled, first, group.rows));
      noteObjects(given, rows);
      noteYielded([given]);
      return true;
    },
    onEnd,
  });
}

/** Group after group. A group counts as given to the model when it is yielded. */
export async function* readGroups(reading: Reading): AsyncGenerator<ReadGroup, void> {
  for await (const pulled of pullAll(reading.source)) {
    for (const group of giveGroups(pulled, reading)) yield group;
  }
}

async function* pullAll(source: RowSource): AsyncGenerator<PulledRows, void> {
  try {
    for (let pulled = await source.nextRows(); pulled; pulled = await source.nextRows()) {
      yield pulled;
    }
  } finally {
    source.close();
  }
}

/** Ends early when the run is to end. */
function* giveGroups(
  pulled: PulledRows,
  { delivery, uniqueKey, isStopped }: Reading,
): Generator<ReadGroup, void> {
  const { columns } = pulled.block;
  let at = 0;
  let previousAt = 0;
  for (const each of groupsOf(pulled)) {
    if (isStopped()) return;
    const first = at;
    const rows = pulled.rows.slice(first, at += each.rows);
    const previous = pulled.previous.slice(previousAt, previousAt += each.previousRows ?? 0);
    const keyed = previous[0] ?? rowOfKey(each, uniqueKey);
    const removed = rows.length === 0 ? renamed(keyed, columns) : undefined;
    const given = delivery?.give(each.group, rows, asRead(pulled, first, each.rows), removed);
    const key = given?.key ?? keyOf(rows[0], uniqueKey);
    const { batch, failedBefore = false } = each;
    yield { key, rows, given, batch, failedBefore, change: changeOf(each, previous) };
  }
}

function asRead({ block }: PulledRows, firstRow: number, rows: number): RowsAsRead {
  return { block, start: firstRow * block.columns.length, rows };
}

/** Up to `size` groups at a time; those of one earlier batch exactly together, whatever the size. */
export async function* readBatches(
  reading: Reading,
  size: number,
): AsyncGenerator<ReadGroup[], void> {
  let batch: ReadGroup[] = [];
  for await (const pulled of pullAll(reading.source)) {
    for (const group of giveGroups(pulled, reading)) {
      const before = batch[0]?.batch;
      const complete = before === 0
        ? batch.length >= size || group.batch !== 0
        : before !== group.batch;
      if (before !== undefined && complete) {
        yield batch;
        batch = [];
      }
      batch.push(group);
    }
  }
  // At Ctrl-C reading ends anywhere: a part of an earlier batch would go out with another key.
  if (batch.length > 0 && !reading.isStopped()) yield batch;
}

/**
 * For a plain loop of the model's: notes what requests belong to.
 *
 * @param show What the model sees of an item.
 */
export async function* yieldNoted<T extends ReadGroup | ReadGroup[], Seen>(
  items: AsyncIterable<T>,
  show: (item: T) => Seen,
): AsyncGenerator<Seen, void> {
  try {
    for await (const item of items) {
      noteYielded(givenOf([item].flat()));
      yield show(item);
    }
  } finally {
    noteYielded([]);
  }
}

/** The groups as they were given to the model; none where the query is not tracked. */
export function givenOf(groups: readonly ReadGroup[]): GivenGroup[] {
  return groups.flatMap(({ given }) => given ?? []);
}

/** A group as the model sees it in a loop of its own: key and rows only. */
export function toNotedGroup(group: ReadGroup): Group<Row> {
  const seen = toGroup(group);
  noteObjects(group.given, [seen, seen.key, ...seen.rows]);
  return seen;
}

/** A group as the model sees it. */
export function toGroup({ key, rows }: ReadGroup): Group<Row> {
  return { key, rows };
}

function changeOf({ action, rows, idempotencyKey }: DeliveredGroup, previous: Row[]): ReadChange {
  const seen = rows === 0 ? "remove" : previous.length === 0 ? "create" : "update";
  return { action: action ?? seen, previous, idempotencyKey: idempotencyKey ?? "" };
}

function rowOfKey({ key }: DeliveredGroup, uniqueKey: readonly string[]): Row | undefined {
  return key && Object.fromEntries(uniqueKey.map((column, i) => [column, key[i] ?? null]));
}

/** A row under the query's own names: to SQL `ID` and `id` are one column. */
function renamed(row: Row | undefined, columns: readonly string[]): Row | undefined {
  if (!row) return undefined;
  const names = new Map(columns.map((column) => [foldName(column), column]));
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [names.get(foldName(name)) ?? name, value]),
  );
}

function groupsOf(pulled: PulledRows): Iterable<DeliveredGroup> {
  return pulled.groups ?? pulled.rows.map(() => ({ group: 0, rows: 1, batch: 0 }));
}

function keyOf(row: Row | undefined, uniqueKey: readonly string[]): Row {
  const columns = uniqueKey.filter((column) => row && column in row);
  return Object.fromEntries(columns.map((column) => [column, row?.[column] ?? null]));
}
