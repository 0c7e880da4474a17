import assert from "node:assert/strict";
import { runGuest, type TestHost } from "~/sandbox/testing/run_guest.ts";

const ROWS = [{ id: 1, line: 1 }, { id: 1, line: 2 }, { id: 2, line: 1 }, { id: 3, line: 1 }];
const run = (code: string, host: TestHost = {}) =>
  runGuest(`import { http, log, query, reject, save } from "spoor";\n${code}`, {
    kind: "tracked",
    uniqueKey: ["id"],
    rows: ROWS,
    ...host,
  });

Deno.test("reject parks the group of a row, whatever rows it has", async () => {
  const { error, rejected, acknowledged, failedGroups } = await run(
    `for await (const group of query("a").groups()) {
  if (group.key.id === 1) await reject(group.rows[1], new Error("no such plan"));
  else if (group.key.id === 2) await reject(group.key, "blocked");
  else await save.rows(group.rows);
}`,
  );

  assert.equal(error, undefined);
  assert.deepEqual(rejected, [
    { groups: [1], reason: "no such plan" },
    { groups: [2], reason: "blocked" },
  ]);
  assert.deepEqual(acknowledged.map(({ group }) => group), [3]);
  assert.deepEqual(failedGroups, []);
});

Deno.test("each and batches leave alone what their function rejected", async () => {
  const { error, logs, rejected, acknowledged, failedGroups } = await run(
    `log.info(await query("a").each(async (row, _group) => {
  if (row.id === 1) await reject(row, "no");
  if (row.id === 2) { await reject(row, "never"); throw new Error("too late to fail"); }
}));`,
  );
  const batches = await run(
    `log.info(await query("a").batches(3, async ([one, two, three]) => {
  await reject(two.key, "no");
  await save.rows(one.rows);
}));`,
  );

  assert.equal(error, undefined);
  assert.deepEqual(logs, [
    "warn: id = 2 was rejected, and its work ended with an error after that: too late to fail (models/test.ts:4)",
    "info: { saved: 1, rejected: 2, failed: 0 }",
  ]);
  assert.deepEqual(rejected.map(({ groups }) => groups), [[1], [2]]);
  assert.deepEqual(acknowledged.map(({ group }) => group), [3]);
  assert.deepEqual(failedGroups, []);
  assert.deepEqual(batches.logs, ["info: { saved: 2, rejected: 1, failed: 0 }"]);
  assert.deepEqual(batches.acknowledged.map(({ group }) => group), [1, 3]);
});

Deno.test("a group is either saved or rejected", async () => {
  const message = async (code: string) =>
    (await run(`for await (const row of query("a")) { ${code} }`)).error?.message;

  assert.equal(
    await message(`await reject(row, "no"); await save.row(row);`),
    "Cannot save id = 1: it was not delivered in this run, or was saved or rejected already",
  );
  assert.equal(
    await message(`await save.row({ ...row }); await save.row(row); await reject(row, "no");`),
    "Cannot reject id = 1: it was not delivered in this run, or was saved or rejected already",
  );
  assert.equal(
    await message(`await reject({ id: 9 }, "no");`),
    "Cannot reject id = 9: it was not delivered in this run, or was saved or rejected already",
  );
  assert.equal(
    await message(`await reject({ line: 1 }, "no");`),
    'Cannot reject row 1: it has no column "id"',
  );
  assert.equal(
    await message(`await reject(1, "no");`),
    "Cannot reject row 1: it is a number, and not an object with columns",
  );
});

Deno.test("reject wants a reason in words", async () => {
  const message = async (reason: string) =>
    (await run(`for await (const row of query("a")) await reject(row, ${reason});`)).error?.message;

  assert.equal(await message(`" "`), "Cannot reject id = 1: the reason is empty");
  assert.equal(await message(`new Error("")`), "Cannot reject id = 1: the reason is empty");
  assert.equal(await message("undefined"), "Cannot reject id = 1: the reason is missing");
  assert.equal(await message("422"), "Cannot reject id = 1: the reason is a number");
  assert.equal(await message("{}"), "Cannot reject id = 1: the reason is an object");
  assert.equal(await message("[]"), "Cannot reject id = 1: the reason is an array");
});

Deno.test("reject is an error where the model has read no groups", async () => {
  const { error } = await run(`await query("a"); await reject({ id: 1 }, "no");`, {
    kind: "table",
  });

  assert.equal(error?.message, "Cannot reject a row: the model has read no changes");
});

Deno.test("a rejection that the host does not take leaves the group as it was", async () => {
  const { error, acknowledged } = await run(
    `for await (const row of query("a")) {
  await reject(row, "no").catch((error) => log.info(error.message));
  await save.row(row);
}`,
    {
      intercept(message, reply) {
        if (message.type !== "reject") return false;
        reply({ type: "error", id: message.id, error: { message: "full disk" } });
        return true;
      },
      rows: [{ id: 1 }],
    },
  );

  assert.equal(error, undefined);
  assert.deepEqual(acknowledged, [{ group: 1, rows: [{ id: 1 }] }]);
});
