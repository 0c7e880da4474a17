/**
 * `each` and `batches(n, fn)`: runs the model's function for group after group, several at once,
 * saves what it accepts and records what it does not.
 *
 * @module
 */
import type { Counts, Group, Saves } from "./api.ts";
import { type Change, newChange, workOn } from "./change_context.ts";
import type { Delivery, GivenGroup, SavedRow } from "./delivery.ts";
import { numbersOf, type ReadGroup, toGroup } from "./groups.ts";
import { isFatal, modelError } from "./host_error.ts";
import type { Row } from "./row_values.ts";

/** How the rows of groups are kept that are not tracked. */
export type SaveRows = (rows: readonly SavedRow[]) => Promise<void>;

/** What working on groups needs of its model. */
export interface Work {
  delivery: Delivery | undefined;
  saveRows: SaveRows;
  /** Groups or batches at once. */
  concurrency: number;
}

/** Runs `fn` for each group. */
export async function workOnGroups(
  groups: AsyncIterator<ReadGroup, void>,
  work: Work,
  fn: (row: Row, group: Group<Row>) => Saves | Promise<Saves>,
): Promise<Counts> {
  const counts: Counts = { saved: 0, failed: 0 };
  await runLanes(groups, work.concurrency, async (group) => {
    const [first] = group.rows;
    if (!first) return;
    await attempt([group], work, counts, async (change) => {
      const returned = await workOn(change, () => fn(first, toGroup(group)));
      await saveOne(group, returned, work);
    });
  });
  return counts;
}

/** Runs `fn` for each batch. */
export async function workOnBatches(
  batches: AsyncIterator<ReadGroup[], void>,
  work: Work,
  fn: (groups: Group<Row>[]) => Saves | Promise<Saves>,
): Promise<Counts> {
  const counts: Counts = { saved: 0, failed: 0 };
  await runLanes(batches, work.concurrency, async (batch) => {
    await attempt(batch, work, counts, async (change) => {
      const returned = await workOn(change, () => fn(batch.map(toGroup)));
      if (change.multiStatus !== undefined) throw ambiguous(change.multiStatus, batch.length);
      await saveBatch(batch, returned, work);
    });
  });
  return counts;
}

/** Takes items in turn and works on up to `lanes` at once; the first error ends all lanes. */
async function runLanes<T>(
  items: AsyncIterator<T, void>,
  lanes: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let failure: { error: unknown } | undefined;
  const lane = async () => {
    while (!failure) {
      const { done, value } = await items.next();
      if (done || failure) return;
      await work(value);
    }
  };
  const guarded = () => lane().catch((error) => void (failure ??= { error }));
  await Promise.all(Array.from({ length: lanes }, guarded));
  await items.return?.();
  if (failure) throw failure.error;
}

/** Works on groups and counts how they ended; without tracking there is no record to go on with. */
async function attempt(
  groups: readonly ReadGroup[],
  work: Work,
  counts: Counts,
  run: (change: Change) => Promise<void>,
): Promise<void> {
  try {
    await run(newChange(numbersOf(groups)));
  } catch (error) {
    if (!work.delivery || isFatal(error)) throw error;
    for (const { given } of groups) if (given) work.delivery.fail(given, error);
  }
  for (const { given } of groups) counts[!given || given.state === "saved" ? "saved" : "failed"]++;
}

async function saveOne(group: ReadGroup, returned: Saves, work: Work): Promise<void> {
  const rows = rowsOf(returned) ?? group.rows;
  if (rows.length === 0) throw new Error("The function returned no row to save");
  if (!work.delivery || !group.given) return await work.saveRows(rows);
  if (isDone(group.given, returned)) return;
  await work.delivery.saveGroups([[group.given, rows]]);
}

async function saveBatch(
  batch: readonly ReadGroup[],
  returned: Saves,
  work: Work,
): Promise<void> {
  const rows = rowsOf(returned);
  const { delivery } = work;
  if (!delivery) return await work.saveRows(rows ?? batch.flatMap((group) => group.rows));
  const given = batch.flatMap((group) => group.given ? [group.given] : []);
  const accepted = rows ? byGroup(rows, given, delivery) : asRead(given, returned);
  if (accepted.size > 0) await saveTogether([...accepted], delivery);
  for (const group of given) {
    if (group.state === "open" && !accepted.has(group)) {
      delivery.fail(group, new Error("The function returned no row of this group"));
    }
  }
}

type Accepted = Map<GivenGroup, SavedRow[]>;

function asRead(groups: readonly GivenGroup[], returned: Saves): Accepted {
  return new Map(
    groups.filter((group) => !isDone(group, returned)).map((group) => [group, [...group.rows]]),
  );
}

function byGroup(
  rows: readonly SavedRow[],
  groups: readonly GivenGroup[],
  delivery: Delivery,
): Accepted {
  const accepted: Accepted = new Map();
  for (const row of rows) {
    const group = delivery.groupOf(row);
    if (!groups.includes(group)) throw new Error("The function returned a row of another batch");
    const own = accepted.get(group);
    if (own) own.push(row);
    else accepted.set(group, [row]);
  }
  return accepted;
}

/** In one acknowledgement; where one group's rows cannot be saved, the others still are. */
async function saveTogether(
  groups: readonly [GivenGroup, SavedRow[]][],
  delivery: Delivery,
): Promise<void> {
  try {
    return await delivery.saveGroups(groups);
  } catch (error) {
    if (groups.length === 1 || isFatal(error)) throw error;
  }
  for (const each of groups) {
    await delivery.saveGroups([each]).catch((error) => delivery.fail(each[0], error));
  }
}

/** True when the function has saved the group itself. */
function isDone(group: GivenGroup, returned: Saves): boolean {
  if (group.state !== "open") return true;
  if (group.collected.length === 0 || (returned !== undefined && returned !== null)) return false;
  throw modelError(
    `Cannot tell what to save: the function saved ${group.collected.length} of the group's ` +
      `${group.rows.length} rows and returned none`,
    { hint: "Save all rows of a group, or return them." },
  );
}

function rowsOf(returned: Saves): readonly SavedRow[] | undefined {
  if (returned === undefined || returned === null) return undefined;
  return (Array.isArray(returned) ? returned : [returned]) as readonly SavedRow[];
}

function ambiguous(request: string, groups: number): Error {
  return modelError(
    `Cannot tell which of ${groups} ${groups === 1 ? "group" : "groups"} were accepted: ` +
      `${request} answered 207 (Multi-Status)`,
    { hint: "Send fewer groups at once, or one by one with each()." },
  );
}
