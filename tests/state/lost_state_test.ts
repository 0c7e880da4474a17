/** Models that were renamed, or whose state is gone: nobody gets everything a second time by mistake. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type Answer, fakeApi } from "../support/fake_api.ts";
import { runSteps } from "../support/run_steps.ts";
import { killAfter } from "../support/spoor.ts";
import {
  COLUMNS,
  killWhileOut,
  rowsOf,
  SEND_EACH_ROW,
  type SyncProject,
  syncProject,
} from "../support/sync_project.ts";
import { putBack, removeState } from "./state_file.ts";

async function rename({ project }: SyncProject, to: string, from = "sync.people"): Promise<void> {
  const pathOf = (model: string) => `models/${model.replace(".", "/")}.ts`;
  const text = await project.read(pathOf(from));
  await project.remove(pathOf(from));
  await project.write(pathOf(to), text);
}

Deno.test("a renamed model sends nothing and says how to go on; state mv keeps its state", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(5));
  await people.run();
  api.clear();

  await rename(people, "sync.contacts");
  const refused = await runSteps(people.project);

  assert.equal(refused.code, 1);
  assert.equal(api.requests.length, 0);
  const error = refused.steps["sync.contacts"]?.error;
  assert.match(
    error?.message ?? "",
    /^Cannot send sync\.contacts: it has no state, and sync\.people, .* has 5 accepted rows$/,
  );
  assert.match(error?.hint ?? "", /"spoor state mv sync\.people sync\.contacts"/);
  assert.match(error?.hint ?? "", /"spoor run sync\.contacts --resend sync\.contacts"/);
  assert.equal(refused.steps["raw.people"]?.status, "skipped", "the others run");

  assert.match(
    (await people.project.run("failures")).stdout,
    /hint: If it was renamed, run "spoor/,
  );

  const moved = await people.project.run("state mv sync.people sync.contacts");
  const failures = (await people.project.run("failures")).stdout;
  assert.match(failures, /sync\.contacts {2}failed in run \d+/);
  assert.doesNotMatch(failures, /state mv/);
  assert.match(
    failures,
    /hint: It has the state of sync\.people now: the next run goes on from it$/m,
  );
  assert.equal(moved.code, 0, moved.output);
  await people.setRows(COLUMNS, [...rowsOf(5), ["6", "'Grace'"]]);
  const next = await runSteps(people.project);

  assert.equal(next.code, 0, next.output);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/6"]);
  assert.equal(people.project.rows("sync.contacts").length, 6);
  const left = people.project.rows(
    `SELECT name FROM sqlite_schema WHERE name LIKE '%sync.people%'`,
  );
  assert.deepEqual(left, []);
  const check = await people.project.run("state check");
  assert.equal(check.code, 0, check.output);
});

Deno.test("a model whose name changed its case only is told too, and state mv keeps its state", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();
  api.clear();
  await rename(people, "sync.People");

  const refused = await runSteps(people.project);
  assert.equal(refused.code, 1, refused.output);
  assert.equal(api.requests.length, 0);
  assert.match(refused.output, /only the case differs/);
  const moved = await people.project.run("state mv sync.people sync.People");
  assert.equal(moved.code, 0, moved.output);
  await people.setRows(COLUMNS, [...rowsOf(3), ["4", "'Grace'"]]);
  const next = await runSteps(people.project);

  assert.equal(next.code, 0, next.output);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/4"]);
  const check = await people.project.run("state check");
  assert.equal(check.code, 0, check.output);
});

Deno.test("--resend lets a model through that only looks like a former one", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();
  await rename(people, "sync.contacts");
  api.clear();

  const resent = await runSteps(people.project, "sync.contacts --resend sync.contacts");
  assert.equal(resent.code, 0, resent.output);
  assert.equal(api.requests.length, 3);
  const next = await runSteps(people.project);

  assert.equal(next.code, 0, next.output);
  assert.equal(api.requests.length, 3, "once was enough to let it through");
  const late = await people.project.run("state mv sync.people sync.contacts");
  assert.equal(late.code, 1);
  assert.match(late.output, /sync\.contacts has its own state already \(3 accepted rows\)/);
});

for (
  const [what, change] of Object.entries({
    "and its key column": (people: SyncProject) =>
      people.setSync(
        SEND_EACH_ROW.replace("SELECT *", "SELECT id AS person_id, id, name"),
        ["unique_key: person_id"],
      ),
    "and the table that it reads": async (people: SyncProject) => {
      const { project } = people;
      await people.setSync(SEND_EACH_ROW.replace("raw.people", "raw.customers"));
      await project.write("models/raw/customers.sql", await project.read("models/raw/people.sql"));
      await project.remove("models/raw/people.sql");
    },
  })
) {
  Deno.test(`a renamed model ${what} sends nothing`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND_EACH_ROW);
    await people.setRows(COLUMNS, rowsOf(5));
    await people.run();
    api.clear();
    await change(people);
    await rename(people, "sync.contacts");

    const refused = await runSteps(people.project);

    assert.equal(refused.code, 1, refused.output);
    assert.equal(api.requests.length, 0);
    assert.match(refused.output, /sync\.people was probably renamed to sync\.contacts/);
  });
}

Deno.test("a model that was renamed after its only run was killed sends nothing", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(5));
  await killWhileOut(api, people, 2);
  api.clear();
  api.answer(() => ({ json: {} }));
  await rename(people, "sync.contacts");

  const refused = await runSteps(people.project);

  assert.equal(refused.code, 1, refused.output);
  assert.equal(api.requests.length, 0);
  assert.match(refused.output, /sync\.people was probably renamed to sync\.contacts/);
});

Deno.test("a model of SQL that is gone has sent nothing, and is taken for no former one", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(2));
  await people.project.write(
    "models/mart/people.sql",
    "-- @kind: tracked\n-- @unique_key: id\nSELECT * FROM raw.people",
  );
  await people.project.run("run mart.people raw.people");
  await people.project.remove("models/mart/people.sql");

  const { code, output } = await people.run();

  assert.equal(code, 0, output);
  assert.equal(api.requests.length, 2);
});

Deno.test("a model that has delivered, and kept rows for a while, is no new one beside a former one", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(2));
  const sending = await people.project.read("models/sync/people.ts");
  await people.project.write("models/sync/twin.ts", sending);
  await people.project.run("run");
  await people.project.remove("models/sync/twin.ts");
  await people.project.remove("models/sync/people.ts");
  await people.project.write(
    "models/sync/people.sql",
    "-- @kind: tracked\n-- @unique_key: id\nSELECT * FROM raw.people",
  );
  await people.project.run("run");
  await people.project.remove("models/sync/people.sql");
  await people.project.write("models/sync/people.ts", sending);
  api.clear();

  const { code, output } = await people.run();

  assert.equal(code, 0, output);
  assert.equal(api.requests.length, 0, "what was delivered before counts again");
});

Deno.test("a model beside a former one that it does not resemble begins by itself", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(2));
  await people.run();
  await people.project.remove("models/sync/people.ts");
  await people.project.write("models/raw/orders.sql", "SELECT 7 AS order_id, 1 AS id");
  await people.project.write(
    "models/sync/orders.ts",
    `
    // @kind: tracked
    // @unique_key: order_id
    // @allow_net: ${api.host}
    import { http, query } from "spoor";
    await query("SELECT * FROM raw.orders").each(async (row) => {
      await http.post("${api.origin}/orders", { json: row });
    });
  `,
  );

  const run = await runSteps(people.project);

  assert.equal(run.code, 0, run.output);
  assert.equal(run.steps["sync.orders"]?.delivery?.saved, 1);
});

/** What a model saves → what is said of its table once the accepted rows are gone. */
const SAVED = [
  {
    saves: "what it read",
    code: SEND_EACH_ROW,
    checked: /sync\.people shows what was accepted of it, and that is gone/,
    refused: /though its table is there to show it$/,
  },
  {
    saves: "more than it read",
    code: SEND_EACH_ROW.replace(/\}\);\s*$/, "return { ...row, remote_id: 1 };\n});"),
    checked: /sync\.people has 4 rows, and what was accepted of it is gone/,
    refused: /though its table has 4 rows$/,
  },
];

for (const { saves, code, checked: ofCheck, refused: ofRun } of SAVED) {
  Deno.test(`a model that saves ${saves} and whose accepted rows are gone sends nothing, and says so`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, code);
    await people.setRows(COLUMNS, rowsOf(4));
    await people.run();
    api.clear();
    {
      using db = new DatabaseSync(people.project.path(".spoor/spoor.db"));
      db.exec(`DROP TABLE "spoor.accepted.sync.people"`);
    }
    await people.setRows(COLUMNS, rowsOf(4, "Grace"));
    const checked = await people.project.run("state check");
    assert.equal(checked.code, 1);
    assert.match(checked.output, ofCheck);

    const refused = await people.run();

    assert.equal(refused.code, 1);
    assert.equal(api.requests.length, 0);
    const message = refused.sync.error?.message ?? "";
    assert.match(
      message,
      /^Cannot send sync\.people: what was accepted of it is no longer in the state/,
    );
    assert.match(message, ofRun);
    const resent = await people.run("--resend", "sync.people");
    assert.equal(resent.code, 0, resent.output);
    assert.equal(api.requests.length, 4);
    assert.deepEqual(
      people.project.rows("sync.people").map(({ id, name }) => [id, name]),
      [1, 2, 3, 4].map((id) => [id, "Grace"]),
    );
  });
}

Deno.test("a project whose state file is gone sends nothing, and says how to go on", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(4));
  await people.run();
  await people.project.run("state backup .spoor/kept.db");
  await removeState(people.project);
  api.clear();

  for (const command of ["run", "plan"]) {
    const { code, output } = await people.project.run(command);
    assert.equal(code, 1, output);
    assert.match(output, /\.spoor\/spoor\.db is gone, and with it what this project has sent/);
    assert.match(output, command === "run" ? /Cannot run: / : /Cannot make a plan: /);
    assert.match(output, /to begin anew, delete \.spoor\/spoor\.sent: "spoor plan" then shows/);
    assert.doesNotMatch(output, /\.spoor\/backups/, "there are none");
  }
  assert.equal(api.requests.length, 0);
  await people.project.write(".spoor/backups/spoor.db", "");
  assert.match((await people.project.run("run")).output, /in its place \(see \.spoor\/backups\)/);

  await putBack(people.project, ".spoor/kept.db");
  assert.equal((await people.run()).code, 0);
  assert.equal(api.requests.length, 0, "a backup stands in for it");
});

Deno.test("apply says that the state is gone that its plan was made on, and offers no other plan", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(2));
  await people.run();
  await people.setRows(COLUMNS, rowsOf(3));
  await people.project.run("plan -o plan.json");
  await people.project.remove(".spoor/spoor.sent");
  await removeState(people.project);
  api.clear();

  const { code, output } = await people.project.run("apply plan.json");

  assert.equal(code, 1, output);
  assert.match(output, /made on the state that run 1 has left, and there is no state here now/);
  assert.doesNotMatch(output, /[Mm]ake a new plan|by a run since/);
  assert.equal(api.requests.length, 0);
});

const UNREADABLE = [
  ["empty", "", /spoor\.sent says which run has sent last, and it is empty/],
  ["cut off", "This project has sent. What was acc", /has sent last, and it is not whole/],
] as const;
for (const [how, text, said] of UNREADABLE) {
  Deno.test(`no run begins where the mark of what was sent last is ${how}, and it is said how to go on`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND_EACH_ROW);
    await people.setRows(COLUMNS, rowsOf(2));
    await people.run();
    await Deno.writeTextFile(people.project.path(".spoor/spoor.sent"), text);
    await people.setRows(COLUMNS, rowsOf(3));
    api.clear();

    for (const command of ["run", "plan", "state check"]) {
      const { code, output } = await people.project.run(command);
      assert.equal(code, 1, output);
      if (command !== "state check") assert.match(output, said);
    }
    assert.match((await people.project.run("history")).stderr, said);
    assert.equal(api.requests.length, 0);

    await people.project.remove(".spoor/spoor.sent");
    assert.equal((await people.run()).code, 0);
    assert.equal(api.requests.length, 1);
  });
}

Deno.test("a mark as earlier versions have left it, without the run, is one", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(1));
  await people.run();
  const mark = await people.project.read(".spoor/spoor.sent");
  await people.project.write(".spoor/spoor.sent", mark.split("\n").slice(0, 2).join("\n") + "\n");

  assert.equal((await people.run()).code, 0);
  await removeState(people.project);
  assert.match((await people.project.run("run")).output, /spoor\.db is gone/);
});

Deno.test("a first run that is killed while it sends has left its mark: its state file is missed too", async () => {
  await using api = await fakeApi((_, index): Answer =>
    index === 0 ? { json: {} } : { hang: true }
  );
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(3));
  await killAfter(people.project.start("run"), api.received(2));
  await removeState(people.project);

  const { code, output } = await people.project.run("run");

  assert.equal(code, 1, output);
  assert.match(output, /\.spoor\/spoor\.db is gone, and with it what this project has sent/);
  assert.equal(api.requests.length, 2);
});

Deno.test("--adopt after what was accepted is gone has each row once in the table", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(4));
  await people.run();
  {
    using db = new DatabaseSync(people.project.path(".spoor/spoor.db"));
    db.exec(`DROP TABLE "spoor.accepted.sync.people"`);
  }

  await people.setRows(COLUMNS, rowsOf(3, "Grace"));
  const adopted = await people.run("--adopt", "sync.people");

  assert.equal(adopted.code, 0, adopted.output);
  assert.deepEqual(
    people.project.rows('SELECT id, name FROM "sync.people" ORDER BY id'),
    [1, 2, 3].map((id) => ({ id, name: "Grace" })),
  );
});

Deno.test("what was in flight when a model was renamed goes out again with the key that it had", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(4));
  await killWhileOut(api, people, 2);
  const inFlight = api.requests.find(({ path }) => path === "/people/3");
  api.clear();
  api.answer(() => ({ json: {} }));

  await rename(people, "sync.contacts");
  await people.project.run("state mv sync.people sync.contacts");
  await rename(people, "crm.contacts", "sync.contacts");
  const moved = await people.project.run("state mv sync.contacts crm.contacts --json");
  assert.equal(moved.code, 0, moved.output);
  assert.equal(JSON.parse(moved.stdout).changes, 1);
  const run = await runSteps(people.project);

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/3", "/people/4"]);
  assert.ok(inFlight?.key);
  assert.equal(api.requests[0]?.key, inFlight.key);
  assert.notEqual(api.requests[1]?.key, inFlight.key);
});

Deno.test("commands that look at a state file that is lost say so, and not that nothing has run", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(1));
  await people.run("--practice");
  await people.run();
  await removeState(people.project);
  const commands = [
    "history",
    "failures",
    "why sync.people 1",
    "retry sync.people",
    "unknown",
    "query spoor.runs",
    "unknown settle sync.people 1 --sent",
    "state list",
    "state check",
    "state backup",
    "state mv sync.people sync.contacts",
    "history --json",
  ];

  for (const command of commands) {
    const { code, output } = await people.project.run(command);
    assert.equal(code, 1, command);
    assert.match(
      output,
      /Cannot \S.*: \.spoor\/spoor\.db is gone, and with it what this project has sent/,
      command,
    );
    assert.match(output, /Put a backup in its place/, command);
  }
  assert.match((await people.project.run("history --practice")).output, /run --practice/);
});
