import assert from "node:assert/strict";
import { findParameters } from "./parameters.ts";

Deno.test("findParameters() lists parameters with their places", () => {
  assert.deepEqual(findParameters("SELECT ?, ?2, :cursor, @b WHERE $c"), [
    { text: "?", start: 7 },
    { text: "?2", start: 10 },
    { text: ":cursor", start: 14 },
    { text: "@b", start: 23 },
    { text: "$c", start: 32 },
  ]);
});

Deno.test("findParameters() looks neither into strings nor into comments", () => {
  assert.deepEqual(findParameters(`SELECT ':a', ":b" -- :c\n/* ? */`), []);
});
