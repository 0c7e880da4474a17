/**
 * Groups of rows: they go out whole, one by one or in batches, and are acknowledged whole.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi, type ReceivedRequest } from "../support/fake_api.ts";
import { readLines } from "../support/read_lines.ts";
import { rowsOf, syncProject } from "../support/sync_project.ts";

const LINES = ["order_id", "line", "product"];
const ORDER_KEY = { directives: ["unique_key: order_id"] };
const SEND_ORDERS = `
  await query("SELECT * FROM raw.people").each(async (_, order) => {
    await http.post(ORIGIN + "/orders/" + order.key.order_id, { json: order.rows });
  });
`;
const ORDERS = [
  ["1", "1", "'tea'"],
  ["2", "1", "'tea'"],
  ["1", "2", "'milk'"],
  ["2", "2", "'rice'"],
  ["3", "1", "'salt'"],
];

Deno.test("an order goes out with all of its lines, and only when one of them differs", async () => {
  await using api = await fakeApi();
  await using orders = await syncProject(api, SEND_ORDERS, ORDER_KEY);
  const sentBy = async (rows: readonly (readonly string[])[]) => {
    api.clear();
    await orders.setRows(LINES, rows);
    const run = await orders.run("--full");
    assert.equal(run.code, 0, run.output);
    return api.requests.map(({ path, json }) =>
      `${path.slice("/orders/".length)}: ${
        (json as { product: string }[]).map((line) => line.product)
      }`
    );
  };

  assert.deepEqual(await sentBy(ORDERS), ["1: tea,milk", "2: tea,rice", "3: salt"]);
  assert.deepEqual(await sentBy(ORDERS), [], "nothing moved");
  assert.deepEqual(await sentBy(ORDERS.toReversed()), [], "other order of rows");
  const added = [...ORDERS, ["2", "3", "'oil'"]];
  assert.deepEqual(await sentBy(added), ["2: tea,rice,oil"], "a line was added");
  assert.deepEqual(await sentBy(ORDERS), ["2: tea,rice"], "a line was removed");
  const doubled = [...ORDERS, ["1", "2", "'milk'"]];
  assert.deepEqual(await sentBy(doubled), ["1: tea,milk,milk"], "a line was doubled");
  const tripled = [...doubled, ["1", "2", "'milk'"]];
  assert.deepEqual(await sentBy(tripled), ["1: tea,milk,milk,milk"], "a line came three times");
  assert.deepEqual(await sentBy(ORDERS), ["1: tea,milk"], "and once again");
  const lines = await readLines(orders.project, "why", "sync.people", "2");
  assert.deepEqual(lines.flatMap(({ changed_rows: rows }) => rows ? [rows] : []), [
    {
      rows_before: 3,
      rows_after: 2,
      difference: { gone: { rows: 1, first: [{ line: 3, product: "oil" }] } },
    },
    {
      rows_before: 2,
      rows_after: 3,
      difference: { added: { rows: 1, first: [{ line: 3, product: "oil" }] } },
    },
  ]);
  const exchanged = ORDERS.map(([order, ...line]) => [order === "1" ? "2" : "1", ...line]);
  assert.deepEqual(
    (await sentBy([...exchanged.slice(0, 4), ["3", "1", "'salt'"]])).toSorted(),
    ["1: tea,rice", "2: tea,milk"],
    "two orders exchanged their lines",
  );
  const onlyOne = ORDERS.slice(4);
  assert.deepEqual(await sentBy(onlyOne), [], "two orders left");
  assert.deepEqual(orders.project.rows("sync.people").map((row) => row.order_id), [3]);
});

Deno.test("a group of several rows is acknowledged by its last row", async () => {
  await using api = await fakeApi();
  await using orders = await syncProject(
    api,
    `for await (const row of query("SELECT * FROM raw.people ORDER BY order_id, line")) {
      await http.post(ORIGIN + "/", { json: row });
      if (row.product === "rice") throw new Error("no rice");
      await save.row(row);
    }`,
    ORDER_KEY,
  );
  await orders.setRows(LINES, ORDERS);

  const run = await orders.run();

  assert.equal(run.code, 1);
  assert.equal(run.sync.delivery?.saved, 1);
  assert.deepEqual(
    orders.project.rows("sync.people").map((row) => [row.order_id, row.product]),
    [[1, "tea"], [1, "milk"]],
  );
  assert.equal(orders.project.rows(`SELECT * FROM "spoor.accepted.sync.people"`).length, 2);
});

Deno.test("requests of one group have keys of their own, in its order", async () => {
  await using api = await fakeApi((request) =>
    request.path === "/third" ? { status: 400 } : { json: {} }
  );
  const code = `for await (const row of query("SELECT * FROM raw.people")) {
    await http.post(ORIGIN + "/first", { json: row });
    await http.put(ORIGIN + "/second", { json: row });
    await http.get(ORIGIN + "/read");
    await http.patch(ORIGIN + "/third", { json: row });
    await save.row(row);
  }`;
  await using people = await syncProject(api, code);
  await people.setRows(["id", "name"], rowsOf(1));
  await people.run();
  const before = api.requests.map((request) => request.key);
  api.clear();

  await people.run();

  assert.equal(before.length, 4);
  assert.equal(before[2], undefined, "a GET needs no key");
  assert.equal(new Set(before).size, 4);
  assert.deepEqual(api.requests.map((request) => request.key), before);
});

Deno.test("batches never split a group, and hold no more groups than asked for", async () => {
  await using api = await fakeApi();
  await using orders = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").batches(10, async (groups) => {
      await http.post(ORIGIN + "/batch", { json: groups.map((group) => group.rows) });
    });`,
    ORDER_KEY,
  );
  await orders.project.write(
    "models/raw/people.sql",
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2499)
    SELECT i % 25 AS order_id, i AS line, 'tea' AS product FROM n`,
  );

  const run = await orders.run();

  assert.equal(run.code, 0, run.output);
  const batches = api.requests.map((request) => request.json as unknown[][]);
  assert.deepEqual(batches.map((groups) => groups.length), [10, 10, 5]);
  assert.ok(batches.flat().every((rows) => rows.length === 100));
  assert.equal(run.sync.delivery?.saved, 25);
});

Deno.test("an answer 207 counts as failed, for all groups of the batch", async () => {
  await using api = await fakeApi([{ status: 207, json: [] }]);
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").batches(2, async (groups) => {
      await http.post(ORIGIN + "/", { json: groups.length });
    });`,
  );
  await people.setRows(["id", "name"], rowsOf(3));

  const run = await people.run();

  assert.equal(run.code, 1);
  assert.equal(run.sync.delivery?.failed, 3);
  assert.match(run.output, /207 \(Multi-Status\)/);
  assert.equal(people.project.rows(`SELECT * FROM "spoor.accepted.sync.people"`).length, 0);
});

Deno.test("a batch of which the function returns rows acknowledges these", async () => {
  await using api = await fakeApi();
  const code = `await query("SELECT * FROM raw.people").batches(10, async (groups) => {
    await http.post(ORIGIN + "/", { json: groups.flatMap((group) => group.rows) });
    return groups.flatMap((group) => group.rows).filter((row) => row.id !== 2);
  });`;
  await using people = await syncProject(api, code);
  await people.setRows(["id", "name"], rowsOf(3));

  const run = await people.run();

  assert.equal(run.code, 1);
  assert.equal(run.sync.delivery?.saved, 2);
  assert.equal(run.sync.delivery?.failed, 1);
  assert.match(run.sync.failures?.[0]?.key ?? "", /^id = 2$/);
});

for (const form of ["each", "batches"]) {
  Deno.test(`${form} has at most @concurrency requests in flight`, async () => {
    await using api = await fakeApi();
    // The first ones are answered together, and the others so late that more of them would be seen.
    api.answer(async () => {
      await api.received(4);
      return { delayMs: 30, json: {} };
    });
    const call = form === "each" ? "each(async (row, group) =>" : "batches(3, async (groups) =>";
    await using people = await syncProject(
      api,
      `await query("SELECT * FROM raw.people").${call} {
        await http.post(ORIGIN + "/", { json: 1 });
      });`,
      { directives: ["concurrency: 4"] },
    );
    await people.setRows(["id", "name"], rowsOf(24));

    const run = await people.run();

    assert.equal(run.code, 0, run.output);
    assert.equal(api.mostAtOnce, 4);
    assert.equal(api.requests.length, form === "each" ? 24 : 8);
  });
}

Deno.test("groups() gives groups, and save.rows acknowledges them", async () => {
  await using api = await fakeApi();
  await using orders = await syncProject(
    api,
    `for await (const { key, rows } of query("SELECT * FROM raw.people").groups()) {
      await http.post(ORIGIN + "/" + key.order_id, { json: rows.length });
      await save.rows(rows);
    }`,
    ORDER_KEY,
  );
  await orders.setRows(LINES, ORDERS);

  const run = await orders.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(api.requests.map(({ path, json }) => [path, json]), [
    ["/1", 2],
    ["/2", 2],
    ["/3", 1],
  ]);
  assert.equal(run.sync.delivery?.saved, 3);
});

Deno.test("batches that are left early leave the rest for the next run", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `for await (const groups of query("SELECT * FROM raw.people").batches(2)) {
      await http.post(ORIGIN + "/", { json: groups.map(({ key }) => key.id) });
      await save.rows(groups.flatMap(({ rows }) => rows));
      break;
    }`,
  );
  await people.setRows(["id", "name"], rowsOf(5));
  const sent = (requests: readonly ReceivedRequest[]) => requests.map(({ json }) => json);

  const first = await people.run();
  const second = await people.run();

  assert.equal(first.code, 0, first.output);
  assert.deepEqual(first.sync.delivery, {
    new: 5,
    changed: 0,
    unchanged: 0,
    removed: 0,
    saved: 2,
    failed: 0,
    unknown: 0,
    left: 3,
    rejected: 0,
    parked: 0,
  });
  assert.equal(second.sync.reason, "3 groups not acknowledged");
  assert.deepEqual(sent(api.requests), [[1, 2], [3, 4]]);
});

Deno.test("a batch that failed may go out in smaller ones", async () => {
  await using api = await fakeApi(({ json }) => ({ status: Number(json) > 2 ? 500 : 200 }));
  const sendBy = (size: number) =>
    `await query("SELECT * FROM raw.people").batches(${size}, async (groups) => {
      await http.post(ORIGIN + "/", { json: groups.length });
    });`;
  await using people = await syncProject(api, sendBy(4), { directives: ["retries: 0"] });
  await people.setRows(["id", "name"], rowsOf(4));
  const failed = await people.run();
  assert.equal(failed.code, 1);
  assert.equal(failed.sync.delivery?.failed, 4);

  await people.setSync(sendBy(2));
  const smaller = await people.run();

  assert.equal(smaller.code, 0, smaller.output);
  assert.deepEqual(api.requests.map((request) => request.json), [4, 2, 2]);
});

Deno.test("a group of thousands of rows is one change", async () => {
  await using api = await fakeApi();
  await using orders = await syncProject(
    api,
    `let n = 0;
    for await (const row of query("SELECT * FROM raw.people")) {
      if (n++ % 2500 === 0) await http.post(ORIGIN + "/" + row.order_id);
      await save.row(row);
    }`,
    ORDER_KEY,
  );
  await orders.project.write(
    "models/raw/people.sql",
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4999)
    SELECT i % 2 AS order_id, i AS line FROM n`,
  );

  const run = await orders.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/0", "/1"]);
  assert.equal(run.sync.delivery?.saved, 2);
  assert.equal(run.sync.rows, 5000);
});
