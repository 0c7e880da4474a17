/**
 * Requests about a delivery's groups: the intent, which is durable before one leaves, and how it ended.
 *
 * A request whose group ends before it leaves, by a failure beside it, say, is not sent: nobody waits for it,
 * and what is recorded of the group would not know of it.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import { type DeliveryPromise, isUnknown } from "~/delivery/earlier_try.ts";
import type { DurableCommits } from "~/store/commits/group_commit.ts";
import { renderGroupKey } from "~/tracked/group_key.ts";
import type { BatchPart } from "./change_records.ts";
import {
  areOutTogether,
  type GivenGroup,
  isUnknownEnd,
  keyedChangeOf,
  type WriteCount,
} from "./given_group.ts";
import type { GivenGroups } from "./given_groups.ts";
import type { KeyedChange, WritePlace } from "./idempotency_key.ts";
import type { Records } from "./no_records.ts";

/** What requests need of their delivery's run. */
export interface GroupRequestsContext {
  commits: DurableCommits;
  /** `@delivery` */
  promise: DeliveryPromise;
  /** Gives a change its id: unique over the life of the state file. */
  nextChangeId: () => number;
  /** The same for a batch; below 0. */
  nextBatchId: () => number;
}

/** A request that is to leave. */
export interface BegunRequest {
  /** What it is about, of which its key is made. */
  changes: readonly KeyedChange[];
  place: WritePlace;
  /** What it is recorded as a request of: the one change, or the batch. Absent: of none. */
  subject: number | undefined;
}

/** The same, and when it may. */
export interface RequestIntent extends BegunRequest {
  /**
   * Resolves when the intent is durable, and with it what was added to the commits since.
   *
   * @throws {UserError} It is not to leave: a group of it has ended meanwhile.
   */
  mayLeave: Promise<void>;
}

/** How requests of a group's last try are found. */
export interface LastTry {
  /** The change or the batch that they are recorded by. */
  subject: number;
  runId: number;
}

/** What the end of a request says of its groups. */
export interface RequestEnd {
  /** It may have arrived, and no answer tells. */
  isUncertain: boolean;
  /** It may have done something at the far side, whatever was answered. */
  hasMoved: boolean;
  /** The answer was that it was accepted. */
  isTaken: boolean;
}

/** See the module's comment. */
export class GroupRequests {
  #isClosed = false;
  #haveEnded = false;

  constructor(
    private readonly context: GroupRequestsContext,
    private readonly uniqueKey: readonly string[],
    private readonly given: GivenGroups,
    private readonly records: Records,
  ) {}

  /**
   * A request about these groups is to leave: writes the intent. What follows a group's end is no part of its
   * change, and has a key of its own; it is recorded beside what was accepted. Not so where the group has failed:
   * its function is over, and nobody waits for what it left behind.
   *
   * @param isByLoop A loop of the model's own has put these groups together.
   * @throws {UserError} It is not to leave: a group of it has failed.
   */
  begin(numbers: readonly number[], isByLoop = false): RequestIntent {
    const failed = numbers.map((number) => this.given.find(number))
      .find((group) => group?.end === "failed");
    if (failed) throw this.#endedBefore(failed);
    const groups = numbers.flatMap((number) => this.given.findOpen(number) ?? []);
    for (const group of groups) {
      group.changeId ||= this.context.nextChangeId();
      group.unanswered += 1;
    }
    const place = this.#takePlace(numbers, groups, isByLoop);
    // A batch that was refused goes out again in parts: each part is what a crash would repeat.
    if (groups.length > 0 && !areOutTogether(groups)) this.#writeIntent(groups);
    const [first] = groups;
    // Now: before the intent is on disk, another request may take them into another batch.
    const subject = first ? first.batch || first.changeId : this.#acceptedAs(numbers);
    return { changes: groups.map(keyedChangeOf), place, subject, mayLeave: this.#waitFor(groups) };
  }

  /**
   * The place of the next write about these groups, of which its key is made: what a model reads meanwhile does not
   * count. Those of them that have ended do: another write about the rest must not take the place that the first
   * one about the rest has in the run that repeats it.
   *
   * @param open Those that have not ended; the count lasts as long as one of them.
   */
  #takePlace(
    numbers: readonly number[],
    open: readonly GivenGroup[],
    isByLoop: boolean,
  ): WritePlace {
    const name = numbers.join();
    const [first] = open;
    const count = open.find(({ writes }) => writes?.has(name))?.writes?.get(name) ??
      { of: new Set(numbers), next: 0, isByLoop, isTaken: false };
    for (const group of open) (group.writes ??= new Map()).set(name, count);
    return { among: count.next++, after: first ? this.#countBefore(first, count) : 0 };
  }

  /**
   * Requests about more groups that a loop put together, and that were taken: what follows is no repeat of what a run
   * asks first that has one of these groups alone. After a refusal it may be. At most once nothing is sent again that
   * may have been done, and `verify` asks for a change by the key that its first write alone has.
   */
  #countBefore({ writes }: GivenGroup, { of }: WriteCount): number {
    if (this.context.promise === "at_most_once" || !writes || writes.size === 1) return 0;
    const before = [...writes.values()].filter((each) =>
      each.isByLoop && each.isTaken && each.of.size > of.size && of.isSubsetOf(each.of)
    );
    return before.length;
  }

  /** Until their intents are durable. */
  async #waitFor(groups: readonly GivenGroup[]): Promise<void> {
    await Promise.all(groups.map((group) => group.intent));
    const ended = groups.find(({ end }) => end !== "open");
    if (ended || this.#isClosed) {
      this.#stepBack(groups);
      throw this.#endedBefore(ended);
    }
    for (const group of groups) group.pending += 1;
  }

  /** Whether one about a group has come to an end, be it that it read something. */
  get haveEnded(): boolean {
    return this.#haveEnded;
  }

  /** The model has ended: what has not left by now does not leave. */
  close(): void {
    this.#isClosed = true;
  }

  #endedBefore(group: GivenGroup | undefined): UserError {
    const what = group ? ` of ${renderGroupKey(this.uniqueKey, group.key)}` : "";
    const why = !group
      ? "the model had ended"
      : `the group ${group.end === "failed" ? "had failed" : "was rejected"}`;
    return new UserError(`Cannot send a request${what}: ${why} before it left`, {
      hint:
        "It was not sent. Await all requests of a group before it is rejected or its function ends: " +
        "Promise.all goes on as soon as one of them has failed, Promise.allSettled waits for all",
    });
  }

  /** Beside which requests are recorded that follow. */
  #acceptedAs([number]: readonly number[]): number | undefined {
    return number === undefined ? undefined : this.given.acceptedAs(number);
  }

  #writeIntent(groups: readonly GivenGroup[]): void {
    const left = this.#leftOf(groups);
    const batch = groups.length > 1 ? this.context.nextBatchId() : 0;
    const part = partOf(groups, batch);
    for (const [place, group] of groups.entries()) {
      Object.assign(group, { batch, place, batchSize: groups.length });
    }
    const written = this.context.commits.add(() => {
      this.records.wait(left);
      this.records.sent(groups, part);
    });
    for (const group of left) group.isOut = false;
    for (const group of groups) Object.assign(group, { intent: written, isOut: true });
  }

  /** Keys of those of these groups that have not come to an end. */
  openKeys(numbers: readonly number[]): string[] {
    return numbers.flatMap((number) => this.given.findOpen(number)?.keyText ?? []);
  }

  /**
   * Those whose batch was refused and goes out again in parts, of which these are one: no request of theirs
   * is out until their turn comes. What was taken stays as sent: a request about some of them follows it.
   */
  #leftOf(part: readonly GivenGroup[]): GivenGroup[] {
    const batches = new Set(part.filter(({ isOut }) => isOut).map(({ batch }) => batch));
    batches.delete(0);
    if (batches.size === 0) return [];
    return this.given.open().filter((group) =>
      batches.has(group.batch) && group.isOut && !group.isTaken && !part.includes(group) &&
      !isUnknownEnd(group, this.context.promise)
    );
  }

  /** The request has ended. */
  end(numbers: readonly number[], { isUncertain, hasMoved, isTaken }: RequestEnd): void {
    const name = numbers.join();
    for (const number of numbers) {
      const group = this.given.find(number);
      if (!group) continue;
      const count = group.writes?.get(name);
      if (count) count.isTaken = isTaken;
      group.pending -= 1;
      group.unanswered -= 1;
      group.isUncertain ||= isUncertain;
      group.hasMoved ||= hasMoved;
      group.isTaken ||= isTaken;
      group.hasLeft = true;
    }
  }

  /** Whether there are some, and in an earlier run the last try of each had no answer. */
  areUnanswered(numbers: readonly number[]): boolean {
    return numbers.length > 0 && numbers.every((number) => {
      const earlier = this.given.find(number)?.earlier;
      return earlier !== undefined && isUnknown(earlier);
    });
  }

  /**
   * What requests of these groups are recorded by in the run that tried them last, where that was one try of them all,
   * they were refused, and what is to be sent is the same.
   */
  lastTry(numbers: readonly number[]): LastTry | undefined {
    const tries = numbers.map((number) => {
      const group = this.given.findOpen(number);
      const earlier = group?.earlier;
      const isSame = earlier?.state === "failed" && earlier.id === group?.changeId;
      return isSame ? { subject: earlier.batch || earlier.id, runId: earlier.runId } : undefined;
    });
    const [first] = tries;
    const isOne = tries.every((each) =>
      each?.subject === first?.subject && each?.runId === first?.runId
    );
    return isOne ? first : undefined;
  }

  /** What requests of these groups are recorded by in this run, where one about just them has left. */
  outAs(numbers: readonly number[]): number | undefined {
    const groups = numbers.flatMap((number) => this.given.findOpen(number) ?? []);
    const [first] = groups;
    return first?.hasLeft && areOutTogether(groups) ? first.batch || first.changeId : undefined;
  }

  /**
   * How a request about these groups has ended: whether that says nothing of them, and what it was answered with
   * where that was no success.
   */
  answered(
    numbers: readonly number[],
    isFarSides: boolean,
    refusedWith: number | undefined,
  ): void {
    this.#haveEnded ||= numbers.length > 0;
    for (const number of numbers) {
      const group = this.given.find(number);
      if (group) Object.assign(group, { isFarSides, refusedWith });
    }
  }

  /**
   * A request about these groups is not in the plan that is applied: nobody has refused them by it. A part of a batch
   * that was refused comes to none by plans, as each has the whole batch: what is in it goes alone the next time.
   */
  notPlanned(numbers: readonly number[]): void {
    for (const number of numbers) {
      const group = this.given.find(number);
      if (!group) continue;
      const goesAlone = group.refusedWith !== undefined && group.batchSize > numbers.length;
      Object.assign(group, { isUnplanned: true, isFarSides: true, goesAlone });
    }
  }

  /**
   * The request did not leave after all: groups of which nothing else has left are as if it had never
   * been begun, and count as not reached.
   */
  withdraw(numbers: readonly number[]): void {
    const groups = numbers.flatMap((number) => this.given.find(number) ?? []);
    for (const group of groups) group.pending -= 1;
    this.#stepBack(groups);
  }

  /** Of a group that has ended the end is on record; of one that another request is asked for, so is that. */
  #stepBack(groups: readonly GivenGroup[]): void {
    for (const group of groups) {
      group.unanswered -= 1;
      const isBegun = group.unanswered > 0 || group.hasLeft;
      // Once the model has ended, the delivery's end takes back what has not left.
      if (group.end !== "open" || this.#isClosed || isBegun || !group.intent) continue;
      Object.assign(group, { intent: undefined, isOut: false });
      this.context.commits.addUnawaited(() => this.records.withdrawn(group));
    }
  }
}

/**
 * What these groups are a part of: the one batch that all of them went out in before, in this run. Groups of
 * several batches, or of one and of none, are together a part of none.
 */
function partOf(groups: readonly GivenGroup[], batch: number): BatchPart | undefined {
  const [first] = groups;
  if (!first || first.batchSize <= groups.length) return undefined;
  if (groups.some((group) => group.batch !== first.batch)) return undefined;
  const of = { batch: first.batch, groups: first.batchSize };
  return { part: batch || first.changeId, of };
}
