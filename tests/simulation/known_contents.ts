/**
 * What the far side is known to have of each group, by its answers and by what a person said: reckoned from what
 * happens between the core and the far side, and not from the state file. None of it is to be sent again.
 *
 * @module
 */
import { isUnknown } from "~/delivery/earlier_try.ts";
import { isQuiet } from "./content.ts";
import type { LedgerRow } from "./model_state.ts";
import type { Before } from "./referee.ts";
import type { OutgoingRequest, TakenGroup } from "./scripted_model.ts";
import type { Answer } from "./simulated_network.ts";

/** A content that was known before a request left which may have replaced it. */
interface Doubted {
  content: string;
  /** The change of that request. */
  id: number;
}

/** See the module's comment. It may know less than the core, and never more. */
export class KnownContents {
  #known = new Map<string, string>();
  #doubted = new Map<string, Doubted>();
  /** What it is known not to have any more. */
  #gone = new Set<string>();

  /** What the far side is known to have of a group. */
  get(key: string): string | undefined {
    return this.#known.get(key);
  }

  /** Whether the far side has removed a group, or a person says so. */
  isGone(key: string): boolean {
    return this.#gone.has(key);
  }

  /** A run begins: what it does not know the end of is not known. */
  begin({ ledger, accepted }: Pick<Before, "ledger" | "accepted">): void {
    // It may have been killed between the disk and the model that saved it without a request.
    for (const [key, { content }] of accepted) if (isQuiet(content)) this.#forget(key);
    for (const [key, row] of ledger) {
      const content = this.#known.get(key);
      if (isUnknown(row) && content !== undefined) this.#doubt(key, { content, id: row.id });
    }
    for (const [key, { id }] of this.#doubted) {
      const row = ledger.get(key);
      if (!row || !isUnknown(row) || row.id !== id) this.#doubted.delete(key);
    }
  }

  /** Nothing that was known counts any more: all is sent again, or is as somebody says. */
  clear(): void {
    this.#known.clear();
    this.#doubted.clear();
    this.#gone.clear();
  }

  /** Groups that have left the query are forgotten. */
  forgetOthers(source: ReadonlyMap<string, string>): void {
    for (const key of [...this.#known.keys(), ...this.#doubted.keys()]) {
      if (!source.has(key)) this.#forget(key);
    }
  }

  /** @param ledger As it was when the run began. */
  leaves(
    { groups, changes }: OutgoingRequest,
    ledger: ReadonlyMap<string, LedgerRow>,
  ): void {
    for (const [index, { key, isRemoved }] of groups.entries()) {
      if (!isRemoved) this.#gone.delete(key);
      const id = changes[index] ?? 0;
      const row = ledger.get(key);
      const content = this.#known.get(key);
      if (row && isUnknown(row)) this.#forget(key);
      else if (content !== undefined) this.#doubt(key, { content, id });
      else if (this.#doubted.get(key)?.id !== id) this.#forget(key);
    }
  }

  /** @param isOnce What may have been done is not tried again. */
  answered(groups: readonly TakenGroup[], answer: Answer, isOnce: boolean): void {
    // How a request ended that no answer tells of may be settled later.
    if (answer.error?.kind === "timeout" || answer.error?.kind === "broken") return;
    const didNothing = isRefusal(answer) && !answer.mayHaveActed &&
      (answer.attempts <= 1 || isOnce);
    for (const { key } of groups) {
      if (didNothing) this.#trust(key);
      else this.#forget(key);
    }
  }

  saved(groups: readonly TakenGroup[]): void {
    for (const { key, isRemoved, content } of groups) {
      this.#forget(key);
      if (!isRemoved) this.#known.set(key, content);
      if (isRemoved) this.#gone.add(key);
      else this.#gone.delete(key);
    }
  }

  /** A person says that the change has arrived, by which the far side has this; `undefined`: nothing. */
  settledAsSent(key: string, content: string | undefined, isRemoval: boolean): void {
    this.#forget(key);
    if (content !== undefined) this.#known.set(key, content);
    if (isRemoval) this.#gone.add(key);
    else this.#gone.delete(key);
  }

  settledAsNotSent({ key, id }: LedgerRow): void {
    if (this.#doubted.get(key)?.id === id) this.#trust(key);
  }

  #doubt(key: string, doubted: Doubted): void {
    this.#known.delete(key);
    this.#doubted.set(key, doubted);
  }

  #trust(key: string): void {
    const doubted = this.#doubted.get(key);
    if (!doubted) return;
    this.#doubted.delete(key);
    this.#known.set(key, doubted.content);
  }

  #forget(key: string): void {
    this.#known.delete(key);
    this.#doubted.delete(key);
  }
}

/** The far side says that it has done nothing, or nothing has left. */
function isRefusal({ status, error }: Answer): boolean {
  if (status === undefined) return error !== undefined;
  return status === 503 || (status >= 400 && status < 500);
}
