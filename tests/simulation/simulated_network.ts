/**
 * The way to the far side: requests take their time, are tried again as the egress worker does, and meet
 * faults: refused, redirected to where nothing is, failed before or after it was done, lost on the way there or back, no connection.
 *
 * @module
 */
import type { EgressResponse } from "~/sandbox/protocol.ts";
import type { FarAnswer, FarRequest, FarSide } from "./far_side.ts";
import type { Random } from "./random.ts";
import type { Permits } from "./simulated_limit.ts";
import type { SimulatedTime } from "./simulated_time.ts";

type Fault =
  | "refused"
  | "redirected"
  | "failed before"
  | "failed after"
  | "lost before"
  | "lost after"
  | "unsent";
const FAULTS: readonly [Fault, ...Fault[]] = [
  "refused",
  "redirected",
  "failed before",
  "failed after",
  "lost before",
  "lost after",
  "unsent",
];

/** How bad the way is. */
export interface NetworkOptions {
  /** Share of tries that meet a fault. */
  faults: number;
  retries: number;
  /** `@delivery: at_most_once`: tried again is only what surely did nothing, as the egress worker has it. */
  isOnce: boolean;
  /** After so many requests the far side is taken for down: none is begun any more. */
  downAfter: number;
  /** Where the model has a rate limit: asked before each try. */
  permits: Permits | undefined;
  /** A request is at the far side, whatever becomes of it there. */
  onArrival: () => void;
}

/** The way to a far side, or what a plan has in its place. */
export interface Network {
  /** Requests that may have been done must not be sent again. */
  readonly isOnce: boolean;
  send(request: FarRequest): Promise<Answer>;
}

/** An answer, or what came instead of one: what decides how a request ended. */
export type Answer = Pick<EgressResponse, "status" | "error" | "attempts" | "mayHaveActed"> & {
  refused: readonly string[];
};

type Try = Omit<Answer, "attempts">;

/** What a plan has: every request is taken for accepted. */
export class AssumedNetwork implements Network {
  readonly isOnce = false;

  constructor(private readonly time: SimulatedTime, private readonly random: Random) {}

  async send(): Promise<Answer> {
    await this.time.wait(this.random.next());
    return { status: 200, refused: [], attempts: 0 };
  }
}

/** See the module's comment. */
export class SimulatedNetwork implements Network {
  /** On the way there. */
  #leaving = new Set<FarRequest>();
  #sent = 0;
  #isOver = false;

  constructor(
    private readonly farSide: FarSide,
    private readonly time: SimulatedTime,
    private readonly random: Random,
    private readonly options: NetworkOptions,
  ) {}

  get isOnce(): boolean {
    return this.options.isOnce;
  }

  async send(request: FarRequest): Promise<Answer> {
    const { permits, retries, downAfter } = this.options;
    const number = ++this.#sent;
    if (number > downAfter) return { ...broken("down"), attempts: 0 };
    let last: Answer = { ...broken("down"), attempts: 0 };
    for (let attempts = 1;; attempts++) {
      if (this.#isOver) return await never();
      // One that was tried has ended as its last try did, whatever keeps it from another one.
      if (await permits?.ask(number) !== undefined) return last;
      last = { ...await this.#try(request), attempts };
      if (this.#isFinal(last) || attempts > retries) break;
      await this.time.wait(this.random.next() * 500);
    }
    permits?.end(number);
    return last;
  }

  #isFinal({ status, error }: Try): boolean {
    const didNothing = status === 503 || error?.kind === "unsent";
    if (this.options.isOnce) return !didNothing;
    return status !== undefined && status < 500;
  }

  /** The process is gone: what was on the way there arrives at once, or never; no more is tried. */
  cutOff(): void {
    this.#isOver = true;
    for (const request of this.#leaving) {
      if (this.random.chance(0.5)) this.#arrive(request);
    }
    this.#leaving.clear();
  }

  async #try(request: FarRequest): Promise<Try> {
    const fault = this.#drawFault();
    if (fault === "unsent") return broken("unsent");
    this.farSide.requests += 1;
    if (fault !== "lost before") this.#leaving.add(request);
    await this.time.wait(this.random.next() * 40);
    if (this.#isOver) return await never();
    this.#leaving.delete(request);
    if (fault === "lost before") return await this.#neverAnswered();
    if (fault === "failed before" || fault === "refused") this.options.onArrival();
    if (fault === "failed before") return await this.#answered({ status: 503, refused: [] });
    if (fault === "refused") return await this.#answered({ status: 409, refused: [] });
    const answer = this.#arrive(request);
    if (fault === "lost after") return await this.#neverAnswered();
    if (fault === "failed after") return await this.#answered({ status: 500, refused: [] });
    if (fault !== "redirected") return await this.#answered(answer);
    // At most once nothing follows what may have done it.
    const status = this.options.isOnce ? 302 : 404;
    return await this.#answered({ status, mayHaveActed: true, refused: [] });
  }

  #arrive(request: FarRequest): FarAnswer {
    this.options.onArrival();
    return this.farSide.handle(request);
  }

  #drawFault(): Fault | undefined {
    if (!this.random.chance(this.options.faults)) return undefined;
    return this.random.pick(FAULTS);
  }

  async #answered(answer: Try): Promise<Try> {
    await this.time.wait(this.random.next() * 40);
    return answer;
  }

  async #neverAnswered(): Promise<Try> {
    await this.time.wait(30_000);
    return broken(this.random.chance(0.5) ? "timeout" : "broken");
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}

function broken(kind: "timeout" | "broken" | "unsent" | "down"): Try {
  return { error: { kind, message: `The request ended as ${kind}` }, refused: [] };
}
