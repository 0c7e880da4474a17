/**
 * Values that differ and look alike: a plan and `why` show in what they differ.
 *
 * @module
 */
import assert from "node:assert/strict";
import { makePlan } from "../../plan/plan_project.ts";
import { fakeApi } from "../../support/fake_api.ts";
import { SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";

const BIG = "9007199254740993";
const LONG = "x".repeat(1_000);
const END = "y".repeat(1_000);

/** What one row's value becomes, and how that is shown. */
const CASES: readonly { what: string; was: string; is: string; why: string; plan: string }[] = [
  {
    what: "a number that becomes its text",
    was: "0",
    is: "'0'",
    why: "v 0 → '0'",
    plan: `v: 0 → "0"`,
  },
  {
    what: "a text that becomes its number",
    was: "'1.5'",
    is: "1.5",
    why: "v '1.5' → 1.5",
    plan: `v: "1.5" → 1.5`,
  },
  {
    what: "NULL that becomes a text of that name",
    was: "NULL",
    is: "'NULL'",
    why: "v NULL → 'NULL'",
    plan: `v: NULL → "NULL"`,
  },
  {
    what: "a big integer that becomes its text",
    was: BIG,
    is: `'${BIG}'`,
    why: `v ${BIG} → '${BIG}'`,
    plan: `v: ${BIG} → "${BIG}"`,
  },
  {
    what: "a text that becomes its big integer",
    was: `'${BIG}'`,
    is: BIG,
    why: `v '${BIG}' → ${BIG}`,
    plan: `v: "${BIG}" → ${BIG}`,
  },
  {
    what: "a number that becomes a big integer",
    was: "5",
    is: BIG,
    why: `v 5 → ${BIG}`,
    plan: `v: 5 → ${BIG}`,
  },
  {
    what: "bytes that become the text of them",
    was: "x'00'",
    is: "'x''00'''",
    why: "v x'00' → 'x'00''",
    plan: `v: x'00' → "x'00'"`,
  },
  {
    what: "a long text that differs late",
    was: `'${LONG}a${END}'`,
    is: `'${LONG}b${END}'`,
    why: `v …${"x".repeat(10)}a${"y".repeat(27)}… → …${"x".repeat(10)}b${"y".repeat(27)}…`,
    plan: `v: "…${"x".repeat(10)}a${"y".repeat(188)}…" → "…${"x".repeat(10)}b${"y".repeat(188)}…"`,
  },
  {
    what: "a long text that grows",
    was: `'${LONG}'`,
    is: `'${LONG}a'`,
    why: `v …${"x".repeat(10)} → …${"x".repeat(10)}a`,
    plan: `v: "…${"x".repeat(10)}" → "…${"x".repeat(10)}a"`,
  },
  {
    what: "a text of some length that differs at its end",
    was: `'${"x".repeat(100)}a'`,
    is: `'${"x".repeat(100)}b'`,
    why: `v …${"x".repeat(10)}a → …${"x".repeat(10)}b`,
    plan: `v: "${"x".repeat(100)}a" → "${"x".repeat(100)}b"`,
  },
  {
    what: "many bytes that differ late",
    was: `x'${"00".repeat(500)}01'`,
    is: `x'${"00".repeat(500)}02'`,
    why: `v x'…${"0".repeat(10)}01' → x'…${"0".repeat(10)}02'`,
    plan: `v: x'…${"0".repeat(10)}01' → x'…${"0".repeat(10)}02'`,
  },
];

Deno.test("values that differ and look alike are told apart by a plan and by why", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW.replace("json: row", "json: row.id"));
  await people.setRows(["id", "v"], CASES.map(({ was }, i) => [String(i + 1), was]));
  await people.run();
  await people.setRows(["id", "v"], CASES.map(({ is }, i) => [String(i + 1), is]));

  const { sync } = await makePlan(people.project);
  const markdown = (await people.project.run("plan --format md --all")).stdout;
  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  for (const [i, { what, why, plan }] of CASES.entries()) {
    const story = (await people.project.run(`why sync.people ${i + 1}`)).stdout;
    assert.ok(story.includes(`accepted: sent ${why};`), `${what}: ${story}`);
    const row = markdown.split("\n").find((line) => line.includes(`| id = ${i + 1} |`));
    assert.equal(row, `| ~ | id = ${i + 1} | ${plan} |`, what);
  }
  const told = sync.changes.map((
    { key, columns_now_text: now, columns_was_text: was },
  ) => [key.id, now, was]);
  assert.deepEqual(told.filter(([, now, was]) => now || was), [
    [1, ["v"], undefined],
    [2, undefined, ["v"]],
    [4, ["v"], undefined],
    [5, undefined, ["v"]],
    [7, ["v"], undefined],
  ]);
});

Deno.test("a plan shows rows of which only one's big integer becomes its text", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW.replace("json: row", "json: row.id"));
  await people.setRows(["id", "v"], [["1", BIG], ["1", "2"]]);
  await people.run();
  await people.setRows(["id", "v"], [["1", `'${BIG}'`], ["1", "2"]]);

  const { sync } = await makePlan(people.project);

  const [change] = sync.changes;
  assert.deepEqual([change?.rows_removed?.length, change?.rows_added?.length], [1, 1]);
});
