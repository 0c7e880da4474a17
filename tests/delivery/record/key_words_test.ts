/**
 * Groups whose keys look alike on a command line: each can be named, and is by the commands that are shown.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { readLines } from "../../support/read_lines.ts";
import { type SyncProject, syncProject } from "../../support/sync_project.ts";

/** Refused for good, so that each group waits for a person. */
const REJECT = `
  await changes("SELECT * FROM raw.people").each(async (change) => await change.reject("no"));
`;

/** The `group_key` that `why` finds by these words. */
async function found(people: SyncProject, ...words: string[]): Promise<unknown> {
  const [first] = await readLines(people.project, "why", "sync.people", ...words);
  return first?.group_key;
}

/** The words after `spoor retry sync.people` in what `why` shows, as a shell takes them. */
async function shownWords(people: SyncProject, ...words: string[]): Promise<string[]> {
  const { stdout } = await people.project.run(["why", "sync.people", ...words]);
  const line = /or: spoor retry sync\.people (.*)/.exec(stdout)?.[1] ?? stdout;
  const { stdout: read } = await new Deno.Command("sh", { args: ["-c", `printf '%s\\n' ${line}`] })
    .output();
  return new TextDecoder().decode(read).trimEnd().split("\n");
}

Deno.test("a number and the text of it are two groups: the number is meant, the text is put in quotes", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, REJECT);
  await people.setRows(["id"], [["7"], ["'7'"], ["'''7'''"], ["x'00'"], ["'x''00'''"], ["'8'"]]);
  await people.run();

  assert.equal(await found(people, "7"), "[7]");
  assert.equal(await found(people, "'7'"), `["7"]`);
  assert.equal(await found(people, "'''7'''"), `["'7'"]`);
  assert.equal(await found(people, "x'00'"), `[{"hex":"00"}]`);
  assert.equal(await found(people, "8"), `["8"]`, "where only the text is there");
  for (const words of ["7", "'7'", "'''7'''", "x'00'", "'x''00'''", "8"]) {
    const group = await found(people, words);
    const shown = await shownWords(people, words);
    assert.equal(await found(people, ...shown), group, `${words} is shown as ${shown}`);
  }

  const { stdout } = await people.project.run("retry sync.people 7 --json");
  assert.match(stdout, /"groups":1/);
  const left = people.project.rows("spoor.ledger").filter(({ parked }) => parked);
  assert.deepEqual(left.map(({ group_key: key }) => key).includes("[7]"), false);
  assert.equal(left.length, 5);
});

Deno.test("values that look like the names of columns are found in their order and by name", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, REJECT, { directives: ["unique_key: region, id"] });
  await people.setRows(["region", "id"], [["'id=7'", "7"], ["'EU'", "7"], ["'EU'", "'7'"]]);
  await people.run();

  assert.equal(await found(people, "id=7", "7"), `["id=7",7]`);
  assert.equal(await found(people, "region=id=7", "id=7"), `["id=7",7]`);
  assert.equal(await found(people, "id=7", "EU"), `["EU",7]`);
  assert.equal(await found(people, "EU", "'7'"), `["EU","7"]`);
  for (const group of [["id=7", "7"], ["EU", "7"], ["EU", "'7'"]]) {
    const shown = await shownWords(people, ...group);
    assert.equal(await found(people, ...shown), await found(people, ...group), shown.join(" "));
  }
});

Deno.test("words that fit two groups, each with a text and a number, are refused with the way to write them", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, REJECT, { directives: ["unique_key: a, b"] });
  await people.setRows(["a", "b"], [["'1'", "2"], ["1", "'2'"]]);
  await people.run();

  const both = await people.project.run("why sync.people 1 2");
  assert.equal(both.code, 2);
  assert.match(
    both.output,
    /"1 2" is the key of two groups, one with a text where the other has a number/,
  );
  assert.match(both.output, /hint: Write the text in quotes of its own: "'…'"\./);
  assert.equal(await found(people, "'1'", "2"), `["1",2]`);
  assert.equal(await found(people, "1", "'2'"), `[1,"2"]`);
});

Deno.test("keys with what no terminal shows are named by a command that a shell takes back, each its own group", async () => {
  await using api = await fakeApi(() => ({ drop: true }));
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/people", { json: row });
    });`,
    { directives: ["delivery: at_most_once", "retries: 0"] },
  );
  const keys = ["a\nb", "a\\nb", "tab\there's", "\x1b[31m", "user\u202egpj"];
  const sql = (key: string) => [...key].map((one) => `char(${one.codePointAt(0)})`).join(" || ");
  await people.setRows(["id"], keys.map((key) => [sql(key)]));
  const ran = await people.run();
  assert.equal(ran.sync.delivery?.unknown, keys.length, ran.output);

  for (const key of keys) {
    const why = await people.project.run(["why", "sync.people", key]);
    const [, command] = /waits for you: spoor (.*), or with --not-sent$/m.exec(why.output) ?? [];
    assert.ok(command !== undefined, why.output);
    const listed = await people.project.run("unknown");
    assert.ok(listed.stdout.includes(`then: spoor ${command}`), listed.stdout);
    const script = `printf '%s\\0' ${command}`;
    const read = await new Deno.Command("bash", { args: ["-c", script] }).output();
    const words = new TextDecoder().decode(read.stdout).split("\0").slice(0, -1);
    const settled = await people.project.run(words);
    assert.equal(settled.code, 0, settled.output);
    const [row] = people.project.rows(
      "SELECT count(*) AS n FROM 'spoor.ledger' WHERE state = 'settled'",
    );
    assert.equal(row?.n, keys.indexOf(key) + 1);
    const [own] = await readLines(people.project, "why", "sync.people", key);
    assert.equal(own?.state, "settled");
  }
});
