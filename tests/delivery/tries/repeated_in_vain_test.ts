/**
 * What had no answer is repeated first of all; where that has no answer either, it comes last from then on: a loop
 * that ends at it has done the others.
 */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi } from "../../support/fake_api.ts";
import { COLUMNS, rowsOf, SEND_IN_LOOP, syncProject } from "../../support/sync_project.ts";

const IN_BATCHES = `
  for await (const batch of query("SELECT * FROM raw.people").batches(2)) {
    await http.post(ORIGIN + "/people/" + batch.map(({ key }) => key.id), {
      json: batch.map(({ rows }) => rows[0]),
    });
    await save.rows(batch.flatMap(({ rows }) => rows));
  }
`;

const CHANGES = `
  for await (const change of changes("SELECT * FROM raw.people")) {
    const method = change.action === "remove" ? "delete" : "put";
    await http[method](ORIGIN + "/people/" + change.key.id);
    await change.save();
  }
`;

/** What has arrived since the last call: the paths' ends, and the key of the lost one. */
function arrivals(api: FakeApi, lost: string) {
  const paths = api.requests.map(({ path }) => path.replace("/people/", ""));
  const key = api.requests.find(({ path }) => path === `/people/${lost}`)?.key;
  api.clear();
  return { paths, key };
}

const answerAllBut = (api: FakeApi, lost: string) =>
  api.answer(({ path }) => path === `/people/${lost}` ? { drop: true } : { json: {} });

for (
  const { name, code, lost, others } of [
    { name: "a row", code: SEND_IN_LOOP, lost: "1", others: ["2", "3", "4", "5"] },
    { name: "a batch", code: IN_BATCHES, lost: "1,2", others: ["3,4", "5"] },
  ]
) {
  Deno.test(`${name} that is never answered about ends two runs of a loop, and comes last in the third`, async () => {
    await using api = await fakeApi();
    answerAllBut(api, lost);
    await using people = await syncProject(api, code, { directives: ["retries: 0"] });
    await people.setRows(COLUMNS, rowsOf(5));

    await people.run();
    const first = arrivals(api, lost);
    assert.deepEqual(first.paths, [lost]);
    await people.run();
    assert.deepEqual(arrivals(api, lost), first, "repeated before all others, with its key");
    const third = await people.run();

    const { paths, key } = arrivals(api, lost);
    assert.deepEqual(paths, [...others, lost], third.output);
    assert.equal(key, first.key, "it is the same request");
    await people.setRows(COLUMNS, [...rowsOf(5), ["6", "'Grace'"]]);
    const fourth = await people.run();
    assert.deepEqual(arrivals(api, lost).paths, ["6", lost], fourth.output);
    const unknown = await people.project.run("unknown");
    assert.match(unknown.output, /^sync\.people {2}id = 1 {2}repeated by the next run$/m);
    assert.match(
      unknown.output,
      /The next run repeats those that wait for nobody, with the same keys/,
    );
    const why = await people.project.run("why sync.people 1");
    assert.match(why.output, /the next run repeats it, with the same key/);
  });
}

Deno.test("a removal that is never answered about stays before what is new, which the far side may know by its name", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, CHANGES, {
    directives: ["retries: 0", "on_removed: deliver", "max_removed: 50%"],
  });
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();
  api.clear();
  answerAllBut(api, "2");
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["3", "'Grace'"]]);

  for (let run = 0; run < 3; run++) {
    const ran = await people.run();
    assert.deepEqual(arrivals(api, "2").paths, ["2"], ran.output);
  }
  api.answer(() => ({ json: {} }));
  const last = await people.run();
  assert.deepEqual(arrivals(api, "2").paths, ["2", "3"], last.output);
  assert.equal(last.code, 0, last.output);
});

Deno.test("a row that is never answered about and changes before each run comes last as well", async () => {
  await using api = await fakeApi();
  answerAllBut(api, "1");
  await using people = await syncProject(api, SEND_IN_LOOP, { directives: ["retries: 0"] });
  const [, ...others] = rowsOf(3);

  for (
    const [name, paths] of [["Ada", ["1"]], ["Bea", ["1"]], ["Cora", ["2", "3", "1"]]] as const
  ) {
    await people.setRows(COLUMNS, [["1", `'${name}'`], ...others]);
    const ran = await people.run();
    assert.deepEqual(arrivals(api, "1").paths, paths, ran.output);
  }
});

Deno.test("what had no answer comes before what was removed since", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, CHANGES, {
    directives: ["retries: 0", "on_removed: deliver", "max_removed: 50%"],
  });
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Grace'"], ["3", "'Ada'"]]);
  answerAllBut(api, "2");
  await people.run();
  await people.setRows(COLUMNS, [["2", "'Grace'"], ["3", "'Ada'"]]);
  api.clear();
  api.answer(() => ({ json: {} }));

  const last = await people.run();

  assert.deepEqual(arrivals(api, "2").paths, ["2", "1"], last.output);
});

Deno.test("a removal that had no answer once comes first, though what was changed before had none either", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, CHANGES, {
    directives: ["retries: 0", "on_removed: deliver", "max_removed: 50%"],
  });
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();
  answerAllBut(api, "2");
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Grace'"], ["3", "'Ada'"]]);
  await people.run();
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["3", "'Ada'"], ["4", "'Grace'"]]);
  await people.run();
  api.clear();
  api.answer(() => ({ json: {} }));

  const last = await people.run();

  // A record that has another key now, say: created first, it would be deleted after.
  assert.deepEqual(arrivals(api, "2").paths, ["2", "4"], last.output);
});
