/**
 * A rate limit for tests: on a clock that the test lets go on, and on a disk that takes its time.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { Moment } from "~/delivery/sliding_window.ts";
import type { DurableCommits } from "~/store/commits/group_commit.ts";
import { openState } from "~/store/file/open_state.ts";
import { RateGrants } from "~/store/rate_grants.ts";
import { type LimiterTime, RateLimiter } from "./rate_limits.ts";

/** A clock that goes on only when the test says so. */
export class TestTime implements LimiterTime {
  /** On the clock that never jumps. */
  nowMs = 0;
  /** By how much the wall clock was set. */
  setMs = 0;
  #timers = new Set<{ atMs: number; run: () => void }>();

  /** What both clocks say. */
  now(): Moment {
    return { steadyMs: this.nowMs, wallMs: 1_000_000 + this.setMs + this.nowMs };
  }

  /** Does something at its time, once the clock is let go on to it. */
  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.nowMs + Math.max(0, Math.ceil(ms)), run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Goes on to a time, timer by timer. */
  async goTo(untilMs: number): Promise<void> {
    await turn();
    for (let next = this.#next(); next && next.atMs <= untilMs; next = this.#next()) {
      this.nowMs = Math.max(this.nowMs, next.atMs);
      this.#timers.delete(next);
      next.run();
      await turn();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  #next() {
    return [...this.#timers].sort((a, b) => a.atMs - b.atMs)[0];
  }
}

/** What waits for promises has its turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** A disk that takes its time, or is full. */
export function slowCommits(
  time: TestTime,
  disk: { ms: number; isFull?: boolean },
): DurableCommits {
  return {
    add: (write) =>
      new Promise((resolve, reject) => {
        time.after(disk.ms, () => {
          if (disk.isFull) return reject(new Error("the disk is full"));
          write();
          resolve();
        });
      }),
    addUnawaited: () => {},
  };
}

/** A limit, and what it goes by. */
export interface MadeLimiter extends Disposable {
  db: DatabaseSync;
  time: TestTime;
  limiter: RateLimiter;
  grants: RateGrants;
}

/** A limit of 10 s on an empty state, which is gone when the test ends. */
export function limiterOf(count: number, disk: { ms: number; isFull?: boolean }): MadeLimiter {
  const folder = Deno.makeTempDirSync();
  const db = openState(`${folder}/spoor.db`);
  const time = new TestTime();
  const grants = new RateGrants(db, "crm");
  const commits = slowCommits(time, disk);
  const limiter = new RateLimiter({ count, windowMs: 10_000 }, grants, commits, time);
  return {
    db,
    time,
    limiter,
    grants,
    [Symbol.dispose]() {
      db.close();
      Deno.removeSync(folder, { recursive: true });
    },
  };
}
