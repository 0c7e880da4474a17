/**
 * `@concurrency` where a model sends by code of its own: no more groups are in flight than it says, so that no
 * more are unknown after a crash.
 *
 * @module
 */
import assert from "node:assert/strict";
import { distinct, idsIn, setPeople, upTo, waitingIds } from "../graves/people.ts";
import { fakeApi } from "../support/fake_api.ts";
import { killWhileOut, syncProject } from "../support/sync_project.ts";

const SEND_AND_SAVE = `async (row) => {
  await http.post(ORIGIN + "/people/" + row.id, { json: row });
  await save.row(row);
}`;

const FORMS: Readonly<Record<string, string>> = {
  "an array's map()": `
    const rows = await query("SELECT * FROM raw.people");
    await Promise.all(rows.map(${SEND_AND_SAVE}));`,
  "promises that a for await collects": `
    const sent = [];
    for await (const row of query("SELECT * FROM raw.people")) sent.push((${SEND_AND_SAVE})(row));
    await Promise.all(sent);`,
  "two requests each, at a time": `
    const rows = await query("SELECT * FROM raw.people");
    await Promise.all(rows.map(async (row) => {
      await Promise.all(["/a/", "/b/"].map((path) => http.post(ORIGIN + path + row.id, { json: row })));
      await save.row(row);
    }));`,
  "two requests each, with a look-up between": `
    const rows = await query("SELECT * FROM raw.people");
    await Promise.all(rows.map(async (row) => {
      await http.post(ORIGIN + "/a/" + row.id, { json: row });
      await http.get(ORIGIN + "/known/" + row.id);
      await http.post(ORIGIN + "/b/" + row.id, { json: row });
      await save.row(row);
    }));`,
};

for (const [form, code] of Object.entries(FORMS)) {
  Deno.test(`no more than @concurrency groups are in flight: ${form}`, async () => {
    const open = new Map<number, number>();
    let most = 0;
    await using api = await fakeApi(async (request) => {
      if (request.method === "GET") return { json: {} };
      const [id = 0] = idsIn([request]);
      open.set(id, (open.get(id) ?? 0) + 1);
      most = Math.max(most, open.size);
      await new Promise((resolve) => setTimeout(resolve, 5));
      const left = (open.get(id) ?? 0) - 1;
      if (left > 0) open.set(id, left);
      else open.delete(id);
      return { json: {} };
    });
    await using people = await syncProject(api, code, { directives: ["concurrency: 3"] });
    await setPeople(people, 40);

    const run = await people.run();

    assert.equal(run.code, 0, run.output);
    const posts = api.requests.filter(({ method }) => method === "POST");
    assert.deepEqual(distinct(idsIn(posts)), upTo(40));
    assert.equal(most, 3);
  });

  Deno.test(`no more than @concurrency groups are unknown after a kill: ${form}`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, code, { directives: ["concurrency: 3"] });
    await setPeople(people, 40);

    await killWhileOut(api, people, 12);

    const { sent = [] } = waitingIds(people);
    assert.ok(sent.length > 0 && sent.length <= 3, `${sent.length} groups`);
  });
}

Deno.test("rows that are all sent first, and saved after, do not wait for each other", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `const rows = await query("SELECT * FROM raw.people");
    for (const row of rows) await http.post(ORIGIN + "/people/" + row.id, { json: [row] });
    await save.rows(rows);`,
  );
  await setPeople(people, 5);

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.equal(api.requests.length, 5);
});

Deno.test("rows that are all sent first, side by side, and saved after, go out by and by", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `const rows = await query("SELECT * FROM raw.people");
    await Promise.all(rows.map((row) => http.post(ORIGIN + "/people/" + row.id, { json: row })));
    await save.rows(rows);`,
    { directives: ["concurrency: 3"] },
  );
  await setPeople(people, 20);

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(distinct(idsIn(api.requests)), upTo(20));
  assert.ok(api.mostAtOnce <= 3);
});

Deno.test("requests that nobody awaits are made in their turn too", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `const rows = await query("SELECT * FROM raw.people");
    rows.map(${SEND_AND_SAVE});`,
  );
  await setPeople(people, 20);

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(distinct(idsIn(api.requests)), upTo(20));
  assert.equal(api.mostAtOnce, 1);
});

Deno.test("a request about a group in flight and others that are not waits for its turn", async () => {
  await using api = await fakeApi(() => ({ json: {}, delayMs: 300 }));
  await using people = await syncProject(
    api,
    `const rows = await query("SELECT * FROM raw.people");
    await Promise.all([
      http.post(ORIGIN + "/", { json: rows.slice(0, 1) }),
      http.post(ORIGIN + "/", { json: rows }),
    ]);
    await save.rows(rows);`,
  );
  await setPeople(people, 3);

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual([api.requests.length, api.mostAtOnce], [2, 1]);
});

Deno.test("what waits for its turn is not sent once the run is to stop", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, FORMS["an array's map()"] ?? "", {
    directives: ["concurrency: 2"],
  });
  await setPeople(people, 40);
  const answering = Promise.withResolvers<void>();
  // One comes long after the other: what waits must not end the model in between.
  api.answer(async (_, index) => {
    await answering.promise;
    return { json: {}, delayMs: index === 0 ? 100 : 600 };
  });

  await using running = people.project.start(["run", "--json"]);
  await api.received(2);
  running.kill("SIGINT");
  await running.waitFor(/Stopping/);
  answering.resolve();
  const { code, output } = await running.result;

  assert.equal(code, 1, output);
  assert.ok(api.requests.length <= 4, "two may have gone before the model knew");
  assert.deepEqual(waitingIds(people), {});
});
