import assert from "node:assert/strict";
import { withoutNet } from "./without_net.ts";

const MODEL = { name: "raw.a", path: "models/raw/a.ts" };

Deno.test("withoutNet() gives the line that would allow the host", () => {
  const { message, hint } = withoutNet(MODEL, "https://api.example.com:8443/contacts");
  assert.equal(message, `Cannot reach "api.example.com:8443": raw.a has no @allow_net`);
  assert.match(hint ?? "", /"\/\/ @allow_net: api\.example\.com:8443"/);
});

Deno.test("withoutNet() names no line for what has no host", () => {
  for (const address of ["contacts", "file:///etc/passwd", undefined, ""]) {
    const { message, hint } = withoutNet(MODEL, address);
    assert.equal(message, `Cannot reach "${address}": raw.a has no @allow_net`);
    assert.match(hint ?? "", /^Write the whole address, as in "https:/);
  }
});
