/**
 * `--adopt --held` by what cannot be compared, or only in part, and in calls that make no sense.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";
import { adopt, assertNothingRecorded, HELD, ROW_COLUMNS, ROWS } from "./held_people.ts";

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
  await people.setRows(ROW_COLUMNS, ROWS);
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
  await people.setRows(ROW_COLUMNS, ROWS);

  const { code, sync } = await people.run(...adopt("crm.csv"));

  assert.equal(code, 1);
  assert.match(sync.error?.message ?? "", /it ended and did not ask for its changes/);
});
