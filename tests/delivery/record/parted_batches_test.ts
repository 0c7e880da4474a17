/**
 * `why` tells of the batches that a group was in before it was alone, or in a smaller one: from a record,
 * whatever other groups there are and however many runs ago it was.
 */
// deno-lint-ignore-file camelcase -- what --json prints.
import assert from "node:assert/strict";
import { type Answer, fakeApi, type ReceivedRequest } from "../../support/fake_api.ts";
import { readLines } from "../../support/read_lines.ts";
import { killAfter } from "../../support/spoor.ts";
import { rowsOf, type SyncProject, syncProject } from "../../support/sync_project.ts";

const SEND_BATCHES = `
  await query("SELECT * FROM raw.people").batches(8, async (groups) => {
    await http.post(ORIGIN + "/batch", { json: groups.map(({ key }) => key.id) });
  });
`;
const REFUSED = { status: 422, json: { bad: true } } as const;
const idsOf = (request: ReceivedRequest) => request.json as number[];

/** Refuses every batch that one of these is in. */
function refusing(...ids: readonly number[]): (request: ReceivedRequest) => Answer {
  return (request) => idsOf(request).some((id) => ids.includes(id)) ? REFUSED : {};
}

/** A request as `[run, ids, status]`. */
type Told = [run: number, ids: string | null, status: number | null];

interface Try {
  state: string;
  own: Told[];
  /** With how many groups each batch was of. */
  before: [groups: number, ...requests: Told[]][];
}

/** What `why` has of a group's tries, newest first. */
async function triesOf(people: SyncProject, id: number): Promise<Try[]> {
  const lines = await readLines(people.project, "why", "sync.people", String(id));
  const tries = lines.filter(({ type }) => type === "why_try") as unknown as TryLine[];
  return tries.map(({ state, requests, batches_before }) => ({
    state,
    own: requests.map(toTold),
    before: batches_before.map(({ groups, requests }) => [groups, ...requests.map(toTold)]),
  }));
}

interface RequestLine {
  run_id: number;
  status: number | null;
  request: { body: string } | null;
}

interface TryLine {
  state: string;
  requests: readonly RequestLine[];
  batches_before: readonly { groups: number; requests: readonly RequestLine[] }[];
}

function toTold({ run_id, status, request }: RequestLine): Told {
  return [run_id, request?.body ?? null, status];
}

Deno.test("why tells of the refused batches that a group was in before, and of no others", async () => {
  await using api = await fakeApi(refusing(6, 999));
  await using people = await syncProject(api, SEND_BATCHES, { directives: ["concurrency: 2"] });
  await people.setRows(["id", "name"], [...rowsOf(19), ["999", "'Bo'"], ["1000", "'Cy'"]]);
  await people.run();

  assert.deepEqual(await triesOf(people, 6), [{
    state: "failed",
    own: [[1, "[6]", 422]],
    before: [
      [2, [1, "[5,6]", 422]],
      [4, [1, "[5,6,7,8]", 422]],
      [8, [1, "[1,2,3,4,5,6,7,8]", 422]],
    ],
  }]);
  assert.deepEqual(await triesOf(people, 3), [{
    state: "accepted",
    own: [[1, "[1,2,3,4]", 200]],
    before: [[8, [1, "[1,2,3,4,5,6,7,8]", 422]]],
  }]);
  assert.deepEqual(await triesOf(people, 12), [
    { state: "accepted", own: [[1, "[9,10,11,12,13,14,15,16]", 200]], before: [] },
  ]);
  assert.deepEqual((await triesOf(people, 999))[0]?.before, [
    [2, [1, "[999,1000]", 422]],
    [5, [1, "[17,18,19,999,1000]", 422]],
  ]);

  const { stdout } = await people.project.run("why sync.people 6");
  assert.match(
    stdout,
    /failed: create: [^]*\[6\][^]*run 1 .* refused, in a batch with 1 other\n[^]*\[5,6\][^]*refused, in a batch with 3 others\n[^]*refused, in a batch with 7 others\n/,
  );
  assert.equal((await people.project.run("state check")).code, 0);
});

Deno.test("a batch whose keys have a thousand others between them is told as well", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_BATCHES.replace("8", "500"));
  const setRows = (name: string) =>
    people.project.write(
      "models/raw/people.sql",
      `WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 2000)
       SELECT id, ${name} AS name FROM n`,
    );
  await setRows("'Ada'");
  await people.run();
  api.answer(refusing(1_300));
  await setRows("iif(id IN (1, 650, 1300, 1950), 'Eva', 'Ada')");

  await people.run();

  const [last] = await triesOf(people, 1_300);
  assert.deepEqual(last, {
    state: "failed",
    own: [[2, "[1300]", 422]],
    before: [[2, [2, "[1300,1950]", 422]], [4, [2, "[1,650,1300,1950]", 422]]],
  });
});

Deno.test("a change that is refused alone in two runs has the batches of each run", async () => {
  await using api = await fakeApi(refusing(3, 6));
  await using people = await syncProject(api, SEND_BATCHES);
  await people.setRows(["id", "name"], rowsOf(8));
  await people.run();

  await people.run();

  const [second, first] = await triesOf(people, 6);
  assert.deepEqual(second, {
    state: "failed",
    own: [[2, "[6]", 422]],
    before: [[2, [2, "[3,6]", 422]]],
  });
  assert.deepEqual(first?.own, [[1, "[6]", 422]]);
  assert.deepEqual(first?.before.map(([groups]) => groups), [2, 4, 8]);
});

Deno.test("a part whose answer was lost, and which is refused when it comes again, has the batches of both runs", async () => {
  await using api = await fakeApi((request) => {
    const ids = idsOf(request);
    return ids.length === 8 ? REFUSED : ids.includes(1) ? { drop: true } : {};
  });
  await using people = await syncProject(api, SEND_BATCHES, { directives: ["retries: 0"] });
  await people.setRows(["id", "name"], rowsOf(8));
  await people.run();
  const sent = api.requests.map((request) => [idsOf(request).join(), request.key]);
  api.clear();
  api.answer(refusing(2));

  await people.run();

  const again = api.requests.map((request) => [idsOf(request).join(), request.key]);
  assert.deepEqual(again[0], sent[1], "the part comes again as it was");
  assert.deepEqual(await triesOf(people, 2), [
    {
      state: "failed",
      own: [[2, "[2]", 422]],
      before: [[2, [2, "[1,2]", 422]], [4, [2, "[1,2,3,4]", 422]]],
    },
    {
      state: "unknown",
      own: [[1, "[1,2,3,4]", null]],
      before: [[8, [1, "[1,2,3,4,5,6,7,8]", 422]]],
    },
  ]);
});

Deno.test("the refused batch of a run that was killed while a part of it was out is told with that end", async () => {
  await using api = await fakeApi((request) =>
    idsOf(request).length === 8 ? REFUSED : { hang: true }
  );
  await using people = await syncProject(api, SEND_BATCHES);
  await people.setRows(["id", "name"], rowsOf(8));
  await killAfter(people.project.start("run --json"), api.received(2));
  api.answer(refusing(2));

  await people.run();

  const [failed, cutOff] = await triesOf(people, 2);
  assert.deepEqual(failed?.before.map(([groups]) => groups), [2, 4]);
  assert.deepEqual(cutOff, {
    state: "unknown",
    own: [[1, "[1,2,3,4]", null]],
    before: [[8, [1, "[1,2,3,4,5,6,7,8]", 422]]],
  });
  const { stdout } = await people.project.run("why sync.people 2");
  assert.match(
    stdout,
    /run 2 .*unknown: .*Run 1 ended while a request was out\n {4}POST .*\n.*\n\nrun 1 .*refused, in a batch with 7 others\n/,
  );
});

Deno.test("a batch that was taken, and went out in parts for what a question was answered, is not told as refused", async () => {
  await using api = await fakeApi(({ path }) => path === "/4" ? { status: 404 } : {});
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").batches(4, async (groups) => {
      await http.post(ORIGIN + "/batch", { json: groups.map(({ key }) => key.id) });
      await http.get(ORIGIN + "/" + groups.length);
    });`,
  );
  await people.setRows(["id", "name"], rowsOf(4));

  await people.run();

  const { stdout } = await people.project.run("why sync.people 3");
  assert.match(
    stdout,
    /accepted: created, in a batch[^]*run 1 .* sent, in a batch with 3 others\n/,
  );
});
