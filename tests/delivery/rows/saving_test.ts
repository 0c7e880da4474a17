/**
 * What a model saves: values, keys and columns on their way from SQL to the model and back.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { COLUMNS, rowsOf, SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";

Deno.test("what is saved may have more columns and other values; the hash is that of what was read", async () => {
  await using api = await fakeApi(({ path }) => ({ json: { id: `remote-${path.slice(1)}` } }));
  const code = `await query("SELECT * FROM raw.people").each(async (row) => {
    const answer = await http.post(ORIGIN + "/" + row.id);
    return { name: row.name.toUpperCase(), remote_id: answer.json.id, sent: true };
  });`;
  await using people = await syncProject(api, code);
  await people.setRows(COLUMNS, rowsOf(2));

  const first = await people.run();
  assert.equal(first.code, 0, first.output);
  const saved = people.project.rows('SELECT id, name, remote_id, sent FROM "sync.people"');
  assert.deepEqual(saved, [
    { id: 1, name: "ADA", remote_id: "remote-1", sent: 1 },
    { id: 2, name: "ADA", remote_id: "remote-2", sent: 1 },
  ]);
  const [hash] = people.project.rows("sync.people").map((row) => String(row._content_hash));
  assert.match(hash ?? "", /^1:[0-9a-f]{32}$/);

  api.clear();
  await people.run("--full");
  assert.equal(api.requests.length, 0);

  await people.setRows(COLUMNS, [["1", "'Grace'"], ["2", "'Ada'"]]);
  await people.run();
  assert.equal(api.requests.length, 1);
  assert.deepEqual(
    people.project.rows('SELECT id, name FROM "sync.people" ORDER BY id'),
    [{ id: 1, name: "GRACE" }, { id: 2, name: "ADA" }],
  );
});

Deno.test("values that a model saves become SQL's", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `for await (const row of query("SELECT * FROM raw.people")) await save.row({
      ...row,
      yes: true,
      no: false,
      day: new Date(Date.UTC(2024, 1, 29, 12, 30)),
      object: { a: [1, null] },
      list: ["x"],
      big: 2n ** 62n,
      bytes: new Uint8Array([0, 255]),
      nothing: null,
      half: 0.5,
    });`,
  );
  await people.setRows(COLUMNS, rowsOf(1));

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  const [row] = people.project.rows(
    `SELECT yes, no, day, object, list, CAST(big AS TEXT) AS big, typeof(big) AS kind,
       hex(bytes) AS bytes, "nothing", half FROM "sync.people"`,
  );
  assert.deepEqual(row, {
    yes: 1,
    no: 0,
    day: "2024-02-29T12:30:00.000Z",
    object: '{"a":[1,null]}',
    list: '["x"]',
    big: "4611686018427387904",
    kind: "integer",
    bytes: "00FF",
    nothing: null,
    half: 0.5,
  });
});

Deno.test("values of SQL reach the model whole: integers past 2^53, bytes, NULL", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      log.info(typeof row.big, row.big === 9007199254740993n, row.bytes instanceof Uint8Array,
        row.bytes.length, row.none, row.real, row.id);
      await http.post(ORIGIN + "/", { json: { big: row.big } });
    });`,
  );
  await people.setRows(
    ["id", "big", "bytes", "none", "real"],
    [["9223372036854775807", "9007199254740993", "x'00ff'", "NULL", "1.5"]],
  );

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.match(run.output, /bigint true true 2 null 1\.5 9223372036854775807/);
  assert.equal(api.requests[0]?.body, '{"big":9007199254740993}');
  const again = await people.run("--full");
  assert.equal(again.sync.delivery?.unchanged, 1);
});

Deno.test("a value that no column holds is an error with the column's name", async () => {
  const cases = {
    "undefined": "is undefined",
    "NaN": "is NaN",
    "-Infinity": "is -Infinity",
    "() => 1": "is a function",
    "Symbol()": "is a symbol",
    "2n ** 64n": "is 18446744073709551616, which is beyond 64 bits",
    "new Date(NaN)": "is a Date without a time",
  };
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `for await (const row of query("SELECT * FROM raw.people")) {
      for (const tier of [${Object.keys(cases)}]) {
        await save.row({ ...row, tier }).catch((error) => log.info(error.message));
      }
      await save.row({ ...row, tier: undefined });
    }`,
  );
  await people.setRows(COLUMNS, rowsOf(1));

  const run = await people.run();

  assert.equal(run.code, 1);
  assert.deepEqual(
    run.events.flatMap((event) => event.type === "log" ? [event.message] : []),
    Object.values(cases).map((shown) => `Cannot save id = 1: column "tier" ${shown}`),
  );
  const { error, delivery } = run.sync;
  assert.equal(error?.message, 'Cannot save id = 1: column "tier" is undefined');
  const text = await people.project.read("models/sync/people.ts");
  const line = text.split("\n").findIndex((each) => each.includes("tier: undefined")) + 1;
  assert.deepEqual([error?.at?.path, error?.at?.line], ["models/sync/people.ts", line]);
  assert.equal(delivery?.saved, 0);
});

Deno.test("saving what was not delivered is an error", async () => {
  const cases: [row: string, message: string][] = [
    ["{ id: 99 }", "Cannot save id = 99: it was not delivered in this run, or was saved already"],
    ["{ name: 'x' }", 'Cannot save row 2: it has no column "id"'],
    ["{ id: '1' }", 'Cannot save id = "1": it was not delivered in this run, or was saved already'],
    ["'x'", "Cannot save row 4: it is a string, and not an object with columns"],
    ["{ ...row, _content_hash: 1 }", `"_content_hash" is a column of Spoor's own`],
  ];
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `for await (const row of query("SELECT * FROM raw.people")) {
      for (const each of [${cases.map(([row]) => row)}]) {
        await save.row(each).then(() => log.info("saved"), (error) => log.info(error.message));
      }
      if (row.id === 1) continue;
      await save.row(row);
      await save.row(row);
    }`,
  );
  await people.setRows(COLUMNS, rowsOf(2));

  const run = await people.run();

  const logged = run.events.flatMap((event) => event.type === "log" ? [event.message] : []);
  assert.deepEqual(
    logged.slice(0, cases.length).map((line) =>
      line.replace("Cannot save rows of sync.people: ", "")
    ),
    cases.map(([, message]) => message),
  );
  assert.equal(run.code, 1);
  assert.match(run.sync.error?.message ?? "", /^Cannot save id = 2: .* or was saved already$/);
  assert.deepEqual(people.project.rows('SELECT id FROM "sync.people"'), [{ id: 2 }]);
});

Deno.test("a group whose row cannot be saved does not take the others with it", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each((row) =>
      row.id === 2 ? { ...row, _spoor_x: 1 } : row.id === 4 ? { ...row, bad: undefined } : row
    );`,
    { directives: ["concurrency: 8"] },
  );
  await people.setRows(COLUMNS, rowsOf(6));

  const run = await people.run();

  assert.equal(run.code, 1);
  assert.equal(run.sync.delivery?.saved, 4);
  assert.equal(run.sync.delivery?.failed, 2);
  assert.deepEqual(people.project.rows("sync.people").map((row) => row.id), [1, 3, 5, 6]);
});

Deno.test("keys are saved as numbers, bigints or booleans alike", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `for await (const row of query("SELECT * FROM raw.people")) {
      await save.row({ ...row, id: row.id === 1 ? true : BigInt(row.id) });
    }`,
  );
  await people.setRows(COLUMNS, rowsOf(3));

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.equal(run.sync.delivery?.saved, 3);
});

Deno.test("the unique key may be written in another case than the query's column", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/" + row.id);
    });`,
    { directives: ["unique_key: ID"] },
  );
  await people.setRows(COLUMNS, rowsOf(2));

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.equal(run.sync.delivery?.saved, 2);
});

Deno.test("keys of several columns, with text, numbers and bytes", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT name, region, code FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/", { json: row.name });
    });`,
    { directives: ["unique_key: region, code"] },
  );
  const rows = [["'a'", "'EU'", "1"], ["'b'", "'EU'", "'1'"], ["'c'", "x'4555'", "1.5"], [
    "'d'",
    "''",
    "0",
  ]];
  await people.setRows(["name", "region", "code"], rows);
  const first = await people.run();
  assert.equal(first.sync.delivery?.saved, 4, first.output);

  api.clear();
  await people.setRows(
    ["name", "region", "code"],
    rows.map(([name, ...key]) => [
      name === "'c'" ? "'C'" : name ?? "",
      ...key,
    ]),
  );
  await people.run();
  assert.deepEqual(api.requests.map(({ json }) => json), ["C"]);
});

Deno.test("a query with columns named as SQLite names its rows", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT id, rowid, oid FROM (SELECT id, 7 AS rowid, name AS oid FROM raw.people)")
      .each(async (row) => {
        await http.post(ORIGIN + "/", { json: row });
      });`,
  );
  await people.setRows(COLUMNS, rowsOf(2));

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(api.requests.map(({ json }) => json), [
    { id: 1, rowid: 7, oid: "Ada" },
    { id: 2, rowid: 7, oid: "Ada" },
  ]);
  const kept = people.project.rows(`SELECT id, rowid, oid FROM "sync.people" ORDER BY id`);
  assert.deepEqual(kept.map((row) => Object.values(row)), [[1, 7, "Ada"], [2, 7, "Ada"]]);

  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  const next = await people.run();
  assert.equal(next.code, 0, next.output);
  assert.deepEqual(api.requests.slice(2).map(({ json }) => json), [{ id: 2, rowid: 7, oid: "Bo" }]);
});

Deno.test("a query that takes all names of a row is refused before anything is sent", async () => {
  await using api = await fakeApi();
  const query = "SELECT id, 1 AS rowid, 2 AS oid, 3 AS _rowid_ FROM raw.people";
  await using people = await syncProject(api, SEND_EACH_ROW.replace(/SELECT .*people/, query));
  await people.setRows(COLUMNS, rowsOf(2));

  const run = await people.run();

  assert.equal(run.code, 1);
  assert.match(run.output, /Cannot read a query with the columns rowid, _rowid_, oid/);
  assert.equal(api.requests.length, 0);
});

Deno.test("rows that a model leaves alone are stored as they were read, whatever they hold", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").batches(2, async (groups) => {
      await http.post(ORIGIN + "/", { json: groups.length });
    });`,
  );
  await people.setRows(["id", "value"], [
    ["1", "NULL"],
    ["2", "9007199254740993"],
    ["3", "x'00ff'"],
    ["4", "9e999"],
    ["5", "-1.5"],
    ["6", "''"],
    ["7", "'ö😀'"],
    ["8", "1"],
    ["9", "0.5"],
    ["10", "'1'"],
    ["11", "1e300"],
  ]);

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.equal(api.requests.length, 6);
  const stored = (table: string) =>
    people.project.rows(`SELECT id, typeof(value) AS type, quote(value) AS value FROM "${table}"`);
  assert.deepEqual(stored("sync.people"), stored("raw.people"));

  api.clear();
  await people.run("--full");
  assert.equal(api.requests.length, 0);
});

Deno.test("each may save by itself, and the rest is taken as read", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `const counts = await query("SELECT * FROM raw.people").each(async (row) => {
      if (row.id === 1) await save.row({ ...row, by: "hand" });
    });
    log.info(JSON.stringify(counts));`,
  );
  await people.setRows(COLUMNS, rowsOf(2));

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.match(run.output, /\{\\"saved\\":2,\\"rejected\\":0,\\"failed\\":0\}/);
  assert.deepEqual(
    people.project.rows(`SELECT id, "by" FROM "sync.people" ORDER BY id`),
    [{ id: 1, by: "hand" }, { id: 2, by: null }],
  );
});

for (const column of ["_content_hash", "_spoor_n"]) {
  Deno.test(`a query with a column of Spoor's own fails before anything is sent: ${column}`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND_EACH_ROW);
    await people.setRows(["id", column], rowsOf(2));

    const run = await people.run();

    assert.equal(run.code, 1);
    assert.equal(api.requests.length, 0);
    assert.match(
      run.sync.error?.message ?? "",
      new RegExp(`"${column}" is a column of Spoor's own`),
    );
  });
}
