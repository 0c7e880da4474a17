import assert from "node:assert/strict";
import { runGuest, type TestHost } from "~/sandbox/testing/run_guest.ts";

const PEOPLE = [{ id: 1, name: "Ada" }, { id: 2, name: "Bob" }, { id: 3, name: "Eve" }];
const ORDERS = [
  { id: 1, line: 1 },
  { id: 1, line: 2 },
  { id: 2, line: 1 },
  { id: 3, line: 1 },
  { id: 3, line: 2 },
];
const tracked = (rows: Record<string, unknown>[], more: TestHost = {}): TestHost => ({
  kind: "tracked",
  uniqueKey: ["id"],
  rows,
  ...more,
});

Deno.test("query gives rows to a loop, and an array to await", async () => {
  const run = await runGuest(
    `import { log, query } from "spoor";
for await (const row of query("SELECT 1", [1, true, new Date(0)])) log.info(row);
log.info((await query\`SELECT \${2} AND \${"x"}\`).length);
log.info((await query.all("SELECT 3")).length);`,
    { rows: PEOPLE },
  );

  assert.equal(run.error, undefined);
  assert.deepEqual(run.logs.slice(0, 2), [
    'info: { id: 1, name: "Ada" }',
    'info: { id: 2, name: "Bob" }',
  ]);
  const queries = run.messages.filter((message) => message.type === "query");
  assert.deepEqual(queries.map(({ sql, params, all }) => [sql, params, all]), [
    ["SELECT 1", [1, 1, "1970-01-01T00:00:00.000Z"], true],
    ["SELECT ? AND ?", [2, "x"], true],
    ["SELECT 3", [], true],
  ]);
});

Deno.test("in a tracked model query asks for changes and query.all for everything", async () => {
  const run = await runGuest(
    `import { query } from "spoor"; await query("a"); await query.all("b"); await query.all\`c\`;`,
    tracked(PEOPLE),
  );

  const queries = run.messages.filter((message) => message.type === "query");
  assert.deepEqual(queries.map(({ sql, all }) => [sql, all]), [["a", false], ["b", true], [
    "c",
    true,
  ]]);
});

Deno.test("leaving a loop early closes the query", async () => {
  const rows = Array.from({ length: 3_000 }, (_, id) => ({ id }));
  const run = await runGuest(
    `import { query } from "spoor"; for await (const row of query("a")) break;`,
    { rows },
  );

  assert.equal(run.messages.filter((message) => message.type === "close").length, 1);
});

Deno.test("the rows of one query are read once", async () => {
  const run = await runGuest(
    `import { query } from "spoor"; const rows = query("a"); await rows; await rows;
for await (const row of rows);`,
    { rows: PEOPLE },
  );

  assert.match(run.error?.message ?? "", /Cannot read the rows of a query twice/);
});

Deno.test("save.row in a table model sends rows in blocks and flushes them at the end", async () => {
  const run = await runGuest(
    `import { save } from "spoor";
for (let i = 0; i < 1201; i++) await save.row({ i, on: i % 2 === 0, at: new Date(0), tags: ["a"], n: 5n, none: null });
await save.rows([{ other: 1 }, { i: 1, other: 2 }]);`,
  );

  assert.equal(run.saved.length, 1203);
  assert.deepEqual(run.saved[1], {
    i: 1,
    on: 0,
    at: "1970-01-01T00:00:00.000Z",
    tags: '["a"]',
    n: 5n,
    none: null,
  });
  assert.equal(run.messages.filter((message) => message.type === "save").length, 5);
});

Deno.test("a value that cannot be saved is an error with the column's name", async () => {
  const message = async (row: string) =>
    (await runGuest(
      `import { save } from "spoor"; await save.row({ a: 1 });\nawait save.row(${row});`,
    )).error?.message;

  assert.equal(await message("{ a: undefined }"), 'Cannot save row 2: column "a" is undefined');
  assert.equal(await message("{ a: NaN }"), 'Cannot save row 2: column "a" is NaN');
  assert.equal(await message("{ a: -Infinity }"), 'Cannot save row 2: column "a" is -Infinity');
  assert.equal(await message("{ a: () => 1 }"), 'Cannot save row 2: column "a" is a function');
  assert.equal(await message("{ a: Symbol() }"), 'Cannot save row 2: column "a" is a symbol');
  assert.equal(
    await message("{ a: new Date(NaN) }"),
    'Cannot save row 2: column "a" is a Date without a time',
  );
  assert.match(
    await message("{ a: 2n ** 63n }") ?? "",
    /column "a" is 9223372036854775808, which is beyond 64 bits/,
  );
  assert.match(await message("{ a: [1n] }") ?? "", /column "a" cannot be written as JSON/);
  assert.equal(
    await message("{ a: { b: [1, NaN] } }"),
    'Cannot save row 2: column "a" cannot be written as JSON (.b[1] is NaN)',
  );
  assert.equal(
    await message("{ a: new Map() }"),
    'Cannot save row 2: column "a" cannot be written as JSON (it is a Map)',
  );
  assert.equal(
    await message("[1]"),
    "Cannot save row 2: it is an array, and not an object with columns",
  );
  assert.equal(await message("{}"), "Cannot save row 2: it has no columns");
});

Deno.test("a save that the host refuses fails the model", async () => {
  const run = await runGuest(`import { save } from "spoor";\nawait save.row({ a: 1 });`, {
    intercept(message, reply) {
      if (message.type !== "save") return false;
      reply({ type: "error", id: message.id, error: { message: "no such column" } });
      return true;
    },
  });

  assert.equal(run.error?.message, "no such column");
  assert.equal(run.error?.at?.line, 2);
});

Deno.test("save.rows takes a list, and says so of one row or a group", async () => {
  const run = (rows: string) =>
    runGuest(`import { save } from "spoor";\nawait save.rows(${rows});`);

  for (const rows of ["{ a: 1 }", "{ key: { a: 1 }, rows: [{ a: 1 }] }"]) {
    const { error } = await run(rows);
    assert.equal(error?.message, "Cannot save rows: they are an object, and not a list of rows");
    assert.match(error?.hint ?? "", /save\.row\(row\).*save\.rows\(group\.rows\)/);
    assert.equal(error?.at?.line, 2);
  }
  const messageOf = async (rows: string) => (await run(rows)).error?.message;
  assert.match(await messageOf("undefined") ?? "", /they are undefined, and not a list/);
  assert.match(await messageOf("'ab'") ?? "", /they are a string, and not a list/);
  assert.equal(await messageOf("new Set([{ a: 1 }])"), undefined);
});

Deno.test("save.row acknowledges a group once all of its rows are saved", async () => {
  const run = await runGuest(
    `import { query, save, log } from "spoor";
for await (const row of query("a")) await save.row({ ...row, sent: true });`,
    tracked(ORDERS),
  );

  assert.equal(run.error, undefined);
  assert.deepEqual(run.acknowledged.map(({ group, rows }) => [group, rows.length]), [
    [1, 2],
    [2, 1],
    [3, 2],
  ]);
  assert.deepEqual(run.acknowledged[0]?.rows[1], { id: 1, line: 2, sent: 1 });
});

Deno.test("saving a key that was not delivered, or twice, is an error that names it", async () => {
  const message = async (code: string) =>
    (await runGuest(
      `import { query, save } from "spoor"; for await (const row of query("a")) { ${code} }`,
      tracked(PEOPLE),
    )).error?.message;

  assert.match(
    await message(`await save.row({ id: 99 })`) ?? "",
    /^Cannot save id = 99: it was not delivered/,
  );
  assert.match(
    await message(`await save.row({ id: "1" })`) ?? "",
    /^Cannot save id = "1": it was not/,
  );
  assert.match(
    await message(`await save.row({ id: row.id + 1 })`) ?? "",
    /^Cannot save id = 2: it was not/,
  );
  assert.match(
    await message(`await save.row(row); await save.row(row)`) ?? "",
    /^Cannot save id = 1: .*saved already$/,
  );
  assert.match(await message(`await save.row({ name: "x" })`) ?? "", /it has no column "id"/);
});

Deno.test("groups and batches keep groups whole", async () => {
  const run = await runGuest(
    `import { query, save, log } from "spoor";
for await (const batch of query("a").batches(2)) {
  log.info(batch.map((group) => [group.key, group.rows.length]));
  await save.rows(batch.flatMap((group) => group.rows));
}`,
    tracked(ORDERS),
  );

  assert.deepEqual(run.logs, ["info: [[{ id: 1 }, 2], [{ id: 2 }, 1]]", "info: [[{ id: 3 }, 2]]"]);
  const acknowledgements = run.messages.filter((message) => message.type === "acknowledge");
  assert.deepEqual(acknowledgements.map(({ groups }) => groups.length), [2, 1]);
});

Deno.test("a batch that went out together before comes again exactly together", async () => {
  const rows = Array.from({ length: 9 }, (_, id) => ({ id }));
  const run = await runGuest(
    `import { query, log } from "spoor";
for await (const batch of query("a").batches(3)) log.info(batch.map((group) => group.key.id).join());`,
    tracked(rows, { batches: [7, 7, 7, 7, 9, 9, 0, 0, 8] }),
  );

  assert.deepEqual(run.logs, ["info: 0,1,2,3", "info: 4,5", "info: 6,7", "info: 8"]);
});

Deno.test("each saves what was read or returned, records what throws, and goes on", async () => {
  const run = await runGuest(
    `import { query, log } from "spoor";
const counts = await query("a").each(async (row, group) => {
  if (row.id === 2) throw new Error("refused");
  if (row.id === 3) return { remote: group.rows.length };
});
log.info(counts);`,
    tracked(PEOPLE),
  );

  assert.equal(run.error, undefined);
  assert.deepEqual(run.logs, ["info: { saved: 2, rejected: 0, failed: 1 }"]);
  assert.deepEqual(run.acknowledged, [
    { group: 1, rows: [{ id: 1, name: "Ada" }] },
    { group: 3, rows: [{ id: 3, remote: 1 }] },
  ]);
  assert.deepEqual(
    run.failedGroups.map(({ group, error }) => [group, error.message, error.at?.line]),
    [
      [2, "refused", 3],
    ],
  );
});

Deno.test("each runs as many functions at once as @concurrency says", async () => {
  const rows = Array.from({ length: 40 }, (_, id) => ({ id }));
  const run = await runGuest(
    `import { query, log } from "spoor";
let now = 0, most = 0;
await query("a").each(async () => {
  most = Math.max(most, ++now);
  await new Promise((resolve) => setTimeout(resolve, 1));
  now--;
});
log.info(most);`,
    tracked(rows, { concurrency: 8 }),
  );

  assert.deepEqual(run.logs, ["info: 8"]);
  assert.equal(run.acknowledged.length, 40);
});

for (const call of ["each(", "batches(1, "]) {
  Deno.test(`${call}…): the next group begins while one is being saved, and no more than one`, async () => {
    const heard: string[] = [];
    const held: (() => void)[] = [];
    const run = await runGuest(
      `import { http, query } from "spoor";
await query("a").${call}async () => void await http.post("https://a.test/"));`,
      tracked(PEOPLE, {
        respond({ groups }) {
          heard.push(`request ${groups}`);
          return { status: 200 };
        },
        intercept(message, reply) {
          if (message.type !== "acknowledge") return false;
          const [saved] = message.groups;
          heard.push(`save ${saved?.group}`);
          if (saved?.group === 3) return false;
          held.push(() => reply({ type: "saved", id: message.id }));
          if (held.length < 2) return true;
          // Long enough for a third one that does not wait.
          setTimeout(() => {
            heard.push("on disk");
            for (const answer of held) answer();
          }, 50);
          return true;
        },
      }),
    );

    assert.equal(run.error, undefined);
    const first = ["request 1", "save 1", "request 2", "save 2"];
    assert.deepEqual(heard, [...first, "on disk", "request 3", "save 3"]);
  });
}

Deno.test("each ends with what the sandbox refuses, instead of failing every group", async () => {
  const run = await runGuest(
    `import { query, secret } from "spoor"; await query("a").each(() => { secret("NOPE"); });`,
    tracked(PEOPLE),
  );

  assert.match(run.error?.message ?? "", /@secrets does not list it/);
  assert.deepEqual(run.failedGroups, []);
});

Deno.test("each may save the group itself", async () => {
  const run = await runGuest(
    `import { query, save, log } from "spoor";
log.info(await query("a").each(async (row, group) => { await save.rows(group.rows); }));`,
    tracked(ORDERS),
  );

  assert.deepEqual(run.logs, ["info: { saved: 3, rejected: 0, failed: 0 }"]);
  assert.equal(run.acknowledged.length, 3);
});

Deno.test("a group whose rows cannot be saved counts as failed, and not the others", async () => {
  const run = await runGuest(
    `import { query, log } from "spoor";
log.info(await query("a").batches(3, (groups) => groups.map(({ key }) => ({ ...key, x: key.id === 2 ? NaN : 1 }))));`,
    tracked(PEOPLE),
  );

  assert.deepEqual(run.logs, ["info: { saved: 2, rejected: 0, failed: 1 }"]);
  assert.equal(run.failedGroups[0]?.error.message, 'Cannot save id = 2: column "x" is NaN');
});

Deno.test("batches with a function saves all, or what is returned; 207 and errors fail the batch", async () => {
  const rows = Array.from({ length: 8 }, (_, id) => ({ id }));
  const run = await runGuest(
    `import { http, query, log } from "spoor";
log.info(await query("a").batches(2, async (groups) => {
  const first = groups[0].key.id;
  if (first === 2) return [{ id: 2 }];
  if (first === 4) throw new Error("down");
  if (first === 6) await http.post("https://a.test/batch", { json: {} });
}));`,
    tracked(rows, { respond: () => ({ status: 207 }) }),
  );

  assert.deepEqual(run.logs, ["info: { saved: 3, rejected: 0, failed: 5 }"]);
  assert.deepEqual(run.acknowledged.map(({ group }) => group), [1, 2, 3]);
  assert.deepEqual(run.failedGroups.map(({ group, error }) => [group, error.message]), [
    [4, "The function returned no row of this group"],
    [5, "down"],
    [6, "down"],
    [
      7,
      "Cannot tell which of 2 groups were accepted: POST https://a.test/batch answered 207 (Multi-Status)",
    ],
    [
      8,
      "Cannot tell which of 2 groups were accepted: POST https://a.test/batch answered 207 (Multi-Status)",
    ],
  ]);
});

Deno.test("each does not take 207 for a yes where the function returns nothing, or has not read it", async () => {
  const run = await runGuest(
    `import { http, query, save, log } from "spoor";
log.info(await query("a").each(async (row) => {
  const answer = await http.post("https://a.test/one", { json: row });
  if (row.id === 4) return row;
  if (row.id === 5) await save.row(row);
  if (answer.text !== "") throw new Error("refused");
  if (row.id === 2) return row;
  if (row.id === 3) await save.row(row);
}));`,
    tracked([...PEOPLE, { id: 4, name: "Di" }, { id: 5, name: "Ed" }], {
      respond: () => ({ status: 207 }),
    }),
  );

  const unclear =
    "Cannot tell whether the group was accepted: POST https://a.test/one answered 207 (Multi-Status)";
  assert.deepEqual(run.logs, ["info: { saved: 2, rejected: 0, failed: 3 }"]);
  assert.deepEqual(run.failedGroups.map(({ group, error }) => [group, error.message]), [
    [1, unclear],
    [4, unclear],
    [
      5,
      "Cannot save id = 5: POST https://a.test/one answered 207 (Multi-Status), and the model has not read " +
      "what was accepted",
    ],
  ]);
});

Deno.test("without tracking each row is a group, and the first error of each ends the model", async () => {
  const run = await runGuest(
    `import { query, log } from "spoor";
log.info(await query("a").each((row) => ({ id: row.id * 10 })));
await query("a").each((row) => { throw new Error("no " + row.id); });`,
    { rows: PEOPLE },
  );

  assert.deepEqual(run.logs, ["info: { saved: 3, rejected: 0, failed: 0 }"]);
  assert.equal(run.error?.message, "no 1");
});

Deno.test("a tracked model without query saves rows like a table", async () => {
  const run = await runGuest(
    `import { save } from "spoor"; await save.rows([{ id: 1 }, { id: 2 }]);`,
    tracked([]),
  );

  assert.deepEqual(run.saved, [{ id: 1 }, { id: 2 }]);
  assert.deepEqual(run.acknowledged, []);
});

Deno.test("the array of a tracked query is as any array", async () => {
  const { error, logs } = await runGuest(
    `import { log, query } from "spoor";
const rows = await query("a");
const plain = [rows[0], rows[1], rows[2]];
const [first, ...rest] = rows;
const told = (array) => JSON.stringify([
  array, [...array], Array.from(array), Array.isArray(array), array.length, Object.keys(array), array.at(-1),
  array.map((row) => row.id), array.map(function () { return this.x; }, { x: 1 }), [...array.entries()],
  array.filter(({ id }) => id > 1), array.slice(1), array.toReversed(), array.concat([1]), array.indexOf(first),
  array.flatMap(({ id }) => [id, id]), array.reduce((sum, { id }) => sum + id, 0), [...array.keys()],
  array.toSorted((a, b) => b.id - a.id), array.toSpliced(0, 1), array.includes(first), array.find(({ id }) => id === 2),
  array instanceof Array, array.constructor === Array, Object.prototype.toString.call(array), Math.max(...array.map(({ id }) => id)),
  new Map(array.map((row) => [row.id, row])).size, structuredClone([...array]), array.values().map(({ id }) => id).toArray(),
]);
const each = [];
rows.forEach((row, i, all) => each.push(row === rows[i] && all === rows));
const names = [];
for (const name in rows) names.push(name);
log.info(told(rows) === told(plain), each, names, first === plain[0], rest.length, Array.isArray(rest));
for (const wrong of ["map", "forEach"]) {
  try { rows[wrong](1); } catch (error) { log.info(error.name); }
}
log.info([rows, rows.map, rows.values(), rows[Symbol.iterator]].map((each) => Object.isFrozen(Object.getPrototypeOf(each))));
rows.push({ id: 4 });
for (const row of rows) if (rows.length < 6) rows.push({ id: row.id + 10 });
rows.sort((a, b) => b.id - a.id);
log.info(rows.map(({ id }) => id).join());`,
    { kind: "tracked", uniqueKey: ["id"], rows: [{ id: 1 }, { id: 2 }, { id: 3 }] },
  );

  assert.equal(error, undefined);
  assert.deepEqual(logs, [
    'info: true [true, true, true] ["0", "1", "2"] true 2 true',
    "info: TypeError",
    "info: TypeError",
    "info: [true, true, true, true]",
    "info: 12,11,4,3,2,1",
  ]);
});

Deno.test("a list or an object is no parameter of a query", async () => {
  for (const [given, what] of [["[[1, 2]]", "an array"], ["[7, { a: 1 }]", "an object"]] as const) {
    const { error } = await runGuest(`import { query } from "spoor";
await query("SELECT 1 WHERE 1 NOT IN (?)", ${given});`);
    assert.match(
      error?.message ?? "",
      RegExp(`^Cannot run the query: its parameter [12] is ${what}$`),
    );
    assert.match(error?.hint ?? "", /json_each/);
  }
  const taken = await runGuest(
    `import { query } from "spoor";
await query("SELECT ?, ?, ?", [new Date(0), new Uint8Array([1]), null]);`,
  );
  assert.equal(taken.error, undefined);
  const asJson = await runGuest(`import { query } from "spoor";
await query("SELECT 1 WHERE 1 IN (SELECT value FROM json_each(?))", [[1, 2]]);`);
  assert.equal(asJson.error, undefined);
});
