/**
 * A group that the far side has taken, and whose rows cannot be kept: it alone is concerned, and it is not sent
 * again at every run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type Answer, type FakeApi, fakeApi } from "../../support/fake_api.ts";
import { saidOf, type SyncForms, syncForms } from "../../support/sync_forms.ts";
import { COLUMNS, rowsOf, type SyncProject, syncProject } from "../../support/sync_project.ts";

/** Saves what is answered beside what was read. */
const SAVE_ANSWER = `await query("SELECT * FROM raw.people").each(async (row) => {
  const { json } = await http.post(ORIGIN + "/people/" + row.id, { json: row });
  return { ...row, ...json };
});`;

/** Of each group other names: two of them do not fit into one table. */
function manyColumns(group: string): Answer {
  const names = Array.from({ length: 1_199 }, (_, index) => `g${group}_${index}`);
  return { json: Object.fromEntries(names.map((name) => [name, 1])) };
}

function answerManyColumns(api: FakeApi): void {
  api.answer(({ path }) => manyColumns(path.slice("/people/".length)));
}

Deno.test("a group whose columns do not fit beside those that the table has fails alone, and is not sent again", async () => {
  await using api = await fakeApi();
  answerManyColumns(api);
  await using people = await syncProject(api, SAVE_ANSWER);
  await people.setRows(COLUMNS, rowsOf(3));

  const first = await people.run();
  const second = await people.run();

  assert.equal(first.code, 1, first.output);
  const { saved, failed, unknown, left } = first.sync.delivery ?? {};
  assert.deepEqual([saved, failed, unknown, left], [1, 2, 0, 0], first.output);
  assert.deepEqual(
    first.sync.failures?.map(({ error }) => [error.message, error.hint]),
    [2, 3].map((id) => [
      `Cannot save id = ${id}: the table would have 2400 columns with it, and a table takes 1900`,
      "Save what belongs together as one column: an object becomes JSON. " +
      "A column that was saved once stays",
    ]),
  );
  assert.equal(second.code, 0, second.output);
  assert.equal(second.sync.delivery?.held_back, 2);
  assert.equal(api.requests.length, 3, "it was sent again");
  assert.deepEqual(ledgerOf(people), [
    { group_key: "[2]", state: "failed", parked: 1, moved: 1 },
    { group_key: "[3]", state: "failed", parked: 1, moved: 1 },
  ]);
  const why = await people.project.run("why sync.people 2");
  assert.match(why.stdout, /POST \S+\/people\/2 {2}200/);
  assert.match(why.stdout, /next .*parked until its content changes, or: spoor retry/);
  const failures = await people.project.run("failures");
  assert.match(failures.stdout, /parked {4}.*the table would have 2400 columns/);

  // The model is mended, and a person says that it may be sent once more: it has the key that it had.
  await people.setSync(SAVE_ANSWER.replace("...json", "answer: json"));
  await people.project.run("retry sync.people");
  const third = await people.run();
  assert.equal(third.code, 0, third.output);
  assert.deepEqual(ledgerOf(people), []);
  const keysOf = (path: string) =>
    new Set(api.requests.filter((request) => request.path === path).map(({ key }) => key));
  assert.deepEqual([2, 3].map((id) => keysOf(`/people/${id}`).size), [1, 1]);
});

Deno.test("at most once: what was taken and cannot be kept waits for a person; what was refused beside it is on record", async () => {
  await using api = await fakeApi();
  api.answer(async ({ path }) => {
    await api.received(3);
    return path === "/people/3" ? { status: 422 } : manyColumns(path.slice("/people/".length));
  });
  const directives = ["delivery: at_most_once", "concurrency: 3"];
  await using people = await syncProject(api, SAVE_ANSWER, { directives });
  await people.setRows(COLUMNS, rowsOf(3));

  const first = await people.run();
  const open = ledgerOf(people);
  api.answer(() => ({ json: {} }));
  const second = await people.run();

  const { saved, failed, unknown } = first.sync.delivery ?? {};
  assert.deepEqual([saved, failed, unknown], [1, 1, 1], first.output);
  assert.deepEqual(open.map(({ state }) => state).sort(), ["failed", "unknown"]);
  assert.equal(people.project.rows("spoor.requests").length, 4);
  assert.equal(second.code, 0, second.output);
  assert.doesNotMatch(second.output, /ended while a request was out/);
  assert.deepEqual(
    api.requests.slice(3).map(({ path }) => path),
    ["/people/3"],
    "only what was refused is sent again",
  );
});

Deno.test("a plain loop is told which row does not fit, and may save it as it was read", async () => {
  await using api = await fakeApi();
  answerManyColumns(api);
  await using people = await syncProject(
    api,
    `for await (const row of query("SELECT * FROM raw.people")) {
      const { json } = await http.post(ORIGIN + "/people/" + row.id, { json: row });
      await save.row({ ...row, ...json }).catch(async (error) => {
        log.info(error.message);
        await save.row(row);
      });
    }`,
  );
  await people.setRows(COLUMNS, rowsOf(3));

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.equal(run.sync.delivery?.saved, 3);
  assert.equal(run.output.match(/the table would have 2400 columns/g)?.length, 2);
  assert.deepEqual(ledgerOf(people), []);
});

Deno.test("rows of one batch that fit alone and not together: the first are saved", async () => {
  await using api = await fakeApi();
  answerManyColumns(api);
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").batches(3, async (groups) => {
      await http.post(ORIGIN + "/batch", { json: groups.length });
      return groups.map(({ rows: [row] }) => ({
        ...row,
        ...Object.fromEntries(Array.from({ length: 1_199 }, (_, i) => ["g" + row.id + "_" + i, 1])),
      }));
    });`,
  );
  await people.setRows(COLUMNS, rowsOf(3));

  const first = await people.run();
  const second = await people.run();

  const { saved, failed } = first.sync.delivery ?? {};
  assert.deepEqual([saved, failed], [1, 2], first.output);
  assert.equal(second.sync.delivery?.held_back, 2);
  assert.equal(api.requests.length, 1);
});

Deno.test("what SQLite refuses of one group takes nothing of the others with it", async () => {
  await using api = await fakeApi();
  const directives = ["concurrency: 4"];
  const code = SAVE_ANSWER.replace("...json", "answer: json");
  await using people = await syncProject(api, code, { directives });
  await people.setRows(COLUMNS, rowsOf(1));
  await people.run();
  refuseRow(people, 3);
  api.clear();
  api.answer(async ({ path }) => {
    await api.received(4);
    return path === "/people/5" ? { status: 422 } : { json: {} };
  });
  await people.setRows(COLUMNS, rowsOf(5));

  const first = await people.run();
  const second = await people.run();

  const { saved, failed, unknown, left } = first.sync.delivery ?? {};
  assert.deepEqual([saved, failed, unknown, left], [2, 2, 0, 0], first.output);
  assert.match(first.output, /Cannot save id = 3: SQLite says: not this one/);
  assert.deepEqual(people.project.rows("sync.people").map(({ id }) => id).sort(), [1, 2, 4]);
  assert.equal(people.project.rows("spoor.requests").length, 6);
  assert.deepEqual(api.requests.slice(4).map(({ path }) => path), ["/people/5"], second.output);
});

/** What a model makes of a row that the far side has taken, where nothing of that can be kept. */
const UNSAVABLE: Readonly<Record<string, string>> = {
  "a column without a value": "{ ...row, remote: undefined }",
  "a number that is none": "{ ...row, remote: NaN }",
  "a date without a time": "{ ...row, remote: new Date(NaN) }",
  "an object in a circle": "{ ...row, remote: circle }",
  "another key": "{ ...row, id: 17 }",
  "a text in place of a row": '"done"',
};

Deno.test("a group that was taken is not sent again for what cannot be saved of it", async (t) => {
  const cases = Object.entries(UNSAVABLE);
  // The first and the last row are as they were read.
  const rows = rowsOf(cases.length + 2);
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `const circle = {}; circle.self = circle;
    const UNSAVABLE = [${cases.map(([, saved]) => `(row) => (${saved})`).join()}];
    await query("SELECT * FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/people/" + row.id, { json: row });
      return UNSAVABLE[row.id - 2]?.(row) ?? row;
    });`,
  );
  await people.setRows(COLUMNS, rows);

  const first = await people.run();
  const second = await people.run();

  assert.equal(first.sync.delivery?.saved, 2, first.output);
  assert.match(first.output, /parked: spoor failures/);
  assert.equal(second.code, 0, second.output);
  const ledger = ledgerOf(people);
  assert.equal(ledger.length, cases.length);
  for (const [index, [what]] of cases.entries()) {
    await t.step(what, () => {
      const id = index + 2;
      const sent = api.requests.filter(({ path }) => path === `/people/${id}`);
      assert.equal(sent.length, 1, "it was sent again");
      const [group] = ledger.filter(({ group_key: key }) => key === `[${id}]`);
      assert.deepEqual(group, { group_key: `[${id}]`, state: "failed", parked: 1, moved: 1 });
    });
  }
});

/** Each sends lists of rows, and cannot save the second one. */
const UNSAVABLE_IN: Readonly<Record<string, string>> = {
  "save.row() in each": `await query("SELECT * FROM raw.people").each(async (row) => {
    await http.post(ORIGIN + "/", { json: [row] });
    await save.row(row.id === 2 ? { ...row, remote: undefined } : row);
  });`,
  "a plain loop": `for await (const row of query("SELECT * FROM raw.people")) {
    await http.post(ORIGIN + "/", { json: [row] });
    await save.row(row.id === 2 ? { ...row, remote: undefined } : row);
  }`,
  batches: `await query("SELECT * FROM raw.people").batches(3, async (groups) => {
    const rows = groups.flatMap(({ rows }) => rows);
    await http.post(ORIGIN + "/", { json: rows });
    return rows.map((row) => row.id === 2 ? { ...row, remote: undefined } : row);
  });`,
  "save.rows() of several": `
    for await (const groups of query("SELECT * FROM raw.people").batches(3)) {
      const rows = groups.flatMap(({ rows }) => rows);
      await http.post(ORIGIN + "/", { json: rows });
      const own = { _content_hash: "mine" };
      await save.rows(rows.map((row) => row.id === 2 ? { ...row, ...own } : row)).catch(() => {});
      for (const row of rows) if (row.id !== 2) await save.row(row);
    }`,
};

Deno.test("what cannot be saved of a group parks it alone", async (t) => {
  await using api = await fakeApi();
  await using forms = await syncForms(api, UNSAVABLE_IN, rowsOf(3));

  await forms.run();
  const second = await forms.run();

  assert.equal(second.code, 0, second.output);
  for (const form of Object.keys(UNSAVABLE_IN)) {
    await t.step(form, () => {
      const sent = forms.requestsOf(form)
        .flatMap(({ json }) => (json as { id: number }[]).map(({ id }) => id));
      assert.deepEqual(sent.toSorted(), [1, 2, 3], "it was sent again");
      assert.deepEqual(keysOf(forms, form), ["[2]"]);
    });
  }
});

/** Each sends lists of rows, and saves them under other keys. */
const UNDER_OTHER_KEYS: Readonly<Record<string, string>> = {
  "save.row() in each": `await query("SELECT * FROM raw.people").each(async (row) => {
    await http.post(ORIGIN + "/", { json: [row] });
    await save.row({ ...row, id: row.id + 10 });
  });`,
  "rows that batches returns":
    `await query("SELECT * FROM raw.people").batches(2, async (groups) => {
    const rows = groups.flatMap(({ rows }) => rows);
    await http.post(ORIGIN + "/", { json: rows });
    return rows.map((row) => ({ ...row, id: row.id + 10 }));
  });`,
};

Deno.test("what was taken and is saved under other keys is not sent again", async (t) => {
  await using api = await fakeApi();
  await using forms = await syncForms(api, UNDER_OTHER_KEYS, rowsOf(2));

  const first = await forms.run();
  const sent = api.requests.length;
  const second = await forms.run();

  assert.equal(second.code, 0, second.output);
  assert.equal(api.requests.length, sent, "it was sent again");
  for (const form of Object.keys(UNDER_OTHER_KEYS)) {
    await t.step(form, () => {
      const said = saidOf(first, forms.modelOf(form));
      assert.match(said, /Cannot save id = 11: it was not delivered in this run/);
      assert.deepEqual(keysOf(forms, form), ["[1]", "[2]"]);
    });
  }
});

/** Of the groups that a form's model has parked. */
function keysOf(forms: SyncForms, form: string): unknown[] {
  return forms.project.rows(
    `SELECT group_key FROM "spoor.ledger" WHERE model = '${forms.modelOf(form)}' AND parked = 1
    ORDER BY 1`,
  ).map(({ group_key: key }) => key);
}

Deno.test("a group that the far side has refused is tried again, though its row could not be saved", async () => {
  await using api = await fakeApi([{ status: 422 }, { json: {} }]);
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      const { status } = await http.post(ORIGIN + "/", { json: row, throwOnError: false });
      return status === 422 ? { ...row, remote: undefined } : row;
    });`,
  );
  await people.setRows(COLUMNS, rowsOf(1));

  await people.run();
  const second = await people.run();

  assert.equal(second.code, 0, second.output);
  assert.equal(api.requests.length, 2);
  assert.deepEqual(ledgerOf(people), []);
});

/** As a person's own trigger does. */
function refuseRow({ project }: SyncProject, id: number): void {
  using db = new DatabaseSync(project.path(".spoor/spoor.db"));
  db.exec(
    `CREATE TRIGGER refused BEFORE INSERT ON "sync.people" WHEN NEW.id = ${id}
     BEGIN SELECT RAISE(ABORT, 'not this one'); END`,
  );
}

function ledgerOf({ project }: SyncProject): Record<string, unknown>[] {
  return project.rows(
    `SELECT group_key, state, parked, moved FROM "spoor.ledger" ORDER BY group_key`,
  );
}

Deno.test("a group that was sent and cannot be written has failed, and says why", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `for await (const row of query("SELECT * FROM raw.people")) {
      await http.post(ORIGIN + "/", { json: row });
      const columns = Array.from({ length: 1500 / row.id }, (_, i) => ["c" + row.id + "_" + i, i]);
      await save.row({ ...row, ...Object.fromEntries(columns) });
    }`,
  );
  await people.setRows(COLUMNS, rowsOf(3));

  const run = await people.run();

  assert.equal(run.code, 1);
  assert.match(run.sync.error?.message ?? "", /id = 2: the table would have 2252 columns with it/);
  assert.deepEqual(run.sync.delivery, {
    new: 3,
    changed: 0,
    unchanged: 0,
    removed: 0,
    saved: 1,
    failed: 1,
    unknown: 0,
    left: 1,
    rejected: 0,
    parked: 0,
    kept_back: 1,
  });
  assert.deepEqual(people.project.rows('SELECT id FROM "sync.people"'), [{ id: 1 }]);
});
