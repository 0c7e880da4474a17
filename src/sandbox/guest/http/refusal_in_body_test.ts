import assert from "node:assert/strict";
import { refusalInBody } from "./refusal_in_body.ts";

/** Bodies of successes, and what of each says no. */
const BODIES: readonly (readonly [name: string, body: unknown, refusal: string | undefined])[] = [
  [
    "Slack",
    { ok: false, error: "not_in_channel" },
    '"ok": false, "error": "not_in_channel"',
  ],
  ["Slack, taken with a warning", { ok: true, warning: "missing_charset" }, undefined],
  [
    "GraphQL",
    { data: null, errors: [{ message: "no such field" }] },
    '"errors": [{"message":"no such field"}]',
  ],
  ["GraphQL, taken", { data: { customerCreate: { customer: { id: 1 } } } }, undefined],
  [
    "Shopify",
    { data: { customerCreate: { customer: null, userErrors: [{ message: "Email is taken" }] } } },
    '"userErrors": [{"message":"Email is taken"}]',
  ],
  [
    "Shopify, taken",
    { data: { customerCreate: { customer: { id: 1 }, userErrors: [] } } },
    undefined,
  ],
  [
    "JSON-RPC",
    { jsonrpc: "2.0", id: 1, error: { code: 200, message: "Odoo Server Error" } },
    '"error": {"code":200,"message":"Odoo Server Error"}',
  ],
  ["JSON-RPC, taken", { jsonrpc: "2.0", id: 1, result: 7, error: null }, undefined],
  [
    "records of Salesforce",
    [{ id: "1", success: true, errors: [] }, { success: false, errors: [{ statusCode: "E" }] }],
    '"success": false, "errors": [{"statusCode":"E"}]',
  ],
  ["records of Salesforce, taken", [{ id: "1", success: true, errors: [] }], undefined],
  ["a composite of Salesforce", { hasErrors: true, results: [] }, '"hasErrors": true'],
  ["a composite of Salesforce, taken", { hasErrors: false, results: [] }, undefined],
  ["Elasticsearch", { took: 3, errors: true, items: [] }, '"errors": true'],
  ["Elasticsearch, taken", { took: 3, errors: false, items: [] }, undefined],
  [
    "BigQuery",
    { kind: "x", insertErrors: [{ index: 0 }] },
    '"insertErrors": [{"index":0}]',
  ],
  ["a count", { accepted: 9, errors: 1 }, '"errors": 1'],
  ["a count of none", { accepted: 9, errors: 0 }, undefined],
  ["words that are empty", { error: "", errors: {}, userErrors: [] }, undefined],
  ["a record that has such a name inside", { id: 1, last: { success: false } }, undefined],
  ["a list of texts", ["error", { id: 1 }], undefined],
];

for (const [name, body, refusal] of BODIES) {
  Deno.test(`what a success says against itself: ${name}`, () => {
    const text = JSON.stringify(body);
    assert.equal(refusalInBody(text, null), refusal);
    assert.equal(refusalInBody(new TextEncoder().encode(text), '{"id":1}'), refusal);
    assert.equal(refusalInBody(JSON.stringify(body, null, 2), "id=1&terror=2"), refusal);
  });
}

Deno.test("a name that the request has is given back, and says nothing", () => {
  const paid = { id: 7, success: false, error: "card declined" };
  assert.equal(refusalInBody(JSON.stringify({ ...paid, at: 1 }), JSON.stringify(paid)), undefined);
  assert.equal(refusalInBody(JSON.stringify(paid), "success=false&error=card"), undefined);
  assert.equal(
    refusalInBody(JSON.stringify(paid), '{"success":false}'),
    '"error": "card declined"',
  );
});

Deno.test("what is no JSON says nothing, nor does what is too long to look through", () => {
  for (const body of ["", "no", "<a title='\"ok\": false'>", '{"ok": false', "null", "7"]) {
    assert.equal(refusalInBody(body, null), undefined, body);
  }
  const long = JSON.stringify({ ok: false, text: "x".repeat(17 * 2 ** 20) });
  assert.equal(refusalInBody(long, null), undefined);
});

Deno.test("a long word is cut, and credentials in it are hidden", () => {
  const errors = [{ url: "https://a.test/?access_token=hunter2", message: "x".repeat(500) }];
  const said = refusalInBody(JSON.stringify({ errors }), null) ?? "";
  assert.ok(said.length < 150, said);
  assert.doesNotMatch(said, /hunter2/);
});
