import assert from "node:assert/strict";
import { hideInHeaders, hideInText } from "./hide_credentials.ts";

Deno.test("a credential is hidden in JSON that stays JSON, be it a text or a number", () => {
  const shown = hideInText(JSON.stringify({ password: "s3cret", id_token: 7, q: "a" }));
  assert.deepEqual(JSON.parse(shown), { password: "***", id_token: "***", q: "a" });
  assert.equal(hideInText('{"q":1,"password":"s3cr'), '{"q":1,"password":"***');
  assert.equal(hideInText("a=1&password=s3cret&b=2"), "a=1&password=***&b=2");
});

Deno.test("what lets somebody in is hidden in headers, however their names are written", () => {
  const shown = hideInHeaders([
    ["Authorization", "Bearer s3cret"],
    ["X-API-Key", "s3cret"],
    ["cookie", "id=s3cret"],
    ["X-Shopify-Access-Token", "s3cret"],
    ["private-token", "s3cret"],
    ["Accept", "text/plain"],
    ["Idempotency-Key", "00ff"],
    ["WWW-Authenticate", "Basic"],
  ]);
  assert.deepEqual(shown, {
    "Authorization": "Bearer ***",
    "X-API-Key": "***",
    "cookie": "***",
    "X-Shopify-Access-Token": "***",
    "private-token": "***",
    "Accept": "text/plain",
    "Idempotency-Key": "00ff",
    "WWW-Authenticate": "Basic",
  });
});
