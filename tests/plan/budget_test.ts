/**
 * A plan of a model that a budget would stop: which groups that is about, all of them if that is asked for.
 *
 * @module
 */
import assert from "node:assert/strict";
import { SEND_EACH_ROW, syncProject } from "../delivery/sync_project.ts";
import { fakeApi } from "../support/fake_api.ts";
import { COLUMNS, makePlan, SEND_CHANGES } from "./plan_project.ts";

const PEOPLE = 20;
const rows = (name: string, from = 1) =>
  Array.from({ length: PEOPLE + 1 - from }, (_, i) => [String(i + from), `'${name}'`]);

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

    const folded = await plan();
    assert.equal(named(folded), 10, folded);
    assert.match(folded, new RegExp(`… ${all - 10} more \\(--all shows them\\)`));
    const unfolded = await plan("--all");
    assert.equal(named(unfolded), all, unfolded);
    assert.doesNotMatch(unfolded, /more|--verbose/);
    const { sync } = await makePlan(people.project);
    assert.equal(sync.error?.details?.length, all, "the document is whole");

    const markdown = await plan("--format", "md");
    assert.equal(named(markdown), 10, markdown);
    assert.match(markdown, new RegExp(`… ${all - 10} more \\(\`?--all\`? shows them\\)`));
    assert.equal(named(await plan("--format", "md", "--all")), all);

    // Kept for a machine as a whole, and shown as any other.
    const kept = await plan("-o", "plan.json");
    assert.equal(named(kept), 10, kept);
    assert.match(kept, new RegExp(`… ${all - 10} more \\(--all shows them\\)`));
    assert.equal(api.connections, 0);
  });
}
