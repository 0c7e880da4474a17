import assert from "node:assert/strict";
import { runGuest, type TestHost } from "~/sandbox/testing/run_guest.ts";

/** 1 is new, 2 has another name, 3 has left the query. */
const HOST: TestHost = {
  kind: "tracked",
  uniqueKey: ["id"],
  rows: [{ id: 1, name: "Ada" }, { id: 2, name: "Bob" }],
  previous: [{ id: 2, name: "Rob" }, { id: 3, name: "Eve" }],
};
const run = (code: string, host: TestHost = {}) =>
  runGuest(`import { changes, http, log, query, reject, save } from "spoor";\n${code}`, {
    ...HOST,
    ...host,
  });

Deno.test("changes tells what came, changed and went, with what was accepted before", async () => {
  const { error, logs, messages, acknowledged } = await run(
    `for await (const change of changes("SELECT 1 WHERE ?", [true])) {
  const { action, key, rows, previous, changed, idempotencyKey, save } = change;
  log.info([action, key.id, rows.map((row) => row.name), previous.map((row) => row.name), changed, idempotencyKey]);
  await save();
}`,
  );

  assert.equal(error, undefined);
  assert.deepEqual(logs, [
    'info: ["create", 1, ["Ada"], [], ["id", "name"], "key-1"]',
    'info: ["update", 2, ["Bob"], ["Rob"], ["name"], "key-2"]',
    'info: ["remove", 3, [], ["Eve"], ["id", "name"], "key-3"]',
  ]);
  assert.deepEqual(acknowledged, [
    { group: 1, rows: [{ id: 1, name: "Ada" }] },
    { group: 2, rows: [{ id: 2, name: "Bob" }] },
    { group: 3, rows: [] },
  ]);
  const [opened] = messages.filter((message) => message.type === "query");
  assert.deepEqual([opened?.sql, opened?.params, opened?.all, opened?.changes], [
    "SELECT 1 WHERE ?",
    [1],
    false,
    true,
  ]);
});

Deno.test("changes as a template gives an array to await; its changes save what they are told", async () => {
  const { error, acknowledged, messages } = await run(
    `const [ada, bob, eve] = await changes\`SELECT \${7}\`;
await eve.save();
await ada.save({ name: "Ada", remote: true });
await bob.save([{ id: 2, name: "Bobby" }]);`,
  );

  assert.equal(error, undefined);
  assert.deepEqual(acknowledged, [
    { group: 3, rows: [] },
    { group: 1, rows: [{ id: 1, name: "Ada", remote: 1 }] },
    { group: 2, rows: [{ id: 2, name: "Bobby" }] },
  ]);
  const [opened] = messages.filter((message) => message.type === "query");
  assert.deepEqual([opened?.sql, opened?.params], ["SELECT ?", [7]]);
});

Deno.test("each of changes acknowledges what returns, records what throws, and goes on", async () => {
  const { error, logs, acknowledged, failedGroups, rejected } = await run(
    `log.info(await changes("a").each(async ({ action, key, rows, reject }) => {
  if (key.id === 4) throw new Error("refused");
  if (key.id === 5) return await reject("gone for good");
  if (action !== "remove") return { ...rows[0], remote: key.id * 10 };
}));`,
    { rows: [...HOST.rows ?? [], { id: 4, name: "Di" }, { id: 5, name: "Ed" }] },
  );

  assert.equal(error, undefined);
  assert.deepEqual(logs, ["info: { saved: 3, rejected: 1, failed: 1 }"]);
  assert.deepEqual(acknowledged, [
    { group: 1, rows: [{ id: 1, name: "Ada", remote: 10 }] },
    { group: 2, rows: [{ id: 2, name: "Bob", remote: 20 }] },
    { group: 5, rows: [] },
  ]);
  assert.deepEqual(failedGroups.map(({ group, error }) => [group, error.message]), [
    [3, "refused"],
  ]);
  assert.deepEqual(rejected, [{ groups: [4], reason: "gone for good" }]);
});

Deno.test("a request made for a change belongs to it, in each and in a loop", async () => {
  const about = async (code: string, concurrency = 1) =>
    (await run(code, { concurrency })).requests.map(({ groups }) => groups);
  const send = `await http.delete("https://a.test/1"); await http.post("https://a.test/2");`;
  const expected = [[1], [1], [2], [2], [3], [3]];

  assert.deepEqual(
    await about(`for await (const change of changes("a")) { ${send} await change.save(); }
await http.get("https://a.test/end");`),
    [...expected, []],
  );
  const sent = await about(`await changes("a").each(async () => { ${send} });`, 3);
  assert.deepEqual(sent.toSorted(), expected);
});

Deno.test("a group that is to be removed, of which nothing was accepted, comes with its key", async () => {
  const { error, logs, messages } = await run(
    `await changes("a").each(({ action, key, previous }) => log.info([action, key, previous]));`,
    {
      intercept(message, reply) {
        if (message.type !== "pull") return false;
        reply({
          type: "rows",
          id: message.id,
          block: { columns: ["ID", "name"], values: [] },
          groups: [{ group: 1, rows: 0, batch: 0, action: "remove", previousRows: 0, key: [9] }],
          previous: [],
          done: true,
        });
        return true;
      },
    },
  );

  assert.deepEqual([error, logs], [undefined, ['info: ["remove", { ID: 9 }, []]']]);
  const ended = messages.filter(({ type }) => type === "acknowledge");
  assert.equal(ended.length, 1);
});

Deno.test("after Ctrl-C what waits for a removal is not begun", async () => {
  const { error, requests } = await run(
    `await changes("a").each(({ key }) => http.post("https://a.test/", { json: key.id }));`,
    {
      concurrency: 2,
      intercept(message, reply) {
        if (message.type === "http") reply({ type: "stop" });
        if (message.type !== "pull") return false;
        reply({
          type: "rows",
          id: message.id,
          block: { columns: ["id", "name"], values: [1, "Ada"] },
          groups: [
            { group: 1, rows: 0, batch: 0, action: "remove", previousRows: 0, key: [9] },
            { group: 2, rows: 1, batch: 0, action: "create", previousRows: 0 },
          ],
          previous: [],
          done: true,
        });
        return true;
      },
    },
  );

  assert.equal(error, undefined);
  assert.deepEqual(requests.map(({ body }) => body), ["9"]);
});

Deno.test("a request is about the change that it holds, or a part of it, of an array of changes", async () => {
  const { error, requests } = await run(
    `const [ada, bob, eve] = await changes("a");
for (const json of [ada, { key: bob.key }, [bob.rows[0]], eve.previous, [bob.previous[0], eve]]) {
  await http.post("https://a.test/", { json });
}`,
  );

  assert.equal(error, undefined);
  assert.deepEqual(requests.map(({ groups }) => groups), [[1], [2], [2], [3], [2, 3]]);
});

Deno.test("leaving a loop over changes early closes the query, and leaves the rest", async () => {
  const rows = Array.from({ length: 3_000 }, (_, id) => ({ id, name: "x" }));
  const { error, messages, acknowledged } = await run(
    `for await (const change of changes("a")) { await change.save(); break; }`,
    { rows },
  );

  assert.equal(error, undefined);
  assert.equal(acknowledged.length, 1);
  assert.equal(messages.filter((message) => message.type === "close").length, 1);
});

Deno.test("changes that come in many blocks keep their rows and those of before", async () => {
  const rows = Array.from({ length: 2_500 }, (_, i) => ({ id: i >> 1, line: i, name: "new" }));
  const previous = rows.map((row) => ({ ...row, name: "old" }));
  const { error, logs } = await run(
    `let wrong = 0, seen = 0;
for await (const { key, rows, previous, changed } of changes("a")) {
  seen++;
  const good = rows.length === 2 && previous.length === 2 && changed.join() === "name" &&
    [...rows, ...previous].every((row) => row.id === key.id) && rows[1].line === previous[1].line;
  if (!good) wrong++;
}
log.info(seen, wrong);`,
    { rows, previous },
  );

  assert.equal(error, undefined);
  assert.deepEqual(logs, ["info: 1250 0"]);
});

Deno.test("a removed group has its key by the query's names, and no rows to save", async () => {
  const { error, logs, failedGroups } = await run(
    `log.info(await changes("a").each(async (change) => {
  if (change.action !== "remove") return;
  log.info(change.key);
  if (change.key.id === 3) return change.previous;
  await save.row({ id: change.key.id });
}));`,
    { previous: [{ ID: 3, name: "Eve" }, { ID: 4, name: "Di" }] },
  );

  assert.equal(error, undefined);
  assert.deepEqual(logs, [
    "info: { id: 3 }",
    "info: { id: 4 }",
    "info: { saved: 2, rejected: 0, failed: 2 }",
  ]);
  assert.deepEqual(failedGroups.map(({ error }) => error.message), [
    "Cannot save rows of id = 3: the group was removed",
    "Cannot save rows of id = 4: the group was removed",
  ]);
});

Deno.test("a change ends once", async () => {
  const message = async (code: string) =>
    (await run(`for await (const change of changes("a")) { ${code} }`)).error?.message;

  assert.equal(
    await message("await change.save(); await change.save();"),
    "Cannot save id = 1: it was saved already",
  );
  assert.equal(
    await message(`await change.save(); await change.reject("no");`),
    "Cannot reject id = 1: it was saved already",
  );
  assert.equal(
    await message(`await change.reject("no"); await change.save();`),
    "Cannot save id = 1: it was rejected already",
  );
  assert.equal(
    await message(`await change.save([]);`),
    "Cannot save the change: there is no row to save",
  );
});

Deno.test("a change whose save the host refuses may be saved otherwise", async () => {
  let asked = 0;
  const { error, acknowledged } = await run(
    `for await (const change of changes("a")) {
  await change.save({ name: "odd" }).catch(() => change.save());
}`,
    {
      intercept(message, reply) {
        if (message.type !== "acknowledge" || asked++ > 0) return false;
        reply({ type: "error", id: message.id, error: { message: "no" } });
        return true;
      },
    },
  );

  assert.equal(error, undefined);
  assert.deepEqual(acknowledged[0], { group: 1, rows: [{ id: 1, name: "Ada" }] });
});

Deno.test("changes are read once, and only where the model is tracked", async () => {
  const twice = await run(`const all = changes("a"); await all.each(() => {}); await all;`);
  const table = await run(`try { changes("a"); } catch {} await changes("a");`, { kind: "table" });

  assert.match(twice.error?.message ?? "", /^Cannot read changes twice/);
  assert.equal(table.error?.message, 'Cannot read changes: the model is of the kind "table"');
});
