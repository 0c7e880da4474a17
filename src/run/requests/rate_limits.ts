/**
 * The rate limits of a run: grants tries in the order in which they are asked for, never more than a
 * limit's window lets through, those of other models and of earlier runs included.
 *
 * A grant is on disk before it is given, so that a run after a kill counts it. It is written a little before its
 * time comes: the disk makes no window longer.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { messageOf } from "~/base/message_of.ts";
import type { Rate } from "~/base/time/rate.ts";
import { type Moment, SlidingWindow } from "~/delivery/sliding_window.ts";
import type { DurableCommits } from "~/store/commits/group_commit.ts";
import { RateGrants } from "~/store/rate_grants.ts";

/** Called once: the try may go out, or it may not, and why. */
type OnGrant = (grant: number, refusal?: string) => void;

/** The clocks that a limit goes by, and what waits by them. */
export interface LimiterTime {
  now(): Moment;
  /**
   * Does something later.
   *
   * @param isBackground The process does not live on for it alone.
   * @returns Takes it back.
   */
  after(ms: number, run: () => void, isBackground?: boolean): () => void;
}

/** So long before its time a grant is written. */
const AHEAD_MS = 50;
/** So long after its time a grant may be given as it was written; twice as long each time that it comes to that. */
const SLACK_MS = 250;

/** A grant that is on disk. */
interface Prepared {
  grant: number;
  /** On the steady clock. */
  dueMs: number;
  /** A later run counts it from then; used later it must be written anew. */
  usedUntilMs: number;
  slackMs: number;
}

/** The longest that a timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const SYSTEM_TIME: LimiterTime = {
  now: () => ({ steadyMs: performance.now(), wallMs: Date.now() }),
  after(ms, run, isBackground = false) {
    const timer = setTimeout(run, Math.min(MAX_TIMER_MS, Math.ceil(ms)));
    if (isBackground) Deno.unrefTimer(timer);
    return () => clearTimeout(timer);
  },
};

/** The limits that models of this run have asked for so far. */
export class RateLimits {
  #limiters = new Map<string, RateLimiter>();

  constructor(
    private readonly db: DatabaseSync,
    private readonly commits: DurableCommits,
    private readonly time: LimiterTime = SYSTEM_TIME,
  ) {}

  /** The limit of this name; models that give the same name get the same one. */
  get(name: string, rate: Rate): RateLimiter {
    const known = this.#limiters.get(name);
    if (known) return known;
    const limiter = new RateLimiter(
      rate,
      new RateGrants(this.db, name),
      this.commits,
      this.time,
    );
    this.#limiters.set(name, limiter);
    return limiter;
  }
}

/** See the module's comment. */
export class RateLimiter {
  readonly #window: SlidingWindow;
  /** In the order in which they asked. */
  #waiting = new Set<OnGrant>();
  /** In the order in which they come due. */
  #prepared: Prepared[] = [];
  #isWriting = false;
  #endSleep = () => {};
  /** Shorter than a window: none is taken in the place of one that is yet to be given. */
  readonly #aheadMs: number;

  constructor(
    rate: Rate,
    private readonly grants: RateGrants,
    private readonly commits: DurableCommits,
    readonly time: LimiterTime,
  ) {
    this.#window = new SlidingWindow(rate, time.now(), grants.load());
    this.#aheadMs = Math.min(AHEAD_MS, rate.windowMs / 2);
  }

  /**
   * Asks for a grant.
   *
   * @returns Gives the place up.
   */
  ask(onGrant: OnGrant): () => void {
    this.#waiting.add(onGrant);
    this.#goOn();
    return () => {
      if (this.#waiting.delete(onGrant)) this.#goOn();
    };
  }

  /** The request of a grant was sent now at the latest: until then it counts, however long that takes. */
  sent(grant: number): void {
    this.#window.sent(grant, this.time.now().steadyMs);
    this.#goOn();
  }

  /**
   * The request of a grant has arrived at the latest now.
   *
   * @param isLate It may have taken longer than most.
   */
  arrived(grant: number, isLate: boolean): void {
    this.#window.arrived(grant, this.time.now().steadyMs, isLate);
    // The next one may come due sooner by that.
    this.#goOn();
  }

  /** Does what can be done now, and comes back when there is more to do. */
  #goOn(): void {
    this.#endSleep();
    this.#giveDue();
    if (this.#waiting.size === 0) return;
    const { steadyMs } = this.time.now();
    const nextMs = this.#isWriting ? Infinity : this.#prepare(steadyMs);
    const [first] = this.#prepared;
    // One that is late waits for the disk, which comes back by itself.
    const dueMs = first && !this.#isLate(first) ? first.dueMs - steadyMs : Infinity;
    const sleepMs = Math.min(nextMs, dueMs);
    if (sleepMs < Infinity) this.#endSleep = this.time.after(sleepMs, () => this.#goOn());
  }

  #giveDue(): void {
    const { steadyMs } = this.time.now();
    while (true) {
      const [first] = this.#prepared;
      const [onGrant] = this.#waiting;
      if (!first || !onGrant || first.dueMs > steadyMs || this.#isLate(first)) return;
      this.#prepared.shift();
      this.#waiting.delete(onGrant);
      this.#window.given(first.grant);
      onGrant(first.grant);
    }
  }

  /** What is on disk of it says nothing of when it is used now: too long ago, or by a clock that was set since. */
  #isLate({ usedUntilMs }: Prepared): boolean {
    const now = this.time.now();
    return usedUntilMs < now.steadyMs || this.#window.wallJumpMs(now) !== 0;
  }

  /**
   * Has the grants written that come due soon and that somebody waits for.
   *
   * @returns In how many milliseconds there is more to write.
   */
  #prepare(steadyMs: number): number {
    const late = this.#prepared.filter((each) => this.#isLate(each));
    if (late.length > 0) {
      const again = new Set(late);
      this.#prepared = this.#prepared.filter((each) => !again.has(each));
      const slackMs = 2 * late.reduce((most, each) => Math.max(most, each.slackMs), 0);
      void this.#write(late.map(({ grant }) => ({ grant, dueMs: steadyMs })), slackMs);
      return Infinity;
    }
    const taken: Pick<Prepared, "grant" | "dueMs">[] = [];
    let waitMs = Infinity;
    while (this.#prepared.length + taken.length < this.#waiting.size) {
      const next = this.#window.take(steadyMs, this.#aheadMs);
      if (next.granted) taken.push(next);
      else {
        waitMs = next.waitMs;
        break;
      }
    }
    if (taken.length === 0) return waitMs;
    void this.#write(taken, SLACK_MS);
    return Infinity;
  }

  async #write(
    grants: readonly Pick<Prepared, "grant" | "dueMs">[],
    slackMs: number,
  ): Promise<void> {
    this.#isWriting = true;
    const usedInMs = this.#aheadMs + slackMs;
    const usedUntilMs = this.time.now().steadyMs + usedInMs;
    const refusal = await this.#record(grants.length, usedInMs);
    this.#isWriting = false;
    if (refusal === undefined) {
      // A model's own loop may have more out than a call takes arguments.
      for (const each of grants) this.#prepared.push({ ...each, usedUntilMs, slackMs });
      this.#prepared.sort((a, b) => a.dueMs - b.dueMs);
    } else this.#refuse(grants, refusal);
    this.#goOn();
  }

  #refuse(grants: readonly Pick<Prepared, "grant">[], refusal: string): void {
    const asked = [...this.#waiting].slice(0, grants.length);
    for (const [index, onGrant] of asked.entries()) {
      this.#waiting.delete(onGrant);
      onGrant(grants[index]?.grant ?? 0, refusal);
    }
  }

  /**
   * @param usedInMs When they are used at the latest.
   * @returns Why the grants could not be recorded.
   */
  #record(count: number, usedInMs: number): Promise<string | undefined> {
    const now = this.time.now();
    const jumpMs = this.#window.wallJumpMs(now);
    return this.commits.add(() => {
      if (jumpMs !== 0) this.grants.move(jumpMs);
      this.grants.add(count, now.wallMs + usedInMs, now.wallMs - this.#window.windowMs);
    }).then(
      () => {
        this.#window.jumpRecorded(jumpMs);
        return undefined;
      },
      (error) => `Cannot record that a request is to be sent: ${messageOf(error)}`,
    );
  }
}
