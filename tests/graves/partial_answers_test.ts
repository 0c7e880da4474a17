/**
 * Graves of the field: answers that are not a plain yes. Each was seen by running a well-known tool.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Answer, fakeApi, type ReceivedRequest } from "../support/fake_api.ts";
import { type SyncForms, syncForms } from "../support/sync_forms.ts";
import { rowsOf, SEND_EACH_ROW, SEND_IN_LOOP, syncProject } from "../support/sync_project.ts";
import { acceptedIds, distinct, idsIn, runAgain, setPeople, upTo, waitingIds } from "./people.ts";

/** Every fiftieth person is refused by the far side, in an answer to the whole batch. */
function multiStatus(request: ReceivedRequest): Answer {
  const ids = idsIn([request]);
  const refused = ids.filter(isRefused);
  return {
    status: 207,
    json: {
      results: ids.filter((id) => !isRefused(id)).map((id) => ({ id })),
      errors: refused.map((id) => ({ id, message: "email is taken" })),
    },
  };
}

function isRefused(id: number): boolean {
  return id % 50 === 7;
}

const REFUSED = upTo(1_000).filter(isRefused);

const SEND_BATCHES = `
  await query("SELECT * FROM raw.people").batches(100, async (groups) => {
    await http.post(ORIGIN + "/batch", { json: groups.flatMap((group) => group.rows) });
  });
`;

Deno.test("grave: items refused in a 207 are not counted as accepted", async () => {
  await using api = await fakeApi(multiStatus);
  await using people = await syncProject(api, SEND_BATCHES);
  await setPeople(people, 1_000);

  const unread = await people.run();

  assert.equal(unread.code, 1);
  assert.deepEqual(acceptedIds(people), [], "an answer that nobody read accepts nothing");
  assert.equal(unread.sync.delivery?.failed, 1_000);
  assert.match(unread.sync.failures?.[0]?.error.message ?? "", /207 \(Multi-Status\)/);

  await people.setSync(`
    await query("SELECT * FROM raw.people").batches(100, async (groups) => {
      const answer = await http.post(ORIGIN + "/batch", { json: groups.flatMap((group) => group.rows) });
      return {
        accepted: answer.json.results.map(({ id }) => id),
        rejected: answer.json.errors.map(({ id, message }) => ({ key: id, reason: message })),
      };
    });
  `);
  const read = await runAgain(people, api);

  assert.equal(REFUSED.length, 20);
  assert.deepEqual(waitingIds(people), { rejected: REFUSED });
  assert.deepEqual(acceptedIds(people), upTo(1_000).filter((id) => !isRefused(id)));
  assert.deepEqual([read.sync.delivery?.saved, read.sync.delivery?.rejected], [980, 20]);

  await setPeople(people, 1_000, "iif(id = 57, 'Ada L.', 'Ada') AS name");
  api.answer(() => ({ json: { results: [{ id: 57 }], errors: [] } }));
  await runAgain(people, api);
  assert.deepEqual(idsIn(api.requests), [57], "what was refused comes again when it has changed");
  assert.deepEqual(waitingIds(people), { rejected: REFUSED.filter((id) => id !== 57) });
});

/** Services that answer 200 to what they have not taken. */
const NO_WITH_200: Readonly<Record<string, { says: unknown; code: string; shown: RegExp }>> = {
  "a message to Slack": {
    says: { ok: false, error: "not_in_channel" },
    code: `await query("SELECT * FROM raw.people").each(async ({ name }) => {
      await http.post(ORIGIN + "/chat.postMessage", { json: { channel: "sales", text: name } });
    });`,
    shown: /answered 200 with "ok": false, "error": "not_in_channel"/,
  },
  "a record of Salesforce": {
    says: [{ success: true, errors: [] }, { success: false, errors: [{ message: "taken" }] }],
    code: SEND_BATCHES,
    shown: /answered 200 with "success": false, "errors": \[\{"message":"taken"\}\]/,
  },
};

Deno.test("grave: what was refused by a 200 is not counted as accepted where nobody read it", async () => {
  await using api = await fakeApi(({ path }) => ({
    json: NO_WITH_200[path.includes("chat") ? "a message to Slack" : "a record of Salesforce"]
      ?.says,
  }));
  const codes = Object.entries(NO_WITH_200).map(([name, { code }]) => [name, code]);
  await using forms = await syncForms(api, Object.fromEntries(codes), rowsOf(2));
  const run = await forms.run();

  assert.equal(run.code, 1);
  for (const [name, { shown }] of Object.entries(NO_WITH_200)) {
    const model = run.model(forms.modelOf(name));
    assert.deepEqual([model.delivery?.saved, model.delivery?.failed], [0, 2], name);
    assert.match(model.failures?.[0]?.error.message ?? "", shown);
  }
});

Deno.test("grave: a 207 to one row is not counted as accepted where nobody read it", async () => {
  await using api = await fakeApi(multiStatus);
  await using people = await syncProject(api, SEND_EACH_ROW);
  await setPeople(people, 10);

  const run = await people.run();

  assert.equal(run.code, 1);
  assert.deepEqual(acceptedIds(people), []);
  assert.deepEqual(waitingIds(people), { failed: upTo(10) });

  await people.setSync(`
    await query("SELECT * FROM raw.people").each(async (row) => {
      const answer = await http.post(ORIGIN + "/one", { json: row });
      if (answer.json.errors.length > 0) throw new Error(answer.json.errors[0].message);
      return row;
    });
  `);
  await runAgain(people, api);
  assert.deepEqual(waitingIds(people), { failed: [7] });
});

const SAVING_UNREAD: Readonly<Record<string, string>> = {
  "a loop over batches": `
    for await (const groups of query("SELECT * FROM raw.people").batches(100)) {
      const rows = groups.flatMap((group) => group.rows);
      await http.post(ORIGIN + "/batch", { json: rows });
      await save.rows(rows);
    }`,
  "an array": `
    const rows = await query("SELECT * FROM raw.people");
    await http.post(ORIGIN + "/batch", { json: rows.map((row) => ({ ...row })) });
    await save.rows(rows);`,
  "a loop over rows": SEND_IN_LOOP,
};

Deno.test("grave: in loops of the model's own a 207 is not counted as accepted where nobody read it", async (t) => {
  await using api = await fakeApi(multiStatus);
  await using forms = await syncForms(api, SAVING_UNREAD, rowsOf(10));
  const run = await forms.run();
  const before = new Map(Object.keys(SAVING_UNREAD).map((form) => [form, keptBy(forms, form)]));
  api.answer(() => ({ json: {} }));
  await forms.run();

  for (const form of Object.keys(SAVING_UNREAD)) {
    await t.step(form, () => {
      const model = forms.modelOf(form);
      assert.equal(run.model(model).status, "failed");
      assert.deepEqual(before.get(form), []);
      assert.match(run.model(model).error?.message ?? "", /207 \(Multi-Status\)/);
      assert.deepEqual(keptBy(forms, form), upTo(10), "all come again");
    });
  }
});

/** Ids that are accepted of a form's model. */
function keptBy({ project, modelOf }: SyncForms, form: string): unknown[] {
  return project.rows(`SELECT id FROM "spoor.accepted.${modelOf(form)}" ORDER BY 1`)
    .map(({ id }) => id);
}

Deno.test("grave: one 500 neither poisons its batch, or those after it, nor loops", async () => {
  const isDown = (request: ReceivedRequest) => idsIn([request]).includes(49);
  await using api = await fakeApi((request) => isDown(request) ? { status: 500 } : { json: {} });
  await using people = await syncProject(
    api,
    SEND_BATCHES.replace("100", "50"),
    { directives: ["retries: 0", "max_attempts: 3"] },
  );
  await setPeople(people, 1_000);

  const run = await people.run();

  assert.equal(run.code, 1);
  assert.equal(api.requests.length, 20, "every batch was tried");
  assert.deepEqual(acceptedIds(people), upTo(1_000).slice(50));
  assert.deepEqual(waitingIds(people), { failed: upTo(50) });

  await runAgain(people, api);
  assert.deepEqual(distinct(idsIn(api.requests)), upTo(50), "only the bad batch comes again");
  assert.ok(api.requests.length <= 1 + 2 * 6, `${api.requests.length} requests`);
  assert.deepEqual(waitingIds(people), { failed: [49] }, "and this time in parts");
  await runAgain(people, api);
  assert.deepEqual(idsIn(api.requests), [49]);
  await runAgain(people, api);
  assert.equal(api.requests.length, 0, "after @max_attempts runs it is parked");
});

Deno.test("a 500 is not halved at most once: it may have been done", async () => {
  const isDown = (request: ReceivedRequest) => idsIn([request]).includes(3);
  await using api = await fakeApi((request) => isDown(request) ? { status: 422 } : { json: {} });
  await using people = await syncProject(api, SEND_BATCHES, {
    directives: ["retries: 0", "delivery: at_most_once"],
  });
  await setPeople(people, 4);
  await people.run();
  assert.deepEqual(waitingIds(people), { failed: [3] });
  await setPeople(people, 6);
  api.answer(() => ({ status: 500 }));

  await runAgain(people, api);

  assert.equal(api.requests.length, 1);
  assert.deepEqual(waitingIds(people), { unknown: [3, 5, 6] });
});

Deno.test("grave: one record that the far side refuses does not take its batch with it", async () => {
  await using api = await fakeApi((request) =>
    idsIn([request]).includes(49)
      ? { status: 422, json: { error: "email is wrong" } }
      : { json: {} }
  );
  await using people = await syncProject(api, SEND_BATCHES.replace("100", "50"));
  await setPeople(people, 1_000);

  const run = await people.run();

  assert.equal(run.code, 1);
  assert.deepEqual(waitingIds(people), { failed: [49] });
  assert.equal(acceptedIds(people).length, 999);
  assert.ok(api.requests.length <= 20 + 2 * 6, `${api.requests.length} requests`);
});

const SENDING: Readonly<Record<string, string>> = {
  each: SEND_EACH_ROW,
  "a loop": SEND_IN_LOOP,
  batches: SEND_BATCHES.replace("100", "1"),
  "a loop that looks at nothing": `
    for await (const row of query("SELECT * FROM raw.people")) {
      const promise = http.post(ORIGIN + "/people", { json: row });
      await promise;
      await save.row(row);
    }`,
};

Deno.test("grave: 422 is not recorded as sent", async (t) => {
  await using api = await fakeApi([{ status: 422, json: { error: "email is wrong" } }]);
  await using forms = await syncForms(api, SENDING, rowsOf(3));
  const run = await forms.run();
  const before = new Map(Object.keys(SENDING).map((form) => [form, keptBy(forms, form)]));
  const recorded = forms.project.rows(
    `SELECT * FROM "spoor.deliveries" WHERE state = 'accepted'`,
  );
  api.answer(() => ({ json: {} }));
  api.clear();
  await forms.run();

  for (const form of Object.keys(SENDING)) {
    await t.step(form, () => {
      const { status, delivery } = run.model(forms.modelOf(form));
      assert.equal(status, "failed");
      assert.equal(delivery?.saved, 0);
      assert.ok((delivery?.failed ?? 0) > 0);
      assert.deepEqual(before.get(form), []);
      assert.deepEqual(distinct(idsIn(forms.requestsOf(form))), [1, 2, 3], "all come again");
    });
  }
  assert.deepEqual(recorded, []);
});
