import assert from "node:assert/strict";
import { findParameterMistake, findParameters } from "./parameters.ts";

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

Deno.test("findParameterMistake() counts parameters as SQLite does", () => {
  const counts: readonly (readonly [sql: string, count: number])[] = [
    ["SELECT 1", 0],
    ["SELECT ?, ?", 2],
    ["SELECT ?2, ?1, ?2", 2],
    ["SELECT ?, ?3, ?", 4],
    ["SELECT '?', \"?\" -- ?", 0],
  ];

  for (const [sql, count] of counts) {
    assert.equal(findParameterMistake(sql, count), undefined, sql);
    assert.match(findParameterMistake(sql, count + 1)?.reason ?? "", /^it has .* was given/, sql);
  }
});

Deno.test("findParameterMistake() refuses names, whatever is given", () => {
  for (const name of [":a", "@a", "$a", "$a(b)"]) {
    const mistake = findParameterMistake(`SELECT ?, ${name}`, 2);
    assert.equal(mistake?.reason, `nothing gives a value to the parameter "${name}"`);
    assert.equal(mistake.offset, 10);
  }
});

Deno.test("findParameterMistake() leaves to SQLite what is no SQL", () => {
  assert.equal(findParameterMistake("SELECT a::int", 0), undefined);
});
