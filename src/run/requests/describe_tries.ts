/**
 * The tries of a request as the record keeps them: cut, as what a far side says may have any length.
 *
 * @module
 */
import { shortenText } from "~/base/text/cut_text.ts";
import type { RequestTries, RequestTry } from "~/sandbox/protocol.ts";
import type { RecordedTries, RecordedTry } from "~/store/changes/recorded_tries.ts";

/** Of an error's words. */
const MAX_WORDS = 300;
/** The request's own line begins with that already. */
const OWN_NAME = /^Cannot read the answer of [A-Z]+ \S+: /;

/** @param shown Hides what lets somebody in. */
export function describeTries(
  { told, leftOut }: RequestTries,
  shown: (text: string) => string,
): RecordedTries {
  return {
    tries: told.map((each) => describeTry(each, shown)),
    ...leftOut && { tries_left_out: leftOut },
  };
}

function describeTry(
  { nth, atMs, elapsedMs, status, error, retryAfterMs, waitedMs }: RequestTry,
  shown: (text: string) => string,
): RecordedTry {
  const waited = Object.entries(waitedMs).map(([cause, ms]) => [cause, Math.round(ms)] as const)
    .filter(([, ms]) => ms > 0);
  return {
    nth,
    at: new Date(atMs).toISOString(),
    elapsed_ms: Math.round(elapsedMs),
    ...status !== undefined && { status },
    ...error && {
      kind: error.kind,
      error: shortenText(shown(error.message.replace(OWN_NAME, "")), MAX_WORDS),
    },
    ...retryAfterMs !== undefined && { retry_after_ms: retryAfterMs },
    ...waited.length > 0 && { waited_ms: Object.fromEntries(waited) },
  };
}
