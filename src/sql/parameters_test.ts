import assert from "node:assert/strict";
import { findParameters, hasParameter } from "./parameters.ts";

Deno.test("findParameters() lists parameters with their names and places", () => {
  assert.deepEqual(findParameters("SELECT ?, ?2, :cursor, @b WHERE $c"), [
    { text: "?", start: 7, end: 8 },
    { text: "?2", start: 10, end: 12 },
    { text: ":cursor", name: "cursor", start: 14, end: 21 },
    { text: "@b", name: "b", start: 23, end: 25 },
    { text: "$c", name: "c", start: 32, end: 34 },
  ]);
});

Deno.test("findParameters() looks neither into strings nor into comments", () => {
  assert.deepEqual(findParameters(`SELECT ':a', ":b" -- :c\n/* ? */`), []);
});

Deno.test("hasParameter() finds a parameter by its name", () => {
  assert.ok(hasParameter("SELECT * FROM t WHERE at > :cursor", "cursor"));
  assert.ok(!hasParameter("SELECT * FROM t WHERE at > :cursor_2", "cursor"));
});
