/**
 * The groups that were given to a model, each until its end.
 *
 * They are given in the order of their numbers, so that a number up to the last one given is known to be of
 * a group that has ended, or of one that is here.
 *
 * @module
 */
import { assertGuest } from "~/run/guest/guest_error.ts";
import type { GivenGroup } from "./given_group.ts";

/** Of groups that were accepted: a model's work on one goes on for a moment, and not on thousands at once. */
const ACCEPTED_KEPT = 1_000;

/** See the module's comment. */
export class GivenGroups {
  readonly #groups = new Map<number, GivenGroup>();
  /** What requests of groups that were accepted last were recorded as, by the groups' numbers. */
  #accepted = new Map<number, number>();
  #acceptedBefore: ReadonlyMap<number, number> = new Map();
  #last = 0;

  /** Groups that were given to the model; their numbers go from 1 to this. */
  get count(): number {
    return this.#last;
  }

  add(group: GivenGroup): void {
    this.#groups.set(group.number, group);
    this.#last = group.number;
  }

  /** The group is over. */
  drop(number: number): void {
    const group = this.#groups.get(number);
    this.#groups.delete(number);
    if (group?.end !== "accepted" || group.changeId === 0) return;
    if (this.#accepted.size >= ACCEPTED_KEPT) {
      this.#acceptedBefore = this.#accepted;
      this.#accepted = new Map();
    }
    this.#accepted.set(number, group.batch || group.changeId);
  }

  /** What requests about a group were recorded as before it was accepted; nothing where there was none. */
  acceptedAs(number: number): number | undefined {
    return this.#accepted.get(number) ?? this.#acceptedBefore.get(number);
  }

  find(number: number): GivenGroup | undefined {
    return this.#groups.get(number);
  }

  /**
   * @returns Nothing for one that has ended.
   * @throws {GuestError} The model never had it.
   */
  findOpen(number: number): GivenGroup | undefined {
    const group = this.#groups.get(number);
    assertGuest(group || number <= this.#last, `a group that it never had (${number})`);
    return group?.end === "open" ? group : undefined;
  }

  /** @throws {GuestError} The model does not hold it, or it has ended. */
  getOpen(number: number): GivenGroup {
    const group = this.#groups.get(number);
    assertGuest(group, `a group that it does not hold (${number})`);
    assertGuest(group.end === "open", "a group that has ended already");
    return group;
  }

  /** Those that have not come to an end. */
  open(): GivenGroup[] {
    return [...this.#groups.values()].filter(({ end }) => end === "open");
  }
}
