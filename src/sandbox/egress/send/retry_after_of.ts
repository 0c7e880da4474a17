/**
 * How long an answer asks to wait before the next request.
 *
 * @module
 */
import { parseRetryAfterMs } from "~/base/http/retry_after.ts";
import type { Answer } from "./send_once.ts";

/** In milliseconds from now; `undefined` where it does not say, or says nothing sensible. */
export function retryAfterOf({ headers }: Answer): number | undefined {
  const header = headers.find(([name]) => name === "retry-after")?.[1];
  return parseRetryAfterMs(header, Date.now());
}
