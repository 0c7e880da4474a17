/**
 * Group commit: everything that waits to become durable goes into one transaction, and one sync of
 * the WAL makes all of it safe against a power cut.
 *
 * Where one write of many fails by itself, as what SQLite refuses of one group, each is written in a transaction
 * of its own, in the same order: the others are kept. What the machine refuses, a full disk, say, it refuses for
 * all: then none of the transaction is kept.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers";
import { inTransaction } from "~/warehouse/transaction.ts";
import { isOfMachine } from "./write_failure.ts";

interface Waiting {
  write: () => void;
  /** Absent: nobody waits for it. */
  end?: { resolve: () => void; reject: (error: unknown) => void };
}

/** So long may wait what nobody waits for, where nothing else is written. */
const UNAWAITED_MS = 20;

/**
 * Where so few wait there is nothing to be done until they go on, as with the end of one request and the intent of
 * the next: to have another thread sync, and to be woken by it, takes longer than the sync.
 */
const FEW = 2;

/** Makes writes durable. */
export interface DurableCommits {
  /**
   * Writes in the next transaction.
   *
   * @param write Runs inside the transaction, with whatever else waits; once more where that is undone, so that
   * what it remembers must not outlive that. When it throws, what it has written is not kept. What can be known
   * to be wrong is checked before: to find which one it was costs a transaction for each.
   * @returns Resolves when the write is on disk.
   */
  add(write: () => void): Promise<void>;
  /**
   * The same, for what nobody waits for: it goes with the next write that somebody waits for, in the order
   * in which they came, or soon. Where it fails, `settled` tells.
   */
  addUnawaited(write: () => void): void;
}

/** The commits of a run. */
export interface RunCommits extends DurableCommits, AsyncDisposable {
  /**
   * Resolves when all that was added is written.
   *
   * @throws It cannot be, or what nobody waited for could not be.
   */
  settled(): Promise<void>;
}

/** See the module's comment. One for each open state file. */
export class GroupCommit implements RunCommits {
  #waiting: Waiting[] = [];
  #isBusy = false;
  #soon: ReturnType<typeof setTimeout> | undefined;
  #wal: Deno.FsFile | undefined;
  /** Why something was not written that nobody waited for. */
  #lost: { cause: unknown } | undefined;

  constructor(private readonly db: DatabaseSync, private readonly path: string) {}

  add(write: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, end: { resolve, reject } });
      this.#begin();
    });
  }

  addUnawaited(write: () => void): void {
    this.#waiting.push({ write });
    this.#beginSoon();
  }

  #begin(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    setImmediate(() => this.#work());
  }

  /** A transaction of its own would make the next one, which is waited for, wait for its sync. */
  #beginSoon(): void {
    if (this.#isBusy) return;
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#begin();
    }, UNAWAITED_MS);
  }

  async settled(): Promise<void> {
    await this.add(() => {});
    const lost = this.#lost;
    this.#lost = undefined;
    if (lost) throw lost.cause;
  }

  /**
   * One transaction and one sync at a time: what comes while a sync is under way goes into the next
   * transaction, so that the slower the disk is, the more each of its syncs carries.
   */
  async #work(): Promise<void> {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    do {
      const batch = this.#waiting;
      this.#waiting = [];
      const written = this.#write(batch);
      try {
        if (written.length > 0) await this.#sync(written.filter(({ end }) => end).length);
        for (const { end } of written) end?.resolve();
      } catch (error) {
        for (const each of written) this.#fail(each, error);
      }
      // What these promises set going comes in before the next transaction.
      await new Promise<void>((resolve) => setImmediate(resolve));
    } while (this.#waiting.some(({ end }) => end));
    this.#isBusy = false;
    if (this.#waiting.length > 0) this.#beginSoon();
  }

  /** @returns Those that are written. */
  #write(batch: readonly Waiting[]): readonly Waiting[] {
    try {
      inTransaction(this.db, () => {
        for (const { write } of batch) write();
      });
      return batch;
    } catch (error) {
      if (batch.length > 1 && !isOfMachine(error)) return this.#writeOneByOne(batch);
      for (const each of batch) this.#fail(each, error);
      return [];
    }
  }

  #writeOneByOne(batch: readonly Waiting[]): readonly Waiting[] {
    const written: Waiting[] = [];
    for (const [index, each] of batch.entries()) {
      try {
        inTransaction(this.db, each.write);
        written.push(each);
      } catch (error) {
        // What comes after it may rely on it: an intent, that what was accepted before is on the disk.
        const isAll = isOfMachine(error);
        for (const failed of isAll ? batch.slice(index) : [each]) this.#fail(failed, error);
        if (isAll) break;
      }
    }
    return written;
  }

  #fail({ end }: Waiting, error: unknown): void {
    if (end) end.reject(error);
    else this.#lost ??= { cause: error };
  }

  /** @param waited How many wait for it. */
  async #sync(waited: number): Promise<void> {
    // Not the database file itself: closing a second handle on it would drop SQLite's locks.
    this.#wal ??= Deno.openSync(`${this.path}-wal`, { read: true, write: true });
    if (waited > 0 && waited <= FEW) this.#wal.syncDataSync();
    else await this.#wal.syncData();
  }

  /** Waits for what is under way. The database is to be closed after this, not before. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#waiting.length > 0) this.#begin();
    while (this.#isBusy || this.#waiting.length > 0) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    this.#wal?.close();
  }
}
