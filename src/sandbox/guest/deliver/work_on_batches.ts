/**
 * `batches(n, fn)`: runs the model's function for batch after batch, several at once, and finds the
 * groups of a batch that the far side does not take.
 *
 * | the function                     | what becomes of the batch's groups                          |
 * | -------------------------------- | ----------------------------------------------------------- |
 * | returns nothing                  | saved as read; failed when an answer was 207 (Multi-Status), or unread and unclear |
 * | returns rows                     | those with a row are saved, the others failed               |
 * | returns `{accepted, rejected}`   | saved as read, parked; failed where they are in neither     |
 * | throws an `HttpError` 4xx        | tried again in halves, until the bad group is alone         |
 * | the same with 500                | so too where one of them was refused in an earlier run      |
 * | throws otherwise                 | failed                                                      |
 *
 * A group that the function itself saved or rejected is done with, whatever follows.
 *
 * @module
 */
import type { BatchOutcome, Counts, Saves } from "~/sandbox/guest/api.ts";
import { modelError } from "~/sandbox/guest/host_error.ts";
import { HttpError } from "~/sandbox/guest/http/http_response.ts";
import { givenOf, type ReadGroup } from "~/sandbox/guest/rows/groups.ts";
import { expectRows, isOutcome, settleOutcome } from "./batch_outcome.ts";
import { workOn } from "./change_context.ts";
import type { Delivery, GivenGroup, SavedRow } from "./delivery.ts";
import { saveTogether } from "./save_together.ts";
import { findUndecided, type UnclearAnswer } from "./unclear_answers.ts";
import {
  attempt,
  countEnds,
  isDone,
  type ItemWork,
  noCounts,
  rowsOf,
  runLanes,
  type Work,
} from "./work_on_groups.ts";

/** The model's function, given what the model sees of a batch. */
export type BatchFunction<T> = (
  batch: T[],
) => Saves | BatchOutcome | Promise<Saves | BatchOutcome>;

/** The same, given the batch. */
type BatchWork = (
  batch: readonly ReadGroup[],
) => Saves | BatchOutcome | Promise<Saves | BatchOutcome>;

/** Refuses what is no size of a batch. */
export function expectSize(size: number): void {
  if (Number.isInteger(size) && size >= 1) return;
  throw modelError(`Cannot make batches of ${size}: the size must be a positive integer`);
}

/** Runs `fn` for each batch. */
export async function workOnBatches(
  batches: AsyncIterator<ReadGroup[], void>,
  work: Work,
  fn: BatchWork,
): Promise<Counts> {
  const counts = noCounts();
  await runLanes(batches, work, (batch) => batch, async (batch, goOn) => {
    await workOnBatch(batch, { ...work, goOn }, fn);
    countEnds(batch, counts);
  });
  return counts;
}

/** Each half is a change of its own: its requests have their own keys. */
async function workOnBatch(
  batch: readonly ReadGroup[],
  work: ItemWork,
  fn: BatchWork,
): Promise<void> {
  await attempt(batch, work, async (change) => {
    const returned = await workOn(change, () => fn(batch));
    if (isOutcome(returned)) return await settleOutcome(returned, givenOf(batch), work);
    expectRows(returned, givenOf(batch));
    const unclear = findUndecided(change.unclear);
    if (unclear && !isEnded(batch)) throw ambiguous(unclear, batch.length);
    await saveBatch(batch, returned, work);
  }, async (error) => {
    if (!mayBeOneGroup(error, batch) || batch.length === 1 || work.isStopped()) return false;
    for (const part of partsOf(batch)) {
      // Nothing new is begun at Ctrl-C: the rest fails by what the whole batch was answered.
      if (work.isStopped()) return false;
      await workOnBatch(part, { ...work, goOn: waitForAllParts }, fn);
    }
    return true;
  });
}

/**
 * Whether the answer may be about one group of many: a 4xx, but not those that speak of who asks
 * (401, 407), or of when (408, 429). A 500 may be so too, where one of them was refused in an earlier run: that of
 * one record would else take its whole batch with it for ever.
 */
function mayBeOneGroup(error: unknown, batch: readonly ReadGroup[]): boolean {
  if (!(error instanceof HttpError)) return false;
  const { status } = error;
  if (status === 500) return batch.some(({ failedBefore }) => failedBefore);
  return status >= 400 && status < 500 && ![401, 407, 408, 429].includes(status);
}

/** Whether the function has ended all of it itself. */
function isEnded(batch: readonly ReadGroup[]): boolean {
  return batch.every(({ given }) => given && given.state !== "open");
}

/** Halves of what the function has not ended itself. */
function partsOf(batch: readonly ReadGroup[]): ReadGroup[][] {
  const open = batch.filter(({ given }) => given?.state === "open");
  const middle = Math.ceil(open.length / 2);
  return [open.slice(0, middle), open.slice(middle)].filter((part) => part.length > 0);
}

async function saveBatch(
  batch: readonly ReadGroup[],
  returned: Saves,
  work: ItemWork,
): Promise<void> {
  const rows = rowsOf(returned);
  const { delivery } = work;
  if (!delivery) return await work.saveRows(rows ?? batch.flatMap((group) => group.rows));
  const given = givenOf(batch);
  const accepted = rows ? byGroup(rows, given, delivery) : asRead(given);
  const saved = accepted.size > 0 ? saveTogether([...accepted], delivery) : undefined;
  for (const group of given) {
    if (group.state === "open" && !accepted.has(group)) {
      delivery.fail(group, notReturned(group));
    }
  }
  work.goOn();
  await saved;
}

function notReturned({ isRemoved }: GivenGroup): Error {
  if (!isRemoved) return new Error("The function returned no row of this group");
  return modelError("The function returned rows and did not save this group, which was removed", {
    hint: "It has no row to return: call save() of the change, or return { accepted, rejected }.",
  });
}

/** A batch that goes out in parts leaves its lane when the last of them has ended. */
function waitForAllParts(): void {}

type Accepted = Map<GivenGroup, readonly SavedRow[]>;

function asRead(groups: readonly GivenGroup[]): Accepted {
  return new Map(
    groups.filter((group) => !isDone(group, undefined)).map((group) => [group, group.rows]),
  );
}

function byGroup(
  rows: readonly SavedRow[],
  groups: readonly GivenGroup[],
  delivery: Delivery,
): Accepted {
  const accepted = new Map<GivenGroup, SavedRow[]>();
  const known = new Set(groups);
  for (const row of rows) {
    const group = delivery.groupOf(row);
    if (!known.has(group)) throw new Error("The function returned a row of another batch");
    const own = accepted.get(group);
    if (own) own.push(row);
    else accepted.set(group, [row]);
  }
  return accepted;
}

function ambiguous({ request, how }: UnclearAnswer, groups: number): Error {
  return modelError(
    `Cannot tell which of ${groups} ${groups === 1 ? "group" : "groups"} were accepted: ` +
      `${request} ${how}`,
    {
      hint:
        "Read the answer and return { accepted, rejected } with their keys, or send one by one with each().",
    },
  );
}
