/**
 * Tells when a host is down: so many requests in a row, each with all of its tries, have ended without
 * an answer or with a 5xx.
 *
 * @module
 */

/** How a request ended for good. `unclear`: 429 says neither that a host works nor that it does not. */
export type RequestEnd = "answered" | "unclear" | "failed";

/** How a request with this status ended; `undefined`: there was no answer. */
export function endOf(status: number | undefined): RequestEnd {
  if (status === undefined || status >= 500) return "failed";
  return status === 429 || status === 408 ? "unclear" : "answered";
}

/** Failures in a row after which a host is down. */
export const FAILURES_UNTIL_DOWN = 20;

/** See the module's comment. Hosts are counted apart. */
export class FarSideHealth {
  #failures = new Map<string, number>();

  /**
   * Notes the end of a request.
   *
   * @returns Whether the host is down now.
   */
  note(host: string, end: RequestEnd): boolean {
    if (end === "unclear") return false;
    if (end === "answered") {
      this.#failures.delete(host);
      return false;
    }
    const failures = (this.#failures.get(host) ?? 0) + 1;
    this.#failures.set(host, failures);
    return failures >= FAILURES_UNTIL_DOWN;
  }
}
