/**
 * Tells the pacer how a request ended for good, so that a host which is down is found out.
 *
 * @module
 */
import { endOf, type RequestEnd, type RequestSpan } from "~/delivery/far_side_health.ts";
import { EgressFailure } from "~/sandbox/egress/egress_failure.ts";
import type { Pacer } from "./pacer.ts";
import type { Answer } from "./send_once.ts";

/**
 * See the module's comment.
 *
 * @param first Host of the request; where a redirect led elsewhere, the end is that of the other one.
 */
export function noteEnd(
  first: string,
  ended: Answer | EgressFailure,
  span: RequestSpan,
  pacer: Pacer,
): void {
  const host = ended.trail?.url.host ?? first;
  if (!(ended instanceof EgressFailure)) {
    return pacer.ended(host, endOf(ended.status), span, () => `the last one with ${ended.status}`);
  }
  pacer.ended(host, endOfFailure(ended), span, (shown) => {
    return ended.wording(shown).replace(`Cannot reach "${host}": `, "");
  });
}

/** What the sandbox refuses, or an answer that is too large, says nothing of the host. */
function endOfFailure({ kind, retryable }: EgressFailure): RequestEnd {
  if (kind === "unsent" || kind === "timeout") return "failed";
  return kind === "broken" && retryable ? "failed" : "unclear";
}
