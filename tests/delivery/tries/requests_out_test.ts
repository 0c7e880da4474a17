/**
 * Requests that are out when their model ends are in the record like all others: the far side has them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi, type ReceivedRequest } from "../../support/fake_api.ts";
import { childrenOf } from "../../support/process_use.ts";
import { readLines } from "../../support/read_lines.ts";
import { killAfter } from "../../support/spoor.ts";
import {
  COLUMNS,
  readRun,
  rowsOf,
  SEND_EACH_ROW,
  syncProject,
  type SyncRun,
} from "../../support/sync_project.ts";

type People = Awaited<ReturnType<typeof syncProject>>;

const PROMISES = ["at_least_once", "at_most_once"] as const;
/** What the record says of a request that its model did not wait for. */
const NO_ANSWER = /^Cannot read the answer of POST \S+: the model ended, and no answer is known$/;

/** Sends to all, waits for none of them, and goes on when the far side has them. */
const SEND_AND_GO_ON = `
  for (const row of await query("SELECT * FROM raw.people")) {
    http.post(ORIGIN + "/people/" + row.id, { json: row }).catch(() => {});
  }
  await http.get(ORIGIN + "/all-there");
`;

const isPost = ({ method }: ReceivedRequest) => method === "POST";

/** Keeps writes waiting for ever; a GET is answered once so many of them have come. */
function answerWhenThere(api: FakeApi, posts: number): void {
  const { promise, resolve } = Promise.withResolvers<void>();
  api.answer(async ({ method }) => {
    if (api.requests.filter(isPost).length >= posts) resolve();
    if (method === "POST") return { hang: true };
    await promise;
    return { json: {} };
  });
}

/** The run, its history, `why` and `spoor.requests` all know what the far side got. */
async function assertRecorded(people: People, api: FakeApi, ran: SyncRun): Promise<void> {
  const posts = api.requests.filter(isPost);
  assert.ok(posts.length > 0, "nothing had left");
  const { sent, accepted, refused, unanswered } = ran.sync.requests ?? {};
  const gets = api.requests.length - posts.length;
  assert.deepEqual([sent, accepted, refused, unanswered], [
    api.requests.length,
    gets,
    posts.length,
    posts.length,
  ], ran.output);
  assert.equal(ran.sync.delivery?.unknown, posts.length, ran.output);

  const recorded = people.project.rows(
    `SELECT url, error, attempts, change_id, idempotency_key AS key FROM "spoor.requests" WHERE method = 'POST'`,
  );
  assert.deepEqual(
    recorded.map(({ url }) => String(url)).toSorted(),
    posts.map(({ path }) => api.origin + path).toSorted(),
  );
  for (const { error, attempts, change_id: change } of recorded) {
    assert.match(String(error), NO_ANSWER);
    assert.equal(attempts, 1);
    assert.ok(Number(change) > 0, "it belongs to its change");
  }

  const [run] = await readLines(people.project, "history");
  assert.equal(run?.["requests_sent"], api.requests.length);
  const id = /\d+$/.exec(posts[0]?.path ?? "")?.[0] ?? "";
  const why = await people.project.run(["why", "sync.people", id]);
  assert.match(
    why.output,
    new RegExp(`POST ${api.origin}/people/${id}  the model ended, and no answer is known`),
  );
  assert.match(why.output, new RegExp(`key ${posts[0]?.key}`));
}

for (const promise of PROMISES) {
  const delivery = `delivery: ${promise}`;

  Deno.test(`${promise}: what is out at the end of @model_timeout is in the record`, async () => {
    await using api = await fakeApi([{ hang: true }]);
    await using people = await syncProject(api, SEND_EACH_ROW, {
      directives: [delivery, "model_timeout: 4s", "concurrency: 4"],
    });
    await people.setRows(COLUMNS, rowsOf(9));

    const ran = await people.run();

    assert.match(ran.sync.error?.message ?? "", /@model_timeout of 4\.0 s/);
    assert.equal(api.requests.length, 4);
    await assertRecorded(people, api, ran);
  });

  Deno.test(`${promise}: what is out when a model's module throws is in the record`, async () => {
    await using api = await fakeApi();
    answerWhenThere(api, 5);
    await using people = await syncProject(api, `${SEND_AND_GO_ON}\nthrow new Error("broken");`, {
      directives: [delivery, "concurrency: 5"],
    });
    await people.setRows(COLUMNS, rowsOf(5));

    const ran = await people.run();

    assert.equal(ran.sync.error?.message, "broken");
    await assertRecorded(people, api, ran);
  });

  Deno.test(`${promise}: what is out when Ctrl-C ends a model is in the record`, async () => {
    await using api = await fakeApi([{ hang: true }]);
    const patient = SEND_EACH_ROW.replace("json: row", "json: row, timeout: 60_000");
    await using people = await syncProject(api, patient, {
      directives: [delivery, "timeout: 100ms", "concurrency: 3"],
    });
    await people.setRows(COLUMNS, rowsOf(9));

    const running = people.project.start("run --json");
    const stopped = await killAfter(running, api.received(3), "SIGINT");

    await assertRecorded(people, api, readRun(stopped));
  });

  Deno.test({
    name: `${promise}: what is out when the system kills a model is in the record`,
    ignore: Deno.build.os !== "linux", // `/proc` tells which processes there are.
    async fn() {
      await using api = await fakeApi([{ hang: true }]);
      await using people = await syncProject(api, SEND_EACH_ROW, {
        directives: [delivery, "concurrency: 3"],
      });
      await people.setRows(COLUMNS, rowsOf(9));

      const running = people.project.start("run --json");
      await api.received(3);
      for (const guest of await childrenOf(running.pid)) Deno.kill(guest, "SIGKILL");

      await assertRecorded(people, api, readRun(await running.result));
    },
  });

  Deno.test(`${promise}: a request that waits for its rate limit when its model ends was not sent`, async () => {
    await using api = await fakeApi([{ hang: true }]);
    await using people = await syncProject(api, SEND_EACH_ROW, {
      directives: [delivery, "model_timeout: 4s", "concurrency: 8", "rate_limit: 3/60s"],
    });
    await people.setRows(COLUMNS, rowsOf(12));

    const ran = await people.run();

    assert.equal(api.requests.length, 3, "the others wait");
    assert.equal(ran.sync.requests?.sent, 3, ran.output);
    const recorded = people.project.rows(`SELECT url, error FROM "spoor.requests"`);
    assert.deepEqual(
      recorded.map(({ url }) => String(url)).toSorted(),
      api.requests.map(({ path }) => api.origin + path).toSorted(),
    );
    for (const { error } of recorded) assert.match(String(error), NO_ANSWER);
    const { unknown, failed, left } = ran.sync.delivery ?? {};
    assert.deepEqual(
      [unknown, failed, left],
      [3, 0, 9],
      "what has not left is as if it had not begun",
    );
  });
}

Deno.test("what is out when its model ends is recorded with its last answer, where another try was to come", async () => {
  await using api = await fakeApi([{ status: 503, headers: { "retry-after": "300" } }]);
  await using people = await syncProject(api, SEND_EACH_ROW, {
    directives: ["model_timeout: 4s", "concurrency: 2"],
  });
  await people.setRows(COLUMNS, rowsOf(2));

  const ran = await people.run();

  const { sent, refused, unanswered } = ran.sync.requests ?? {};
  assert.deepEqual([sent, refused, unanswered], [2, 2, undefined], ran.output);
  const recorded = people.project.rows(`SELECT status, error, attempts FROM "spoor.requests"`);
  for (const { status, error, attempts } of recorded) {
    assert.deepEqual([status, attempts], [503, 1]);
    assert.match(String(error), /^Cannot try POST \S+ again: the model ended before$/);
  }
});

Deno.test("a model that ends by itself waits for what it has sent, and all of it is in the record", async () => {
  await using api = await fakeApi([{ hang: true }]);
  const leaving = SEND_AND_GO_ON.replace(/await http.get.*;/, "");
  await using people = await syncProject(api, leaving, {
    directives: ["timeout: 1s", "retries: 0", "concurrency: 5"],
  });
  await people.setRows(COLUMNS, rowsOf(5));

  const ran = await people.run();

  const { sent, unanswered } = ran.sync.requests ?? {};
  assert.deepEqual([sent, unanswered], [5, 5], ran.output);
  assert.equal(api.requests.length, 5);
});

Deno.test("what a source asks for when it ends is in the record, of no group", async () => {
  await using api = await fakeApi([{ hang: true }]);
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(1));
  await people.project.write(
    "models/raw/pages.ts",
    `
    // @allow_net: ${api.host}
    // @model_timeout: 3s
    import { http } from "spoor";
    await http.get("${api.origin}/pages");
  `,
  );

  const ran = await people.run("raw.pages");

  assert.deepEqual(api.requests.map(({ path }) => path), ["/pages"]);
  const { sent, refused, unanswered } = ran.model("raw.pages").requests ?? {};
  assert.deepEqual([sent, refused, unanswered], [1, 1, 1], ran.output);
  assert.deepEqual(people.project.rows(`SELECT method, url, change_id FROM "spoor.requests"`), [
    { method: "GET", url: `${api.origin}/pages`, change_id: null },
  ]);
});
