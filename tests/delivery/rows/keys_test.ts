/**
 * What may be the key of a group: what SQLite tells apart is two groups, what it does not is one, and what
 * cannot be read exactly is refused before anything is sent.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type FakeApi, fakeApi } from "../../support/fake_api.ts";
import { COLUMNS, type SyncProject, syncProject } from "../../support/sync_project.ts";

const SEND_NAME = `
  await query("SELECT * FROM raw.people").each(async (row, _group) => {
    await http.post(ORIGIN + "/", { json: row.name });
  });
`;

/** Runs a project whose last row has a key that is refused: the model's error. */
async function refusalOf(people: SyncProject, api: FakeApi, ...args: string[]) {
  api.clear();
  const run = await people.run(...args);
  assert.equal(run.code, 1, run.output);
  assert.equal(api.requests.length, 0, "nothing was sent");
  assert.equal(run.sync.error?.at?.path, "models/sync/people.ts");
  return run.sync.error;
}

Deno.test("keys with a NUL character, or bytes that are not UTF-8, are refused and shown, in the first run as in a later one", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_NAME);
  const readable = [["'a'", "'Ada'"], ["char(0xfffd)", "'Grace'"]];
  const others = [["'a' || char(0) || 'b'", "'Edsger'"], ["CAST(x'ff' AS TEXT)", "'Barbara'"]];
  await people.setRows(COLUMNS, [...readable, ...others]);
  const expected = {
    message: "Cannot send sync.people: its key id cannot be read exactly in 2 rows",
    details: [
      "id = 'a' || char(0) || 'b', name = Edsger",
      "id = CAST(x'FF' AS TEXT), name = Barbara",
    ],
  };

  const first = await refusalOf(people, api);
  assert.deepEqual({ message: first?.message, details: first?.details }, expected);
  assert.match(first?.hint ?? "", /hex\(id\) AS id/);

  await people.setRows(COLUMNS, readable);
  assert.equal((await people.run()).sync.delivery?.saved, 2);
  await people.setRows(COLUMNS, [...readable, ...others]);
  const later = await refusalOf(people, api);
  assert.deepEqual({ message: later?.message, details: later?.details }, expected);
  const all = await refusalOf(people, api, "--resend", "sync.people");
  assert.equal(all?.message, expected.message);
  const adopted = await refusalOf(people, api, "--adopt", "sync.people");
  assert.equal(adopted?.message, expected.message);

  const plan = await people.project.run("plan");
  assert.match(plan.output, /its key id cannot be read exactly in 2 rows/);

  await people.setSync(SEND_NAME.replace("SELECT *", "SELECT hex(id) AS id, name"));
  const mended = await people.run("--allow-removed");
  assert.equal(mended.sync.delivery?.saved, 4, mended.output);
  assert.equal((await people.run("--full")).sync.delivery?.unchanged, 4);
});

Deno.test("of many keys that cannot be read the first are shown, and all are counted", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_NAME, { directives: ["unique_key: org, id"] });
  await people.setRows(
    ["org", "id", "name"],
    ["'A'", "'B'", "'C'", "'D'"].map((org) => [org, "'it''s' || char(0)", "'Ada'"]),
  );

  const error = await refusalOf(people, api);

  assert.equal(
    error?.message,
    "Cannot send sync.people: its key id cannot be read exactly in 4 rows",
  );
  assert.deepEqual(
    error?.details,
    ["A", "B", "C"].map((org) => `org = ${org}, id = 'it''s' || char(0) || '', name = Ada`),
  );
});

Deno.test("an infinite key is refused and shown", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_NAME);
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["9e999", "'Grace'"], ["-9e999", "'Edsger'"]]);

  const error = await refusalOf(people, api);

  assert.equal(error?.message, "Cannot send sync.people: its key id is infinite in 2 rows");
  assert.deepEqual(error?.details, [
    "id = Infinity, name = Grace",
    "id = -Infinity, name = Edsger",
  ]);
  assert.match(error?.hint ?? "", /Give every row a finite id/);
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  assert.equal((await people.run()).sync.delivery?.saved, 1);
});

Deno.test("a number is one group, be it an INTEGER or a REAL", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_NAME);
  const rows = [
    "9007199254740992",
    "9007199254740992.0",
    "9007199254740993",
    "-9223372036854775807 - 1",
    "-9223372036854775808.0",
    "9223372036854775807",
    "9223372036854775808.0",
    "7",
    "7.0",
    "0",
    "-0.0",
  ].map((number) => [number, "'Ada'"]);
  await people.setRows(COLUMNS, rows);

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.equal(run.sync.delivery?.saved, 7);
  assert.equal(api.requests.length, 7);
  assert.equal((await people.run("--full")).sync.delivery?.unchanged, 7);
  const why = await people.project.run("why sync.people 9007199254740992");
  assert.equal(why.code, 0, why.output);
  await people.setRows(COLUMNS, rows.toReversed().map(([number = ""]) => [number, "'Ada L.'"]));
  const turned = await people.run();
  assert.equal(turned.code, 0, turned.output);
  assert.deepEqual([turned.sync.delivery?.changed, turned.sync.delivery?.saved], [7, 7]);
  assert.equal((await people.run("--full")).sync.delivery?.unchanged, 7);
});

/** Keys of which no two are the same. */
const DISTINCT = [
  "1",
  "'1'",
  "'01'",
  "1.5",
  "'1.5'",
  "x'31'",
  "0",
  "1e22",
  "5e-324",
  "0.3",
  "0.1 + 0.2",
  "9007199254740992.0",
  "9007199254740993",
  "9223372036854775807",
  "9223372036854775808.0",
  "''",
  "' '",
  "'a'",
  "'a '",
  "'A'",
  "x''",
  "x'00'",
  "x'0000'",
  "x'6100'",
  "x'ff'",
  "char(233)",
  "'e' || char(769)",
  "char(65279) || 'a'",
  "char(65533)",
  "'it''s'",
  "'id=5'",
  "char(10)",
  "'[1]'",
  "'{}'",
  "'null'",
  "'--x'",
  "printf('%.*c', 1000000, 'x')",
  "printf('%.*c', 999999, 'x')",
];
const SEND_CHANGE = `
  await changes("SELECT * FROM raw.people").each(async ({ action, rows, previous, key }) => {
    const [row] = [...rows, ...previous];
    await http.post(ORIGIN + "/", { json: [action, row.name] });
  });
`;

Deno.test("what SQLite tells apart is two groups: each is created, changed and removed once, and no more", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_CHANGE, { directives: ["on_removed: deliver"] });
  const named = (name: string) => DISTINCT.map((key, i) => [key, `'${name} ${i}'`]);
  const play = async (rows: string[][]) => {
    api.clear();
    await people.setRows(COLUMNS, rows);
    const run = await people.run("--full", "--allow-removed");
    assert.equal(run.code, 0, run.output);
    return api.requests.map(({ json }) => (json as string[]).join(" ")).toSorted();
  };
  const all = (action: string, name: string) =>
    DISTINCT.map((_, i) => `${action} ${name} ${i}`).toSorted();

  assert.deepEqual(await play(named("Ada")), all("create", "Ada"));
  const bySql = `SELECT count(DISTINCT id) AS n FROM "raw.people"`;
  assert.deepEqual(people.project.rows(bySql), [{ n: DISTINCT.length }]);
  assert.deepEqual(await play(named("Ada").toReversed()), []);
  assert.deepEqual(await play(named("Bo").toReversed()), all("update", "Bo"));
  assert.deepEqual(await play([]), all("remove", "Bo"));
  assert.deepEqual(await play([]), []);
});

Deno.test("why finds a group by its key, be it a text that ends in a space, a blob or a small number", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_NAME);
  await people.setRows(COLUMNS, DISTINCT.map((key) => [key, "'Ada'"]));
  await people.run();
  for (
    const [word, key] of [
      ["a ", "a "],
      ["' '", " "],
      ["a", "a"],
      ["A", "A"],
      ["'01'", "01"],
      ["'1'", "1"],
      [
        "",
        "",
      ],
      ["9007199254740993", { int: "9007199254740993" }],
      ["9223372036854775808", 2 ** 63],
      ["é", "é"],
      ["e\u0301", "e\u0301"],
      ["1e22", 1e22],
      ["5e-324", 5e-324],
      ["0.3", 0.3],
      ["x'31'", { hex: "31" }],
      ["x'0000'", { hex: "0000" }],
      ["x''", { hex: "" }],
    ] as const
  ) {
    const why = await people.project.run(["why", "--json", "sync.people", `id=${word}`]);
    assert.equal(why.code, 0, why.output);
    const [line = ""] = why.stdout.split("\n");
    assert.deepEqual(JSON.parse(line).key, { id: key }, word);
    assert.equal(JSON.parse(line).next.code, "accepted", word);
  }
});

Deno.test("a group that an earlier version accepted under another's key is not removed in that one's place", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_CHANGE, { directives: ["on_removed: deliver"] });
  await people.setRows(COLUMNS, [["'a'", "'Ada'"], ["'b'", "'Bo'"]]);
  await people.run();
  {
    using db = new DatabaseSync(people.project.path(".spoor/spoor.db"));
    db.exec(`UPDATE "spoor.accepted.sync.people" SET id = 'a' || char(0) || 'b' WHERE id = 'b'`);
  }
  await people.setRows(COLUMNS, [["'a'", "'Ada'"]]);

  const error = await refusalOf(people, api, "--allow-removed");

  assert.equal(
    error?.message,
    "Cannot remove what left the query of sync.people: the key id of 1 group cannot be read exactly",
  );
  assert.deepEqual(error?.details, ["id = 'a' || char(0) || 'b'"]);
  assert.match(error?.hint ?? "", /"@on_removed: forget"/);
  await people.setSync(SEND_CHANGE, ["on_removed: forget"]);
  assert.equal((await people.run("--allow-removed")).sync.delivery?.removed, 1);
  await people.setSync(SEND_CHANGE, ["on_removed: deliver"]);
  assert.equal((await people.run()).sync.delivery?.unchanged, 1);
  assert.equal(api.requests.length, 0);
});

Deno.test("a NULL key is an error that shows the rows, before anything is sent", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_NAME);
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["NULL", "'Grace'"], ["NULL", "'Edsger'"]]);

  const run = await people.run();

  assert.equal(run.code, 1);
  assert.equal(api.requests.length, 0);
  assert.equal(run.sync.error?.message, "Cannot send sync.people: 2 rows have a NULL key");
  assert.deepEqual(run.sync.error?.details, [
    "id = NULL, name = Grace",
    "id = NULL, name = Edsger",
  ]);
  assert.equal(run.sync.error?.at?.path, "models/sync/people.ts");
});
