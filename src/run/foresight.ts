/**
 * Foresight: the intent of the next request is written together with the end of the group before it.
 *
 * A model mostly sends its groups one after the other, in the order in which it was given them. So when one is
 * accepted, the next one's intent goes into the same transaction, and its request need not wait for a sync of
 * its own. As one group is no longer out when the next one is, no more than before are ever out at once.
 *
 * A model that begins another group than was foreseen is no longer foreseen: what was written of a group that it
 * passed over is taken back. What is sent at most once is never foreseen: a crash would leave a group to be
 * settled by a person of which no request has left.
 *
 * @module
 */
import type { HeldGroup } from "./held_group.ts";

/** See the module's comment. Of one delivery. */
export class Foresight {
  /** The last group that was begun or foreseen. */
  #last = 0;
  #ahead = new Set<HeldGroup>();

  /** @param isOn Whether anything is foreseen. It ends when the model does something else. */
  constructor(private isOn: boolean) {}

  /**
   * A request about these groups is to leave.
   *
   * @returns Groups that were foreseen and passed over, whose intents are to be taken back.
   */
  begins(groups: readonly HeldGroup[]): HeldGroup[] {
    const [first] = groups;
    if (!this.isOn || first === undefined) return [];
    const isNext = groups.length === 1 && (first.intent !== undefined || first.number > this.#last);
    const isForeseen = this.#ahead.delete(first);
    if (isForeseen) first.isAhead = false;
    this.#last = Math.max(this.#last, first.number);
    if (isNext && (isForeseen || first.intent !== undefined || this.#ahead.size === 0)) return [];
    return this.#end();
  }

  /**
   * These groups are accepted: which ones are likely to follow.
   *
   * @param held What the model holds, in the order of their numbers.
   */
  follow(groups: readonly HeldGroup[], held: ReadonlyMap<number, HeldGroup>): HeldGroup[] {
    for (const group of groups) this.#ahead.delete(group);
    if (!this.isOn) return [];
    const next: HeldGroup[] = [];
    for (const { isOut } of groups) {
      const group = held.get(this.#last + 1);
      if (!isOut || group?.end !== "open" || group.intent || group.batch !== 0) break;
      this.#last += 1;
      next.push(group);
    }
    return next;
  }

  /** Their intents are on their way to the disk. */
  write(groups: readonly HeldGroup[], written: Promise<void>): void {
    for (const group of groups) {
      Object.assign(group, { batch: 0, place: 0, intent: written, isOut: true, isAhead: true });
      this.#ahead.add(group);
    }
    written.catch(() => {
      for (const group of groups) {
        this.#ahead.delete(group);
        Object.assign(group, { intent: undefined, isOut: false, isAhead: false });
      }
    });
  }

  /** Nothing more is foreseen. */
  #end(): HeldGroup[] {
    this.isOn = false;
    const overtaken = [...this.#ahead];
    this.#ahead.clear();
    for (const group of overtaken) {
      Object.assign(group, { intent: undefined, isOut: false, isAhead: false });
    }
    return overtaken;
  }
}
