/**
 * A named rate limit that models share, as the far side sees it: it counts what arrives, whichever model or
 * run has sent it, and notes when nobody lets a request through.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { Rate } from "~/base/time/rate.ts";
import { type LimiterTime, RateLimits } from "~/run/requests/rate_limits.ts";
import { RequestPermits } from "~/run/requests/request_permits.ts";
import type { DurableCommits } from "~/store/commits/group_commit.ts";
import type { SimulatedTime } from "./simulated_time.ts";

/** The clock of the machine: it may be set, and goes on at the same pace. */
export class WallClock {
  #offsetMs = Date.UTC(2026, 0, 1);

  constructor(private readonly time: SimulatedTime) {}

  get nowMs(): number {
    return this.#offsetMs + this.time.nowMs;
  }

  move(byMs: number): void {
    this.#offsetMs += byMs;
  }
}

/** See the module's comment. */
export class SimulatedLimit {
  readonly wrongs: string[] = [];
  /** When the last requests arrived. */
  #arrivals: number[] = [];
  #waiting = 0;
  /** How often the clock was set, … */
  #moves = 0;
  /** … and of which of these the state file knows: of others the next process cannot know. */
  #movesRecorded = 0;

  constructor(
    private readonly rate: Rate,
    private readonly time: SimulatedTime,
    private readonly wall: WallClock,
  ) {}

  /** The limit in the process of one run. */
  ofRun(db: DatabaseSync, commits: DurableCommits): RateLimits {
    this.#waiting = 0;
    if (this.#movesRecorded < this.#moves) this.#arrivals = [];
    this.#movesRecorded = this.#moves;
    const time: LimiterTime = {
      now: () => ({ steadyMs: this.time.nowMs, wallMs: this.wall.nowMs }),
      after: (ms, run) => this.time.cancellable(Math.ceil(ms), run),
    };
    return new RateLimits(db, commits, time);
  }

  /** The way of one model's requests past the limit. */
  permits(limits: RateLimits, stop: AbortSignal): Permits {
    return new Permits(this, limits.get("crm", this.rate), stop);
  }

  /** Does something when every commit that is under way now has ended. */
  afterCommit(run: () => void): void {
    this.time.after(COMMIT_MS, run);
  }

  clockMoved(): void {
    this.#moves += 1;
  }

  /** A request is at the far side. */
  arrived(): void {
    const { count, windowMs } = this.rate;
    this.#arrivals.push(this.time.nowMs);
    if (this.#arrivals.length > count + 1) this.#arrivals.shift();
    const first = this.#arrivals[this.#arrivals.length - 1 - count];
    if (first !== undefined && this.time.nowMs - first < windowMs) {
      this.wrongs.push(`${count + 1} requests came in ${this.time.nowMs - first} ms`);
    }
  }

  /** @returns To be called when it is let through, or told that it will not be. */
  asks(): (isGranted: boolean) => void {
    const { count, windowMs } = this.rate;
    const [askedMs, moves] = [this.time.nowMs, this.#moves];
    const windows = Math.floor(this.#waiting++ / count) + 1;
    return (isGranted) => {
      this.#waiting -= 1;
      // What is granted was recorded after it was asked for.
      if (isGranted) this.#movesRecorded = Math.max(this.#movesRecorded, moves);
      const waitedMs = this.time.nowMs - askedMs;
      if (waitedMs <= windows * (windowMs + LATE_MS)) return;
      this.wrongs.push(`a request has waited ${waitedMs} ms, behind ${windows} windows`);
    };
  }
}

/** No commit of the simulation takes longer, and the one that waits behind it. */
const COMMIT_MS = 10;
/** What comes on top of a window: its margin, and the longest that a request may be without an answer. */
const LATE_MS = 1_000 + 31_000;

/** What the egress worker asks of the core before each try. */
export class Permits {
  readonly #permits: RequestPermits;
  #asked = new Map<number, (refusal: string | undefined) => void>();
  #isOver = false;

  constructor(private readonly limit: SimulatedLimit, ...[limiter, stop]: PermitParts) {
    this.#permits = new RequestPermits(limiter, stop, (id, refusal) => {
      if (this.#isOver) this.limit.wrongs.push("a model that has ended was given a permit");
      this.#asked.get(id)?.(refusal);
      this.#asked.delete(id);
      this.#permits.sent(id);
    });
  }

  /** @returns Why there will be no permit. */
  ask(request: number): Promise<string | undefined> {
    const isOver = this.limit.asks();
    return new Promise((resolve) => {
      this.#asked.set(request, (refusal) => {
        isOver(refusal === undefined);
        resolve(refusal);
      });
      this.#permits.ask(request);
    });
  }

  end(request: number): void {
    this.#permits.end(request);
  }

  dispose(): void {
    this.#permits.dispose();
    // What is on its way to the disk is given all the same.
    this.limit.afterCommit(() => this.#isOver = true);
  }
}

type PermitParts = [
  limiter: ConstructorParameters<typeof RequestPermits>[0],
  stop: AbortSignal,
];
