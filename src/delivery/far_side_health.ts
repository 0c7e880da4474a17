/**
 * Tells when a host is down: so many requests in a row, each with all of its tries, have ended without
 * an answer, with a 5xx, or with a 401 or 407. Of the latter the last one must have begun when the first of the row
 * had ended: where a login expires, all that is out is refused at once, and the next request may bring a new one.
 *
 * What repeats requests that have not been answered in an earlier run counts too, but is never what makes a host
 * down: it comes first, and rows that the far side never answers about would else keep all others from being
 * tried, in every run.
 *
 * @module
 */

/**
 * How a request ended for good. `unclear`: 429 says neither that a host works nor that it does not. `locked_out`:
 * it does not know who asks.
 */
export type RequestEnd = "answered" | "unclear" | "failed" | "locked_out";

/** How a request with this status ended; `undefined`: there was no answer. */
export function endOf(status: number | undefined): RequestEnd {
  if (status === undefined || status >= 500) return "failed";
  if (status === 401 || status === 407) return "locked_out";
  return status === 429 || status === 408 ? "unclear" : "answered";
}

/** Failures in a row after which a host is down. */
export const FAILURES_UNTIL_DOWN = 20;

/** When the last try of a request began, and when it ended: milliseconds of one clock. */
export interface RequestSpan {
  beganAtMs: number;
  endedAtMs: number;
}

/** Requests in a row that failed. */
interface Failures {
  count: number;
  firstEndedAtMs: number;
}

/** See the module's comment. Hosts are counted apart. */
export class FarSideHealth {
  #failures = new Map<string, Failures>();

  /**
   * Notes the end of a request.
   *
   * @param isRepeat All that it is about had no answer in an earlier run.
   * @returns Whether the host is down now.
   */
  note(
    host: string,
    end: RequestEnd,
    { beganAtMs, endedAtMs }: RequestSpan,
    isRepeat = false,
  ): boolean {
    if (end === "unclear") return false;
    if (end === "answered") {
      this.#failures.delete(host);
      return false;
    }
    const failures = this.#failures.get(host) ?? { count: 0, firstEndedAtMs: endedAtMs };
    this.#failures.set(host, failures);
    failures.count += 1;
    const mayBeOver = end === "locked_out" && beganAtMs < failures.firstEndedAtMs;
    return failures.count >= FAILURES_UNTIL_DOWN && !mayBeOver && !isRepeat;
  }
}
