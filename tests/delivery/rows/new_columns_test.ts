/**
 * A column that a query gives anew, or not any more, is another content: all is sent again, and the model,
 * the plan and `why` are told which column it is, whatever is in it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { makePlan } from "../../plan/plan_project.ts";
import { type FakeApi, fakeApi } from "../../support/fake_api.ts";
import { readLines } from "../../support/read_lines.ts";
import { syncProject } from "../../support/sync_project.ts";

/** Sends what a change says of itself. */
const SEND = `
  await changes("SELECT * FROM raw.people").each(async ({ action, key, previous, changed }) => {
    await http.post(ORIGIN + "/" + action + "/" + key.id, { json: { previous, changed } });
  });
`;

/** What arrived, by its path; then it is forgotten. */
function take(api: FakeApi): Record<string, unknown> {
  const arrived = Object.fromEntries(api.requests.map(({ path, json }) => [path, json]));
  api.clear();
  return arrived;
}

/** Earlier versions kept such a column in the view. */
function showTierAgain(statePath: string): void {
  using db = new DatabaseSync(statePath);
  const view = db.prepare(`SELECT sql FROM sqlite_schema WHERE name = 'sync.people'`).get();
  const sql = String(view?.sql).replace("SELECT ", `SELECT a.tier AS tier, `);
  db.exec(`DROP VIEW "sync.people"; ${sql}`);
}

/** Lines of a text about fields, without what stands around them. */
function linesAbout(text: string, column: string): string[] {
  return text.split("\n").filter((line) => line.includes(`${column}: `)).map((line) => line.trim());
}

Deno.test("a new column is told by the model, the plan and why, be it NULL or a value", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND);
  await people.setRows(["id", "name"], [["1", "'Ada'"], ["2", "'Bo'"]]);
  await people.run();
  take(api);
  await people.setRows(["id", "name", "phone"], [["1", "'Ada'", "NULL"], ["2", "'Bo'", "'+49'"]]);

  const text = await people.project.run("plan");
  const markdown = await people.project.run("plan --format md");
  const { sync } = await makePlan(people.project);
  await people.run();

  assert.deepEqual(linesAbout(text.stdout, "phone"), [
    "phone: new column → NULL",
    `phone: new column → "+49"`,
  ]);
  assert.match(markdown.stdout, /phone: new column → NULL/);
  assert.match(markdown.stdout, /phone: new column → "\+49"/);
  assert.deepEqual(
    sync.changes.map(({ fields, columns_new: added }) => [fields, added]),
    [[{ phone: [null, null] }, ["phone"]], [{ phone: [null, "+49"] }, ["phone"]]],
  );
  assert.deepEqual(take(api), {
    "/update/1": { previous: [{ id: 1, name: "Ada" }], changed: ["phone"] },
    "/update/2": { previous: [{ id: 2, name: "Bo" }], changed: ["phone"] },
  });
  const why = async (key: string) => (await people.project.run(`why sync.people ${key}`)).stdout;
  assert.match(await why("1"), /accepted: sent phone new column → NULL;/);
  assert.match(await why("2"), /accepted: sent phone new column → \+49;/);
  const [, sent] = await readLines(people.project, "why", "sync.people", "1");
  assert.deepEqual(sent?.changed, { phone: [null, null, "new"] });

  await people.run("--full");
  assert.deepEqual(take(api), {}, "it is accepted with the column");
});

Deno.test("a column that is gone is told by the model, the plan and why, be it NULL or a value", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND);
  await people.setRows(["id", "name", "tier"], [["1", "'Ada'", "NULL"], ["2", "'Bo'", "'gold'"]]);
  await people.run();
  take(api);
  await people.setRows(["id", "name"], [["1", "'Ada'"], ["2", "'Bo'"]]);

  const text = await people.project.run("plan");
  const markdown = await people.project.run("plan --format md");
  const { sync } = await makePlan(people.project);
  await people.run();

  assert.deepEqual(linesAbout(text.stdout, "tier"), ["tier: NULL → gone", `tier: "gold" → gone`]);
  assert.match(markdown.stdout, /tier: NULL → gone/);
  assert.deepEqual(
    sync.changes.map(({ fields, columns_gone: gone }) => [fields, gone]),
    [[{ tier: [null, null] }, ["tier"]], [{ tier: ["gold", null] }, ["tier"]]],
  );
  assert.deepEqual(take(api), {
    "/update/1": { previous: [{ id: 1, name: "Ada", tier: null }], changed: ["tier"] },
    "/update/2": { previous: [{ id: 2, name: "Bo", tier: "gold" }], changed: ["tier"] },
  });
  const why = await people.project.run("why sync.people 1");
  assert.match(why.stdout, /accepted: sent tier NULL → gone;/);

  await people.setRows(["id", "name"], [["1", "'Eva'"], ["2", "'Bo'"]]);
  await people.run();
  assert.deepEqual(
    take(api),
    { "/update/1": { previous: [{ id: 1, name: "Ada" }], changed: ["name"] } },
    "what was accepted without the column says nothing of it",
  );
});

Deno.test("a column that is gone leaves the table once nothing that is accepted has it, and is told", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND);
  await people.setRows(["id", "name", "tier"], [["1", "'Ada'", "'gold'"], ["2", "'Bo'", "'gold'"]]);
  await people.run();
  await people.setRows(["id", "name"], [["1", "'Ada'"], ["2", "'Bo'"]]);
  api.answer(({ path }) => path === "/update/2" ? { status: 422 } : { json: {} });

  const partly = await people.run();
  const tiers = people.project.rows(`SELECT tier FROM "sync.people" ORDER BY id`);
  api.answer(() => ({ json: {} }));
  const wholly = await people.run();

  assert.equal(partly.sync.column_changes, undefined);
  assert.deepEqual(tiers, [{ tier: null }, { tier: "gold" }]);
  assert.deepEqual(wholly.sync.column_changes, ["- tier"]);
  const [row] = people.project.rows("sync.people");
  assert.deepEqual(Object.keys(row ?? {}), ["id", "name", "_content_hash"]);

  showTierAgain(people.project.path(".spoor/spoor.db"));
  const { sync } = await people.run("--full");
  assert.deepEqual([sync.changed, sync.column_changes], [true, ["- tier"]], "who reads it wakes");
});

Deno.test("groups of several rows show their rows with the new column and without the one that is gone", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND);
  await people.setRows(["id", "line", "tier"], [["1", "1", "NULL"], ["1", "2", "NULL"]]);
  await people.run();
  take(api);
  await people.setRows(["id", "line", "phone"], [["1", "1", "NULL"], ["1", "2", "NULL"]]);

  const { stdout } = await people.project.run("plan");
  const { sync } = await makePlan(people.project);
  await people.run();

  assert.match(stdout, /\+ \{"id":1,"line":2,"phone":null\}/);
  assert.deepEqual(sync.changes[0]?.rows_removed, [
    { id: 1, line: 1, tier: null },
    { id: 1, line: 2, tier: null },
  ]);
  assert.deepEqual(sync.changes[0]?.rows_added, [
    { id: 1, line: 1, phone: null },
    { id: 1, line: 2, phone: null },
  ]);
  assert.deepEqual(take(api), {
    "/update/1": {
      previous: [{ id: 1, line: 1, tier: null }, { id: 1, line: 2, tier: null }],
      changed: ["phone", "tier"],
    },
  });
});

Deno.test("groups that were accepted under different columns each differ from their own", async () => {
  let isDown = false;
  await using api = await fakeApi(({ path }) =>
    isDown && path.endsWith("/2") ? { status: 500 } : {}
  );
  await using people = await syncProject(api, SEND, {
    directives: ["retries: 0", "on_removed: deliver"],
  });
  const names = ["'Ada'", "'Bo'", "'Cy'"];
  const rows = (...values: string[]) => names.map((name, i) => [String(i + 1), name, ...values]);
  await people.setRows(["id", "name", "a"], rows("NULL"));
  await people.run();
  isDown = true;
  await people.setRows(["id", "name", "b"], rows("NULL"));
  await people.run();
  isDown = false;
  take(api);
  // Group 3 leaves as it was accepted last; 2 is still as it was accepted first.
  await people.setRows(["id", "name", "c"], rows("NULL").slice(0, 2));

  const { sync } = await makePlan(people.project);
  await people.run();

  assert.deepEqual(
    sync.changes.map(({ key, fields, ...rest }) => [key.id, fields, rest.columns_new]),
    [
      [3, { id: [3, null], name: ["Cy", null] }, undefined],
      [1, { c: [null, null], b: [null, null] }, ["c"]],
      [2, { c: [null, null], a: [null, null] }, ["c"]],
    ],
  );
  assert.deepEqual(take(api), {
    "/update/1": { previous: [{ id: 1, name: "Ada", b: null }], changed: ["c", "b"] },
    "/update/2": { previous: [{ id: 2, name: "Bo", a: null }], changed: ["c", "a"] },
    "/remove/3": { previous: [{ id: 3, name: "Cy", b: null }], changed: ["id", "name", "b"] },
  });
});

Deno.test("rows of one group that were accepted under different columns each have their own", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND);
  const rows = [["1", "7", "NULL"], ["2", "7", "NULL"]];
  await people.setRows(["id", "team"], rows.map((row) => row.slice(0, 2)));
  await people.run();
  await people.setSync(
    SEND.replace("{ action, key, previous, changed }", "change")
      .replace(
        "await http",
        `if (change.key.id === 2) return await change.reject("no");
    const { action, key, previous, changed } = change;
    await http`,
      ),
  );
  await people.setRows(["id", "team", "phone"], rows);
  await people.run();
  take(api);
  await people.setSync(SEND.replaceAll("key.id", "key.team"), ["unique_key: team"]);

  const { sync } = await makePlan(people.project);
  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(sync.changes.map(({ rows_removed: gone, rows_added: added }) => [gone, added]), [
    [
      [{ id: 2, team: 7 }],
      [{ id: 2, team: 7, phone: null }],
    ],
  ]);
  assert.deepEqual(take(api), {
    "/update/7": {
      previous: [{ id: 1, team: 7, phone: null }, { id: 2, team: 7 }],
      changed: ["phone"],
    },
  });
});

Deno.test("a column that is spelled otherwise is one that is gone and a new one", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND);
  await people.setRows(["id", "Name"], [["1", "'Ada'"]]);
  await people.run();
  take(api);
  await people.setRows(["id", "name"], [["1", "'Ada'"]]);

  const { stdout } = await people.project.run("plan");
  await people.run();

  assert.deepEqual(linesAbout(stdout, "ame"), [
    `name: new column → "Ada"`,
    `Name: "Ada" → gone`,
  ]);
  assert.deepEqual(take(api), {
    "/update/1": { previous: [{ id: 1, Name: "Ada" }], changed: ["name", "Name"] },
  });
});

Deno.test("--resend knows under which columns a group was accepted, also where it is cut short", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND);
  await people.setRows(["id", "name"], [["1", "'Ada'"]]);
  await people.run();
  await people.setSync(`await changes("SELECT * FROM raw.people");\nthrow new Error("off");`);
  await people.run("--resend", "sync.people");
  take(api);
  await people.setSync(SEND);
  await people.setRows(["id", "name", "phone"], [["1", "'Ada'", "NULL"]]);

  const { stdout } = await people.project.run("plan");
  await people.run();

  assert.deepEqual(linesAbout(stdout, "phone"), ["phone: new column → NULL"]);
  assert.deepEqual(take(api), {
    "/update/1": { previous: [{ id: 1, name: "Ada" }], changed: ["phone"] },
  });
});

Deno.test("what --held found is compared under the columns that it was compared by", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND, {
    files: { "crm.csv": "id,name\n1,Ida\n2,Bo\n" },
  });
  await people.setRows(["id", "name"], [["1", "'Ada'"], ["2", "'Bo'"]]);
  const adopted = await people.run("--adopt", "sync.people", "--held", "crm.csv");
  assert.equal(adopted.code, 0, adopted.output);
  await people.setRows(["id", "name", "phone"], [["1", "'Ada'", "NULL"], ["2", "'Bo'", "NULL"]]);

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(take(api), {
    "/update/1": { previous: [{ id: 1, name: "Ida" }], changed: ["name", "phone"] },
    "/update/2": { previous: [{ id: 2, name: "Bo" }], changed: ["phone"] },
  });
  const check = await people.project.run("state check");
  assert.match(check.stdout, /The state is whole/, check.output);
});

Deno.test("a group in doubt is told with the columns that it was accepted under", async () => {
  await using api = await fakeApi(({ json }) => {
    const { rows: [row] } = json as { rows: { name: string }[] };
    return row?.name === "Bob" ? { drop: true } : {};
  });
  await using people = await syncProject(
    api,
    `await changes("SELECT * FROM raw.people").each(async (change) => {
      const { rows, previous, changed } = change;
      if (rows[0].name === "Bad") return await change.reject("refused");
      await http.post(ORIGIN + "/update/1", { json: { rows, previous, changed } });
    });`,
    { directives: ["retries: 0"] },
  );
  for (const name of ["Ada", "Bob", "Bad"]) {
    await people.setRows(["id", "name"], [["1", `'${name}'`]]);
    await people.run();
  }
  const inDoubt = people.project.rows(
    `SELECT name FROM "spoor.accepted.sync.people" WHERE _spoor_columns < 0`,
  );
  assert.deepEqual(inDoubt, [{ name: "Ada" }]);
  take(api);
  await people.setRows(["id", "name", "phone"], [["1", "'Ada'", "NULL"]]);

  await people.run();

  assert.deepEqual(take(api), {
    "/update/1": {
      rows: [{ id: 1, name: "Ada", phone: null }],
      previous: [{ id: 1, name: "Ada" }],
      changed: ["phone"],
    },
  });
});

Deno.test("a group that an earlier version took into doubt is sent, and what it lacked counts as NULL", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND);
  await people.setRows(["ID", "name"], [["1", "'Ada'"]]);
  await people.run();
  take(api);
  {
    using state = new DatabaseSync(people.project.path(".spoor/spoor.db"));
    state.exec(`UPDATE "spoor.accepted.sync.people" SET _spoor_columns = 0`);
  }
  await people.setRows(["id", "name", "phone"], [["1", "'Ada'", "'+49'"]]);

  const check = await people.project.run("state check");
  await people.run();

  assert.match(check.stdout, /The state is whole/, check.output);
  assert.deepEqual(take(api), {
    "/update/1": { previous: [{ id: 1, name: "Ada", phone: null }], changed: ["phone"] },
  });
});
