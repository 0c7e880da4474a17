/**
 * Loops and batches that a model makes by itself, over the array of `await query(…)` or by filling one of its
 * own: what is out when Spoor is killed is known as unknown, and comes again with the key that it had, or waits
 * for a person, as with `each` and `batches`.
 */
import assert from "node:assert/strict";
import { type Answer, type FakeApi, fakeApi } from "../support/fake_api.ts";
import { readLines } from "../support/read_lines.ts";
import { saidOf, type SyncForms, syncForms } from "../support/sync_forms.ts";
import { rowsOf, syncProject } from "../support/sync_project.ts";

/** As many at once as a model wants. */
const MANY = ["concurrency: 7"];
const ONCE = ["delivery: at_most_once"];
const QUERY = `query("SELECT * FROM raw.people")`;

interface Form {
  name: string;
  code: string;
  /** POSTs that are answered. @default 1 */
  answered?: number;
  /** POSTs that are out when it is killed. */
  out: number;
  /** Groups that these are about. */
  unknown: number;
}

/** All send seven people. */
const FORMS: readonly Form[] = [
  {
    name: "a loop over the array",
    code: `for (const row of await ${QUERY}) {
      await http.post(ORIGIN + "/", { json: row });
      await save.row(row);
    }`,
    out: 1,
    unknown: 1,
  },
  {
    name: "a loop over a part of the array",
    code: `for (const [i, row] of (await ${QUERY}).filter(({ id }) => id > 0).entries()) {
      await http.post(ORIGIN + "/", { json: { person: row }, params: { i: String(i * 0) } });
      await save.row(row);
    }`,
    out: 1,
    unknown: 1,
  },
  {
    name: "functions that work on rows side by side",
    code: `await Promise.all((await ${QUERY}).map(async ({ ...row }) => {
      await Promise.resolve();
      await http.post(ORIGIN + "/", { json: { id: row.id } });
      await save.row(row);
    }));`,
    answered: 0,
    out: 7,
    unknown: 7,
  },
  {
    name: "loops side by side",
    code: `const rows = await ${QUERY};
    const work = async (part) => {
      for (const row of part) {
        await http.get(ORIGIN + "/known/" + row.id);
        await http.post(ORIGIN + "/", { json: { list: [row] } });
        await save.row(row);
      }
    };
    await Promise.all([work(rows.slice(0, 3)), work(rows.slice(3))]);`,
    out: 2,
    unknown: 2,
  },
  {
    name: "rows that are given as they were read",
    code: `const rows = await ${QUERY};
    const sending = [];
    for (let i = 0; i < rows.length; i++) {
      sending.push(http.post(ORIGIN + "/", { json: { properties: rows[i], id: rows[i].id } }));
    }
    for (const [i, answer] of sending.entries()) {
      await answer;
      await save.row(rows[i]);
    }`,
    answered: 0,
    out: 7,
    unknown: 7,
  },
  {
    name: "a batch that is filled by hand",
    code: `let rows = [];
    const send = async () => {
      await http.post(ORIGIN + "/", { json: { inputs: rows.map((row) => ({ properties: row })) } });
      await save.rows(rows);
      rows = [];
    };
    for await (const row of ${QUERY}) if (rows.push(row) === 3) await send();
    if (rows.length > 0) await send();`,
    out: 1,
    unknown: 3,
  },
  {
    name: "batches that are cut off the array",
    code: `const rows = await ${QUERY};
    for (let i = 0; i < rows.length; i += 3) {
      const part = rows.slice(i, i + 3);
      await http.post(ORIGIN + "/", { json: part });
      await save.rows(part);
    }`,
    out: 1,
    unknown: 3,
  },
];

const CODES = Object.fromEntries(FORMS.map(({ name, code }) => [name, code]));

/** Runs them side by side, and kills them all when each has out what it is to have out. */
async function killMidway(api: FakeApi, forms: SyncForms): Promise<void> {
  const running = forms.project.start(`run --json --jobs ${FORMS.length}`);
  let complete = 0;
  api.answer((request): Answer => {
    const form = FORMS.find(({ name }) => forms.requestsOf(name).includes(request));
    const { answered = 1, out = 0 } = form ?? {};
    const posts = form ? postsOf(forms, form).length : 0;
    if (request.method === "GET" || posts <= answered) return { json: {} };
    if (posts === answered + out && ++complete === FORMS.length) running.kill("SIGKILL");
    return { hang: true };
  });
  const killed = await running.result;
  assert.notEqual(killed.code, 0);
  const sent = FORMS.map((form) => [form.name, postsOf(forms, form).length]);
  const expected = FORMS.map(({ name, answered = 1, out }) => [name, answered + out]);
  assert.deepEqual(sent, expected, killed.output);
}

function postsOf(forms: SyncForms, { name }: Form) {
  return forms.requestsOf(name).filter(({ method }) => method === "POST");
}

Deno.test("what loops and batches of a model's own had out when it was killed comes again once, with its key", async (t) => {
  await using api = await fakeApi();
  await using forms = await syncForms(api, CODES, rowsOf(7), MANY);
  await killMidway(api, forms);
  const cutOf = new Map(FORMS.map((form) => [
    form,
    postsOf(forms, form).slice(form.answered ?? 1).map(({ key, body }) => `${key} ${body}`),
  ]));
  const listed = await readLines(forms.project, "unknown", "--all");
  api.clear();
  api.answer(() => ({ json: {} }));

  const next = await forms.run();

  for (const form of FORMS) {
    await t.step(form.name, () => {
      const model = forms.modelOf(form.name);
      const cut = cutOf.get(form) ?? [];
      assert.equal(listed.filter((line) => line.model === model).length, form.unknown);
      assert.equal(next.model(model).status, "ok", saidOf(next, model));
      const again = postsOf(forms, form).map(({ key, body }) => `${key} ${body}`);
      assert.deepEqual(again.filter((each) => cut.includes(each)).toSorted(), cut.toSorted());
      assert.equal(forms.project.rows(model).length, 7);
    });
  }
  assert.equal(forms.project.rows("spoor.ledger").length, 0);
});

Deno.test("at most once, what loops and batches of a model's own had out when it was killed waits for a person", async (t) => {
  await using api = await fakeApi();
  await using forms = await syncForms(api, CODES, rowsOf(7), [...MANY, ...ONCE]);
  await killMidway(api, forms);
  const before = new Set(api.requests.map(({ path, body }) => path + body));
  api.clear();
  api.answer(() => ({ json: {} }));

  const next = await forms.run();

  for (const form of FORMS) {
    await t.step(form.name, () => {
      const model = forms.modelOf(form.name);
      const { status, delivery } = next.model(model);
      assert.equal(status, "ok", saidOf(next, model));
      const again = postsOf(forms, form).filter(({ path, body }) => before.has(path + body));
      assert.deepEqual(again, []);
      const kept = forms.project.rows(`SELECT state FROM "spoor.ledger" WHERE model = '${model}'`);
      assert.deepEqual(kept, Array(form.unknown).fill({ state: "unknown" }));
      assert.equal(delivery?.left, 0);
    });
  }
});

/** Row after row by its place, and of each only what Spoor cannot know it by. */
const BY_PIECES = `const rows = await ${QUERY};
for (let i = 0; i < rows.length; i++) {
  await http.post(ORIGIN + "/", { json: { id: rows[i].id } });
  await save.row(rows[i]);
}`;

Deno.test("at most once, a write that is about no group is refused before it leaves", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, BY_PIECES, { directives: ONCE });
  await people.setRows(["id", "name"], rowsOf(3));

  const run = await people.run();

  assert.equal(run.code, 1, run.output);
  assert.equal(api.requests.length, 0);
  const { message, hint, at } = run.sync.error ?? {};
  assert.equal(
    message,
    `Cannot POST ${api.origin}/ at most once: Spoor cannot tell which group it is about, and could not ` +
      "keep it from being sent twice",
  );
  assert.match(hint ?? "", /each\(\), batches\(\), for await/);
  assert.deepEqual([at?.path, at?.line], ["models/sync/people.ts", 9]);
  assert.equal(run.sync.delivery?.left, 3);
});

Deno.test("at least once, a write that is about no group is sent", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, BY_PIECES);
  await people.setRows(["id", "name"], rowsOf(3));

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.equal(new Set(api.requests.map(({ key }) => key)).size, 3);
});

Deno.test("at most once, what is no write of a group in hand goes on", async () => {
  await using api = await fakeApi(({ path }) => ({ json: { id: path } }));
  const code = `
    const { json: { id } } = await http.post(ORIGIN + "/login");
    const rows = ${QUERY};
    let list;
    for await (const row of rows) {
      list ??= (await http.post(ORIGIN + "/lists")).json.id;
      await http.post(ORIGIN + "/members", { json: { id: row.id, list } });
      await save.row(row);
    }
    await http.post(ORIGIN + "/end");
    export async function verify({ key }) {
      await http.post(ORIGIN + "/search", { json: { id: key.id } });
      return true;
    }`;
  await using people = await syncProject(api, code, { directives: ONCE });
  await people.setRows(["id", "name"], rowsOf(2));
  api.answer(({ path, json }) =>
    path === "/members" && (json as { id: number }).id === 2
      ? { drop: true }
      : { json: { id: path } }
  );
  const first = await people.run();
  assert.equal(first.sync.delivery?.unknown, 1, first.output);
  api.clear();
  await people.setRows(["id", "name"], [...rowsOf(1, "Bea"), ...rowsOf(2).slice(1)]);

  const run = await people.run();

  assert.equal(run.code, 0, run.output);
  assert.deepEqual(
    api.requests.map(({ path }) => path),
    ["/login", "/lists", "/members", "/end", "/search"],
  );
});

Deno.test("at most once, an array in hand lets GETs pass, and a token that a request needs", async () => {
  await using api = await fakeApi(({ path }) => ({
    json: path === "/token" ? { access_token: "t", token_type: "bearer", expires_in: 60 } : {},
  }));
  const code = `
    const rows = await ${QUERY};
    const Authorization = "Bearer " + http.oauth({ tokenUrl: ORIGIN + "/token", clientId: "c", clientSecret: "s" });
    await http.get(ORIGIN + "/me", { headers: { Authorization } });
    for (const row of rows) {
      await http.post(ORIGIN + "/", { json: row, headers: { Authorization } });
      await save.row(row);
    }`;
  await using people = await syncProject(api, code, { directives: ONCE });
  await people.setRows(["id", "name"], rowsOf(2));

  const run = await people.run();

  assert.equal(run.sync.delivery?.saved, 2, run.output);
  assert.deepEqual(api.requests.map(({ path }) => path), ["/token", "/me", "/", "/"]);
});

Deno.test("at most once, what is about no group is sent once the array's rows have all ended, and by verify at any time", async () => {
  await using api = await fakeApi(({ json }) =>
    (json as { name?: string }).name === "lost" ? { drop: true } : { json: {} }
  );
  const code = `
    const rows = await ${QUERY};
    for (const row of rows) {
      if (row.name === "later") continue;
      await http.post(ORIGIN + "/", { json: row });
      await save.row(row);
    }
    if (rows.every(({ name }) => name !== "later")) await http.post(ORIGIN + "/end", { json: {} });
    export async function verify({ key }) {
      await http.post(ORIGIN + "/search", { json: { id: key.id } });
      return true;
    }`;
  await using people = await syncProject(api, code, { directives: [...ONCE, "retries: 0"] });
  await people.setRows(["id", "name"], rowsOf(2));
  const first = await people.run();
  await people.setRows(["id", "name"], [...rowsOf(2), ["3", "'lost'"]]);
  await people.run();
  await people.setRows(["id", "name"], [...rowsOf(2), ["3", "'lost'"], ["4", "'later'"]]);

  const last = await people.run();

  assert.equal(first.code, 0, first.output);
  assert.equal(last.code, 0, last.output);
  assert.deepEqual(
    api.requests.map(({ path }) => path),
    ["/", "/", "/end", "/", "/search"],
  );
});

Deno.test("two requests about the same groups have two keys, in whatever loop they are made", async () => {
  await using api = await fakeApi();
  const code = `
    const rows = await ${QUERY};
    for (const row of rows) await http.post(ORIGIN + "/a", { json: { id: row.id } });
    for (const row of rows) await http.post(ORIGIN + "/b", { json: { id: row.id } });
    await http.post(ORIGIN + "/all", { json: rows });
    await http.post(ORIGIN + "/all", { json: { rows } });
    await rows.map((row) => http.post(ORIGIN + "/c", { json: row })).reduce((a, b) => a.then(() => b));
    await save.rows(rows);`;
  await using people = await syncProject(api, code);
  await people.setRows(["id", "name"], rowsOf(2));

  const run = await people.run();

  assert.equal(run.sync.delivery?.saved, 2, run.output);
  assert.equal(api.requests.length, 8);
  assert.equal(new Set(api.requests.map(({ key }) => key)).size, 8);
});

Deno.test("a request about one group of a batch that was taken leaves the others as sent", async () => {
  const code = `
    const rows = await ${QUERY};
    await http.post(ORIGIN + "/all", { json: rows });
    for (const row of rows) await http.post(ORIGIN + "/one", { json: row });
    await save.rows(rows);`;
  await using api = await fakeApi();
  await using people = await syncProject(api, code);
  await people.setRows(["id", "name"], rowsOf(3));
  const running = people.project.start("run --json");
  api.answer(({ path }): Answer => {
    if (path === "/all") return { json: {} };
    running.kill("SIGKILL");
    return { hang: true };
  });
  await running.result;

  const listed = await people.project.run("unknown --json");

  assert.equal(listed.stdout.trim().split("\n").length, 3, listed.output);
});

Deno.test("a request that is made beside a loop over the array, or after it, is not taken for one of its rows", async () => {
  for (const directives of [[], ONCE]) {
    await using api = await fakeApi();
    const code = `
      const rows = await ${QUERY};
      const sendAll = async () => {
        for (const row of rows) {
          await http.post(ORIGIN + "/row", { json: row });
          await save.row(row);
        }
      };
      const sending = sendAll();
      const known = http.get(ORIGIN + "/known");
      await Promise.all([sending, known]);
      await http.post(ORIGIN + "/end", { json: { rows: rows.length } });`;
    await using people = await syncProject(api, code, { directives });
    await people.setRows(["id", "name"], rowsOf(3));

    const run = await people.run();

    assert.equal(run.sync.delivery?.saved, 3, run.output);
    assert.deepEqual(
      api.requests.map(({ path }) => path).toSorted(),
      ["/end", "/known", "/row", "/row", "/row"],
    );
  }
});

Deno.test("at most once, what follows a loop that has passed a row over is sent", async () => {
  await using api = await fakeApi();
  const code = `
    for await (const row of ${QUERY}) {
      if (row.id === 2) continue;
      await http.post(ORIGIN + "/row", { json: { id: row.id } });
      await save.row(row);
    }
    await http.post(ORIGIN + "/end");`;
  await using people = await syncProject(api, code, { directives: ONCE });
  await people.setRows(["id", "name"], rowsOf(3));

  const run = await people.run();

  assert.deepEqual(api.requests.map(({ path }) => path), ["/row", "/row", "/end"], run.output);
});

Deno.test("an iterator of the array goes on after a loop that was left, as that of any array", async () => {
  await using api = await fakeApi();
  const code = `
    const rest = (await ${QUERY}).values();
    for (const row of rest) {
      await save.row(row);
      break;
    }
    for (const row of rest) await save.row(row);`;
  await using people = await syncProject(api, code);
  await people.setRows(["id", "name"], rowsOf(3));

  const run = await people.run();

  assert.equal(run.sync.delivery?.saved, 3, run.output);
});
