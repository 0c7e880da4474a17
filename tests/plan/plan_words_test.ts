/**
 * What a plan says of budgets that are let through, of columns that are gone, and of what a person said.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { COLUMNS, SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";
import { makePlan } from "./plan_project.ts";

const PEOPLE = [["1", "'Ada'"], ["2", "'Bo'"]];
/** Rows may hold bytes, for which JSON has no place. */
const SEND_WITHOUT_ROW = SEND_EACH_ROW.replace("json: row", "json: 1");

Deno.test("a plan names a budget that --resend lets through", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["max_changes: 1"] });
  await people.setRows(COLUMNS, PEOPLE);
  await people.run();

  const { output } = await people.project.run("plan --resend sync.people");
  const { sync } = await makePlan(people.project, "--resend", "sync.people");

  assert.match(output, /@max_changes 1, let through: 2 of 2 accepted/);
  assert.deepEqual(sync.budgets?.let_through, { max_changes: "1" });
  assert.equal(sync.budgets?.max_changes, null);
});

Deno.test("a plan names no limit of removals where what is gone is kept", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["on_removed: keep"] });
  await people.setRows(COLUMNS, PEOPLE);
  await people.run();
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);

  const { output } = await people.project.run("plan");

  assert.match(output, /@on_removed keep: 1 of 2 accepted; @max_changes none: 0 of 2 accepted/);
  assert.doesNotMatch(output, /@max_removed/);
});

Deno.test("a plan and why show a column that the query does not give any more", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows([...COLUMNS, "tier"], PEOPLE.map((row) => [...row, "'gold'"]));
  await people.run();
  await people.setRows(COLUMNS, PEOPLE);

  const { output } = await people.project.run("plan");
  assert.equal(output.match(/^ +tier: "gold" → gone$/gm)?.length, 2, output);
  await people.run();
  const story = (await people.project.run("why sync.people 1")).stdout;
  assert.match(story, /run 2 .*accepted: sent tier gold → gone;/);
  assert.doesNotMatch(story, /the same content/);
});

Deno.test("a plan shows of long values where they differ, the new one too", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_WITHOUT_ROW);
  const long = "Dear customer, ".repeat(10);
  const bytes = "00".repeat(60);
  const columns = [...COLUMNS, "bytes", "tier"];
  await people.setRows(columns, [["1", `'${long}old'`, `x'${bytes}aa'`, `'${long}'`]]);
  await people.run();
  await people.setRows(columns.slice(0, 3), [["1", `'${long}new'`, `x'${bytes}bb'`]]);

  const { stdout } = await people.project.run("plan");

  assert.match(stdout, /^ +name: "…customer, old" → "…customer, new"$/m);
  assert.match(stdout, /^ +bytes: x'…0*aa' → x'…0*bb'$/m);
  assert.match(stdout, /^ +tier: "Dear customer, .*… → gone$/m);
  const all = await people.project.run("plan --all");
  assert.ok(all.stdout.includes(`name: "${long}old" → "${long}new"\n`), all.stdout);
});

Deno.test("a plan counts and shows as an update what a person settled as sent, and what is there as not known", async () => {
  let isUp = false;
  await using api = await fakeApi(() => isUp ? {} : { drop: true });
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["delivery: at_most_once", "retries: 0"],
  });
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  await people.run();
  isUp = true;
  await people.project.run("unknown settle sync.people 1 --sent");
  await people.setRows(COLUMNS, [["1", "'Eve'"]]);

  const { output } = await people.project.run("plan");
  const { sync } = await makePlan(people.project);

  assert.match(output, /0 to create, 1 to update/);
  assert.match(output, /~ id = 1\n +name: not known → "Eve"\n/);
  assert.deepEqual([sync.groups?.create, sync.groups?.update], [0, 1]);
  assert.equal(sync.changes[0]?.before_unknown, true);
  const { delivery } = (await people.run()).sync;
  assert.deepEqual([delivery?.new, delivery?.changed, delivery?.unchanged], [0, 1, 0]);
});

Deno.test("a plan and apply tell groups apart whose keys look alike", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_WITHOUT_ROW);
  const keys = ["7", "'7'", "''", "9007199254740993", "'9007199254740993'", "x'00ff'"];
  // As SQL has it, and as it is shown.
  const texts = [["'x''00ff'''", "'x'00ff''"], ["'''7'''", "''7''"]] as const;
  await people.setRows(
    COLUMNS,
    [...keys, ...texts.map(([sql]) => sql)].map((key) => [key, "'Ada'"]),
  );

  const { stdout } = await people.project.run("plan -o plan.json");
  const markdown = (await people.project.run("plan --format md")).stdout;
  await people.setRows(COLUMNS, [["8", "'Ada'"]]);
  const { output } = await people.project.run("apply plan.json --verbose");

  const told = [...keys, ...texts.map(([, shown]) => shown)].map((key) => `id = ${key}`).sort();
  assert.deepEqual([...stdout.matchAll(/^ +\+ (id = .*)$/gm)].map(([, key]) => key).sort(), told);
  assert.deepEqual(
    [...markdown.matchAll(/^\| \+ \| (id = .*?) \|/gm)].map(([, key]) => key).sort(),
    told,
  );
  for (const key of told) {
    assert.ok(output.includes(`sync.people: ${key} no longer changes`), output);
  }
});

const VALUES = ["id", "qty", "sku", "note"];

Deno.test("a plan shows large integers and bytes as what they are, and texts in quotes", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_WITHOUT_ROW);
  await people.setRows(VALUES, [["1", "9007199254740993", "x'00ff'", "'x'"]]);
  const created = (await people.project.run("plan")).stdout;
  await people.run();
  await people.setRows(VALUES, [["1", "9007199254740995", "'00ff'", "'9007199254740993'"]]);

  const updated = (await people.project.run("plan")).stdout;
  const { sync } = await makePlan(people.project);
  await people.setRows(VALUES, [["1", "9007199254740993", "x'00ff'", "'y'"], [
    "1",
    "NULL",
    "x''",
    "''",
  ]]);
  const rows = (await people.project.run("plan --all")).stdout;

  assert.match(created, /qty: 9007199254740993\n +sku: x'00ff'\n +note: "x"\n/);
  assert.match(
    updated,
    /qty: 9007199254740993 → 9007199254740995\n +sku: x'00ff' → "00ff"\n +note: "x" → "9007199254740993"\n/,
  );
  assert.deepEqual(sync.changes[0]?.fields?.qty, ["9007199254740993", "9007199254740995"]);
  assert.deepEqual(sync.changes[0]?.columns_not_text, ["qty"]);
  assert.match(rows, /- \{"id":1,"qty":9007199254740993,"sku":x'00ff',"note":"x"\}/);
  assert.match(rows, /\+ \{"id":1,"qty":9007199254740993,"sku":x'00ff',"note":"y"\}/);
  assert.match(rows, /\+ \{"id":1,"qty":null,"sku":x'',"note":""\}/);
});
