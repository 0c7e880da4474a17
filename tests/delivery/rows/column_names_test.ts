/**
 * Columns whose names differ in case: to SQLite `ID` and `id` are one column, `É` and `é` are two.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { type SyncProject, syncProject } from "../../support/sync_project.ts";

const COLUMNS = ["é", "É"];

/** Sends each row, whatever its columns are. */
const SEND = `
  await query("SELECT * FROM raw.people").each(async (row) => {
    await http.post(ORIGIN + "/", { json: row });
  });
`;
/** Sends what each change says of itself. */
const SEND_CHANGES = `
  await changes("SELECT * FROM raw.people").each(async (change) => {
    const { key, rows, previous, changed } = change;
    await http.post(ORIGIN + "/", { json: { key, rows, previous, changed } });
  });
`;

async function assertNothingToSend(people: SyncProject): Promise<void> {
  const run = await people.run("--full");
  assert.equal(run.code, 0, run.output);
  assert.deepEqual(run.sync.requests, undefined, "nothing is sent again");
  const check = await people.project.run("state check");
  assert.match(check.stdout, /The state is whole/, check.output);
}

for (const [kind, keys] of [["text", ["'k'", "'l'"]], ["integer", ["1", "2"]]] as const) {
  Deno.test(`beside a key é of ${kind}s a change in a column É is sent`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND, { directives: ["unique_key: é"] });
    await people.setRows(COLUMNS, keys.map((key) => [key, "'Anna'"]));
    const first = await people.run();
    assert.equal(first.code, 0, first.output);
    assert.equal(api.requests.length, 2);
    await assertNothingToSend(people);
    api.clear();

    await people.setRows(COLUMNS, [[keys[0], "'Berta'"], [keys[1], "'Anna'"]]);
    const second = await people.run();

    assert.equal(second.code, 0, second.output);
    const key = JSON.parse(keys[0].replaceAll("'", '"'));
    assert.deepEqual(api.requests.map(({ json }) => json), [{ é: key, É: "Berta" }]);
    assert.equal(second.sync.delivery?.changed, 1);
    assert.deepEqual(
      people.project.rows(`SELECT "é", "É" FROM "sync.people" ORDER BY "é"`)[0],
      { é: key, É: "Berta" },
    );
    await assertNothingToSend(people);
    const why = await people.project.run(["why", "sync.people", String(key)]);
    assert.match(why.stdout, /É:? .*Anna.* → .*Berta/, why.output);
  });

  Deno.test(`with a key é of ${kind}s a model is told what changed in É, and was before`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND_CHANGES, { directives: ["unique_key: é"] });
    await people.setRows(COLUMNS, [[keys[0], "'Anna'"]]);
    await people.run();
    await people.setRows(COLUMNS, [[keys[0], "'Berta'"]]);
    api.clear();

    const plan = await people.project.run("plan");
    assert.match(plan.stdout, /É:? .*Anna.* → .*Berta/, plan.output);
    const run = await people.run();

    assert.equal(run.code, 0, run.output);
    const key = JSON.parse(keys[0].replaceAll("'", '"'));
    assert.deepEqual(api.requests.map(({ json }) => json), [{
      key: { é: key },
      rows: [{ é: key, É: "Berta" }],
      previous: [{ é: key, É: "Anna" }],
      changed: ["É"],
    }]);
  });
}

Deno.test("a target that is a table has both columns é and É, and a change in either is sent", async () => {
  await using api = await fakeApi();
  const save = SEND.replace("});\n  });", "});\n    return { ...row, remote: 'r' };\n  });");
  await using people = await syncProject(api, save, { directives: ["unique_key: é, É"] });
  const columns = [...COLUMNS, "ö", "Ö"];
  await people.setRows(columns, [["1", "2", "'a'", "'b'"]]);
  const first = await people.run();
  assert.equal(first.code, 0, first.output);
  api.clear();

  await people.setRows(columns, [["1", "2", "'a'", "'c'"], ["2", "1", "'d'", "'e'"]]);
  const second = await people.run();

  assert.equal(second.code, 0, second.output);
  assert.deepEqual(api.requests.map(({ json }) => json), [
    { é: 1, É: 2, ö: "a", Ö: "c" },
    { é: 2, É: 1, ö: "d", Ö: "e" },
  ]);
  assert.deepEqual(
    people.project.rows(`SELECT "é", "É", "ö", "Ö", remote FROM "sync.people" ORDER BY "é"`),
    [
      { é: 1, É: 2, ö: "a", Ö: "c", remote: "r" },
      { é: 2, É: 1, ö: "d", Ö: "e", remote: "r" },
    ],
  );
  await assertNothingToSend(people);
  const why = await people.project.run(["why", "sync.people", "É=1", "é=2"]);
  assert.equal(why.code, 0, why.output);
  assert.match(why.stdout, /accepted: created/);
});

Deno.test("a column Übersicht that becomes übersicht is another column", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND);
  await people.setRows(["id", "Übersicht"], [["1", "'a'"], ["2", "'b'"]]);
  const first = await people.run();
  assert.equal(first.code, 0, first.output);
  api.clear();

  await people.setRows(["id", "übersicht"], [["1", "'a'"], ["2", "'c'"]]);
  const second = await people.run();

  assert.equal(second.code, 0, second.output);
  assert.deepEqual(api.requests.map(({ json }) => json), [
    { id: 1, übersicht: "a" },
    { id: 2, übersicht: "c" },
  ]);
  await assertNothingToSend(people);
});

Deno.test("a unique key that the accepted rows have in another case only is one that they lack", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND);
  await people.setRows(["id", "Übersicht"], [["1", "'a'"], ["2", "'b'"]]);
  await people.run();
  api.clear();

  await people.setSync(SEND, ["unique_key: übersicht"]);
  await people.setRows(["id", "übersicht"], [["1", "'a'"], ["2", "'b'"]]);
  const refused = await people.run();
  assert.equal(refused.code, 1, refused.output);
  assert.match(refused.sync.error?.message ?? "", /2 of 2 accepted rows have no "übersicht"/);
  assert.equal(api.requests.length, 0);

  const adopted = await people.run("--adopt", "sync.people");
  assert.equal(adopted.code, 0, adopted.output);
  assert.equal(api.requests.length, 0);
  await assertNothingToSend(people);
});

Deno.test("a column Übersicht of a saved row that becomes übersicht is another column of the table", async () => {
  await using api = await fakeApi();
  const save = (name: string) =>
    SEND.replace("});\n  });", `});\n    return { id: row.id, ${name}: row.name };\n  });`);
  await using people = await syncProject(api, save("Übersicht"));
  await people.setRows(["id", "name"], [["1", "'a'"]]);
  const first = await people.run();
  assert.equal(first.code, 0, first.output);

  await people.setSync(save("übersicht"));
  await people.setRows(["id", "name"], [["1", "'b'"]]);
  const second = await people.run();

  assert.equal(second.code, 0, second.output);
  assert.deepEqual(second.sync.column_changes, ["+ übersicht"]);
  assert.deepEqual(people.project.rows(`SELECT id, "Übersicht", "übersicht" FROM "sync.people"`), [
    { id: 1, Übersicht: null, übersicht: "b" },
  ]);
});

Deno.test("names in another case of ASCII letters are the same column to SQL, and the same model", async () => {
  await using api = await fakeApi();
  const code = SEND_CHANGES.replace("raw.people", "RAW.People");
  await using people = await syncProject(api, code, { directives: ["unique_key: ID"] });
  await people.setRows(["Id", "Name"], [["1", "'Ada'"], ["2", "'Bo'"]]);
  const first = await people.run();
  assert.equal(first.code, 0, first.output);
  api.clear();

  await people.setRows(["iD", "NAME"], [["1", "'Ada'"], ["2", "'Bob'"]]);
  const second = await people.run();

  assert.equal(second.code, 0, second.output);
  assert.deepEqual(api.requests.map(({ json }) => (json as { changed: string[] }).changed), [
    // Columns go out by their names, so the other names are another content.
    ["iD", "NAME", "Id", "Name"],
    ["iD", "NAME", "Id", "Name"],
  ]);
  await assertNothingToSend(people);
  const why = await people.project.run(["why", "Sync.People", "id=2"]);
  assert.match(why.stdout, /accepted: /, why.output);
});

Deno.test("--held takes columns whose names differ in a non-ASCII letter's case for others", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_CHANGES, {
    directives: ["unique_key: é"],
    files: {
      "crm.csv": "É,é,ö,NAME\nAnna,1,x,Ada\nAnna,2,x,Bo\n",
      "other.csv": "É,name\n1,Ada\n",
    },
  });
  const columns = ["é", "É", "Ö", "name"];
  await people.setRows(columns, [
    ["1", "'Anna'", "'x'", "'Ada'"],
    ["2", "'Berta'", "'x'", "'Bo'"],
  ]);

  const without = await people.run("--adopt", "sync.people", "--held", "other.csv");
  assert.equal(without.code, 1, without.output);
  assert.match(
    without.output,
    /error: Cannot read other.csv: it has no column "é", the unique key/,
  );

  const adopted = await people.run("--adopt", "sync.people", "--held", "crm.csv");
  assert.equal(adopted.code, 0, adopted.output);
  const told = adopted.sync.adopted;
  assert.deepEqual(
    [told?.compared, told?.assumed, told?.ignored, told?.differ_in, told?.notes],
    [["É", "name"], ["Ö"], ["ö"], { É: 1 }, [`"NAME" is taken for the column "name"`]],
  );

  const run = await people.run();
  assert.equal(run.code, 0, run.output);
  assert.deepEqual(
    api.requests.map(({ json }) => (json as { changed: string[] }).changed),
    [["É"]],
  );
});

Deno.test("another unique key that differs in a non-ASCII letter's case groups the rows anew", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND, { directives: ["unique_key: é"] });
  await people.setRows(COLUMNS, [["1", "'a'"], ["2", "'b'"]]);
  await people.run();
  api.clear();

  await people.setSync(SEND, ["unique_key: É"]);
  const run = await people.run();
  assert.equal(run.code, 0, run.output);
  assert.equal(api.requests.length, 0);
  const why = await people.project.run("why sync.people b");
  assert.equal(why.code, 0, why.output);
  assert.match(why.stdout, /É = b/);

  await people.setRows(COLUMNS, [["1", "'a'"], ["3", "'b'"]]);
  await people.run();
  assert.deepEqual(api.requests.map(({ json }) => json), [{ é: 3, É: "b" }]);
  await assertNothingToSend(people);
});
