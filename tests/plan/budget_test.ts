/**
 * A plan of a model that a budget would stop: which groups that is about, all of them if that is asked for.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { PlanDocument, PlannedModel } from "~/plan/plan_document.ts";
import { fakeApi } from "../support/fake_api.ts";
import { COLUMNS, SEND_EACH_ROW, type SyncProject, syncProject } from "../support/sync_project.ts";
import { makePlan, SEND_CHANGES } from "./plan_project.ts";

const PEOPLE = 20;
const rows = (name: string, from = 1) =>
  Array.from({ length: PEOPLE + 1 - from }, (_, i) => [String(i + from), `'${name}'`]);

/** What the plan in `plan.json` says of the model. */
async function keptSync({ project }: SyncProject): Promise<PlannedModel> {
  const { models }: PlanDocument = JSON.parse(await project.read("plan.json"));
  const sync = models.find(({ model }) => model === "sync.people");
  assert.ok(sync);
  return sync;
}

for (
  const [what, code, directives, left] of [
    ["changes", SEND_EACH_ROW, ["max_changes: 2"], rows("Bo")],
    ["removals to forget", SEND_EACH_ROW, ["max_removed: 2"], rows("Ada", PEOPLE)],
    [
      "removals to deliver",
      SEND_CHANGES,
      ["max_removed: 2", "on_removed: deliver"],
      rows("Ada", PEOPLE),
    ],
  ] as const
) {
  Deno.test(`a plan that a budget stops shows ten of its ${what}, and all with --all`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, code, { directives });
    await people.setRows(COLUMNS, rows("Ada"));
    await people.run();
    api.clear();
    await people.setRows(COLUMNS, left);
    const named = (text: string) =>
      new Set([...text.matchAll(/^.*\bid = (\d+)\b/gm)].map(([, id]) => id)).size;
    const plan = async (...args: string[]) => {
      const result = await people.project.run(["plan", ...args]);
      assert.equal(result.code, 1, result.output);
      return result.stdout;
    };
    const all = left.length === 1 ? PEOPLE - 1 : PEOPLE;

    // Kept for a machine as a whole, and shown as any other.
    const folded = await plan("-o", "plan.json");
    assert.equal(named(folded), 10, folded);
    assert.match(folded, new RegExp(`… ${all - 10} more \\(--all shows them\\)`));
    assert.equal((await keptSync(people)).error?.details?.length, all, "the document is whole");
    const unfolded = await plan("--all");
    assert.equal(named(unfolded), all, unfolded);
    assert.doesNotMatch(unfolded, /more|--verbose/);
    const markdown = await plan("--format", "md");
    assert.equal(named(markdown), 10, markdown);
    assert.match(markdown, new RegExp(`… ${all - 10} more \\(\`?--all\`? shows them\\)`));
    assert.equal(named(await plan("--format", "md", "--all")), all);
    assert.equal(api.connections, 0);
  });
}

for (
  const [what, code, directives] of [
    ["forgets what is removed", SEND_EACH_ROW, []],
    ["delivers what is removed", SEND_CHANGES, ["on_removed: deliver"]],
  ] as const
) {
  Deno.test(`a plan that two budgets stop names both, and groups of each, where it ${what}`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, code, {
      directives: ["max_changes: 2", "max_removed: 2", ...directives],
    });
    await people.setRows(COLUMNS, rows("Ada"));
    await people.run();
    api.clear();
    // 12 are gone, 8 differ, 5 are new.
    await people.setRows(COLUMNS, [
      ...rows("Bo", 13),
      ...Array.from({ length: 5 }, (_, i) => [String(101 + i), "'Cy'"]),
    ]);
    const plan = async (...args: string[]) => (await people.project.run(["plan", ...args])).stdout;
    const gone = (text: string) =>
      new Set([...text.matchAll(/^.*\bid = ([1-9]|1[0-2])\b/gm)].map(([, id]) => id)).size;
    const changed = (text: string) =>
      new Set([...text.matchAll(/\bid = (\d+) is new or changed/g)].map(([, id]) => id)).size;
    const isDelivered = code === SEND_CHANGES;

    for (const format of [["-o", "plan.json"], ["--format", "md"]]) {
      const text = await plan(...format);
      assert.match(text, /over `?@max_removed`? and `?@max_changes`?/);
      assert.match(text, /12 of 20 groups left its query[^]*13 groups are new or changed/);
      assert.match(text, /spoor run \+sync\.people --allow-removed --allow-changes/);
      assert.deepEqual([gone(text), changed(text)], [isDelivered ? 5 : 10, 5], text);
      const whole = await plan(...format, "--all");
      assert.deepEqual([gone(whole), changed(whole)], [12, 13], whole);
    }
    const sync = await keptSync(people);
    assert.deepEqual(sync.budgets?.breach, { budget: "max_removed", groups: 12 });
    assert.deepEqual(sync.budgets?.breaches, [
      { budget: "max_removed", groups: 12 },
      { budget: "max_changes", groups: 13 },
    ]);
    assert.equal(sync.error?.details?.length, 25, "the document is whole");
    assert.equal(api.connections, 0);
  });
}

Deno.test("a plan that a budget of removals stops counts and names what was accepted, and no other group that is gone", async () => {
  await using api = await fakeApi(({ path }) => ({ status: /\/(21|22)$/.test(path) ? 500 : 200 }));
  const once = SEND_CHANGES.replace("headers:", "retries: 0, headers:");
  await using people = await syncProject(api, once, { directives: ["on_removed: deliver"] });
  await people.setRows(COLUMNS, rows("Ada"));
  await people.run();
  // Two more, of which it is not known whether the far side has them.
  await people.setRows(COLUMNS, [...rows("Ada"), ["21", "'Cy'"], ["22", "'Cy'"]]);
  await people.run();
  await people.setRows(COLUMNS, rows("Ada", PEOPLE));

  const text = (await people.project.run("plan --all")).stdout;
  const { sync } = await makePlan(people.project);

  assert.match(text, /@max_removed 20%: 19 of 20 accepted;.* over @max_removed/);
  assert.match(text, /19 of 20 groups left its query/);
  assert.deepEqual(sync.budgets?.breach, { budget: "max_removed", groups: 19 });
  assert.equal(sync.groups?.removed, 21, "to remove are all of them");
  const named = sync.error?.details ?? [];
  assert.deepEqual([named.length, named.includes("id = 21")], [19, false]);
});
