/**
 * What the far side refused is not saved because a model has swallowed the error, or has not looked at the answer; it is
 * where the model looks at how the request ended, and decides.
 */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi } from "../support/fake_api.ts";
import { pathInForm, saidOf, syncForms } from "../support/sync_forms.ts";
import { COLUMNS, rowsOf, syncProject } from "../support/sync_project.ts";

const QUERY = `query("SELECT * FROM raw.people")`;
const POST = `http.post(ORIGIN + "/people", { json: { id: row.id } })`;
const ANSWER = `http.post(ORIGIN + "/people", { json: { id: row.id }, throwOnError: false })`;
const EACH = (body: string) => `await ${QUERY}.each(async (row) => { ${body} });`;

const SWALLOWING: Readonly<Record<string, string>> = {
  "each() that only logs what it catches": EACH(
    `try { await ${POST}; } catch (error) { console.error(error, error.message); }`,
  ),
  "a handler that gives nothing": EACH(`await ${POST}.catch(log.warn);`),
  "an answer that nobody looks at": EACH(`log.info(await ${ANSWER});`),
  "a look-up after it that is answered": EACH(
    `await ${POST}.catch(log.warn);\nawait http.get(ORIGIN + "/people/" + row.id);`,
  ),
  "tries of its own that are over": EACH(
    `for (let i = 0; i < 2; i++) try { await ${POST}; break; } catch { log.info("once more"); }`,
  ),
  "an answer and an error that are only logged as JSON": EACH(
    `log.info(JSON.stringify(await ${ANSWER}), JSON.stringify(await ${POST}.catch((error) => error)));`,
  ),
  "a loop that saves all the same": `for await (const row of ${QUERY}) {
    try { await ${POST}; } catch (error) { log.warn(error); }
    await save.row(row).catch((error) => log.warn(error));
  }`,
  "a batch": `await ${QUERY}.batches(2, async (groups) => {
    await http.post(ORIGIN + "/people", { json: groups.map(({ key }) => key) }).catch((error) => log.warn(error));
  });`,
  "changes that are saved in the end":
    `for await (const change of changes("SELECT * FROM raw.people")) {
    const row = change.rows[0];
    try { await ${POST}; } catch { /* never mind */ }
    await change.save().catch((error) => log.warn(error));
  }`,
};

/** Refuses POSTs about people, and what is asked of one; takes all else, lists in part. */
function refuse(api: FakeApi, status = 422): void {
  api.answer((request) => {
    const { method } = request;
    const path = pathInForm(request);
    if (path === "/lists") return { status: 207, json: { ok: true } };
    return path === (method === "POST" ? "/people" : "/known")
      ? { status, body: "no", headers: { "content-type": "text/plain" } }
      : { json: {} };
  });
}

Deno.test("what was refused is not saved where nobody looked at that", async (t) => {
  await using api = await fakeApi();
  refuse(api);
  await using forms = await syncForms(api, SWALLOWING, rowsOf(2));
  const ran = await forms.run();
  api.answer(() => ({ json: {} }));
  const again = await forms.run();

  for (const form of Object.keys(SWALLOWING)) {
    await t.step(form, () => {
      const model = forms.modelOf(form);
      const said = saidOf(ran, model);
      assert.equal(ran.model(model).delivery?.saved, 0, said);
      assert.match(said, /answered 422, and the model has not looked at that/);
      const { status, delivery } = again.model(model);
      assert.deepEqual([status, delivery?.saved], ["ok", 2], saidOf(again, model));
    });
  }
});

Deno.test("a request without an answer is looked at as well, or its group is not saved", async () => {
  await using api = await fakeApi(() => ({ drop: true }));
  await using people = await syncProject(api, EACH(`await ${POST}.catch(log.warn);`), {
    directives: ["retries: 0"],
  });
  await people.setRows(COLUMNS, rowsOf(1));

  const ran = await people.run();

  assert.deepEqual([ran.sync.delivery?.saved, ran.sync.delivery?.unknown], [0, 1], ran.output);
  assert.match(ran.output, /had no answer, and the model has not looked at that/);
});

const DECIDING: Readonly<Record<string, string>> = {
  "a status that is looked at": EACH(
    `await ${POST}.catch((error) => { if (error.status !== 422) throw error; });`,
  ),
  "an answer that is looked at": EACH(
    `const answer = await ${ANSWER};\nif (!answer.ok) log.info(answer.text);`,
  ),
  "a header that is looked at": EACH(
    `const answer = await ${ANSWER};\nif (!answer.headers.has("content-type")) throw new Error("what is it?");`,
  ),
  "another write that is taken": EACH(
    `try { await ${POST}; } catch { await http.put(ORIGIN + "/people/" + row.id); }`,
  ),
  "a write that is taken in part, which is read": EACH(
    `await ${ANSWER};
    const { json } = await http.post(ORIGIN + "/lists", { json: { id: row.id } });
    if (json.ok) return row;`,
  ),
  "nothing that it sends, whatever it was told": EACH(
    `await http.get(ORIGIN + "/known", { throwOnError: false });`,
  ),
  "a write beside the one that was taken": EACH(
    `await http.put(ORIGIN + "/people/" + row.id);\nawait ${POST}.catch(log.warn);`,
  ),
};

Deno.test("a model decides what is saved", async (t) => {
  await using api = await fakeApi();
  refuse(api);
  await using forms = await syncForms(api, DECIDING, rowsOf(2));
  const ran = await forms.run();

  for (const form of Object.keys(DECIDING)) {
    await t.step(`by ${form}`, () => {
      const model = forms.modelOf(form);
      const { status, delivery } = ran.model(model);
      assert.deepEqual([status, delivery?.saved], ["ok", 2], saidOf(ran, model));
    });
  }
});
