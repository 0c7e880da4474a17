/**
 * `each`: runs the model's function for group after group, several at once, saves what it accepts
 * and records what it does not.
 *
 * An answer 207 (Multi-Status) says of each item apart whether it was taken: where the function returns
 * nothing, or has not read it, the group counts as failed. So it does where a success says no in its body, and the
 * function has not read that.
 *
 * @module
 */
import type { Counts, Group, Saves } from "~/sandbox/guest/api.ts";
import { HttpResponse } from "~/sandbox/guest/http/http_response.ts";
import { isFatal, isUnsavable, modelError } from "~/sandbox/guest/host_error.ts";
import { givenOf, type ReadGroup, toGroup } from "~/sandbox/guest/rows/groups.ts";
import { describeKey, type Row } from "~/sandbox/guest/rows/row_values.ts";
import { type Change, newChange, workOn } from "./change_context.ts";
import type { Delivery, GivenGroup, SavedRow } from "./delivery.ts";
import type { LateErrors } from "./late_errors.ts";
import { findUndecided, findUnread, type UnclearAnswer } from "./unclear_answers.ts";

/** How the rows of groups are kept that are not tracked. */
export type SaveRows = (rows: readonly SavedRow[]) => Promise<void>;

/** What working on groups needs of its model. */
export interface Work {
  delivery: Delivery | undefined;
  saveRows: SaveRows;
  /** Groups or batches at once. */
  concurrency: number;
  /** True once the run is to end: nothing new is begun. */
  isStopped(): boolean;
  /** Tells the user of what ends no group. */
  warn(message: string): void;
  /** Takes what is thrown when the groups have ended already. */
  late: LateErrors;
}

/** Work on one item. */
export interface ItemWork extends Work {
  /** All that is left of the item is what the host has been told: another one may begin. */
  goOn(): void;
}

/** Runs `fn` for each group. */
export async function workOnGroups(
  groups: AsyncIterator<ReadGroup, void>,
  work: Work,
  fn: (row: Row, group: Group<Row>) => Saves | Promise<Saves>,
): Promise<Counts> {
  const counts = noCounts();
  await runLanes(groups, work, (group) => [group], async (group, goOn) => {
    const [first] = group.rows;
    if (!first) return;
    await workOnOne(group, { ...work, goOn }, counts, () => {
      if (fn.length === 1 && group.rows.length > 1) throw onlyFirst(group);
      return fn(first, toGroup(group));
    });
  });
  return counts;
}

/** The others would be saved as if they had been sent. */
function onlyFirst({ key, rows }: ReadGroup): Error {
  return modelError(
    `Cannot send ${
      describeKey(key)
    } by one row: it has ${rows.length}, and the function takes the first alone`,
    {
      hint:
        "Take (row, group), whose rows are all of them; or make @unique_key so that each row has its own.",
    },
  );
}

/** Runs `fn` for each change; a removed group has no row. */
export async function workOnChanges(
  groups: AsyncIterator<ReadGroup, void>,
  work: Work,
  fn: (group: ReadGroup) => Saves | Promise<Saves>,
): Promise<Counts> {
  const counts = noCounts();
  await runLanes(
    groups,
    work,
    (group) => [group],
    (group, goOn) => workOnOne(group, { ...work, goOn }, counts, () => fn(group)),
  );
  return counts;
}

async function workOnOne(
  group: ReadGroup,
  work: ItemWork,
  counts: Counts,
  fn: () => Saves | Promise<Saves>,
): Promise<void> {
  await attempt([group], work, async (change) => {
    await saveOne(group, await workOn(change, fn), work, change);
  });
  countEnds([group], counts);
}

/** Nothing has ended yet. */
export function noCounts(): Counts {
  return { saved: 0, rejected: 0, failed: 0 };
}

/** Counts how groups have ended. */
export function countEnds(groups: readonly ReadGroup[], counts: Counts): void {
  for (const { given } of groups) counts[endOf(given)]++;
}

function endOf(given: GivenGroup | undefined): keyof Counts {
  if (!given) return "saved";
  return given.state === "open" ? "failed" : given.state;
}

/**
 * Takes items in turn and works on up to `concurrency` at once, each in a lane; the first error ends all lanes.
 *
 * An item whose end is on its way to the host leaves its lane to the next one (`goOn`). The host writes
 * down in the order in which it hears, so that no request of the next one leaves before that end is
 * durable, and what both write goes to the disk together. An item waits for the end of the last but one.
 *
 * What is removed is done with before anything that is given after it, and is not removed, is begun: the far
 * side may know both by the same name.
 */
export async function runLanes<T>(
  items: AsyncIterator<T, void>,
  { concurrency, late, isStopped }: Pick<Work, "concurrency" | "late" | "isStopped">,
  groupsIn: (item: T) => readonly ReadGroup[],
  workOnItem: (item: T, goOn: () => void) => Promise<void>,
): Promise<void> {
  let failure: { error: unknown } | undefined;
  const guard = (end: Promise<void>) => end.catch((error) => void (failure ??= { error }));
  const removals = new Set<Promise<void>>();
  const after = async (ends: readonly Promise<void>[], begin: () => Promise<void>) => {
    await Promise.all(ends);
    if (!failure && !isStopped()) await begin();
  };
  const lane = async () => {
    let ending: Promise<void> | undefined;
    while (!failure) {
      const { done, value } = await items.next();
      if (done || failure) break;
      const going = Promise.withResolvers<void>();
      const begin = () => workOnItem(value, going.resolve);
      const groups = groupsIn(value);
      const mustWait = removals.size > 0 && !groups.every(isRemoval);
      const end = guard(mustWait ? after([...removals], begin) : begin());
      if (groups.some(isRemoval)) {
        removals.add(end);
        end.then(() => removals.delete(end));
      }
      await Promise.race([going.promise, end]);
      await ending;
      ending = end;
    }
    await ending;
  };
  await Promise.all(Array.from({ length: concurrency }, () => guard(lane())));
  await items.return?.();
  late.tellRest();
  if (failure) throw failure.error;
}

function isRemoval({ change }: ReadGroup): boolean {
  return change.action === "remove";
}

/**
 * Works on groups and records those as failed that an error leaves without an end. Where it leaves none,
 * no record holds it, and the run tells of it.
 *
 * @param recover Given the error first; true: it has seen to all groups.
 * @throws Without tracking, where there is no record to go on with; and what must end the model.
 */
export async function attempt(
  groups: readonly ReadGroup[],
  work: Work,
  run: (change: Change) => Promise<void>,
  recover?: (error: unknown) => Promise<boolean>,
): Promise<void> {
  const given = givenOf(groups);
  // A half of a batch is sent anew: what was answered to the whole one is over.
  for (const group of given) {
    delete group.unclear;
    delete group.refused;
  }
  try {
    await run({ ...newChange(given), isInLane: true });
  } catch (error) {
    if (!work.delivery || isFatal(error)) throw error;
    if (isUnsavable(error)) work.delivery.noteUnfit(given);
    const ended = given.filter(({ state }) => state !== "open");
    if (!await recover?.(error)) { for (const group of given) work.delivery.fail(group, error); }
    if (!given.some(({ state }) => state === "failed")) work.late.note(ended, error);
  }
}

async function saveOne(
  group: ReadGroup,
  returned: Saves,
  work: ItemWork,
  { unclear: answers }: Change,
): Promise<void> {
  const own = rowsOf(returned);
  const rows = own ?? group.rows;
  if (rows.length === 0 && !group.given?.isRemoved) {
    throw new Error("The function returned no row to save");
  }
  if (!work.delivery || !group.given) return await work.saveRows(rows);
  if (isDone(group.given, own)) return;
  const unclear = own ? findUnread(answers) : findUndecided(answers);
  if (unclear) throw ambiguous(unclear);
  const saved = work.delivery.saveGroups([[group.given, rows]]);
  work.goOn();
  await saved;
}

function ambiguous({ request, how }: UnclearAnswer): Error {
  return modelError(
    `Cannot tell whether the group was accepted: ${request} ${how}`,
    {
      hint:
        "Read the answer: save or return the rows if they were accepted, and reject them or throw if not.",
    },
  );
}

/**
 * True when the function has ended the group itself.
 *
 * @param rows What it returned.
 */
export function isDone(group: GivenGroup, rows: readonly SavedRow[] | undefined): boolean {
  if (group.state !== "open") return true;
  if (group.collected.length === 0 || rows) return false;
  throw modelError(
    `Cannot tell what to save: the function saved ${group.collected.length} of the group's ` +
      `${group.rows.length} rows and returned none`,
    { hint: "Save all rows of a group, or return them." },
  );
}

/**
 * What the function returned, as rows; undefined where that is nothing, or an answer that is a success.
 *
 * @throws {Error} It is an error, or an answer that is no success: then as if it had been thrown.
 */
export function rowsOf(returned: unknown): readonly SavedRow[] | undefined {
  if (returned === undefined || returned === null) return undefined;
  const all = Array.isArray(returned) ? returned : [returned];
  for (const each of all) {
    if (each instanceof Error) throw each;
    if (each instanceof HttpResponse && !each.ok) throw HttpResponse.errorOf(each);
  }
  const rows = all.filter((each) => !(each instanceof HttpResponse));
  return rows.length === 0 && all.length > 0 ? undefined : rows as readonly SavedRow[];
}
