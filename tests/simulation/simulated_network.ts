/**
 * The way to the far side: requests take their time, are tried again as the egress worker does, and meet
 * faults: refused, failed before or after it was done, lost on the way there or back, no connection.
 *
 * @module
 */
import type { EgressResponse } from "~/sandbox/protocol.ts";
import type { FarAnswer, FarRequest, FarSide } from "./far_side.ts";
import type { Random } from "./random.ts";
import type { SimulatedTime } from "./simulated_time.ts";

type Fault = "refused" | "failed before" | "failed after" | "lost before" | "lost after" | "unsent";
const FAULTS: readonly [Fault, ...Fault[]] = [
  ...["refused", "failed before", "failed after", "lost before", "lost after", "unsent"] as const,
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
}

/** An answer, or what came instead of one: what decides how a request ended. */
export type Answer = Pick<EgressResponse, "status" | "error" | "attempts"> & {
  refused: readonly string[];
};

type Try = Omit<Answer, "attempts">;

/** See the module's comment. */
export class SimulatedNetwork {
  /** On the way there. */
  #leaving = new Set<FarRequest>();
  #sent = 0;

  constructor(
    private readonly farSide: FarSide,
    private readonly time: SimulatedTime,
    private readonly random: Random,
    readonly options: NetworkOptions,
  ) {}

  async send(request: FarRequest): Promise<Answer> {
    if (++this.#sent > this.options.downAfter) return { ...broken("down"), attempts: 0 };
    for (let attempts = 1;; attempts++) {
      const answer = await this.#try(request);
      if (this.#isFinal(answer) || attempts > this.options.retries) return { ...answer, attempts };
      await this.time.wait(this.random.next() * 500);
    }
  }

  #isFinal({ status, error }: Try): boolean {
    const didNothing = status === 503 || error?.kind === "unsent";
    if (this.options.isOnce) return !didNothing;
    return status !== undefined && status < 500;
  }

  /** The process is gone: what was on the way there arrives at once, or never. */
  cutOff(): void {
    for (const request of this.#leaving) {
      if (this.random.chance(0.5)) this.farSide.handle(request);
    }
    this.#leaving.clear();
  }

  async #try(request: FarRequest): Promise<Try> {
    const fault = this.#drawFault();
    if (fault === "unsent") return broken("unsent");
    this.farSide.requests += 1;
    if (fault !== "lost before") this.#leaving.add(request);
    await this.time.wait(this.random.next() * 40);
    this.#leaving.delete(request);
    if (fault === "lost before") return await this.#neverAnswered();
    if (fault === "failed before") return await this.#answered({ status: 503, refused: [] });
    if (fault === "refused") return await this.#answered({ status: 409, refused: [] });
    const answer = this.farSide.handle(request);
    if (fault === "lost after") return await this.#neverAnswered();
    return await this.#answered(fault === "failed after" ? { status: 500, refused: [] } : answer);
  }

  #drawFault(): Fault | undefined {
    if (!this.random.chance(this.options.faults)) return undefined;
    return this.random.pick(FAULTS);
  }

  async #answered(answer: FarAnswer): Promise<Try> {
    await this.time.wait(this.random.next() * 40);
    return answer;
  }

  async #neverAnswered(): Promise<Try> {
    await this.time.wait(30_000);
    return broken(this.random.chance(0.5) ? "timeout" : "broken");
  }
}

function broken(kind: "timeout" | "broken" | "unsent" | "down"): Try {
  return { error: { kind, message: `The request ended as ${kind}` }, refused: [] };
}
