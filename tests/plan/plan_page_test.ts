/**
 * What people see of a plan: a page that folds, and Markdown.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi } from "../support/fake_api.ts";
import {
  COLUMNS,
  rowsOf,
  SEND_EACH_ROW,
  type SyncProject,
  syncProject,
} from "../support/sync_project.ts";

Deno.test("the page folds after ten groups, and --all does not", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, Array.from({ length: 25 }, (_, i) => [String(i), "'x'"]));

  const page = await people.project.run("plan");
  const all = await people.project.run(["plan", "--all"]);

  assert.equal(page.stdout.match(/^ +\+ id = /gm)?.length, 10);
  assert.match(page.stdout, /… 15 more \(--all shows them\)/);
  assert.match(page.stdout, /25 to create/);
  assert.equal(all.stdout.match(/^ +\+ id = /gm)?.length, 25);
  assert.equal(all.stdout.match(/POST http/g)?.length, 25);
});

/** Every eighth row ends otherwise than the others. */
const EACH_OTHERWISE = `
await query("SELECT * FROM raw.people").each(async (row) => {
  const kind = row.id % 8;
  const token = secret("TOKEN");
  if (kind === 1) return void await reject(row, "it has no name");
  if (kind === 2) return void await http.post(ORIGIN + "/", { headers: { host: "another" } });
  if (kind === 3) throw new Error("not this one");
  if (kind === 4) await http.get(ORIGIN + "/people/" + row.id);
  const answer = await http.post(ORIGIN + "/people/" + row.id + "#part", {
    headers: { authorization: "Bearer " + token },
    json: row,
  });
  if (answer.url !== ORIGIN + "/people/" + row.id) throw new Error("answered by " + answer.url);
  if (kind === 5) await http.put(answer.url + "/tags", { json: answer.json });
  if (kind === 6) await http.post(ORIGIN + "/signed", { body: hmac(token, String(row.id)) });
  if (kind === 7) await http.post(ORIGIN + "/" + token, { body: new Uint8Array([1, 2]) });
});`;

Deno.test("what the page does not list is reckoned like what it lists", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, EACH_OTHERWISE, {
    directives: ["secrets: TOKEN", "concurrency: 4"],
  });
  await people.project.write(".env", "TOKEN=not-to-be-seen\n");
  await people.setRows(COLUMNS, rowsOf(80));

  const page = await people.project.run("plan");
  const all = await people.project.run("plan --all");

  const [listed, unlisted] = [all, page].map(({ stdout }) => ({
    figures: stdout.split("\n").filter((line) =>
      /^ {6}(groups|of these|requests) |^2 models/.test(line)
    ),
    requests: stdout.match(/^ +(POST|PUT) http/gm)?.length,
  }));
  assert.deepEqual(unlisted?.figures, listed?.figures);
  assert.deepEqual([listed?.requests, unlisted?.requests], [70, 7]);
  assert.match(
    page.stdout,
    /10 cannot be known without sending, 20 would fail, 10 would be rejected/,
  );
  assert.match(page.stdout, /requests +70 requests, 30 of them after an assumed answer/);
  assert.equal(api.connections, 0);
});

Deno.test("a host that is not allowed is found out in a group that the page does not list", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      const origin = row.id === 35 ? "http://elsewhere.example" : ORIGIN;
      await http.post(origin + "/people/" + row.id, { json: row });
    });`,
  );
  await people.setRows(COLUMNS, rowsOf(40));

  const { code, stdout } = await people.project.run("plan");

  assert.equal(code, 1);
  assert.match(stdout, /Cannot reach "elsewhere\.example:80": it is not in @allow_net/);
  assert.equal(api.connections, 0);
});

Deno.test("Markdown has a table of models and details with every change and request", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, [["1", "'A|b <i>'"]]);

  const { stdout } = await people.project.run(["plan", "--format", "md"]);

  assert.match(stdout, /^### Spoor plan$/m);
  assert.match(stdout, /^\| `sync\.people` \| would run: first run \|/m);
  assert.match(stdout, /^<details><summary><code>sync\.people<\/code>: 1 to create/m);
  assert.match(stdout, /^\| \+ \| id = 1 \| name: "A\\\|b &lt;i&gt;" \|$/m);
  assert.match(stdout, /^POST http:\/\/127/m);
  assert.equal(stdout.match(/<details>/g)?.length, stdout.match(/<\/details>/g)?.length);
  assert.equal(api.connections, 0);
});

Deno.test("Markdown of a plan calls nobody and links to nothing, whatever rows hold", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  const name = "@octocat o/r#12 GH-3 !4 https://github.com/o/r/issues/5 www.a.example";
  await people.setRows(COLUMNS, [["'@team'", `'${name}'`]]);

  const { stdout } = await people.project.run(["plan", "--format", "md"]);

  // In code nothing is linked.
  const text = stdout.replaceAll(/^```[^]*?^```$/gm, "").replaceAll(/`[^`]*`/g, "");
  assert.match(text, /octocat o\/r/);
  assert.match(text, /\| id = @&#8203;team \|/);
  assert.doesNotMatch(text, /[@!]\w|(?<!&)#\d|GH-\d|:\/\/|www\./);
  assert.match(stdout, /^\{"id":"@team","name":"@octocat o\/r#12 /m, "the request is as it is");
});

/** What GitHub takes in a comment. */
const COMMENT_LENGTH = 65_536;

/** A project whose rows are wide: thirty columns of 250 characters. */
async function wideProject(api: FakeApi, models: number): Promise<SyncProject> {
  const wide = await syncProject(api, SEND_EACH_ROW);
  const columns = ["id", ...Array.from({ length: 30 }, (_, i) => `c${i}`)];
  const text = `'${"x".repeat(250)}'`;
  await wide.setRows(
    columns,
    Array.from({ length: 12 }, (_, i) => [`${i}`, ...Array(30).fill(text)]),
  );
  const model = await Deno.readTextFile(wide.project.path("models/sync/people.ts"));
  for (let i = 1; i < models; i++) await wide.project.write(`models/sync/more${i}.ts`, model);
  return wide;
}

for (const models of [1, 20]) {
  Deno.test(`Markdown of ${models} wide models fits into a comment, and says what it leaves out`, async () => {
    await using api = await fakeApi();
    await using wide = await wideProject(api, models);

    const { stdout } = await wide.project.run(["plan", "--format", "md"]);

    assert.ok(stdout.length < COMMENT_LENGTH, `${stdout.length} characters`);
    assert.ok(stdout.length > 20_000, `the room is used, not ${stdout.length} characters of it`);
    assert.equal(stdout.match(/^\| `sync\./gm)?.length, models, "the table has all models");
    assert.equal(stdout.match(/<details>/g)?.length, models);
    assert.equal(stdout.match(/<\/details>/g)?.length, models);
    assert.match(stdout, /^… \d+ more \(`--all` shows them\)$/m);
    if (models === 1) assert.match(stdout, /^… \d+ more requests \(`--all` shows them\)$/m);
    assert.equal(api.connections, 0);
  });
}

Deno.test("Markdown leaves nothing out where all is asked for", async () => {
  await using api = await fakeApi();
  await using wide = await wideProject(api, 1);

  const { stdout } = await wide.project.run(["plan", "--format", "md", "--all"]);

  assert.equal(stdout.match(/^\| \+ \| id = /gm)?.length, 12);
  assert.equal(stdout.match(/^POST /gm)?.length, 12);
  assert.doesNotMatch(stdout, /--all/);
});

Deno.test("Markdown of a single value that is longer than a comment tells the rest of the plan", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "replace(hex(zeroblob(50000)), '0', '|')"]]);

  const { stdout } = await people.project.run(["plan", "--format", "md"]);

  assert.ok(stdout.length < COMMENT_LENGTH, `${stdout.length} characters`);
  assert.match(stdout, /^\| \+ \| id = 1 \| name: "Ada" \|$/m);
  assert.match(stdout, /^\| \+ \| id = 2 \| name: "[\\|]+…" \|$/m);
});
