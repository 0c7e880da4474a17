import assert from "node:assert/strict";
import { fromRead, type SqlValue } from "~/warehouse/values.ts";
import { decodeGroupKey, encodeGroupKey, keyObject, renderGroupKey } from "./group_key.ts";

Deno.test("renderGroupKey() tells a text from the number or the nothing that it looks like", () => {
  const render = (value: string | number) => renderGroupKey(["id"], [value]);
  assert.deepEqual([render(7), render("7"), render("-1.5")], ["id = 7", "id = '7'", "id = '-1.5'"]);
  assert.deepEqual([render(""), render("EU"), render("7a")], ["id = ''", "id = EU", "id = 7a"]);
});

Deno.test("renderGroupKey() numbers the columns of a key that nothing tells the names of", () => {
  assert.equal(renderGroupKey([], ["EU", 7]), "1 = EU, 2 = 7");
  assert.deepEqual(keyObject([], encodeGroupKey(["EU", 7])), { "1": "EU", "2": 7 });
});

Deno.test("encodeGroupKey() writes a number in one way, be it an INTEGER or a REAL, and others otherwise", () => {
  const encode = (value: SqlValue) => encodeGroupKey([value]);
  for (const integer of [0n, 7n, 2n ** 53n, -(2n ** 53n), 2n ** 60n, -(2n ** 63n)]) {
    assert.equal(encode(Number(integer)), encode(integer));
    assert.equal(encode(fromRead(integer)), encode(integer));
  }
  assert.deepEqual([encode(7), encode(-0), encode(2 ** 53)], [
    "[7]",
    "[0]",
    `[{"int":"9007199254740992"}]`,
  ]);
  // INTEGER ends below it.
  assert.deepEqual([encode(2 ** 63), encode(1e22)], ["[9223372036854776000]", "[1e+22]"]);
  assert.notEqual(encode(2n ** 53n + 1n), encode(2 ** 53));
});

Deno.test("decodeGroupKey() reads what encodeGroupKey() wrote", () => {
  const keys: SqlValue[] = [7, 2n ** 53n, 1e22, 0.1, 5e-324, 2 ** 63, "", "7", "{}", "\u{1f600}"];
  for (const key of keys) assert.deepEqual(decodeGroupKey(encodeGroupKey([key, "x"])), [key, "x"]);
  const bytes = new Uint8Array([0, 255]);
  assert.deepEqual(decodeGroupKey(encodeGroupKey([bytes, new Uint8Array()])), [
    bytes,
    new Uint8Array(),
  ]);
});
