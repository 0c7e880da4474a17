/**
 * What commands say will become of groups is what becomes of them: after a budget has stopped a run, without a model
 * that sends them, and where nobody is told of removals any more.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi } from "../../support/fake_api.ts";
import { COLUMNS, rowsOf, SEND_EACH_ROW, syncProject } from "../../support/sync_project.ts";

const SYNC = "models/sync/people.ts";

/** Removes what has left, and sends all else. */
const SEND_CHANGES = `
  await changes("SELECT * FROM raw.people").each(async ({ action, key, rows }) => {
    if (action === "remove") await http.delete(ORIGIN + "/people/" + key.id, { json: key });
    else await http.post(ORIGIN + "/people/" + key.id, { json: rows[0] });
  });
`;

/** Groups 1 and 2 were refused and 3 had no answer; all others are accepted. */
async function peopleWithOpenGroups(api: FakeApi, code: string, directives: readonly string[]) {
  const people = await syncProject(api, code, {
    directives: ["retries: 0", "timeout: 2s", ...directives],
  });
  await people.setRows(COLUMNS, rowsOf(30));
  await people.run();
  api.answer(({ path }) => {
    if (path === "/people/3") return { drop: true };
    return { status: ["/people/1", "/people/2"].includes(path) ? 422 : 200 };
  });
  const say = async (text: string) => (await people.project.run(text)).output;
  const command = (text: string) =>
    /(?:Now run: spoor|To repeat them: spoor) (.*)$/m.exec(text)?.[1];
  return { people, say, command };
}

Deno.test("after a run that a budget has stopped, unknown, retry and settle name what lets it through, and that sends", async () => {
  await using api = await fakeApi();
  const { people, say, command } = await peopleWithOpenGroups(api, SEND_EACH_ROW, []);
  await using _people = people;
  await people.setRows(COLUMNS, [...rowsOf(3, "Bo"), ...rowsOf(30).slice(3)]);
  await people.run();
  await people.setRows(COLUMNS, rowsOf(4, "Cy"));
  assert.match((await people.run()).sync.error?.hint ?? "", /--allow-removed$/);

  const stopped = /run 3 stopped at the budget \(26 of 30 groups left its query/;
  const unknown = await say("unknown");
  assert.match(unknown, /id = 3 {2}not repeated: run 3 stopped at the budget/);
  assert.doesNotMatch(unknown, /by the next run|The next run/);
  assert.equal(command(unknown), "run sync.people --allow-removed");
  const retried = await say("retry sync.people 1");
  assert.match(retried, stopped);
  assert.doesNotMatch(retried, /the next run/);
  assert.equal(command(retried), "run sync.people --allow-removed");
  const settled = await say("unknown settle sync.people 3 --not-sent");
  assert.match(settled, stopped);
  assert.doesNotMatch(settled, /the next run/);

  api.answer(() => ({ json: {} }));
  api.clear();
  const run = await people.project.run(command(settled) ?? "");
  assert.equal(run.code, 0, run.output);
  assert.equal(api.requests.length, 4);
});

Deno.test("of a model that no file makes any more, no command promises a run that sends its groups", async () => {
  await using api = await fakeApi();
  const { people, say, command } = await peopleWithOpenGroups(api, SEND_EACH_ROW, [
    "max_attempts: 1",
  ]);
  await using _people = people;
  await people.setRows(COLUMNS, [...rowsOf(3, "Bo"), ...rowsOf(30).slice(3)]);
  await people.run();
  await people.project.remove(SYNC);

  const failures = await say("failures");
  assert.match(failures, /^sync\.people: no run tries 3 groups again: no file of the project/m);
  assert.doesNotMatch(failures, /spoor run|spoor retry/);
  for (
    const text of ["retry sync.people 1", "retry --all", "unknown settle sync.people 3 --sent"]
  ) {
    const told = await say(text);
    assert.match(told, /But no file of the project makes its model any more\.$/m);
    assert.doesNotMatch(told, /the next run/);
    assert.equal(command(told), undefined);
  }
});

Deno.test("groups of a model that has another kind now are told of and decided about, and nothing of them is promised", async () => {
  await using api = await fakeApi();
  const { people, say, command } = await peopleWithOpenGroups(api, SEND_EACH_ROW, []);
  await using _people = people;
  await people.setRows(COLUMNS, [...rowsOf(3, "Bo"), ...rowsOf(30).slice(3)]);
  await people.run();
  const before = await people.project.read(SYNC);
  await people.project.write(
    SYNC,
    `// @kind: table
     import { query, save } from "spoor";
     for await (const row of query("SELECT * FROM raw.people")) await save.row(row);`,
  );
  const run = await people.run();
  assert.equal(run.code, 0, run.output);

  const obstacle = /its model has the kind "table" now, and sends nothing/;
  assert.match(await say("failures"), obstacle);
  assert.match(await say("unknown"), /id = 3 {2}not repeated: its model has the kind "table"/);
  const why = await say("why sync.people 3");
  assert.match(why, obstacle);
  assert.match(why, /^run 3 .* not compared: the model had the kind "table"$/m);
  for (const text of ["retry sync.people 1", "unknown settle sync.people 3 --not-sent"]) {
    const told = await say(text);
    assert.match(told, obstacle);
    assert.equal(command(told), undefined);
  }

  await people.project.write(SYNC, before);
  api.answer(() => ({ json: {} }));
  api.clear();
  assert.equal((await people.run()).code, 0);
  assert.deepEqual(
    api.requests.map(({ path }) => path).sort(),
    [1, 2, 3].map((id) => `/people/${id}`),
  );
});

Deno.test("removals that @on_removed does not send any more are said to be forgotten, or kept, and are", async () => {
  for (const [now, does] of [["forget", "forgets"], ["keep", "keeps"]] as const) {
    await using api = await fakeApi();
    const { people, say } = await peopleWithOpenGroups(api, SEND_CHANGES, [
      "on_removed: deliver",
      "max_attempts: 1",
    ]);
    await using _people = people;
    await people.setRows(COLUMNS, rowsOf(30).slice(3));
    await people.run("--allow-removed");
    await people.setSync(SEND_CHANGES, [`on_removed: ${now}`]);

    const failures = await say("failures");
    assert.match(failures, /^sync\.people: no run tries 2 groups again: to be removed/m);
    assert.doesNotMatch(failures, /spoor run|spoor retry/);
    const notRemoved = new RegExp(
      `not removed: @on_removed is ${now}, and the next run ${does} it`,
    );
    assert.match(await say("unknown"), notRemoved);
    assert.match(
      await say("why sync.people 1"),
      /to let the next run (forget|keep) it: spoor retry/,
    );
    assert.match(await say("why sync.people 3"), /next .*left the query.*sen[dt]/);
    const retried = await say("retry sync.people 1");
    assert.match(
      retried,
      new RegExp(`the next run ${does} 1 group that left the query, and sends nothing of them`),
    );
    assert.doesNotMatch(retried, /tries/);

    api.clear();
    assert.equal((await people.run()).code, 0);
    assert.deepEqual(api.requests, []);
    const open = people.project.rows(`SELECT group_key FROM "spoor.changes" ORDER BY 1`);
    assert.deepEqual(open, [{ group_key: "[2]" }]);
  }
});

Deno.test("a model whose file changed only the case of its name is told of by the name that its groups have", async () => {
  await using api = await fakeApi();
  const { people, say, command } = await peopleWithOpenGroups(api, SEND_EACH_ROW, [
    "max_attempts: 1",
  ]);
  await using _people = people;
  await people.setRows(COLUMNS, [...rowsOf(3, "Bo"), ...rowsOf(30).slice(3)]);
  await people.run();
  const text = await people.project.read(SYNC);
  await people.project.remove(SYNC);
  await people.project.write("models/sync/People.ts", text);
  assert.equal((await people.run("sync.People")).code, 1);

  const failures = await say("failures");
  assert.match(failures, /^sync\.people: no run tries 3 groups again: no file of the project/m);
  assert.match(await say("why sync.people 1"), /parked.*; but no file of the project/);
  const retried = await say("retry sync.people 1");
  assert.match(retried, /^sync\.people: a run tries 1 group again; it was parked\. But no file/m);
  assert.equal(command(retried), undefined);
});
