/**
 * Gives the groups that a query no longer has, each in its turn among the changed ones:
 *
 * 1. what was cut off, with its batch and in the order in which it went out (`RemovedRepeats`);
 * 2. all others, before anything that is new or changed: what is removed may stand in the way of it at the far
 *    side, as where a record has another key now and goes by what it kept;
 * 3. those whose removal has failed before, after the changed ones that have not: a loop that ends at one of
 *    them has done the rest.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { SqlValue } from "~/warehouse/values.ts";
import type { Comparison, RemovedKind } from "./comparison_sql.ts";
import { RemovedGroupReader } from "./removed_group_reader.ts";
import { type BatchPlace, RemovedRepeats } from "./removed_repeats.ts";

/** When a changed group comes: where it went out, if that was cut off; or with the news, or those that failed. */
export type Turn = Repeat | "news" | "failed";

/** Where a group went out that was cut off, and is repeated. */
export interface Repeat extends BatchPlace {
  /** It comes last, not first. */
  isLate: boolean;
}

/** One of them. */
export interface RemovedInTurn {
  key: readonly SqlValue[];
  /** Its number among those that wait (`notePending`); 0: it does not. */
  pendingNumber: number;
}

const PAGE = 1_000;

/** See the module's comment. */
export class RemovedGroups {
  readonly #repeats: RemovedRepeats;
  readonly #news: RemovedQueue;
  readonly #failed: RemovedQueue;
  #newsTaken = 0;

  constructor(db: DatabaseSync, c: Comparison) {
    this.#repeats = new RemovedRepeats(db, c);
    this.#news = new RemovedQueue(db, c, "news");
    this.#failed = new RemovedQueue(db, c, "failed");
  }

  /** All have been taken. */
  get isOver(): boolean {
    return !this.#repeats.next && !this.#news.next && !this.#failed.next;
  }

  /** Takes the next one that comes before a changed group; `undefined`: all changed ones have been. */
  take(before: Turn | undefined): RemovedInTurn | undefined {
    const repeat = typeof before === "object" && !before.isLate ? before : undefined;
    if (this.#repeats.isBefore(repeat)) return unnumbered(this.#repeats);
    if (repeat) return undefined;
    const key = this.#news.take();
    if (key) return { key, pendingNumber: ++this.#newsTaken };
    return before !== "news" && this.#failed.next ? unnumbered(this.#failed) : undefined;
  }
}

/** Takes one that was tried before, and so does not wait. */
function unnumbered(from: { take(): readonly SqlValue[] | undefined }): RemovedInTurn {
  return { key: from.take() ?? [], pendingNumber: 0 };
}

/** Those of one kind. */
class RemovedQueue {
  readonly #reader: RemovedGroupReader;
  #page: readonly SqlValue[][] = [];
  #at = 0;
  #isAllRead = false;

  constructor(db: DatabaseSync, c: Comparison, kind: RemovedKind) {
    this.#reader = new RemovedGroupReader(db, c, kind);
  }

  get next(): readonly SqlValue[] | undefined {
    if (this.#at >= this.#page.length && !this.#isAllRead) {
      this.#page = this.#reader.read(PAGE);
      this.#at = 0;
      this.#isAllRead = this.#page.length < PAGE;
    }
    return this.#page[this.#at];
  }

  take(): readonly SqlValue[] | undefined {
    const { next } = this;
    if (next) this.#at += 1;
    return next;
  }
}
