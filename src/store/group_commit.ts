/**
 * Group commit: everything that waits to become durable goes into one transaction, and one sync of
 * the WAL makes all of it safe against a power cut.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { DatabaseSync } from "node:sqlite";
import { inTransaction } from "~/warehouse/transaction.ts";

interface Waiting {
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** See the module's comment. One for each open state file. */
export class GroupCommit implements Disposable {
  #work: (Waiting & { write: () => void })[] = [];
  #committed: Waiting[] = [];
  #isSyncing = false;
  #wal: Deno.FsFile | undefined;

  constructor(private readonly db: DatabaseSync, private readonly path: string) {}

  /**
   * Writes in the next transaction.
   *
   * @param write Runs inside the transaction, with whatever else waits. What can be known to be
   * wrong is checked before: when it throws, none of the transaction is kept.
   * @returns Resolves when the write is on disk.
   */
  add(write: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#work.length === 0) setImmediate(() => this.#commit());
      this.#work.push({ write, resolve, reject });
    });
  }

  #commit(): void {
    const work = this.#work;
    this.#work = [];
    try {
      inTransaction(this.db, () => {
        for (const { write } of work) write();
      });
    } catch (error) {
      for (const { reject } of work) reject(error);
      return;
    }
    this.#committed.push(...work);
    if (!this.#isSyncing) void this.#sync();
  }

  /** Syncs without blocking the thread; what is committed meanwhile waits for the next sync. */
  async #sync(): Promise<void> {
    this.#isSyncing = true;
    while (this.#committed.length > 0) {
      const waiting = this.#committed;
      this.#committed = [];
      try {
        // Not the database file itself: closing a second handle on it would drop SQLite's locks.
        this.#wal ??= Deno.openSync(`${this.path}-wal`, { read: true, write: true });
        await this.#wal.syncData();
        for (const { resolve } of waiting) resolve();
      } catch (error) {
        for (const { reject } of waiting) reject(error);
      }
    }
    this.#isSyncing = false;
  }

  [Symbol.dispose](): void {
    this.#wal?.close();
  }
}
