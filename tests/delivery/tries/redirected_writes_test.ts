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
import { type SyncProject, syncProject } from "../../support/sync_project.ts";
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
  {
    method: "patch",
    status: 302,
    to: "/page",
    error: /^PATCH http:\S+\/people\/\d was redirected to http:\S+\/page, which answered 404$/,
  },
  {
    method: "patch",
    status: 302,
    to: `http://${DEAD}/page`,
    error: new RegExp(`failed: Cannot reach "${DEAD}": the connection was refused`),
  },
  // The last ones, as either of them ends its model.
  { method: "patch", status: 301, to: "ftp://127.0.0.1/x", error: /not a plain http/ },
  { method: "patch", status: 302, to: ELSEWHERE, error: /is not in @allow_net/ },
];

/** The far side of several cases: the first person is that of the first case. */
function keepingOf(cases: readonly Pick<Case, "status" | "to">[]): Promise<Keeping> {
  return keeping(({ path }) => {
    const { status, to } = cases[Number(path.split("/").at(-1)) - 1] ?? {};
    return { status: status ?? 404, headers: { location: to ?? "" } };
  });
}

/** A person for each case. */
async function setPeople(
  people: SyncProject,
  cases: readonly Pick<Case, "method">[],
  name: string,
): Promise<void> {
  const rows = cases.map(({ method }, index) => [`${index + 1}`, `'${name}'`, `'${method}'`]);
  await people.setRows(["id", "name", "method"], rows);
}

async function sendingCases({ api }: Keeping, options: string, ...directives: string[]) {
  const code = `await query("SELECT * FROM raw.people").each(async (row) => {
    await http[row.method](ORIGIN + "/people/" + row.id, { json: row, ${options} });
  });`;
  return await syncProject(api, code, {
    directives: [`allow_net: ${api.host}, ${DEAD}`, "concurrency: 1", ...directives],
  });
}

function shown({ method, status, to }: Omit<Case, "error">): string {
  return `${method} answered ${status} to ${to.replace(DEAD, "a host where nobody listens")}`;
}

Deno.test("after a write that was redirected, what is again as accepted is sent", async (t) => {
  await using far = await keepingOf(CASES);
  await using people = await sendingCases(far, "retries: 1");
  await setPeople(people, CASES, "Bo");
  await people.run();

  await setPeople(people, CASES, "Moved");
  await people.run();
  const moved = await people.run();
  const entries = people.project.rows("spoor.ledger");
  await setPeople(people, CASES, "Bo");
  const back = await people.run();

  assert.equal(moved.code, 1, moved.output);
  for (const [index, one] of CASES.entries()) {
    await t.step(shown(one), () => {
      const id = index + 1;
      const entry = entries.find(({ group_key: key }) => key === `[${id}]`);
      assert.match(String(entry?.error), one.error);
      assert.deepEqual([entry?.state, entry?.moved], ["failed", 1]);
      assert.equal(far.held.get(String(id)), "Bo", back.output);
    });
  }
  assert.deepEqual([back.code, back.sync.delivery?.saved], [0, CASES.length]);
  assert.deepEqual(people.project.rows("spoor.ledger"), []);
});

const PRESERVING: readonly Omit<Case, "error">[] = ["/page", `http://${DEAD}/page`, ELSEWHERE]
  .flatMap((to) => [307, 308].map((status) => ({ method: "patch", status, to })));

Deno.test("after 307 and 308 nothing was done, so what is again as accepted is not sent", async (t) => {
  await using far = await keepingOf(PRESERVING);
  await using people = await sendingCases(far, "retries: 0");
  await setPeople(people, PRESERVING, "Bo");
  await people.run();
  far.api.clear();

  await setPeople(people, PRESERVING, "Moved");
  // Either of those who are led elsewhere ends a run.
  for (let run = 0; run < 2; run++) await people.run();
  await setPeople(people, PRESERVING, "Bo");
  const back = await people.run();

  assert.deepEqual([back.code, back.sync.delivery?.unchanged], [0, PRESERVING.length]);
  for (const [index, one] of PRESERVING.entries()) {
    await t.step(shown(one), () => {
      const sent = far.api.requests.filter(({ path }) => path === `/people/${index + 1}`);
      assert.deepEqual(sent.map(({ json }) => (json as { name: string }).name), ["Moved"]);
    });
  }
  assert.deepEqual(people.project.rows("spoor.ledger"), []);
});

Deno.test("who was created so and leaves the query is removed", async () => {
  await using far = await keeping(() => ({ status: 303, headers: { location: ELSEWHERE } }));
  await using people = await sendingPeople(far.api, ["on_removed: deliver"], SEND_CHANGES);

  const created = await runNamed(people, "Moved");
  const removed = await runNamed(people, undefined);

  assert.equal(created.sync.delivery?.failed, 1, created.output);
  assert.equal(removed.code, 0, removed.output);
  assert.deepEqual([...far.held.keys()], ["1"]);
});

Deno.test("at most once, a write that was redirected waits for a person", async (t) => {
  const cases = [0, 2, 3, 6].flatMap((index) => CASES[index] ?? []);
  await using far = await keepingOf(cases);
  await using people = await sendingCases(far, "retries: 1", "delivery: at_most_once");
  await setPeople(people, cases, "Moved");

  const moved = await people.run();
  const again = await people.run();
  await setPeople(people, cases, "Bo");
  const changed = await people.run();

  assert.deepEqual([moved.code, moved.sync.delivery?.unknown], [1, cases.length], moved.output);
  for (const [index, one] of cases.entries()) {
    await t.step(shown(one), () => {
      const sent = far.api.requests.filter(({ path }) => path === `/people/${index + 1}`);
      assert.equal(sent.length, 1);
    });
  }
  assert.equal(far.api.requests.length, cases.length, "nothing where the redirect leads");
  assert.deepEqual(
    [again, changed].map(({ sync }) => sync.delivery?.held_back),
    [cases.length, cases.length],
    again.output,
  );
});

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
