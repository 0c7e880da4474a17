import assert from "node:assert/strict";
import { runGuest, type TestHost } from "~/sandbox/testing/run_guest.ts";

const NO = '{"ok":false,"error":"not_in_channel"}';
const ROWS = [{ id: 1 }, { id: 2 }];
const POST = `http.post("https://a.test/m", { json: { text: "hello" } })`;

function run(code: string, host: TestHost = {}) {
  return runGuest(`import { changes, http, query, save } from "spoor";\n${code}`, {
    kind: "tracked",
    uniqueKey: ["id"],
    rows: ROWS,
    respond: () => ({ status: 200, body: NO }),
    ...host,
  });
}

/** None of them reads the answer. */
const UNREAD: Readonly<Record<string, string>> = {
  "each()": `await query("a").each(async () => { await ${POST}; });`,
  "each() that returns the answer": `await query("a").each(() => ${POST});`,
  "each() that returns its row":
    `await query("a").each(async (row) => { await ${POST}; return row; });`,
  "each() that looks at the status": `await query("a").each(async (row) => {
    const { ok, status } = await ${POST};
    return ok && status === 200 ? row : undefined;
  });`,
  "each() of changes": `await changes("a").each(async () => { await ${POST}; });`,
  "batches()": `await query("a").batches(2, async () => { await ${POST}; });`,
  "batches() that returns rows": `await query("a").batches(2, async (groups) => {
    await ${POST};
    return groups.flatMap(({ rows }) => rows);
  });`,
};

for (const [form, code] of Object.entries(UNREAD)) {
  Deno.test(`a success that says no in its body is not saved by: ${form}`, async () => {
    const { acknowledged, failedGroups, error } = await run(code);
    assert.deepEqual(acknowledged, []);
    assert.equal(error, undefined);
    assert.deepEqual(failedGroups.map(({ group }) => group), [1, 2]);
    for (const { error: { message, hint } } of failedGroups) {
      assert.match(
        message,
        /^Cannot tell .* accepted: POST https:\/\/a\.test\/m answered 200 with "ok": false, "error": "not_in_channel"$/,
      );
      assert.match(hint ?? "", /^Read the answer/);
    }
  });
}

Deno.test("a success that says no in its body ends a loop that saves all the same", async () => {
  const { acknowledged, error } = await run(`for await (const row of query("a")) {
    await ${POST};
    await save.row(row);
  }`);
  assert.deepEqual(acknowledged, []);
  assert.equal(
    error?.message,
    'Cannot save id = 1: POST https://a.test/m answered 200 with "ok": false, "error": "not_in_channel", ' +
      "and the model has not read what was accepted",
  );
});

/** Each reads the answer, and decides. */
const READ: Readonly<Record<string, string>> = {
  "each()": `await query("a").each(async () => {
    const { json } = await ${POST};
    if (!json.ok && json.error !== "not_in_channel") throw new Error(json.error);
  });`,
  "each() of changes": `await changes("a").each(async () => { void (await ${POST}).text; });`,
  "batches()": `await query("a").batches(2, async () => { void (await ${POST}).bytes; });`,
  "batches() that says what was accepted": `await query("a").batches(2, async () => {
    await ${POST};
    return { accepted: [1, 2] };
  });`,
  "a loop": `for await (const row of query("a")) {
    if ((await ${POST}).json.ok === false) await save.row(row);
  }`,
  "the same request that is taken later": `await query("a").each(async (row) => {
    await ${POST};
    await http.post("https://a.test/m", { json: { ok: false, error: "given back" } });
  });`,
};

for (const [form, code] of Object.entries(READ)) {
  Deno.test(`where the model has read a success that says no it decides: ${form}`, async () => {
    const { acknowledged, failedGroups, error } = await run(code);
    assert.equal(error, undefined);
    assert.deepEqual(failedGroups, []);
    assert.deepEqual(acknowledged.map(({ group }) => group), [1, 2]);
  });
}

Deno.test("what only reads, and is answered with a no, keeps nothing from being saved", async () => {
  const { acknowledged } = await run(
    `await query("a").each(async (row) => { await http.get("https://a.test/m/" + row.id); });`,
  );
  assert.equal(acknowledged.length, 2);
});

Deno.test("of a 207 it is not enough to have read it, of a success that says no it is", async () => {
  const code = `await query("a").each(async () => { void (await ${POST}).json; });`;
  const parts = await run(code, { respond: () => ({ status: 207, body: NO }) });
  assert.deepEqual([parts.acknowledged.length, parts.failedGroups.length], [0, 2]);
  const whole = await run(code);
  assert.deepEqual([whole.acknowledged.length, whole.failedGroups.length], [2, 0]);
});
