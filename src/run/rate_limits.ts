/**
 * The rate limits of a run: grants tries in the order in which they are asked for, never more than a
 * limit's window lets through, those of other models and of earlier runs included.
 *
 * A grant is on disk before it is given, so that a run after a kill counts it.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { Rate } from "~/base/rate.ts";
import { type Moment, SlidingWindow } from "~/delivery/sliding_window.ts";
import type { DurableCommits } from "~/store/group_commit.ts";
import { RateGrants } from "~/store/rate_grants.ts";

/** Called once: the try may go out, or it may not, and why. */
type OnGrant = (grant: number, refusal?: string) => void;

const systemClock = (): Moment => ({ steadyMs: performance.now(), wallMs: Date.now() });
/** The longest that a timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The limits that models of this run have asked for so far. */
export class RateLimits {
  #limiters = new Map<string, RateLimiter>();

  constructor(private readonly db: DatabaseSync, private readonly commits: DurableCommits) {}

  /** The limit of this name; models that give the same name get the same one. */
  get(name: string, rate: Rate): RateLimiter {
    const known = this.#limiters.get(name);
    if (known) return known;
    const limiter = new RateLimiter(rate, new RateGrants(this.db, name), this.commits);
    this.#limiters.set(name, limiter);
    return limiter;
  }
}

/** See the module's comment. */
export class RateLimiter {
  readonly #window: SlidingWindow;
  /** In the order in which they asked. */
  #waiting = new Set<OnGrant>();
  #isBusy = false;
  #wake: (() => void) | undefined;

  constructor(
    rate: Rate,
    private readonly grants: RateGrants,
    private readonly commits: DurableCommits,
    private readonly clock: () => Moment = systemClock,
  ) {
    this.#window = new SlidingWindow(rate, clock(), grants.load());
  }

  /**
   * Asks for a grant.
   *
   * @returns Gives the place up.
   */
  ask(onGrant: OnGrant): () => void {
    this.#waiting.add(onGrant);
    if (!this.#isBusy) void this.#work();
    return () => {
      this.#waiting.delete(onGrant);
      if (this.#waiting.size === 0) this.#wake?.();
    };
  }

  /** The request of a grant has arrived at the latest now. */
  arrived(grant: number): void {
    this.#window.postpone(grant, this.clock().steadyMs);
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.size > 0) {
      const { grants, waitMs } = this.#take();
      if (grants.length === 0) await this.#sleep(waitMs);
      else await this.#give(grants);
    }
    this.#isBusy = false;
  }

  /** As many grants as there are now, and at most as many as are asked for. */
  #take(): { grants: number[]; waitMs: number } {
    const { steadyMs } = this.clock();
    const grants: number[] = [];
    while (grants.length < this.#waiting.size) {
      const next = this.#window.take(steadyMs);
      if (!next.granted) return { grants, waitMs: next.waitMs };
      grants.push(next.grant);
    }
    return { grants, waitMs: 0 };
  }

  async #give(grants: readonly number[]): Promise<void> {
    const asked = [...this.#waiting].slice(0, grants.length);
    for (const each of asked) this.#waiting.delete(each);
    const refusal = await this.#record(grants.length);
    for (const [index, grant] of grants.entries()) {
      this.arrived(grant);
      asked[index]?.(grant, refusal);
    }
  }

  /** @returns Why the grants could not be recorded. */
  #record(count: number): Promise<string | undefined> {
    const now = this.clock();
    const jumpMs = this.#window.wallJumpMs(now);
    return this.commits.add(() => {
      if (jumpMs !== 0) this.grants.move(jumpMs);
      this.grants.add(count, now.wallMs, now.wallMs - this.#window.windowMs);
    }).then(
      () => undefined,
      (error) =>
        `Cannot record that a request is to be sent: ${
          error instanceof Error ? error.message : error
        }`,
    );
  }

  /** Until so much time has passed, or nobody waits any more. */
  async #sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.min(MAX_TIMER_MS, Math.ceil(ms)));
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
    this.#wake = undefined;
  }
}
