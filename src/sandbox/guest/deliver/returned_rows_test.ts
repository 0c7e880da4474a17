import assert from "node:assert/strict";
import { runGuest, type TestHost } from "~/sandbox/testing/run_guest.ts";

const ROWS = [{ id: 1, line: 1 }, { id: 2, line: 1 }, { id: 2, line: 2 }];
const POST = `http.post("https://a.test/", { json: row, throwOnError: false })`;
const run = (code: string, host: TestHost = {}) =>
  runGuest(`import { http, log, query, save } from "spoor";\n${code}`, {
    kind: "tracked",
    uniqueKey: ["id"],
    rows: ROWS,
    ...host,
  });
const refusing = { respond: () => ({ status: 422, body: new TextEncoder().encode("no") }) };

Deno.test("a function that takes one row does not send a group of several", async () => {
  const { acknowledged, failedGroups, requests } = await run(
    `await query("a").each(async (row) => { await ${POST}; });`,
  );

  assert.deepEqual(acknowledged.map(({ group }) => group), [1]);
  assert.equal(requests.length, 1);
  assert.deepEqual(failedGroups.map(({ group, error }) => [group, error.message]), [
    [2, "Cannot send id = 2 by one row: it has 2, and the function takes the first alone"],
  ]);
  const whole = await run(`await query("a").each(async (row, _group) => { await ${POST}; });`);
  assert.deepEqual(whole.acknowledged.map(({ group }) => group), [1, 2]);
});

Deno.test("an answer that is returned is no row: a success saves what was read, a refusal nothing", async () => {
  const taken = await run(`await query("a").each((row, _group) => ${POST});`);
  assert.deepEqual(taken.acknowledged, [
    { group: 1, rows: [{ id: 1, line: 1 }] },
    { group: 2, rows: [{ id: 2, line: 1 }, { id: 2, line: 2 }] },
  ]);

  const refused = await run(`await query("a").each((row, _group) => ${POST});`, refusing);
  assert.deepEqual(refused.acknowledged, []);
  assert.equal(refused.failedGroups[0]?.error.message, "POST https://a.test/ answered 422: no");
  const batch = await run(
    `await query("a").batches(2, ([{ rows: [row] }]) => ${POST});`,
    refusing,
  );
  assert.deepEqual([batch.acknowledged, batch.failedGroups.length], [[], 2]);
});

Deno.test("a function that has saved some rows of its group, and returns all, has them saved as it returns them", async () => {
  const { acknowledged, failedGroups } = await run(
    `await query("a").each(async (row, { rows }) => {
      await save.row(row);
      return rows.map((each) => ({ ...each, seen: 1 }));
    });`,
    { rows: ROWS.slice(1) },
  );

  assert.deepEqual([acknowledged, failedGroups], [[{
    group: 1,
    rows: [{ id: 2, line: 1, seen: 1 }, { id: 2, line: 2, seen: 1 }],
  }], []]);
});

Deno.test("an error that is returned or saved is no row", async () => {
  const returned = await run(
    `await query("a").each((row, _group) => http.post("https://a.test/", { json: row }).catch((error) => error));`,
    refusing,
  );
  assert.deepEqual(returned.acknowledged, []);
  assert.match(returned.failedGroups[0]?.error.message ?? "", /answered 422: no$/);

  const saved = await run(`await save.row(new Error("no"));`, { kind: "table" });
  assert.equal(saved.error?.message, "Cannot save row 1: it is an error, and not a row");
  const answer = await run(`await save.row(await http.get("https://a.test/"));`, { kind: "table" });
  assert.equal(
    answer.error?.message,
    "Cannot save row 1: it is the answer of a request, and not a row",
  );
});

Deno.test("an answer 207 that is returned is no word of what it accepted, be it read or not", async () => {
  for (const look of ["", "answer.text;"]) {
    const { acknowledged, failedGroups } = await run(
      `await query("a").each(async (row, _group) => {
  const answer = await ${POST};
  ${look}
  return answer;
});`,
      { respond: () => ({ status: 207 }) },
    );

    assert.deepEqual([acknowledged, failedGroups.length], [[], 2], look);
    assert.match(
      failedGroups[0]?.error.message ?? "",
      /^Cannot tell whether the group was accepted/,
    );
  }
});
