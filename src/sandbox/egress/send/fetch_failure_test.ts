import assert from "node:assert/strict";
import { AllowedHosts } from "~/sandbox/egress/allowed_hosts.ts";
import type { OutgoingRequest } from "~/sandbox/egress/prepare_request.ts";
import { toFailure } from "./fetch_failure.ts";

Deno.test("toFailure() reads the runtime's reason, whatever words the address holds", () => {
  const url = new URL("http://far.example/tls/certificate?dns%20error");
  const reason = "tcp connect error: Network is unreachable (os error 101)";
  // As Deno 2.9 throws it where a machine has no network at all.
  const thrown = new TypeError("fetch failed", {
    cause: new Error(`error sending request for url (${url}): client error (Connect): ${reason}`),
  });

  const failure = toFailure(thrown, { url } as OutgoingRequest, {
    allowedHosts: new AllowedHosts([]),
  });

  assert.equal(failure.kind, "unsent");
  assert.equal(
    failure.message,
    `Cannot reach "far.example": no connection could be made (${reason})`,
  );
  assert.equal(failure.retryable, true);
});
