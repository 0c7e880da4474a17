/**
 * `--adopt --held`: what the far side holds already is compared, and only true differences are sent.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";
import {
  adopt,
  assertNothingRecorded,
  HELD,
  pathsOf,
  ROW_COLUMNS,
  ROWS,
  SEND_CHANGES,
} from "./held_people.ts";

Deno.test("--held with a CSV file: the next run sends exactly what truly differs", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_CHANGES, { files: { "exports/crm.csv": HELD } });
  await people.setRows(ROW_COLUMNS, ROWS);

  const adopted = await people.run(...adopt("exports/crm.csv"));

  assert.equal(adopted.code, 0, adopted.output);
  assert.equal(api.requests.length, 0);
  assert.deepEqual(adopted.sync.adopted, {
    source: "exports/crm.csv",
    rows_there: 5,
    groups_there: 5,
    same: 3,
    differ: 1,
    not_there: 1,
    only_there: 1,
    without_key: 0,
    to_remove: 0,
    differ_in: { name: 1 },
    compared: ["name", "age", "note"],
    assumed: [],
    ignored: ["Owner"],
    notes: [`"Age" is taken for the column "age"`],
  });
  const { delivery } = adopted.sync;
  assert.deepEqual([delivery?.new, delivery?.changed, delivery?.unchanged, delivery?.left], [
    1,
    1,
    3,
    2,
  ]);
  const waiting = people.project.rows(
    `SELECT group_key, state, action FROM "spoor.changes" ORDER BY 1`,
  );
  assert.deepEqual(waiting.map((row) => Object.values(row)), [
    ["[4]", "pending", "update"],
    ["[5]", "pending", "create"],
  ]);

  const next = await people.run();

  assert.equal(next.code, 0, next.output);
  assert.deepEqual(pathsOf(api), ["/create/5", "/update/4"]);
  const update = api.requests.find(({ path }) => path === "/update/4")?.json;
  assert.deepEqual(update, {
    previous: [{ id: 4, name: "Dee", age: 4, note: "z" }],
    changed: ["name"],
  });
  api.clear();
  await people.run("--full");
  assert.equal(api.requests.length, 0);
  const { stdout } = await people.project.run(["state", "check"]);
  assert.match(stdout, /The state is whole/);
});

Deno.test("--held said again finds what was changed at the far side, and keeps what was saved", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  const code = `
    for await (const row of query("SELECT * FROM raw.people")) {
      await http.post(ORIGIN + "/people/" + row.id, { json: row });
      await save.row({ ...row, remote_id: "r" + row.id });
    }
  `;
  await using people = await syncProject(api, code, {
    files: { "crm.csv": "id,name\n1,Ada\n2,Bob\n" },
  });
  await people.setRows(["id", "name"], [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]]);
  await people.run();
  api.clear();

  const { sync } = await people.run(...adopt("crm.csv"));
  const remotes = () => people.project.rows('SELECT id, remote_id AS r FROM "sync.people"');
  assert.deepEqual([sync.adopted?.same, sync.adopted?.differ, sync.adopted?.not_there], [1, 1, 1]);
  assert.deepEqual(remotes(), [{ id: 1, r: "r1" }, { id: 2, r: "r2" }]);
  await people.run();

  assert.deepEqual(pathsOf(api), ["/people/2", "/people/3"]);
  assert.equal(remotes().length, 3);
});

Deno.test("--held finds its file from where the person stands", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW, {
    files: { "exports/crm.csv": HELD },
  });
  await people.setRows(ROW_COLUMNS, ROWS);

  const { code, output } = await people.project.run(["run", ...adopt("crm.csv")], {
    cwd: people.project.path("exports"),
  });

  assert.equal(code, 0, output);
  assert.match(
    output,
    /5 groups in crm\.csv: 3 the same, recorded as sent; 1 differs, 1 not there, 1 only there \(left as it is\)/,
  );
  assert.match(output, /compared {2}name, age, note; there, but not in the query: Owner/);
  assert.match(output, /2 groups wait to be sent; the next run goes on with them/);
});

Deno.test("--held compares the columns that both have, and says which it takes for the same", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_CHANGES, {
    files: { "crm.csv": "id;name\n1;Ada\n2;Bob\n" },
  });
  await people.setRows(["id", "name", "plan"], [["1", "'Ada'", "'a'"], ["2", "'Bo'", "'b'"]]);

  const { sync } = await people.run(...adopt("crm.csv"));
  await people.run();

  assert.deepEqual([sync.adopted?.compared, sync.adopted?.assumed], [["name"], ["plan"]]);
  assert.deepEqual(api.requests.map(({ path, json }) => [path, json]), [[
    "/update/2",
    { previous: [{ id: 2, name: "Bob", plan: "b" }], changed: ["name"] },
  ]]);
  assert.deepEqual(people.project.rows("sync.people").map(({ id, plan }) => [id, plan]), [
    [1, "a"],
    [2, "b"],
  ]);
});

Deno.test("--held with a table that a model fetches page by page in the same run", async () => {
  const pages = [[{ id: 1, name: "Ada" }, { id: 2, name: "Bob" }], [{ id: 3, name: "Cy" }], []];
  await using api = await fakeApi(({ path, query }) =>
    path === "/contacts" ? { json: pages[Number(query.get("page"))] } : { json: {} }
  );
  await using people = await syncProject(api, SEND_EACH_ROW, {
    files: {
      "models/raw/zz_crm.ts": `
        // @allow_net: ${api.host}
        import { http, save } from "spoor";
        for (let page = 0;; page++) {
          const { json } = await http.get("${api.origin}/contacts", { params: { page } });
          if (json.length === 0) break;
          await save.rows(json);
        }
      `,
    },
  });
  await people.setRows(["id", "name"], [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]]);

  const adopted = await people.run(...adopt("raw.zz_crm"), "--jobs", "4");
  assert.equal(adopted.code, 0, adopted.output);
  assert.deepEqual(pathsOf(api), ["/contacts", "/contacts", "/contacts"]);
  assert.equal(adopted.sync.adopted?.same, 2);
  api.clear();
  await people.run("sync.people");

  assert.deepEqual(pathsOf(api), ["/people/2"]);
});

Deno.test("--held with a SELECT compares by value and type", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW, {
    files: {
      "models/raw/crm.sql": "SELECT '1' AS ext, 'Ada' AS name UNION ALL SELECT '2', 'Bo'",
    },
  });
  await people.setRows(["id", "name"], [["1", "'Ada'"], ["2", "'Bob'"]]);

  const texts = await people.run(...adopt("SELECT ext AS id, name FROM raw.crm"));
  assert.equal(texts.code, 1);
  assert.match(texts.sync.error?.message ?? "", /none of the 2 groups of its query is among the 2/);
  assert.deepEqual(texts.sync.error?.details, ["here: id = 1; 2", "there: id = '1'; '2'"]);
  assertNothingRecorded(people);

  const adopted = await people.run(...adopt("SELECT CAST(ext AS INTEGER) id, name FROM raw.crm"));
  assert.deepEqual([adopted.sync.adopted?.same, adopted.sync.adopted?.differ], [1, 1]);
  await people.run();
  assert.deepEqual(pathsOf(api), ["/people/2"]);
});

Deno.test("--held compares the rows of a group as a set", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  const code = `
    await query("SELECT * FROM raw.people").each(async (row, _group) => {
      await http.post(ORIGIN + "/orders/" + row.id, { json: {} });
    });
  `;
  await using orders = await syncProject(api, code, {
    files: {
      "lines.csv": "id,line,qty\n" +
        // The same in another order; one quantity; a line too few; one too many; not twice.
        "1,b,2\n1,a,1\n2,a,1\n2,b,9\n3,a,1\n4,a,1\n4,b,2\n5,a,1\n5,b,1\n6,a,1\n6,a,1\n",
    },
  });
  await orders.setRows(["id", "line", "qty"], [
    ["1", "'a'", "1"],
    ["1", "'b'", "2"],
    ["2", "'a'", "1"],
    ["2", "'b'", "2"],
    ["3", "'a'", "1"],
    ["3", "'b'", "2"],
    ["4", "'a'", "1"],
    ["5", "'a'", "1"],
    ["5", "'a'", "1"],
    ["6", "'a'", "1"],
    ["6", "'a'", "1"],
  ]);

  const { sync, output, code: exit } = await orders.run(...adopt("lines.csv"));
  assert.equal(exit, 0, output);
  assert.deepEqual(sync.adopted?.notes, [
    "1 group of one row has more than one there: id = 4 (lines.csv:7, lines.csv:8)",
  ]);
  await orders.run();

  assert.deepEqual(pathsOf(api), ["/orders/2", "/orders/3", "/orders/4", "/orders/5"]);
});

Deno.test("what only the far side has is never removed; what this model has sent is, under its budget", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_CHANGES, {
    directives: ["on_removed: deliver"],
    files: { "crm.csv": "id,name\n1,Ada\n2,Bo\n3,Cy\n77,Else\n78,Else\n" },
  });
  const rows = [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"], ["4", "'Di'"]];
  await people.setRows(["id", "name"], rows);
  await people.run();
  api.clear();
  // 3 and 4 leave the query; 4 is gone there too.
  await people.setRows(["id", "name"], rows.slice(0, 2));

  const { sync } = await people.run(...adopt("crm.csv"));
  assert.deepEqual([sync.adopted?.only_there, sync.adopted?.to_remove], [3, 1]);
  assert.equal(api.requests.length, 0);
  assert.equal((await people.run()).code, 0);

  assert.deepEqual(pathsOf(api), ["/remove/3"]);
});

Deno.test("a mass removal after --held is stopped by @max_removed", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  const all = Array.from({ length: 20 }, (_, i) => [String(i + 1), "'Ada'"]);
  await using people = await syncProject(api, SEND_CHANGES, {
    directives: ["on_removed: deliver"],
    files: { "crm.csv": `id,name\n${all.map(([id]) => `${id},Ada`).join("\n")}\n` },
  });
  await people.setRows(["id", "name"], all);
  await people.run();
  api.clear();
  await people.setRows(["id", "name"], all.slice(0, 5));

  await people.run(...adopt("crm.csv"));
  const next = await people.run();

  assert.equal(next.code, 1);
  assert.match(next.sync.error?.message ?? "", /15 of 20 groups left its query/);
  assert.equal(api.requests.length, 0);
});

Deno.test("why tells what --held found of a group, and what comes next", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW, { files: { "crm.csv": HELD } });
  await people.setRows(ROW_COLUMNS, ROWS);
  await people.run(...adopt("crm.csv"));
  const why = async (id: string) =>
    (await people.project.run(["why", "sync.people", id])).stdout.replaceAll(/ +/g, " ");

  assert.match(
    await why("1"),
    /adopted: the model as a whole: 3 groups recorded as sent, as in crm\.csv; 1 differs, 1 not/,
  );
  const differs = await why("4");
  assert.match(differs, /next the far side holds something else: the next run sends it/);
  assert.match(differs, /left to the next run: it differs in crm\.csv: name Dee → Di/);
  assert.doesNotMatch(differs, /adopted/);
  const missing = await why("5");
  assert.match(missing, /next not at the far side: the next run sends it/);
  assert.match(missing, /left to the next run: it is not in crm\.csv/);

  await people.run();
  assert.match(await why("4"), /accepted: sent name Dee → Di/);
  assert.match(await why("5"), /next accepted/);
});

Deno.test("plan shows what --held would leave, and apply records just that", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW, { files: { "crm.csv": HELD } });
  await people.setRows(ROW_COLUMNS, ROWS);
  const { project } = people;

  const plan = await project.run(["plan", ...adopt("crm.csv"), "-o", "plan.json"]);
  assert.equal(plan.code, 0, plan.output);
  assert.match(plan.stdout, /3 the same, recorded as sent; 1 differs, 1 not there, 1 only there/);
  assert.match(plan.stdout, /name: "Dee" → "Di"/);
  assert.doesNotMatch(plan.stdout, /id = 3/);

  await project.write("crm.csv", HELD.replace("Ada", "Eve"));
  const moved = await project.run(["apply", "plan.json"]);
  assert.equal(moved.code, 1);
  assert.match(moved.output, /something has moved/);
  await project.write("crm.csv", HELD);
  assert.equal((await project.run(["apply", "plan.json"])).code, 0);
  assert.equal(api.requests.length, 0);
  await people.run();
  assert.deepEqual(pathsOf(api), ["/people/4", "/people/5"]);
});

Deno.test("an empty cell is the key of a group whose key is an empty text, where there is one", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_CHANGES, {
    directives: ["unique_key: region, id"],
    files: { "crm.csv": `region,id,name\n"",a,Ada\n,b,Bo\nEU,"",Cy\nEU,c,Di\n` },
  });
  const columns = ["region", "id", "name"];
  const rows = [["''", "'a'", "'Ada'"], ["''", "'b'", "'Bob'"], ["'EU'", "'c'", "'Di'"]];
  await people.setRows(columns, rows);

  const { sync } = await people.run(...adopt("crm.csv"));

  assert.deepEqual(sync.adopted?.notes, [
    "1 row there has no region, id, and can be no group of sync.people (crm.csv:4)",
  ]);
  assert.deepEqual([sync.adopted?.same, sync.adopted?.differ, sync.adopted?.not_there], [2, 1, 0]);
  assert.equal(api.requests.length, 0);
  await people.run();
  assert.deepEqual(pathsOf(api), ["/update/b"]);
});
