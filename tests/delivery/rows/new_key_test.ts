/** A model that gets another `@unique_key`: nothing is passed over, and nothing sent a second time by mistake. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type Answer, fakeApi } from "../../support/fake_api.ts";
import { COLUMNS, rowsOf, type SyncProject, syncProject } from "../../support/sync_project.ts";

/** Sends each row to `/people/<id>`; its header has the unique key that is given. */
async function setKey({ project }: SyncProject, key: string, sql = "*"): Promise<void> {
  const path = "models/sync/people.ts";
  const text = await project.read(path);
  await project.write(
    path,
    text.replace(/@unique_key: .*/, `@unique_key: ${key}`)
      .replace(/SELECT .* FROM raw\.people/, `SELECT ${sql} FROM raw.people`),
  );
}

const SEND = `
  await query("SELECT * FROM raw.people").each(async (row) => {
    await http.post(ORIGIN + "/people/" + row.name, { json: row });
  });
`;

Deno.test("another unique key whose columns were accepted sends nothing again", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND);
  await people.setRows(COLUMNS, rowsOf(5));
  await people.run();
  api.clear();

  await setKey(people, "id, name");
  const { code, output, sync } = await people.run();

  assert.equal(code, 0, output);
  assert.equal(sync.delivery?.unchanged, 5);
  assert.equal(api.requests.length, 0);
});

for (const promise of ["at_most_once", "at_least_once"]) {
  Deno.test(`a group that is unknown, ${promise}, stops a model whose unique key is another`, async () => {
    const silent = new Set(["/people/Ada"]);
    await using api = await fakeApi(({ path }): Answer =>
      silent.has(path) ? { drop: true } : { status: 200 }
    );
    await using people = await syncProject(api, SEND, {
      directives: [`delivery: ${promise}`, "retries: 0"],
    });
    await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Eva'"]]);
    await people.run();
    api.clear();

    for (const key of ["id, name", "name"]) {
      await setKey(people, key);
      const { code, sync } = await people.run();

      assert.equal(code, 1);
      assert.match(
        sync.error?.message ?? "",
        /^Cannot send sync\.people by another unique key: the far side may have 1 group of the former/,
      );
      assert.deepEqual(sync.error?.details, ["id = 1"]);
      assert.match(sync.error?.hint ?? "", /"@unique_key: id"/);
      const way = promise === "at_most_once"
        ? /settle what "spoor unknown sync\.people" lists, and run it once; then change/
        : /run it until "spoor failures sync\.people" has them no longer; then change/;
      assert.match(sync.error?.hint ?? "", way);
      assert.equal(api.requests.length, 0, "nothing is sent under another key");
    }
    const unknown = await people.project.run("unknown");
    assert.match(unknown.output, /sync\.people +id = 1/);

    await setKey(people, "id");
    await people.project.run(["unknown", "settle", "sync.people", "1", "--sent"]);
    await setKey(people, "name");
    const said = await people.run();
    assert.match(said.output, /what was settled of 1 group is not taken over yet/);
    assert.match(said.output, /@unique_key: id.* and run it once/);
    await setKey(people, "id");
    const settled = await people.run();
    assert.equal(settled.code, 0, settled.output);
    await setKey(people, "id, name");
    const last = await people.run();

    assert.equal(last.code, 0, last.output);
    assert.equal(last.sync.delivery?.unchanged, 2);
    assert.equal(api.requests.length, 0);
  });
}

Deno.test("a unique key of a column that was not accepted does not send everything again", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND);
  await people.setRows(COLUMNS, rowsOf(5));
  await people.run();
  api.clear();

  await setKey(people, "kid", "id AS kid, name");
  const refused = await people.run();
  assert.equal(refused.code, 1);
  assert.match(
    refused.sync.error?.message ?? "",
    /^Cannot send sync\.people by another unique key: 5 of 5 accepted rows have no "kid"$/,
  );
  const changes = await people.run("--allow-changes");
  assert.equal(changes.code, 1, "which is no matter of more changes or less");
  assert.equal(api.requests.length, 0);
  assert.equal(people.project.rows("sync.people").length, 5, "what was accepted is still known");

  const adopted = await people.run("--adopt", "sync.people");
  assert.equal(adopted.code, 0, adopted.output);
  await people.setRows(COLUMNS, [...rowsOf(5), ["6", "'Grace'"]]);
  const next = await people.run();

  assert.equal(next.code, 0, next.output);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/Grace"]);
});

Deno.test("accepted rows without a value in the new unique key are counted, and let through by name", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND);
  await people.setRows(["id", "name", "mail"], [
    ["1", "'Ada'", "'a@x'"],
    ["2", "'Eva'", "NULL"],
  ]);
  await people.run();
  api.clear();

  await setKey(people, "mail");
  await people.setRows(["id", "name", "mail"], [["1", "'Ada'", "'a@x'"], ["2", "'Eva'", "'e@x'"]]);
  const refused = await people.run();
  assert.equal(refused.code, 1);
  assert.match(refused.sync.error?.message ?? "", /1 of 2 accepted rows have no "mail"$/);
  const letThrough = await people.run("--allow-changes");

  assert.equal(letThrough.code, 0, letThrough.output);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/Eva"]);
});

Deno.test("what had failed under the former unique key is sent by the new one", async () => {
  let status = 500;
  await using api = await fakeApi(({ path }): Answer => ({
    status: path === "/people/Ada" ? status : 200,
  }));
  await using people = await syncProject(api, SEND, { directives: ["retries: 0"] });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Eva'"]]);
  await people.run();
  api.clear();

  status = 200;
  await setKey(people, "name");
  const { code, output, sync } = await people.run();

  assert.equal(code, 0, output);
  assert.equal(sync.delivery?.unchanged, 1);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/people/Ada"]);
  assert.deepEqual(people.project.rows(`SELECT * FROM "spoor.changes"`), []);
});

Deno.test("that what was refused under the former unique key is tried again is said", async () => {
  await using api = await fakeApi(({ path }): Answer => ({
    status: path === "/people/Eva" ? 200 : 422,
  }));
  await using people = await syncProject(
    api,
    `
    await query("SELECT * FROM raw.people").each(async (row) => {
      const options = { json: row, throwOnError: false };
      const { status } = await http.post(ORIGIN + "/people/" + row.name, options);
      if (status === 422) await reject(row, "refused");
    });
  `,
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Eva'"], ["3", "'Flo'"]]);
  await people.run();
  api.clear();

  await setKey(people, "name");
  const { output } = await people.run();

  assert.match(output, /what was parked under the former one \(2 groups\) is tried again/);
  assert.deepEqual(api.requests.map(({ path }) => path).sort(), ["/people/Ada", "/people/Flo"]);
});

Deno.test("a group that the far side may have, and that has left the query, is not forgotten with its key", async () => {
  let status = 500;
  await using api = await fakeApi(({ json }): Answer => ({
    status: (json as { id: number }).id === 2 ? status : 200,
  }));
  const report = `
    await changes("SELECT * FROM raw.people").each(async ({ action, key }) => {
      await http.post(ORIGIN + "/people", { json: { action, ...key } });
    });
  `;
  await using people = await syncProject(api, report, {
    directives: ["on_removed: deliver", "retries: 0"],
  });
  await people.setRows(COLUMNS, rowsOf(2));
  await people.run();
  await people.setRows(COLUMNS, rowsOf(1));
  await setKey(people, "id, name");
  api.clear();
  status = 200;

  const refused = await people.run();
  assert.equal(refused.code, 1, refused.output);
  assert.match(refused.output, /the far side may have 1 group of the former key/);
  await setKey(people, "id");
  const removed = await people.run("--allow-removed");
  assert.equal(removed.code, 0, removed.output);
  assert.deepEqual(api.requests.map(({ json }) => json), [{ action: "remove", id: 2 }]);
  await setKey(people, "id, name");
  const last = await people.run();

  assert.equal(last.code, 0, last.output);
  assert.equal(api.requests.length, 1);
});

Deno.test("what was accepted of a group counts no more under another key where a later try may have arrived", async () => {
  let status = 200;
  await using api = await fakeApi((): Answer => ({ status }));
  await using people = await syncProject(api, SEND, { directives: ["retries: 0"] });
  await people.setRows(["id", "name", "plan"], [["1", "'Ada'", "'free'"]]);
  await people.run();
  status = 500;
  await people.setRows(["id", "name", "plan"], [["1", "'Ada'", "'paid'"]]);
  await people.run();
  api.clear();

  status = 200;
  await people.setRows(["id", "name", "plan"], [["1", "'Ada'", "'free'"]]);
  await setKey(people, "name");
  const { code, output } = await people.run();

  assert.equal(code, 0, output);
  assert.deepEqual(
    api.requests.map(({ json }) => (json as { plan: string }).plan),
    ["free"],
    "the far side may have taken the other one",
  );
});

Deno.test("what was refused under the former unique key puts nothing of what was accepted in doubt", async () => {
  let status = 200;
  await using api = await fakeApi((): Answer => ({ status }));
  await using people = await syncProject(api, SEND);
  await people.setRows(["id", "name", "plan"], [["1", "'Ada'", "'free'"]]);
  await people.run();
  status = 422;
  await people.setRows(["id", "name", "plan"], [["1", "'Ada'", "'paid'"]]);
  await people.run();
  api.clear();

  await people.setRows(["id", "name", "plan"], [["1", "'Ada'", "'free'"]]);
  await setKey(people, "name");
  const { code, output } = await people.run();

  assert.equal(code, 0, output);
  assert.deepEqual(api.requests.map(({ json }) => json), []);
});

Deno.test("why tells what was done under a former unique key by that key, and nothing of it under the new one", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND);
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Eva'"]]);
  await people.run();
  const why = async (...key: string[]) =>
    (await people.project.run(["why", "sync.people", ...key])).stdout;
  assert.doesNotMatch(await why("1"), /unique key/);

  await setKey(people, "id, name");
  await people.run();
  const of = await why("1", "Ada");
  assert.match(of, /^run 2 .*unchanged: accepted content/m);
  assert.match(
    of,
    /^run 2 .*another unique key: id, name from this run on; what was done before is told by the former key, id$/m,
  );
  assert.doesNotMatch(of, /run 1|runs 1/);

  for (const former of [await why("1"), await why("id=1")]) {
    assert.match(
      former,
      /^sync\.people {2}id = 1\nnext +a group of the former unique key, id: since run 2/,
    );
    assert.match(former, /^run 2 .*another unique key: id, name from this run on$/m);
    assert.match(former, /^run 1 .*accepted: created; .*\n +POST \S+\/people\/Ada {2}200/m);
    assert.doesNotMatch(former, /unchanged/);
  }

  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Eve'"]]);
  await people.run();
  assert.match(await why("2", "Eve"), /^run 3 .*accepted: created[^]*^run 2 .*not there/m);
  assert.match((await people.project.run("why sync.people 3")).output, /not a key of id, name/);
});

Deno.test("why tells keys of before and of now apart where their values are the same", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND);
  await people.setRows(["id", "name", "other"], [["1", "'Ada'", "2"], ["2", "'Eva'", "1"]]);
  await people.run();
  await setKey(people, "other");
  await people.run();
  await people.setRows(["id", "name", "other"], [["1", "'Ada'", "2"], ["2", "'Eve'", "1"]]);
  await people.run();

  const { stdout } = await people.project.run("why sync.people 1");

  assert.match(stdout, /^sync\.people {2}other = 1$/m);
  assert.match(stdout, /^run 3 .*accepted: sent name Eva → Eve/m);
  assert.doesNotMatch(stdout, /run 1|people\/Ada/);
});

Deno.test("why does not call a group unchanged where it is not on record that its unique key was this one", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND);
  await people.setRows(COLUMNS, rowsOf(1));
  await people.run();
  await setKey(people, "name");
  await people.run();
  {
    // As a Spoor of before has left it.
    using db = new DatabaseSync(people.project.path(".spoor/spoor.db"));
    db.exec(`DELETE FROM "spoor.meta" WHERE key LIKE 'former_keys%'`);
  }

  const { stdout } = await people.project.run("why sync.people Ada");

  assert.match(
    stdout,
    /^runs 1 to 2 .*unchanged, or of another unique key: that it was accepted by/m,
  );
});

Deno.test("what is known of former unique keys goes with the model to its new name", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND);
  await people.setRows(COLUMNS, rowsOf(1));
  await people.run();
  await setKey(people, "name");
  await people.run();

  const text = await people.project.read("models/sync/people.ts");
  await people.project.write("models/sync/persons.ts", text);
  await people.project.remove("models/sync/people.ts");
  const moved = await people.project.run("state mv sync.people sync.persons");
  assert.equal(moved.code, 0, moved.output);

  const { stdout } = await people.project.run("why sync.persons 1");
  assert.match(stdout, /^sync\.persons {2}id = 1\nnext +a group of the former unique key, id/);
});
