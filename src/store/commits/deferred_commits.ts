/**
 * Commits of a plan, which works on a copy: nobody waits for what nobody needs after a power cut.
 *
 * What is added counts as written at once and is written a moment later, many together. Who reads through
 * another connection has it written before.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { inTransaction } from "~/warehouse/transaction.ts";
import type { RunCommits } from "./group_commit.ts";

/** By time, not by number: one write may hold thousands of rows, which are in memory until then. */
const DELAY_MS = 50;

/** See the module's comment. What could not be written is told by `settled`, and by all that follows. */
export class DeferredCommits implements RunCommits {
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failure: { cause: unknown } | undefined;

  constructor(private readonly db: DatabaseSync) {}

  add(write: () => void): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure.cause);
    this.#waiting.push(write);
    this.#timer ??= setTimeout(() => this.#writeNow(), DELAY_MS);
    return Promise.resolve();
  }

  addUnawaited(write: () => void): void {
    this.add(write).catch(() => {});
  }

  // deno-lint-ignore require-await -- what it throws is to be a rejection.
  async settled(): Promise<void> {
    this.write();
  }

  /**
   * Writes what there is. Call outside of any transaction.
   *
   * @throws It could not be written.
   */
  write(): void {
    this.#writeNow();
    if (this.#failure) throw this.#failure.cause;
  }

  #writeNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const writes = this.#waiting;
    this.#waiting = [];
    if (writes.length === 0 || this.#failure) return;
    try {
      inTransaction(this.db, () => {
        for (const write of writes) write();
      });
    } catch (cause) {
      this.#failure = { cause };
    }
  }

  // deno-lint-ignore require-await -- the interface's.
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
  }
}
