/**
 * The groups that a model has in its hands.
 *
 * They are given in the order of their numbers, so that a number up to the last one given is known to be of
 * a group that has ended, or of one that is held.
 *
 * @module
 */
import { assertGuest } from "./guest_error.ts";
import type { HeldGroup } from "./held_group.ts";

/** See the module's comment. */
export class HeldGroups {
  readonly #held = new Map<number, HeldGroup>();
  #given = 0;

  /** Groups that were given to the model; their numbers go from 1 to this. */
  get given(): number {
    return this.#given;
  }

  add(group: HeldGroup): void {
    this.#held.set(group.number, group);
    this.#given = group.number;
  }

  /** The group is over. */
  drop(number: number): void {
    this.#held.delete(number);
  }

  find(number: number): HeldGroup | undefined {
    return this.#held.get(number);
  }

  /**
   * @returns Nothing for one that has ended.
   * @throws {GuestError} The model never had it.
   */
  findOpen(number: number): HeldGroup | undefined {
    const group = this.#held.get(number);
    assertGuest(group || number <= this.#given, `a group that it never had (${number})`);
    return group?.end === "open" ? group : undefined;
  }

  /** @throws {GuestError} The model does not hold it, or it has ended. */
  getOpen(number: number): HeldGroup {
    const group = this.#held.get(number);
    assertGuest(group, `a group that it does not hold (${number})`);
    assertGuest(group.end === "open", "a group that has ended already");
    return group;
  }

  /** Those that have not come to an end. */
  open(): HeldGroup[] {
    return [...this.#held.values()].filter(({ end }) => end === "open");
  }
}
