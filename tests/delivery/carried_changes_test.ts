/**
 * What a run was let do and has not done goes on with the next one: `@max_changes` counts only what is new beside it.
 */
import assert from "node:assert/strict";
import type { PlanDocument } from "~/plan/plan_document.ts";
import { type FakeApi, fakeApi } from "../support/fake_api.ts";
import { killAfter } from "../support/spoor.ts";
import {
  COLUMNS,
  rowsOf,
  SEND_EACH_ROW,
  type SyncProject,
  syncProject,
} from "../support/sync_project.ts";

const LIMIT = { directives: ["max_changes: 10%", "retries: 0"] };
const ENDS = ["the far side is down", "Ctrl-C", "kill -9"] as const;

/** Sends 21 groups of a run, and ends it. */
async function cut(
  api: FakeApi,
  people: SyncProject,
  end: (typeof ENDS)[number],
  ...args: string[]
): Promise<void> {
  api.clear();
  let arrived = 0;
  api.answer(() => {
    arrived += 1;
    if (arrived <= 21) return { json: {} };
    return end === "the far side is down" ? { status: 503 } : { json: {}, delayMs: 200 };
  });
  const running = people.project.start(["run", ...args]);
  if (end === "Ctrl-C") await killAfter(running, api.received(22), "SIGINT");
  if (end === "kill -9") await killAfter(running, api.received(22));
  const { code, output } = await running.result;
  assert.notEqual(code, 0, output);
  api.clear();
  api.answer(() => ({ json: {} }));
}

const acceptedOf = (people: SyncProject, name: string) =>
  people.project.rows(`SELECT count(*) AS n FROM "sync.people" WHERE name = '${name}'`)[0]?.n;

for (const end of ENDS) {
  Deno.test(`what was let through and was cut goes on without a word: ${end}`, async (t) => {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND_EACH_ROW, LIMIT);
    await people.setRows(COLUMNS, rowsOf(60));
    await cut(api, people, end);
    const before = Number(acceptedOf(people, "Ada"));
    assert.ok(before >= 21 && before < 50, `${before} are accepted`);
    const plan = await people.project.run("plan");
    const rest = 60 - before;
    assert.equal(plan.code, 0, plan.output);
    assert.ok(
      plan.output.includes(
        `@max_changes 10%: 0 of ${before} accepted, beside ${rest} that an earlier run has left`,
      ),
      plan.output,
    );

    const first = await people.run();
    await people.setRows(COLUMNS, rowsOf(60, "Eva"));
    await cut(api, people, end, "--allow-changes");
    const next = await people.run();

    await t.step("a first load, though more is left than @max_changes", () => {
      assert.equal(first.code, 0, first.output);
      assert.equal(first.sync.delivery?.saved, rest);
    });
    assert.equal(next.code, 0, next.output);
    assert.equal(acceptedOf(people, "Eva"), 60);
  });
}

Deno.test("what is new beside what was left is held against the budget, with its own figure and examples", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, LIMIT);
  await people.setRows(COLUMNS, rowsOf(60));
  await cut(api, people, "the far side is down");
  const isNew = (id: number) => id <= 12;
  await people.setRows(
    COLUMNS,
    rowsOf(60).map(([id = "", name = ""]) => [id, isNew(Number(id)) ? "'Eva'" : name]),
  );
  const message = "12 groups are new or changed beside the 39 that an earlier run has left, " +
    "21 are accepted, and @max_changes is 10%";

  const plan = await people.project.run("plan --json");
  const blocked = await people.run();

  assert.equal(plan.code, 1, plan.output);
  const { models } = JSON.parse(plan.stdout) as PlanDocument;
  const budgets = models.find(({ model }) => model === "sync.people")?.budgets;
  assert.deepEqual(budgets?.breach, { budget: "max_changes", groups: 12 });
  assert.equal(budgets?.carried, 39);
  assert.equal(blocked.sync.error?.message, `Cannot send sync.people: ${message}`);
  const examples = blocked.sync.error?.details ?? [];
  assert.deepEqual(examples.slice(0, 2), ["id = 1", "id = 2"]);
  assert.deepEqual(examples.slice(9), [
    "id = 10",
    "… 2 more (spoor plan sync.people --all shows them)",
  ]);
  assert.equal(api.requests.length, 0);
  // Blocked, it has forgotten nothing of what was left.
  await people.setRows(COLUMNS, rowsOf(60));
  assert.equal((await people.run()).code, 0);
  assert.equal(acceptedOf(people, "Ada"), 60);
});

Deno.test("a run that was cut says that the next one goes on, and no more", async () => {
  await using api = await fakeApi((_, index) => index < 21 ? { json: {} } : { status: 503 });
  await using people = await syncProject(api, SEND_EACH_ROW, LIMIT);
  await people.setRows(COLUMNS, rowsOf(60));

  const { sync, output } = await people.run();

  assert.equal(sync.next_blocked, undefined, output);
  assert.match(sync.error?.message ?? "", /19 were not sent and come with the next run$/);
});

/** Ways in which the groups above 20 end so that what they hold later is another change. */
const ENDED = {
  "was rejected": { json: { error: "no" } },
  "has failed too often": { status: 400 },
  "was settled as sent": { drop: true },
} as const;

for (const [how, answer] of Object.entries(ENDED)) {
  Deno.test(`what ${how} and holds something else counts as any other change`, async () => {
    await using api = await fakeApi(({ path }) =>
      Number(path.slice("/people/".length)) > 20 ? answer : { json: {} }
    );
    const code = `await query("SELECT * FROM raw.people").each(async (row) => {
      const { json: { error } } = await http.post(ORIGIN + "/people/" + row.id, { json: row });
      if (error) await reject(row, error);
    });`;
    await using people = await syncProject(api, code, {
      directives: [...LIMIT.directives, "max_attempts: 1"],
    });
    await people.setRows(COLUMNS, rowsOf(40));
    await people.run();
    const rest = rowsOf(40).slice(20).map(([id]) => id);
    const settled = await people.project.run(
      `unknown settle --sent sync.people ${rest.join(" ")}`,
    );
    assert.equal(settled.code, how === "was settled as sent" ? 0 : 1, settled.output);
    await people.setRows(COLUMNS, [...rowsOf(20), ...rowsOf(40, "Eva").slice(20)]);

    const blocked = await people.run();

    assert.match(
      blocked.sync.error?.message ?? "",
      /: 20 groups are new or changed, 20 are accepted, and @max_changes is 10%$/,
    );
  });
}

Deno.test("what an earlier run has left is counted in groups, however many rows they have", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, LIMIT);
  const setNames = (nameOf: (id: number) => string) =>
    people.setRows(
      [...COLUMNS, "part"],
      rowsOf(40).flatMap(([id = ""]) =>
        ["1", "2"].map((part) => [id, `'${nameOf(Number(id))}'`, part])
      ),
    );
  await setNames(() => "Ada");
  await people.run();
  await setNames((id) => id <= 15 ? "Eva" : "Ada");
  api.answer(() => ({ status: 503 }));
  await people.run("--allow-changes");
  await setNames((id) => id <= 27 ? "Eva" : "Ada");

  const blocked = await people.run();

  assert.match(
    blocked.sync.error?.message ?? "",
    /: 12 groups are new or changed beside the 15 that an earlier run has left, 40 are accepted/,
  );
});

Deno.test("what --held has left was not let through: it counts, and the run says so", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, {
    ...LIMIT,
    files: { "crm.csv": "id,name\n" + rowsOf(30).map(([id]) => `${id},Ada\n`).join("") },
  });
  await people.setRows(COLUMNS, [...rowsOf(10), ...rowsOf(30, "Eva").slice(10)]);
  const why = "20 groups are new or changed, 30 are accepted, and @max_changes is 10%";

  const adopted = await people.run("--adopt", "sync.people", "--held", "crm.csv");

  assert.equal(adopted.sync.next_blocked?.why, why, adopted.output);
  const next = await people.run();
  assert.equal(next.sync.error?.message, `Cannot send sync.people: ${why}`);
  assert.equal(api.requests.length, 0);
});

Deno.test("by another unique key what waits is other groups", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, LIMIT);
  const columns = ["id", "other", "name"];
  const rows = rowsOf(40).map(([id = "", name = ""]) => [id, String(Number(id) + 100), name]);
  await people.setRows(columns, rows.slice(0, 20));
  await people.run();
  // 21 to 40 are let through, and wait.
  await people.setSync("await query('SELECT * FROM raw.people');", LIMIT.directives);
  await people.setRows(columns, rows);
  await people.run("--allow-changes");
  assert.equal(people.project.rows("spoor.pending").length, 20);
  await people.setSync(SEND_EACH_ROW, [...LIMIT.directives, "unique_key: other"]);
  // Other groups, whose keys are those that 21 to 40 had.
  const others = Array.from({ length: 20 }, (_, at) => [String(at + 300), String(at + 21), "'Di'"]);
  await people.setRows(columns, [...rows.slice(0, 20), ...others]);

  const blocked = await people.run();

  assert.match(
    blocked.sync.error?.message ?? "",
    /: 20 groups are new or changed, 20 are accepted/,
  );
});
