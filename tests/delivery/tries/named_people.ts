/**
 * Two people that are sent, to a far side that answers by their names. The first one, Ada, is always accepted; the
 * other one is what a test says. So is a third one, where a test has another story to tell beside the second's.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Answer, type FakeApi, fakeApi } from "../../support/fake_api.ts";
import {
  SEND_EACH_ROW,
  type SyncProject,
  syncProject,
  type SyncRun,
} from "../../support/sync_project.ts";

export const AT_MOST_ONCE = ["delivery: at_most_once"];

/** By the name in it; a request without one is taken. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  Lost: { drop: true },
  Mislaid: { drop: true },
  Bad: { status: 422 },
  Busy: { status: 503 },
  Odd: { status: 500 },
};

/**
 * A far side that loses the answer about who is called Lost, and refuses who is called Bad. It removes nobody, and
 * does not answer who asks.
 */
export async function farSideOfNames(): Promise<FakeApi> {
  return await fakeApi(({ method, json }) => {
    if (method === "DELETE") return { status: 409 };
    return method === "GET" ? { hang: true } : ANSWERS[nameIn(json)] ?? {};
  });
}

/** A model that tells of what is gone. */
export const SEND_CHANGES = `
  await changes("SELECT * FROM raw.people").each(async ({ action, key, rows }) => {
    const url = ORIGIN + "/people/" + key.id;
    if (action === "remove") await http.delete(url);
    else await http.post(url, { headers: { "x-action": action }, json: rows[0] });
  });
`;

/** A model that rejects what the far side refuses. */
export const REJECT_REFUSED = `
  await query("SELECT * FROM raw.people").each(async (row) => {
    try {
      await http.post(ORIGIN + "/people/" + row.id, { json: row });
    } catch (error) {
      if (!(error instanceof HttpError) || error.status !== 422) throw error;
      await reject(row, "refused");
    }
  });
`;

/** Sets the name of the second person, and of a third one; without one there is nobody. */
export async function setName(
  people: SyncProject,
  ...names: (string | undefined)[]
): Promise<void> {
  const others = names.flatMap((name, index) =>
    name === undefined ? [] : [[`${index + 2}`, `'${name}'`]]
  );
  await people.setRows(["id", "name"], [["1", "'Ada'"], ...others]);
}

/** Names of a person that have arrived, one after the other; `-`: that it is gone. */
export function namesSent(api: FakeApi, id = 2): string[] {
  return api.requests.filter(({ path }) => path.endsWith(`/${id}`))
    .map(({ method, json }) => method === "DELETE" ? "-" : nameIn(json));
}

/** Runs once for each name of the second person, or for the names of the second and the third. */
export async function runNamed(
  people: SyncProject,
  ...names: (string | undefined | readonly (string | undefined)[])[]
): Promise<SyncRun> {
  let run: SyncRun | undefined;
  for (const name of names) {
    await setName(people, ...[name].flat());
    run = await people.run("--allow-removed");
  }
  if (!run) throw new Error("A test without a name");
  return run;
}

/** Settles what is unknown of the second person, or of those that are named. */
export async function settle(
  people: SyncProject,
  how: "--sent" | "--not-sent",
  ids: readonly number[] = [2],
): Promise<void> {
  const { code, output } = await people.project.run(
    `unknown settle ${how} sync.people ${ids.join(" ")}`,
  );
  assert.equal(code, 0, output);
}

/** A project that sends; Ada is accepted by its first run. */
export async function sendingPeople(
  api: FakeApi,
  directives: readonly string[] = [],
  code = SEND_EACH_ROW,
): Promise<SyncProject> {
  const people = await syncProject(api, code, { directives: ["retries: 0", ...directives] });
  await setName(people);
  return people;
}

/** The far side has the second person as Lost, and somebody has said so; no run has heard of that yet. */
export async function settledAsSent(
  api: FakeApi,
  directives: readonly string[] = [],
  code?: string,
): Promise<SyncProject> {
  const people = await sendingPeople(api, [...AT_MOST_ONCE, ...directives], code);
  await setName(people, "Lost");
  await people.run();
  await settle(people, "--sent");
  return people;
}

/** All is as the far side is known to have it: nothing is open, and the next run has nothing to do. */
export async function assertRest(people: SyncProject, ...names: string[]): Promise<void> {
  assert.deepEqual(people.project.rows("spoor.ledger"), []);
  const others = people.project.rows('SELECT name FROM "sync.people" WHERE id > 1 ORDER BY id');
  assert.deepEqual(others, names.map((name) => ({ name })));
  assert.equal((await people.run()).sync.status, "skipped");
}

function nameIn(json: unknown): string {
  return (json as { name?: string } | undefined)?.name ?? "";
}
