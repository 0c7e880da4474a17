/**
 * Notes the tries of one request, for a person who asks later what it went through: when each began, how it ended,
 * and what was waited for after it.
 *
 * Of very many the first and the last ones are told, and of those between how many ended in which way.
 *
 * @module
 */
import type { EgressFailure } from "~/sandbox/egress/egress_failure.ts";
import type { RequestTries, RequestTry, WaitCause } from "~/sandbox/protocol.ts";

/** The first ones that are told, and as many of the last. */
const TOLD_AT_EACH_END = 5;

/** How a try ended, with nothing of its body. */
export interface TryEnd {
  status: number;
  /** In milliseconds. */
  retryAfterMs: number | undefined;
}

interface NotedTry extends Pick<RequestTry, "nth" | "atMs" | "elapsedMs"> {
  ended: TryEnd | EgressFailure;
  waitedMs: Partial<Record<WaitCause, number>>;
}

/** See the module's comment. */
export class TryLog {
  #noted: NotedTry[] = [];
  #count = 0;
  #leftOut = new Map<string, number>();
  /** Set while a try is under way: by this machine's clock, and by one that never jumps. */
  #began: { atMs: number; onClockMs: number } | undefined;
  #endedAtMs = 0;

  /** A try begins. */
  began(): void {
    this.#began = { atMs: Date.now(), onClockMs: performance.now() };
  }

  /** It has ended. */
  ended(ended: TryEnd | EgressFailure): void {
    if (!this.#began) return;
    this.#endedAtMs = performance.now();
    const { atMs, onClockMs } = this.#began;
    this.#began = undefined;
    const nth = ++this.#count;
    this.#noted.push({ nth, atMs, elapsedMs: this.#endedAtMs - onClockMs, ended, waitedMs: {} });
    if (this.#noted.length <= 2 * TOLD_AT_EACH_END) return;
    for (const { ended } of this.#noted.splice(TOLD_AT_EACH_END, 1)) {
      const end = "status" in ended ? String(ended.status) : ended.kind;
      this.#leftOut.set(end, (this.#leftOut.get(end) ?? 0) + 1);
    }
  }

  /** Something was waited for. Before the first try, and within one, that says nothing of what comes between two. */
  waited(cause: WaitCause, ms: number): void {
    const last = this.#noted.at(-1);
    if (!last || this.#began) return;
    last.waitedMs[cause] = (last.waitedMs[cause] ?? 0) + ms;
  }

  /** So long ago the last try ended. */
  get sinceEndMs(): number {
    return performance.now() - this.#endedAtMs;
  }

  /**
   * The tries; nothing where there was one at most, of which the answer says all.
   *
   * @param mask Takes secrets out of texts.
   */
  told(mask: (text: string) => string): RequestTries | undefined {
    if (this.#count < 2) return undefined;
    return {
      told: this.#noted.map((each) => toldOf(each, mask)),
      ...this.#leftOut.size > 0 && { leftOut: Object.fromEntries(this.#leftOut) },
    };
  }
}

function toldOf({ ended, ...noted }: NotedTry, mask: (text: string) => string): RequestTry {
  if (!("status" in ended)) return { ...noted, error: ended.report(mask) };
  const { status, retryAfterMs } = ended;
  return { ...noted, status, ...retryAfterMs !== undefined && { retryAfterMs } };
}
