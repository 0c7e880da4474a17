/**
 * Tells the pacer how a request ended for good, so that a host which is down is found out.
 *
 * @module
 */
import { endOf, type RequestEnd, type RequestSpan } from "~/delivery/far_side_health.ts";
import { EgressFailure } from "~/sandbox/egress/egress_failure.ts";
import type { OutgoingRequest } from "~/sandbox/egress/prepare_request.ts";
import type { Pacer } from "./pacer.ts";
import type { Answer } from "./send_once.ts";

/** See the module's comment. Where a redirect led elsewhere, the end is that of the other host. */
export function noteEnd(
  { url, isRepeat = false }: Pick<OutgoingRequest, "url" | "isRepeat">,
  ended: Answer | EgressFailure,
  span: RequestSpan,
  pacer: Pacer,
): void {
  const { host } = ended.trail?.url ?? url;
  const request = { host, isRepeat };
  if (!(ended instanceof EgressFailure)) {
    const reason = () => `the last one with ${ended.status}`;
    return pacer.ended(request, endOf(ended.status), span, reason);
  }
  pacer.ended(request, endOfFailure(ended), span, (shown) => {
    return ended.wording(shown).replace(`Cannot reach "${host}": `, "");
  });
}

/** What the sandbox refuses, or an answer that is too large, says nothing of the host. */
function endOfFailure({ kind, retryable }: EgressFailure): RequestEnd {
  if (kind === "unsent" || kind === "timeout") return "failed";
  return kind === "broken" && retryable ? "failed" : "unclear";
}
