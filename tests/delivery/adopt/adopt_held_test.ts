/**
 * `--adopt --held`: what the far side holds already is compared, and only true differences are sent.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { SEND_EACH_ROW, type SyncProject, syncProject } from "../../support/sync_project.ts";

const COLUMNS = ["id", "name", "age", "note"];
const ROWS = [
  ["1", "'Ada'", "36", "NULL"],
  ["2", "'Bo'", "NULL", "''"],
  ["3", "'Cy'", "1.5", "'x, \"y\"'"],
  ["4", "'Di'", "4", "'z'"],
  ["5", "'Ed'", "5", "'w'"],
];
/** 1 to 3 are the same, 4 differs, 5 is not there, 9 is only there. */
const HELD = `Age,id,name,Owner,note
36.0,1,Ada,me,
,2,Bo,me,
1.50,3,Cy,you,"x, ""y"""
4,4,Dee,,z
9,9,Zed,,z
`;

/** Tells what each change was, and sends it. */
const SEND_CHANGES = `
  await changes("SELECT * FROM raw.people").each(async (change) => {
    const { action, key, previous, changed } = change;
    await http.post(ORIGIN + "/" + action + "/" + key.id, { json: { previous, changed } });
  });
`;

const adopt = (held: string) => ["--adopt", "sync.people", "--held", held];
const pathsOf = (api: { requests: readonly { path: string }[] }) =>
  api.requests.map(({ path }) => path).sort();

/** Nothing is recorded of any group. */
function assertNothingRecorded({ project }: SyncProject): void {
  assert.deepEqual(project.rows("spoor.deliveries"), []);
  assert.deepEqual(
    project.rows(
      `SELECT name FROM sqlite_schema WHERE name IN ('spoor.accepted.sync.people', 'sync.people')`,
    ),
    [],
  );
}

Deno.test("--held with a CSV file: the next run sends exactly what truly differs", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_CHANGES, { files: { "exports/crm.csv": HELD } });
  await people.setRows(COLUMNS, ROWS);

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
  await people.setRows(COLUMNS, ROWS);

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
    await query("SELECT * FROM raw.people").each(async (row) => {
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

Deno.test("--held settles what is unknown or failed where it is the same there, and nothing else", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/people/3" ? { status: 500 } : { drop: true }
  );
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["delivery: at_most_once", "retries: 0"],
    files: { "crm.csv": "id,name\n1,Ada\n3,Cy\n" },
  });
  await people.setRows(["id", "name"], [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]]);
  await people.run();
  assert.equal(people.project.rows("spoor.ledger").length, 3);
  api.answer(() => ({ json: {} }));
  api.clear();

  await people.run(...adopt("crm.csv"));

  const left = people.project.rows("spoor.ledger").map((
    { group_key, state },
  ) => [group_key, state]);
  assert.deepEqual(left, [["[2]", "unknown"]]);
  await people.run("--full");
  assert.equal(api.requests.length, 0, "at most once: a person says what became of 2");
  await people.project.run(["unknown", "settle", "--not-sent", "sync.people", "2"]);
  await people.run();
  assert.deepEqual(pathsOf(api), ["/people/2"]);
});

Deno.test("what --held says to differ goes out under another key than the try that may have arrived", async () => {
  // As far sides with keys do: a request whose key is known is answered, and changes nothing.
  const [names, keys] = [new Map<string, string | undefined>(), new Set<string | undefined>()];
  let isAnswered = false;
  await using api = await fakeApi(({ method, path, key, json }) => {
    const id = path.split("/")[2] ?? "";
    if (!keys.has(key)) {
      names.set(id, method === "PUT" ? (json as { name: string }).name : undefined);
    }
    keys.add(key);
    if (isAnswered) return { json: {} };
    return id === "5" ? { status: 500 } : { drop: true };
  });
  const code = `
    await changes("SELECT * FROM raw.people").each(async ({ action, key, rows }) => {
      if (action === "remove") await http.delete(ORIGIN + "/people/" + key.id);
      else await http.put(ORIGIN + "/people/" + key.id, { json: rows[0] });
    });
  `;
  await using people = await syncProject(api, code, {
    directives: ["on_removed: deliver", "retries: 0"],
    files: { "crm.csv": "id,name\n1,By hand\n3,Cy\n4,Di\n5,By hand\n" },
  });
  const rows = [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"], ["5", "'Ed'"], ["4", "'Di'"]];
  await people.setRows(["id", "name"], rows);
  await people.run();
  assert.deepEqual([...names.values()].toSorted(), ["Ada", "Bo", "Cy", "Di", "Ed"]);
  // Meanwhile 4 leaves the query, and somebody changes 1 and 5 and deletes 2 at the far side.
  await people.setRows(["id", "name"], rows.slice(0, 4));
  names.set("1", "By hand").set("5", "By hand").delete("2");

  isAnswered = true;
  const adopted = await people.run(...adopt("crm.csv"));
  assert.equal(adopted.code, 0, adopted.output);
  api.clear();
  const next = await people.run();

  assert.equal(next.code, 0, next.output);
  assert.deepEqual(pathsOf(api), ["/people/1", "/people/2", "/people/4", "/people/5"]);
  assert.deepEqual(Object.fromEntries(names), {
    1: "Ada",
    2: "Bo",
    3: "Cy",
    4: undefined,
    5: "Ed",
  });
});

Deno.test("what --held says counts more than what a person has settled before", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/people/1" ? { drop: true } : { json: {} }
  );
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["delivery: at_most_once", "retries: 0"],
    files: { "crm.csv": "id,name\n1,By hand\n2,Bo\n" },
  });
  await people.setRows(["id", "name"], [["1", "'Ada'"], ["2", "'Bo'"]]);
  await people.run();
  await people.project.run(["unknown", "settle", "--sent", "sync.people", "1"]);
  await people.setRows(["id", "name"], [["1", "'Eve'"], ["2", "'Bo'"]]);
  const adopted = await people.run(...adopt("crm.csv"));
  assert.equal(adopted.sync.adopted?.differ, 1, adopted.output);
  // It is again what was settled; the far side has it no more.
  await people.setRows(["id", "name"], [["1", "'Ada'"], ["2", "'Bo'"]]);
  api.answer(() => ({ json: {} }));
  api.clear();

  await people.run();

  assert.deepEqual(pathsOf(api), ["/people/1"]);
});

Deno.test("what --held does not have is not removed there, beside a group of which only a try is known", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/create/3" ? { drop: true } : { json: {} }
  );
  await using people = await syncProject(api, SEND_CHANGES, {
    directives: ["on_removed: deliver", "retries: 0"],
    files: { "crm.csv": "id,name\n1,Ada\n3,Cy\n" },
  });
  await people.setRows(["id", "name"], [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]]);
  await people.run();
  await people.setRows(["id", "name"], [["1", "'Ada'"]]);
  const { sync } = await people.run(...adopt("crm.csv"));
  assert.equal(sync.adopted?.to_remove, 1);
  api.clear();

  assert.equal((await people.run("--allow-removed")).code, 0);

  assert.deepEqual(pathsOf(api), ["/remove/3"]);
});

Deno.test("why tells what --held found of a group, and what comes next", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW, { files: { "crm.csv": HELD } });
  await people.setRows(COLUMNS, ROWS);
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
  await people.setRows(COLUMNS, ROWS);
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

Deno.test("--held that cannot be compared says where and why, and records nothing", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(["id", "name"], [["1", "'Ada'"], ["2", "'Bo'"]]);
  await people.run("raw.people");
  const utf16 = new Uint8Array([
    0xff,
    0xfe,
    ...[..."id,name\n"].flatMap((c) => [c.charCodeAt(0), 0]),
  ]);
  const cases: readonly (readonly [content: string | Uint8Array, message: RegExp])[] = [
    ["", /Cannot read crm\.csv: it is empty/],
    ["id,name\n", /Cannot adopt sync\.people by crm\.csv: it holds no rows/],
    [
      "ID_,name\n1,Ada\n",
      /has no column "id"[^]*at crm\.csv:1\n[^]*Name the column "ID_" of the file "id"/,
    ],
    ["id,name,NAME\n1,Ada,x\n", /columns 2 and 3 are named "name" and "NAME"[^]*at crm\.csv:1\n/],
    ["id,id,name\n1,1,Ada\n", /columns 1 and 2 are both named "id"/],
    ["id,Full name\n1,Ada\n", /they share no column but the unique key[^]*at crm\.csv:1\n/],
    ['id,name\n1,"Ada\n2,Bo\n', /a quote is not closed[^]*at crm\.csv:2\n/],
    ['id,name\n1,"A"da\n', /text follows a closing quote[^]*at crm\.csv:2\n/],
    ["id,name\n1,Ada\n2\n", /the row has 1 field, and not 2[^]*at crm\.csv:3\n/],
    ["id,name\n1,A\0da\n", /NUL character[^]*at crm\.csv:2\n/],
    [utf16, /it is not UTF-8 text[^]*at crm\.csv:1\n[^]*Export it as CSV in UTF-8/],
    ["id,name\n7,Ada\n8,Bo\n", /none of the 2 groups of its query is among the 2 there/],
    ["id,name\n,Ada\n,Bo\n", /none of the 2 groups of its query is among the 0 there/],
  ];
  for (const [content, message] of cases) {
    await people.project.write("crm.csv", content);
    const { code, output } = await people.project.run(["run", "sync.people", ...adopt("crm.csv")]);
    assert.equal(code, 1, `${message}: ${output}`);
    assert.match(output, message);
    assertNothingRecorded(people);
  }
  assert.equal(api.requests.length, 0);
});

Deno.test("--held tells in which columns groups differ, and which is the same nowhere", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  const days = [1, 2, 3, 4].map((day) => `${day},${day === 1 ? "Eve" : "Ada"},0${day}/01/2026\n`);
  await using people = await syncProject(api, SEND_EACH_ROW, {
    files: { "crm.csv": `id,name,born\n${days.join("")}` },
  });
  const rows = [1, 2, 3, 4].map((day) => [String(day), "'Ada'", `'2026-01-0${day}'`]);
  await people.setRows(["id", "name", "born"], rows);

  const { output } = await people.project.run(["run", ...adopt("crm.csv")]);

  assert.match(output, /differ {4}born in 4 groups, name in 1/);
  assert.match(output, /note {6}"born" is the same in no group: if only its form is another there/);
});

Deno.test("--held without a key in some rows, or with a key twice, is noted with its lines", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW, {
    files: { "crm.csv": "id,name\n1,Ada\n,Anon\n2,Bo\n2,Bo\n" },
  });
  await people.setRows(["id", "name"], [["1", "'Ada'"], ["2", "'Bo'"]]);

  const { sync } = await people.run(...adopt("crm.csv"));

  assert.deepEqual(sync.adopted?.notes, [
    "1 row there has no id, and can be no group of sync.people (crm.csv:3)",
    "1 group of one row has more than one there: id = 2 (crm.csv:4, crm.csv:5)",
  ]);
  assert.deepEqual([sync.adopted?.same, sync.adopted?.differ], [1, 1]);
});

Deno.test("--held in a call that makes no sense is a wrong call, and nothing runs", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, SEND_EACH_ROW, {
    files: {
      "crm.csv": HELD,
      "models/mart/sent.sql": "SELECT * FROM sync.people",
      "models/sync/copy.sql": `
        -- @kind: tracked
        -- @unique_key: id
        SELECT * FROM raw.people
      `,
    },
  });
  await people.setRows(COLUMNS, ROWS);
  const calls: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [["--held", "crm.csv"], /--adopt is not given/],
    [
      ["--adopt", "sync.people", "--adopt", "sync.copy", "--held", "crm.csv"],
      /names several models/,
    ],
    [
      ["--adopt", "+sync.people", "--held", "crm.csv"],
      /Cannot adopt raw\.people: it is of kind table/,
    ],
    [["raw.people", ...adopt("crm.csv")], /it is not among the models to run/],
    [
      ["--adopt", "sync.copy", "--held", "crm.csv"],
      /Cannot compare sync\.copy[^]*it sends nothing/,
    ],
    [adopt("gone.csv"), /Cannot read gone\.csv: there is no such file/],
    [adopt("raw.poeple"), /is no file, no table and no SELECT[^]*Did you mean "raw\.people"/],
    [adopt("sync.people"), /Cannot compare sync\.people with sync\.people/],
    [adopt("mart.sent"), /Cannot compare sync\.people with mart\.sent/],
    [adopt("SELECT * FROM raw.crn"), /there is no table "raw\.crn"/],
    [adopt("SELECT 1; SELECT 2"), /Cannot read the SQL/],
    [adopt("SELECT * FROM spoor.ledger"), /there is no table "spoor\.ledger"/],
    [adopt(""), /it names nothing/],
  ];
  for (const [args, message] of calls) {
    const { code, output } = await people.project.run(["run", ...args]);
    assert.equal(code, 2, `${args.join(" ")}: ${output}`);
    assert.match(output, message);
  }
  assert.equal(api.requests.length, 0);
});

Deno.test("--held of a model that does not ask for its changes fails", async () => {
  await using api = await fakeApi(() => ({ json: {} }));
  await using people = await syncProject(api, `await query.all("SELECT * FROM raw.people");`, {
    files: { "crm.csv": HELD },
  });
  await people.setRows(COLUMNS, ROWS);

  const { code, sync } = await people.run(...adopt("crm.csv"));

  assert.equal(code, 1);
  assert.match(sync.error?.message ?? "", /it ended and did not ask for its changes/);
});
