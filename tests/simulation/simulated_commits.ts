/**
 * The group commit with a simulated disk: it takes its time, may be full, and its process may be killed
 * before a transaction, inside it, or after it and before anybody hears of it.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { DurableCommits } from "~/store/commits/group_commit.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import type { Random } from "./random.ts";
import type { SimulatedTime } from "./simulated_time.ts";

/** What happens to one commit of a run, counted from 0. */
export interface CommitFault {
  commit: number;
  is: "killed before" | "killed inside" | "killed after" | "disk full";
}

interface Waiting {
  write: () => void;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** What a full disk makes a commit say. */
export class DiskFull extends Error {}

/** See the module's comment. */
export class SimulatedCommits implements DurableCommits {
  #waiting: Waiting[] = [];
  #isBusy = false;
  #commits = 0;

  constructor(
    private readonly db: DatabaseSync,
    private readonly time: SimulatedTime,
    private readonly random: Random,
    private readonly fault: CommitFault | undefined,
  ) {}

  add(write: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
      if (this.#isBusy) return;
      this.#isBusy = true;
      this.time.after(this.random.next(), () => this.#commit());
    });
  }

  addUnawaited(write: () => void): void {
    this.add(write).catch(() => {});
  }

  #commit(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    const fault = this.fault?.commit === this.#commits++ ? this.fault.is : undefined;
    if (fault === "killed before") return this.time.cut();
    try {
      inTransaction(this.db, () => {
        const isCutShort = fault === "killed inside";
        const writes = isCutShort ? batch.slice(0, this.random.between(0, batch.length)) : batch;
        for (const { write } of writes) write();
        if (isCutShort) throw new DiskFull("killed");
        if (fault === "disk full") throw new DiskFull("database or disk is full");
      });
    } catch (error) {
      if (fault === "killed inside") return this.time.cut();
      for (const { reject } of batch) reject(error);
      return this.#goOn();
    }
    if (fault === "killed after") return this.time.cut();
    // The sync takes a while; a run may be killed before it tells of it.
    this.time.after(this.random.next() * 3, () => {
      for (const { resolve } of batch) resolve();
      this.#goOn();
    });
  }

  #goOn(): void {
    this.time.after(0, () => {
      if (this.#waiting.length > 0) this.#commit();
      else this.#isBusy = false;
    });
  }
}
