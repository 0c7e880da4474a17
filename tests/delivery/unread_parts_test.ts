/**
 * An answer 207 (Multi-Status) says of each record apart whether it was taken. A model that saves by itself, and
 * has not read that, does not know what it saves: it is refused.
 */
import assert from "node:assert/strict";
import { type Answer, type FakeApi, fakeApi, type ReceivedRequest } from "../support/fake_api.ts";
import { saidOf, type SyncForms, syncForms } from "../support/sync_forms.ts";
import { COLUMNS, rowsOf, type SyncProject, syncProject } from "../support/sync_project.ts";
import type { TempProject } from "../support/temp_project.ts";

const QUERY = `query("SELECT * FROM raw.people")`;
const CHANGES = `changes("SELECT * FROM raw.people")`;

/** As many APIs of batches are given it: of other objects than those that the query gave. */
const SEND = `const send = (rows) =>
  http.post(ORIGIN + "/batch", { json: { inputs: rows.map(({ id, ...rest }) => ({ id: String(id), ...rest })) } });
`;

/** Of three people the second is refused. */
function inParts(): Answer {
  return { status: 207, json: { ok: [1, 3], bad: [{ id: 2, reason: "no such plan" }] } };
}

async function threePeople(people: SyncProject) {
  await people.setRows(COLUMNS, rowsOf(3));
}

/** The same, sent by each of the forms. */
async function threeSentBy(
  api: FakeApi,
  forms: Readonly<Record<string, string>>,
): Promise<SyncForms> {
  const sending = Object.entries(forms).map(([form, code]) => [form, SEND + code]);
  return await syncForms(api, Object.fromEntries(sending), rowsOf(3));
}

function acceptedIds({ project }: { project: TempProject }, model = "sync.people"): unknown[] {
  return project.rows(`SELECT id FROM "spoor.accepted.${model}" ORDER BY id`).map(({ id }) => id);
}

/** None of them reads what was answered. */
const UNREAD: Readonly<Record<string, string>> = {
  "batches in a loop": `for await (const groups of ${QUERY}.batches(10)) {
    const rows = groups.flatMap((group) => group.rows);
    await send(rows);
    await save.rows(rows);
  }`,
  "a loop over the rows": `for await (const row of ${QUERY}) {
    await send([row]);
    await save.row(row);
  }`,
  "a loop over groups": `for await (const { rows } of ${QUERY}.groups()) {
    await send(rows);
    await save.rows(rows);
  }`,
  "an array": `const rows = await ${QUERY};
  await send(rows);
  await save.rows(rows);`,
  "an array that is saved row by row": `const rows = await ${QUERY};
  await send(rows);
  for (const row of rows) await save.row(row);`,
  "a loop over the array": `for (const row of await ${QUERY}) {
    await send([row]);
    await save.row(row);
  }`,
  "rows side by side": `await Promise.all((await ${QUERY}).map(async (row) => {
    await send([row]);
    await save.row(row);
  }));`,
  "a batch that is filled by hand": `let rows = [];
  for await (const row of ${QUERY}) {
    rows.push(row);
    if (rows.length < 3) continue;
    await send(rows);
    for (const each of rows) await save.row(each);
  }`,
  "a batch that is sent after the loop": `let rows = [];
  for await (const row of ${QUERY}) rows.push({ ...row });
  await send(rows);
  for (const each of rows) await save.row(each);`,
  "names that are sent after the loop, whose rows are saved from the end": `let rows = [];
  for await (const row of ${QUERY}) rows.push({ ...row });
  await http.post(ORIGIN + "/batch", { json: rows.map(({ name }) => name) });
  for (const each of rows.toReversed()) await save.row(each);`,
  "a loop over changes": `for await (const change of ${CHANGES}) {
    await send(change.rows);
    await change.save();
  }`,
  "changes that are sent together": `const all = await ${CHANGES};
  await send(all.flatMap(({ rows }) => rows));
  for (const change of all) await change.save();`,
  "a look at the status": `for await (const groups of ${QUERY}.batches(10)) {
    const rows = groups.flatMap((group) => group.rows);
    const { ok, status } = await send(rows);
    if (ok && status < 300) await save.rows(rows);
  }`,
  "batches() whose function saves by itself": `await ${QUERY}.batches(10, async (groups) => {
    const rows = groups.flatMap((group) => group.rows);
    await send(rows);
    await save.rows(rows);
  });`,
  "each() whose function saves by itself": `await ${QUERY}.each(async (row) => {
    await send([row]);
    await save.row(row);
  });`,
  "each() whose function returns its row": `await ${QUERY}.each(async (row) => {
    await send([row]);
    return row;
  });`,
};

Deno.test("what was answered with 207, and nobody read it, is not accepted", async (t) => {
  await using api = await fakeApi(inParts);
  await using forms = await threeSentBy(api, UNREAD);
  const run = await forms.run();

  for (const form of Object.keys(UNREAD)) {
    await t.step(form, () => {
      const model = forms.modelOf(form);
      const said = saidOf(run, model);
      const { status, delivery } = run.model(model);
      assert.equal(status, "failed", said);
      assert.deepEqual(acceptedIds(forms, model), []);
      assert.equal(delivery?.saved, 0);
      // Of rows side by side some may be out when the first of them ends the model.
      const { failed = 0, left = 0, unknown = 0 } = delivery ?? {};
      assert.equal(failed + left + unknown, 3, "all come again");
      assert.match(said, /207 \(Multi-Status\)/);
    });
  }
});

/** All of them read it. */
const READ: Readonly<Record<string, string>> = {
  "batches in a loop": `for await (const groups of ${QUERY}.batches(10)) {
    const { json } = await send(groups.flatMap((group) => group.rows));
    await save.rows(groups.flatMap(({ rows }) => rows).filter(({ id }) => json.ok.includes(id)));
    for (const { id, reason } of json.bad) await reject({ id }, reason);
  }`,
  "an array": `const rows = await ${QUERY};
  const answer = await send(rows);
  const { ok, bad } = JSON.parse(answer.text);
  for (const row of rows) if (ok.includes(row.id)) await save.row(row);
  for (const { id, reason } of bad) await reject({ id }, reason);`,
  "changes": `const all = await ${CHANGES};
  const answer = await send(all.flatMap(({ rows }) => rows));
  const { ok, bad } = JSON.parse(new TextDecoder().decode(answer.bytes));
  for (const change of all) {
    const refused = bad.find(({ id }) => id === change.key.id);
    if (refused) await change.reject(refused.reason);
    else await change.save();
  }`,
  "batches() whose function saves by itself": `await ${QUERY}.batches(10, async (groups) => {
    const { json } = await send(groups.flatMap((group) => group.rows));
    await save.rows(groups.flatMap(({ rows }) => rows).filter(({ id }) => json.ok.includes(id)));
    for (const { id, reason } of json.bad) await reject({ id }, reason);
  });`,
};

Deno.test("of a 207 that was read the model saves what it finds accepted", async (t) => {
  await using api = await fakeApi(inParts);
  await using forms = await threeSentBy(api, READ);
  const run = await forms.run();

  for (const form of Object.keys(READ)) {
    await t.step(form, () => {
      const model = forms.modelOf(form);
      const said = saidOf(run, model);
      const { status, delivery } = run.model(model);
      assert.equal(status, "ok", said);
      assert.deepEqual(acceptedIds(forms, model), [1, 3]);
      assert.deepEqual([delivery?.saved, delivery?.rejected], [2, 1]);
      assert.doesNotMatch(said, /Multi-Status/);
    });
  }
});

Deno.test("what is saved after a 207 that nobody read is refused with its key, its place and what to do", async () => {
  await using api = await fakeApi(inParts);
  const code = `
    for await (const row of ${QUERY}) {
      await http.post(ORIGIN + "/people", { json: row });
      await save.row(row);
    }`;
  await using people = await syncProject(api, code);
  await threePeople(people);

  const run = await people.run();

  const { message, hint, at } = run.sync.error ?? {};
  assert.equal(
    message,
    `Cannot save id = 1: POST ${api.origin}/people answered 207 (Multi-Status), ` +
      "and the model has not read what was accepted",
  );
  assert.match(hint ?? "", /Read the answer.* reject .*batches\(n, fn\).*\{ accepted, rejected \}/);
  assert.deepEqual([at?.path, at?.line], ["models/sync/people.ts", 9]);
  const { failed, left } = run.sync.delivery ?? {};
  assert.deepEqual([failed, left], [1, 2]);
});

Deno.test("at most once, what a 207 that nobody read was about is kept for a person", async () => {
  await using api = await fakeApi(inParts);
  const directives = ["delivery: at_most_once"];
  await using people = await syncProject(api, SEND + UNREAD["a loop over the rows"], {
    directives,
  });
  await threePeople(people);

  const run = await people.run();

  assert.equal(run.code, 1, run.output);
  assert.deepEqual([run.sync.delivery?.unknown, run.sync.delivery?.saved], [1, 0]);
});

Deno.test("the same request, when it is answered with 200 later, makes it right", async () => {
  await using api = await fakeApi((_, index) => index === 0 ? inParts() : { json: {} });
  const code = `${SEND}
    for await (const groups of ${QUERY}.batches(2)) {
      const rows = groups.flatMap((group) => group.rows);
      const { status } = await send(rows);
      if (status === 207) await send(rows);
      await save.rows(rows);
    }`;
  await using people = await syncProject(api, code);
  await threePeople(people);

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(acceptedIds(people), [1, 2, 3]);
  assert.equal(api.requests.length, 3);
});

Deno.test("another request about the same group does not make it right", async () => {
  await using api = await fakeApi(({ path }) => path === "/batch" ? inParts() : { json: {} });
  const code = `${SEND}
    for await (const groups of ${QUERY}.batches(10)) {
      const rows = groups.flatMap((group) => group.rows);
      await send(rows);
      await http.post(ORIGIN + "/notes", { json: rows });
      await save.rows(rows);
    }`;
  await using people = await syncProject(api, code);
  await threePeople(people);

  const run = await people.run();

  assert.equal(run.code, 1, run.output);
  assert.deepEqual(acceptedIds(people), []);
});

Deno.test("the model may read the answer after all, and save then", async () => {
  await using api = await fakeApi(inParts);
  const code = `${SEND}
    for await (const groups of ${QUERY}.batches(10)) {
      const rows = groups.flatMap((group) => group.rows);
      const answer = await send(rows);
      await save.rows(rows).catch(() => {});
      const { ok } = answer.json;
      await save.rows(rows.filter(({ id }) => ok.includes(id)));
      await reject({ id: 2 }, "refused");
    }`;
  await using people = await syncProject(api, code);
  await threePeople(people);

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(acceptedIds(people), [1, 3]);
});

Deno.test("a 207 to what is about no group keeps nothing from being saved that is read or sent after it", async () => {
  const isSetup = ({ path }: ReceivedRequest) => path.startsWith("/setup");
  await using api = await fakeApi((request) => isSetup(request) ? inParts() : { json: {} });
  const code = `
    await http.post(ORIGIN + "/setup/before");
    const rows = await ${QUERY};
    await http.post(ORIGIN + "/setup/between");
    for (const row of rows) {
      await http.post(ORIGIN + "/people/" + row.id, { json: row });
      await save.row(row);
    }`;
  await using people = await syncProject(api, code);
  await threePeople(people);

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(acceptedIds(people), [1, 2, 3]);
});

Deno.test("a 207 to one row that the model passes over keeps none of the others from being saved", async () => {
  await using api = await fakeApi(({ path }) => path === "/2" ? inParts() : { json: {} });
  const code = `
    for (const row of await ${QUERY}) {
      const { status } = await http.post(ORIGIN + "/" + row.id, { json: row });
      if (status !== 207) await save.row(row);
    }`;
  await using people = await syncProject(api, code);
  await threePeople(people);

  const run = await people.run();

  assert.equal(run.code, 1, run.output);
  assert.deepEqual(acceptedIds(people), [1, 3]);
  assert.deepEqual([run.sync.delivery?.saved, run.sync.delivery?.failed], [2, 1]);
});

Deno.test("of a query that is not tracked a loop may save what was answered with 207", async () => {
  await using api = await fakeApi(inParts);
  await using people = await syncProject(api, "");
  await threePeople(people);
  await people.project.write(
    "models/sync/people.ts",
    `// @kind: table
    // @allow_net: ${api.host}
    import { http, query, save } from "spoor";
    for await (const row of ${QUERY}) {
      const { status } = await http.post("${api.origin}/seen", { json: row });
      await save.row({ ...row, status });
    }`,
  );

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.equal(people.project.rows("sync.people").length, 3);
});

Deno.test("a 207 to a GET keeps nothing from being saved", async () => {
  await using api = await fakeApi(({ method }) => method === "GET" ? inParts() : { json: {} });
  const code = `
    for await (const row of ${QUERY}) {
      await http.get(ORIGIN + "/list");
      await http.put(ORIGIN + "/people/" + row.id, { json: { name: row.name } });
      await save.row(row);
    }`;
  await using people = await syncProject(api, code);
  await threePeople(people);

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(acceptedIds(people), [1, 2, 3]);
});
