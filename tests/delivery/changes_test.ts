/**
 * What counts as a change, and is sent: rows that are new or differ, and no others.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import {
  COLUMNS,
  rowsOf,
  SEND_EACH_ROW,
  SEND_IN_LOOP,
  syncProject,
} from "../support/sync_project.ts";

Deno.test("only rows that are new or changed are sent", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(20));

  const first = await people.run();
  assert.equal(first.code, 0, first.output);
  assert.equal(api.requests.length, 20);
  assert.deepEqual(first.sync.delivery, {
    new: 20,
    changed: 0,
    unchanged: 0,
    removed: 0,
    saved: 20,
    failed: 0,
    unknown: 0,
    left: 0,
    rejected: 0,
    parked: 0,
  });
  assert.deepEqual(first.sync.requests, { sent: 20, accepted: 20, refused: 0, retries: 0 });

  api.clear();
  const second = await people.run();
  assert.equal(second.code, 0);
  assert.equal(second.sync.status, "skipped");
  assert.equal(api.requests.length, 0);

  const edited = rowsOf(20);
  edited[6] = ["7", "'Grace'"];
  edited.push(["21", "'Edsger'"]);
  await people.setRows(COLUMNS, edited);
  const third = await people.run();
  assert.deepEqual(api.requests.map((request) => request.json), [
    { id: 7, name: "Grace" },
    { id: 21, name: "Edsger" },
  ]);
  assert.equal(third.sync.delivery?.new, 1);
  assert.equal(third.sync.delivery?.changed, 1);
  assert.equal(third.sync.delivery?.unchanged, 19);
});

Deno.test("a run whose source was rebuilt with the same rows sends nothing", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();
  api.clear();

  const forced = await people.run("--full");

  assert.equal(api.requests.length, 0);
  assert.equal(forced.sync.status, "ok");
  assert.equal(forced.sync.changed, false);
  assert.equal(forced.sync.delivery?.unchanged, 3);
});

Deno.test("values that SQL tells apart are changes, and no others", async () => {
  const steps: [before: string, after: string, isSent: boolean][] = [
    ["NULL", "''", true],
    ["''", "0", true],
    ["0", "NULL", true],
    ["'1'", "1", true],
    ["1", "'1'", true],
    ["1", "1.0", false],
    ["'Gold'", "'GOLD'", true],
    ["'Gold'", "'Gold '", true],
    ["x'00'", "x'0000'", true],
    ["'a'", "x'61'", true],
    ["9007199254740993", "9007199254740992", true],
    ["9223372036854775807", "9223372036854775806", true],
    ["0.1", "0.1000000000000001", true],
    ["'é'", "'e' || char(769)", true],
    ["NULL", "NULL", false],
    ["-0.0", "0", false],
    ["'a' || char(0)", "'a'", true],
  ];
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT id, value FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/" + row.id);
    });`,
  );
  await people.setRows(["id", "value"], steps.map(([before], index) => [`${index}`, before]));
  await people.run();
  api.clear();

  await people.setRows(["id", "value"], steps.map(([, after], index) => [`${index}`, after]));
  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  const sent = new Set(api.requests.map((request) => Number(request.path.slice(1))));
  assert.deepEqual(
    steps.map(([before, after], index) => `${before} → ${after}: ${sent.has(index)}`),
    steps.map(([before, after, isSent]) => `${before} → ${after}: ${isSent}`),
  );
});

Deno.test("characters that move between columns are a change", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "a", "b"], [["1", "'x,y'", "'z'"], ["2", "'1:a'", "''"]]);
  await people.run();
  api.clear();

  await people.setRows(["id", "a", "b"], [["1", "'x'", "'y,z'"], ["2", "''", "'1:a'"]]);
  await people.run();

  assert.equal(api.requests.length, 2);
});

Deno.test("a column added to the query sends all once; another order of columns sends nothing", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_IN_LOOP);
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();

  api.clear();
  await people.setRows(["name", "id"], rowsOf(3).map((row) => row.toReversed()));
  const reordered = await people.run();
  assert.equal(reordered.code, 0, reordered.output);
  assert.equal(api.requests.length, 0);

  await people.setRows(["id", "name", "plan"], rowsOf(3).map((row) => [...row, "NULL"]));
  const widened = await people.run();
  assert.equal(api.requests.length, 3);
  assert.equal(widened.sync.delivery?.changed, 3);
  assert.deepEqual(widened.sync.column_changes, ["+ plan"]);

  api.clear();
  await people.run("--full");
  assert.equal(api.requests.length, 0);
});

Deno.test("an edit of the model's code sends nothing", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();
  api.clear();

  await people.setSync(SEND_EACH_ROW.replace("/people/", "/v2/people/"));
  const edited = await people.run();

  assert.equal(edited.sync.status, "ok");
  assert.equal(edited.sync.reason, "definition changed");
  assert.equal(api.requests.length, 0);
});

Deno.test("--resend sends all, as other changes than the first time", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();
  const before = api.requests.map((request) => request.key);
  api.clear();

  const again = await people.run("--resend", "sync.people");

  assert.equal(again.code, 0, again.output);
  assert.equal(api.requests.length, 3);
  assert.equal(again.sync.delivery?.changed, 3);
  const keys = api.requests.map((request) => request.key);
  assert.equal(new Set([...before, ...keys]).size, 6);

  api.clear();
  await people.run("--full");
  assert.equal(api.requests.length, 0);
});

Deno.test("a group that left is forgotten, and new when it comes back", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();
  const [firstKey] = api.requests.map((request) => request.key);
  api.clear();

  await people.setRows(COLUMNS, rowsOf(3).slice(1));
  const removed = await people.run();
  assert.equal(removed.sync.delivery?.removed, 1);
  assert.equal(removed.sync.changed, true);
  assert.equal(api.requests.length, 0);
  assert.deepEqual(people.project.rows("sync.people").map((row) => row.id), [2, 3]);

  await people.setRows(COLUMNS, rowsOf(3));
  const back = await people.run();
  assert.equal(back.sync.delivery?.new, 1);
  assert.deepEqual(api.requests.map((request) => request.path), ["/people/1"]);
  assert.notEqual(api.requests[0]?.key, firstKey);
});

Deno.test("keys that only their type or case tells apart are groups of their own", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT id COLLATE NOCASE AS id, name FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/", { json: row });
    });`,
  );
  const rows = [["'a'", "'x'"], ["'A'", "'x'"], ["1", "'x'"], ["'1'", "'x'"]];
  await people.setRows(COLUMNS, rows);
  const first = await people.run();
  assert.equal(first.sync.delivery?.saved, 4, first.output);
  api.clear();

  const changed = rows.map((row) => [...row]);
  changed[0] = ["'a'", "'y'"];
  await people.setRows(COLUMNS, [...changed.slice(0, 2), ["1", "'x'"]]);
  const second = await people.run();

  assert.deepEqual(api.requests.map((request) => request.json), [{ id: "a", name: "y" }]);
  assert.deepEqual(
    { ...second.sync.delivery, saved: 0 },
    {
      new: 0,
      changed: 1,
      unchanged: 2,
      removed: 1,
      saved: 0,
      failed: 0,
      unknown: 0,
      left: 0,
      rejected: 0,
      parked: 0,
    },
  );
  assert.deepEqual(people.project.rows("sync.people").map((row) => row.id).toSorted(), [
    ...["A", 1, "a"].toSorted(),
  ]);
});

Deno.test("query.all is not filtered, and does not make the model send", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `const all = await query.all("SELECT * FROM raw.people ORDER BY id");
    await query("SELECT * FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/" + row.id, { json: all.length });
    });
    log.info("looked up", all.length);`,
  );
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();
  api.clear();
  await people.setRows(COLUMNS, [...rowsOf(3), ["4", "'Grace'"]]);

  const run = await people.run();

  assert.deepEqual(api.requests.map((request) => [request.path, request.json]), [["/4", 4]]);
  assert.match(run.output, /looked up 4/);
});

Deno.test("groups are sent in the order in which the query gives them, in later runs too", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query\`SELECT * FROM raw.people WHERE name <> ${"${'hidden'}"} ORDER BY id DESC\`
      .each(async (row) => {
        await http.post(ORIGIN + "/" + row.id);
      });`,
  );
  const sent = () => api.requests.map(({ path }) => path.slice(1)).join();
  await people.setRows(COLUMNS, rowsOf(6));
  await people.run();
  assert.equal(sent(), "6,5,4,3,2,1");

  api.clear();
  await people.setRows(COLUMNS, [...rowsOf(4, "Grace"), ["5", "'Ada'"], ["7", "'Edsger'"]]);
  const second = await people.run();
  assert.equal(sent(), "7,4,3,2,1");
  assert.equal(second.sync.delivery?.removed, 1);

  api.clear();
  await people.setRows(COLUMNS, [...rowsOf(3, "Barbara"), ["5", "'hidden'"], ["7", "'Edsger'"]]);
  const third = await people.run();
  assert.equal(sent(), "3,2,1");
  assert.equal(third.sync.delivery?.removed, 2);
});

Deno.test("tens of thousands of rows that change at once", async () => {
  const count = 25_000;
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").batches(5_000, async (groups) => {
      await http.post(ORIGIN + "/", { json: groups.length });
    });`,
  );
  const numbers = (name: string, from: number) =>
    people.project.write(
      "models/raw/people.sql",
      `WITH RECURSIVE n(id) AS (SELECT ${from} UNION ALL SELECT id + 1 FROM n WHERE id < ${
        from + count - 1
      }) SELECT id, '${name}' AS name FROM n`,
    );
  await numbers("Ada", 1);
  const first = await people.run();
  assert.equal(first.sync.delivery?.saved, count, first.output);
  await numbers("Grace", 11);

  const second = await people.run();

  assert.deepEqual(second.sync.delivery, {
    new: 10,
    changed: count - 10,
    unchanged: 0,
    removed: 10,
    saved: count,
    failed: 0,
    unknown: 0,
    left: 0,
    rejected: 0,
    parked: 0,
  });
  assert.deepEqual(people.project.rows(`SELECT count(*) AS n, min(id) AS low FROM "sync.people"`), [
    { n: count, low: 11 },
  ]);
});

Deno.test("a query with a parameter too many for its values removes and sends nothing", async () => {
  await using api = await fakeApi();
  const sendChanges = (values: string) => `
    const ids: number[] = [${values}];
    await changes("SELECT * FROM raw.people WHERE id = ? OR id = ?", ids).each(async (change) => {
      await http.post(ORIGIN + "/" + change.action, { json: change.key });
    });
  `;
  await using people = await syncProject(api, sendChanges("1, 2"), {
    directives: ["on_removed: deliver"],
  });
  await people.setRows(COLUMNS, rowsOf(2));
  await people.run();
  api.clear();

  await people.setSync(sendChanges("1"));
  const { code, output } = await people.run();

  assert.match(output, /it has 2 parameters and was given 1 value/);
  assert.equal(code, 1);
  assert.equal(api.requests.length, 0);
});
