import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { isSameValue } from "./same_value.ts";
import { fromRead, type SqlValue, toBound } from "./values.ts";

const NEAR_BIG = [2n ** 53n, -(2n ** 53n), 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n)];
const bigNumber = fc.tuple(fc.constantFrom(...NEAR_BIG), fc.bigInt(-2n, 2n))
  .map(([big, near]) => big + near)
  .filter((integer) => integer >= -(2n ** 63n) && integer < 2n ** 63n);
const value: fc.Arbitrary<SqlValue> = fc.oneof(
  bigNumber.map(fromRead),
  bigNumber.map(Number),
  fc.constantFrom<SqlValue>(null, 0, -0, 1, 1.5, "", "1", " ", "é", "e\u0301", 1e300, 2 ** 64),
  fc.uint8Array({ maxLength: 2 }),
);

Deno.test("isSameValue() says what SQLite says", () => {
  using db = new DatabaseSync(":memory:");
  const compare = db.prepare("SELECT ? IS ? AS same");
  fc.assert(
    fc.property(value, value, (a, b) => {
      assert.equal(isSameValue(a, b), compare.get(toBound(a), toBound(b))?.same === 1);
    }),
    { numRuns: 5_000, examples: [[2n ** 53n, 2 ** 53], [2n ** 63n - 1n, 2 ** 63]] },
  );
});
