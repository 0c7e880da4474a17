/**
 * A write that is answered by 301, 302 or 303 may have been done before it was answered: what was accepted says
 * nothing of the far side any more. Only 307 and 308 say that nothing was done yet.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type Answer,
  type FakeApi,
  fakeApi,
  type ReceivedRequest,
} from "../../support/fake_api.ts";
import { namesSent, runNamed, SEND_CHANGES, sendingPeople } from "./named_people.ts";

/** A far side that keeps what it is sent, and answers a `Moved` one with a redirect. */
interface Keeping extends AsyncDisposable {
  api: FakeApi;
  /** Id → name. */
  held: Map<string, string>;
}

async function keeping(redirect: (request: ReceivedRequest) => Answer): Promise<Keeping> {
  const held = new Map<string, string>();
  const api = await fakeApi((request) => {
    const id = request.path.split("/").at(-1) ?? "";
    if (!request.path.startsWith("/people/")) return { status: 404 };
    if (request.method === "DELETE") {
      return held.delete(id) ? {} : { status: 404 };
    }
    const { name } = request.json as { name: string };
    held.set(id, name);
    return name === "Moved" ? redirect(request) : {};
  });
  return { api, held, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

function sending(method: string, options = ", retries: 1"): string {
  return `
    await query("SELECT * FROM raw.people").each(async (row) => {
      await http.${method}(ORIGIN + "/people/" + row.id, { json: row${options} });
    });
  `;
}

/** A loopback address where nobody listens. */
function deadHost(): string {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return `127.0.0.1:${port}`;
}

interface Case {
  method: "post" | "patch";
  status: number;
  to: string;
  error: RegExp;
}

const DEAD = deadHost();
/** No `@allow_net` has it. */
const ELSEWHERE = "http://127.0.0.2:9/app/1";

const CASES: readonly Case[] = [
  { method: "post", status: 303, to: ELSEWHERE, error: /answered 303/ },
  { method: "post", status: 302, to: "ftp://127.0.0.1/x", error: /answered 302/ },
  { method: "patch", status: 303, to: "/page", error: /answered 303/ },
  { method: "patch", status: 302, to: ELSEWHERE, error: /is not in @allow_net/ },
  { method: "patch", status: 301, to: "ftp://127.0.0.1/x", error: /not a plain http/ },
  {
    method: "patch",
    status: 302,
    to: "/page",
    error: /^PATCH http:\S+\/people\/2 was redirected to http:\S+\/page, which answered 404$/,
  },
  {
    method: "patch",
    status: 302,
    to: `http://${DEAD}/page`,
    error: new RegExp(`failed: Cannot reach "${DEAD}": the connection was refused`),
  },
];

for (const { method, status, to, error } of CASES) {
  const shown = to.replace(DEAD, "a host where nobody listens");
  Deno.test(`${method} answered ${status} to ${shown}: what is again as accepted is sent`, async () => {
    await using far = await keeping(() => ({ status, headers: { location: to } }));
    await using people = await sendingPeople(
      far.api,
      [`allow_net: ${far.api.host}, ${DEAD}`],
      sending(method),
    );
    await runNamed(people, "Bo");

    const moved = await runNamed(people, "Moved");
    const [entry] = people.project.rows("spoor.ledger");
    const back = await runNamed(people, "Bo");

    assert.equal(moved.code, 1, moved.output);
    assert.match(String(entry?.error), error);
    assert.deepEqual([entry?.state, entry?.moved], ["failed", 1]);
    assert.equal(far.held.get("2"), "Bo", back.output);
    assert.deepEqual([back.code, back.sync.delivery?.saved], [0, 1]);
    assert.deepEqual(people.project.rows("spoor.ledger"), []);
  });
}

for (const status of [307, 308]) {
  Deno.test(`patch answered ${status}: nothing was done, so what is again as accepted is not sent`, async () => {
    let location = "";
    await using far = await keeping(() => ({ status, headers: { location } }));
    await using people = await sendingPeople(
      far.api,
      [`allow_net: ${far.api.host}, ${DEAD}`],
      sending("patch", ", retries: 0"),
    );
    await runNamed(people, "Bo");
    assert.deepEqual(namesSent(far.api), ["Bo"]);
    for (const to of [ELSEWHERE, "/page", `http://${DEAD}/page`]) {
      location = to;
      far.api.clear();

      const back = await runNamed(people, "Moved", "Bo");

      assert.deepEqual([back.code, back.sync.delivery?.unchanged], [0, 2], location);
      assert.deepEqual(namesSent(far.api), ["Moved"]);
      assert.deepEqual(people.project.rows("spoor.ledger"), []);
    }
  });
}

Deno.test("who was created so and leaves the query is removed", async () => {
  await using far = await keeping(() => ({ status: 303, headers: { location: ELSEWHERE } }));
  await using people = await sendingPeople(far.api, ["on_removed: deliver"], SEND_CHANGES);

  const created = await runNamed(people, "Moved");
  const removed = await runNamed(people, undefined);

  assert.equal(created.sync.delivery?.failed, 1, created.output);
  assert.equal(removed.code, 0, removed.output);
  assert.deepEqual([...far.held.keys()], ["1"]);
});

for (const { method, status, to } of [0, 2, 3, 5].flatMap((index) => CASES[index] ?? [])) {
  const shown = to.replace(DEAD, "a host where nobody listens");
  Deno.test(`at most once, ${method} answered ${status} to ${shown} waits for a person`, async () => {
    await using far = await keeping(() => ({ status, headers: { location: to } }));
    await using people = await sendingPeople(
      far.api,
      [`allow_net: ${far.api.host}, ${DEAD}`, "delivery: at_most_once"],
      sending(method),
    );

    const moved = await runNamed(people, "Moved");
    const again = await people.run();
    const changed = await runNamed(people, "Bo");

    assert.deepEqual([moved.code, moved.sync.delivery?.unknown], [1, 1], moved.output);
    assert.equal(far.api.requests.length, 2, "one each, and nothing where the redirect leads");
    assert.deepEqual(
      [again, changed].map(({ sync }) => sync.delivery?.held_back),
      [1, 1],
      again.output,
    );
  });
}

Deno.test("a write that opts out of retries is not sent where 302 leads, and says why", async () => {
  await using far = await keeping(() => ({ status: 302, headers: { location: "/page" } }));
  await using people = await sendingPeople(far.api, [], sending("patch", ", retries: 0"));

  const { output } = await runNamed(people, "Moved");

  assert.deepEqual(namesSent(far.api), ["Moved"]);
  assert.equal(far.api.requests.length, 2);
  assert.match(output, /PATCH http:\S+ answered 302/);
  assert.match(output, /may have been done/);
  assert.equal(people.project.rows("spoor.ledger")[0]?.moved, 1);
});

Deno.test("a reading that fails where a redirect led says where that was", async () => {
  await using api = await fakeApi(({ path }) =>
    path === "/old" ? { status: 302, headers: { location: "/new" } } : { drop: true }
  );
  await using people = await sendingPeople(
    api,
    [],
    `log.info((await http.get(ORIGIN + "/old", { retries: 0 }).catch((error) => error)).message);
     for await (const row of query("SELECT * FROM raw.people")) await save.row(row);`,
  );

  const { events } = await people.run("--full");

  const [said] = events.flatMap((event) => event.type === "log" ? [event.message] : []);
  assert.match(
    String(said),
    /^GET http:\S+\/old failed: Cannot read the answer of GET http:\S+\/new: the connection broke/,
  );
});
