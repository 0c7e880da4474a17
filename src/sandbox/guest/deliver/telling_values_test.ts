import assert from "node:assert/strict";
import type { Row } from "~/sandbox/guest/rows/row_values.ts";
import type { GivenGroup } from "./delivery.ts";
import { findByValues, type TellingParts } from "./telling_values.ts";

function groupOf(row: Row, key: Row = { id: row.id ?? null }): GivenGroup {
  return { key, rows: [row] } as unknown as GivenGroup;
}

/** Ids of those that are found. */
function found(
  rows: readonly GivenGroup[],
  parts: Partial<TellingParts>,
  current: readonly GivenGroup[] = [],
): unknown[] {
  const groups = findByValues(new Set(rows), current, { values: [], texts: [], ...parts });
  return [...groups].map(({ key }) => key.id);
}

const ADA = groupOf({ id: 1, email: "ada@a.test", boss: "eve@a.test", channel: "webshop" });
const BOB = groupOf({ id: 2, email: "bob@a.test", boss: "eve@a.test", channel: "store" });
const JO = groupOf({ id: 3, email: "o'jo+1@a.test", boss: "ada@a.test", ref: "A-2041-77b-9102" });
const ALL = [ADA, BOB, JO];

Deno.test("a request is about the groups whose addresses and ids only they have", () => {
  const inText = (text: string) => found(ALL, { texts: ["https://a.test/x", text] });

  assert.deepEqual(inText('{"to":["bob@a.test"]}'), [2]);
  assert.deepEqual(inText('{"to":["bob@a.test","o\'jo+1@a.test"]}'), [2, 3]);
  assert.deepEqual(inText('[{"ref":"A-2041-77b-9102"}]'), [3]);
  assert.deepEqual(inText("email=bob%40a.test&x=%"), [], "it cannot be decoded");
  assert.deepEqual(inText("email=bob%40a.test"), [2]);
  assert.deepEqual(inText('{"to":"eve@a.test","cc":"ada@a.test"}'), [], "several have them");
  assert.deepEqual(inText('{"to":"bob@a.test.example"}'), [2], "a dot may end a sentence");
  assert.deepEqual(inText('{"to":"rebob@a.test","source":"webshop","at":"2026-11-26"}'), []);
});

Deno.test("the host of a request tells nothing", () => {
  const named = [groupOf({ id: "acme" }), groupOf({ id: "test" })];

  assert.deepEqual(found(named, { texts: ["https://api.acme.test:80/lists/test"] }), ["test"]);
});

Deno.test("a group alone is not looked for, nor are those of a whole table", () => {
  const many = Array.from({ length: 1_001 }, (_, id) => groupOf({ id, email: `u${id}@a.test` }));

  assert.deepEqual(found([BOB], { texts: ["bob@a.test"] }), []);
  assert.deepEqual(found(many, { texts: ["u7@a.test"] }), []);
  assert.deepEqual(found(many.slice(1), { texts: ["u7@a.test"] }), [7]);
});

Deno.test("a key that is a number tells by its name, or as the one number of the URL", () => {
  const values = [{ list: 3, inputs: [{ ID: 1 }, { props: { id: "2" } }], other_id: 3 }];

  assert.deepEqual(found(ALL, { values }), [1, 2]);
  assert.deepEqual(found(ALL, { texts: ["https://a.test:3/v3/people/2?x=9", "3"] }), [2]);
  assert.deepEqual(found(ALL, { texts: ["https://a.test/people/2", "ada@a.test"] }), [2]);
  assert.deepEqual(found(ALL, { texts: ["https://a.test/accounts/1/people/2"] }), [], "which?");
  const pairs = [groupOf({ id: 1, year: 7 }, { id: 1, year: 7 }), BOB];
  assert.deepEqual(found(pairs, { texts: ["https://a.test/people/1"] }), [], "a half of the key");
  const large = [groupOf({ id: 2_000_001n }), groupOf({ id: 2_000_002n })];
  assert.deepEqual(found(large, { texts: ["https://a.test/x", "<id>2000002</id>"] }), [2_000_002n]);
});

Deno.test("what a row refers to tells no other row", () => {
  const acme = groupOf({ id: "ACME", parent: null, note: null });
  const beta = groupOf({ id: "BETA", parent: "ACME", note: "of (ACME), as was said" });
  const rows = [acme, beta];
  const inText = (text: string) => found(rows, { texts: ["https://a.test/x", text] }, [beta]);

  assert.deepEqual(inText('{"name":"Beta","parent":"ACME"}'), []);
  assert.deepEqual(inText('{"code":"BETA","parent":"ACME"}'), ["BETA"]);
  assert.deepEqual(inText('{"code":"BETA","parent":"ACME","note":"of (ACME), as was said"}'), [
    "BETA",
  ]);
  assert.deepEqual(inText('{"code":"ACME","parent":null}'), [], "it may be of either");
  const both = '[{"code":"ACME"},{"code":"BETA","parent":"ACME","note":"of (ACME), as was said"}]';
  assert.deepEqual(inText(both), ["BETA", "ACME"]);
});

Deno.test("what a row refers to by a number tells no other row", () => {
  const one = groupOf({ id: 1, company: 7 });
  const eight = groupOf({ id: 8, company: 1 });
  const about = (values: unknown[], path = "/people") =>
    found([one, eight], { values, texts: [`https://a.test${path}`] }, [eight]);

  assert.deepEqual(about([{ id: 8, company: { id: 1 } }]), [8]);
  assert.deepEqual(about([[{ id: 1, company: { id: 7 } }, { id: 8, company: { id: 1 } }]]), [1, 8]);
  assert.deepEqual(about([{ name: "x", company: { id: 1 } }]), []);
  assert.deepEqual(about([{ name: "x", company: { id: 1 } }], "/people/8"), []);
  assert.deepEqual(about([], "/companies/1/people"), []);
  const three = groupOf({ id: 3 });
  const first = (value: unknown) =>
    found([three, eight], { values: [value], texts: ["https://a.test/"] }, [eight]);
  assert.deepEqual(first({ fields: { name: "x", type: { id: "3" } } }), [], "a constant");
  assert.deepEqual(first({ data: { id: 3, name: "x" } }), [3]);
  assert.deepEqual(first({ list: 9, inputs: [{ id: 3, name: "x" }] }), [3]);
});
