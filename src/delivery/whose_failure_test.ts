import assert from "node:assert/strict";
import { isFarSides } from "./whose_failure.ts";

Deno.test("isFarSides() tells an outage and a lost login from a record that is refused", () => {
  for (const status of [undefined, 401, 407, 408, 429, 502, 503, 504]) {
    assert.ok(isFarSides(status));
  }
  for (const status of [200, 302, 400, 403, 404, 409, 422, 500]) assert.ok(!isFarSides(status));
});
