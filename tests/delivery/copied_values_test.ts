/**
 * Loops that read ahead, or fill a batch, with copies of what they read: which rows a request is about is seen by
 * values that only they have. So no request goes out under the key of another row's, and what was out when Spoor
 * was killed is known.
 */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi, type ReceivedRequest } from "../support/fake_api.ts";
import { type SyncProject, syncProject } from "../support/sync_project.ts";

const QUERY = `query("SELECT * FROM raw.people")`;

/** Each sends copies of what it read; all have the name in them. */
const FORMS: Readonly<Record<string, { code: string; perRequest: number }>> = {
  "chunks by a generator, a request each": {
    code: `
    async function* chunks(rows) {
      let chunk = [];
      for await (const row of rows) if (chunk.push(row) === 4) { yield chunk; chunk = []; }
      if (chunk.length > 0) yield chunk;
    }
    for await (const chunk of chunks(${QUERY})) {
      await Promise.allSettled(chunk.map(async (row) => {
        await http.post(ORIGIN + "/", { json: { email: row.email } });
        await save.row(row);
      }));
    }`,
    perRequest: 1,
  },
  "the row before, while the next one is read": {
    code: `
    let work = Promise.resolve();
    const send = async (row) => {
      await http.get(ORIGIN + "/known");
      await http.post(ORIGIN + "/", { form: { email: row.email } });
      await save.row(row);
    };
    for await (const row of ${QUERY}) {
      await work;
      work = send(row).catch((error) => log.warn(error.status));
    }
    await work;`,
    perRequest: 1,
  },
  "functions that look each row up, by its number in the URL": {
    code: `
    const work = new Set();
    const send = async (row) => {
      await http.get(ORIGIN + "/v3/people/" + row.id);
      await http.put(ORIGIN + "/v3/people/" + row.id, { json: { tag: row.email.slice(0, -7) } });
      await save.row(row);
    };
    for await (const row of ${QUERY}) {
      const each = send(row).catch((error) => log.warn(error.status)).then(() => work.delete(each));
      if (work.add(each).size === 3) await Promise.race(work);
    }
    await Promise.all(work);`,
    perRequest: 1,
  },
  "a batch of numbers": {
    code: `
    let rows = [];
    const send = async () => {
      const body = rows.map(({ id, email }) => ({ id, tag: email.slice(0, -7) }));
      await http.post(ORIGIN + "/", { json: body }).then(() => save.rows(rows), (error) => log.warn(error.status));
      rows = [];
    };
    for await (const row of ${QUERY}) if (rows.push(row) === 4) await send();
    if (rows.length > 0) await send();`,
    perRequest: 4,
  },
  "a batch whose copies are made on the way": {
    code: `
    let rows = [], copies = [];
    const send = async () => {
      await http.post(ORIGIN + "/", { json: copies }).then(() => save.rows(rows), (error) => log.warn(error.status));
      rows = [];
      copies = [];
    };
    for await (const row of ${QUERY}) {
      copies.push({ email: row.email });
      if (rows.push(row) === 4) await send();
    }
    if (rows.length > 0) await send();`,
    perRequest: 4,
  },
};

function setPeople(people: SyncProject, ids: readonly number[]): Promise<void> {
  return people.setRows(["id", "email"], ids.map((id) => [`${id}`, `'u${id}@a.test'`]));
}

function namesIn({ body }: Pick<ReceivedRequest, "body">): string[] {
  return decodeURIComponent(body).match(/u\d+/g) ?? [];
}

/**
 * Refuses one person alone, and of a batch that it is in says too late that it was taken. Answers a key that it
 * knows with what it has made of it, and does nothing.
 *
 * @returns Who is there.
 */
function replayingApi(api: FakeApi, refused: string): Set<string> {
  const known = new Map<string, number>();
  const there = new Set<string>();
  api.answer((request) => {
    if (request.method === "GET") return {};
    const { key = "" } = request;
    const before = known.get(key);
    if (before !== undefined) return { status: before };
    const names = namesIn(request);
    const isOdd = names.includes(refused);
    const status = isOdd && names.length === 1 ? 422 : 201;
    known.set(key, status);
    if (status === 201) { for (const name of names) there.add(name); }
    return { status: isOdd && status === 201 ? 504 : status };
  });
  return there;
}

for (const [form, { code, perRequest }] of Object.entries(FORMS)) {
  Deno.test(`no row goes out under the key of another: ${form}`, async () => {
    await using api = await fakeApi();
    const there = replayingApi(api, "u4");
    await using people = await syncProject(api, code, { directives: ["retries: 0"] });

    for (const last of [5, 9, 12]) {
      await setPeople(people, Array.from({ length: last }, (_, index) => index + 1));
      const ran = await people.run();
      const accepted = people.project.rows("sync.people").map(({ id }) => `u${id}`);
      assert.deepEqual(accepted.filter((name) => !there.has(name)), [], ran.output);
    }
  });

  Deno.test(`at most once, what was out when it was killed waits for a person: ${form}`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, code, { directives: ["delivery: at_most_once"] });
    await setPeople(people, [1, 2, 3, 4]);
    const running = people.project.start("run --json");
    api.answer(({ method }) => {
      if (method === "GET") return {};
      running.kill("SIGKILL");
      return { hang: true };
    });
    await running.result;
    const cut = new Set(api.requests.flatMap(namesIn));
    assert.ok(cut.size >= perRequest);
    api.clear();
    api.answer(() => ({ json: {} }));

    const next = await people.run();
    assert.deepEqual(api.requests.flatMap(namesIn).filter((name) => cut.has(name)), []);
    const listed = await people.project.run("unknown --json");
    const unknown = listed.stdout.trim().split("\n").length;
    assert.ok(unknown >= cut.size, "some may not have arrived yet");
    assert.equal(next.sync.delivery?.saved, 4 - unknown, next.output);
  });
}

Deno.test("a request that refers to a row which failed is not about that row", async () => {
  for (
    const [ids, body] of [
      [["'ACME'", "'BETA'"], "{ name: row.name, parent: row.parent }"],
      [["'ACME'", "'BETA'"], "{ code: row.id, parent: row.parent }"],
      [["1", "8"], "{ name: row.name, parent: { id: row.parent } }"],
      [["1", "8"], "{ id: row.id, parent: { id: row.parent } }"],
    ] as const
  ) {
    await using api = await fakeApi((_, index) => index === 0 ? { status: 422 } : { json: {} });
    await using companies = await syncProject(
      api,
      `for await (const row of ${QUERY}) {
        try {
          await http.post(ORIGIN + "/companies", { json: ${body} });
          await save.row(row);
        } catch (error) { log.warn(error.status); }
      }`,
    );
    await companies.setRows(["id", "name", "parent"], [
      [ids[0], "'first'", "NULL"],
      [ids[1], "'second'", ids[0]],
    ]);
    await companies.run();

    const tries = async (id: string) =>
      (await companies.project.run(["why", "sync.people", id.replaceAll("'", "")])).output
        .match(/POST .*? {2}\d+/g)?.map((line) => line.slice(-3));
    assert.deepEqual([await tries(ids[0]), await tries(ids[1])], [["422"], ["200"]], body);
  }
});
