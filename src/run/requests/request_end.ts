/**
 * What the end of a request says: whether it left, may have arrived, may have done something, was accepted.
 *
 * @module
 */
import type { RequestEnd } from "~/run/deliver/group_requests.ts";
import type { EgressError, EgressResponse } from "~/sandbox/protocol.ts";

/**
 * The end of a request for which no worker has told one.
 *
 * @param attempts Tries that may have left.
 */
export function withoutAnswer(attempts: number, error: EgressError): EgressResponse {
  return { url: "", headers: [], body: "", attempts, elapsedMs: 0, error };
}

/** The request was refused before any try of it left. */
export function isUnbegun({ attempts, error }: EgressResponse): boolean {
  return attempts === 0 && error?.kind === "down";
}

/** Whether the far side says that it took what it was sent. */
export function isAccepted({ status }: EgressResponse): boolean {
  return status !== undefined && status >= 200 && status < 300;
}

/**
 * What it says of the groups that the request is about.
 *
 * @param isOnce `@delivery: at_most_once`
 */
export function endOf(response: EgressResponse, isOnce: boolean): RequestEnd {
  return {
    isUncertain: response.status === undefined && hasBrokenOff(response),
    hasMoved: mayHaveMoved(response, isOnce),
    isTaken: isAccepted(response),
  };
}

function hasBrokenOff({ error }: EgressResponse): boolean {
  return error?.kind === "timeout" || error?.kind === "broken";
}

/**
 * Whether a request may have done something at the far side: all but those that were refused, never sent, or
 * that the far side was not available for (RFC 9110, section 15.6.4). One that was redirected may have been done
 * by then, however it ended where that led; not so with 307 and 308. Of a request that was tried again only
 * the last try is known; at most once it is tried again only where nothing was done.
 */
function mayHaveMoved(response: EgressResponse, isOnce: boolean): boolean {
  const { status, attempts, mayHaveActed } = response;
  if (mayHaveActed || (attempts > 1 && !isOnce)) return true;
  if (status === undefined) return hasBrokenOff(response);
  return status < 400 || (status >= 500 && status !== 503);
}
