/**
 * Two people that are sent, to a far side that answers by their names. The first one, Ada, is always accepted; the
 * other one is what a test says.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Answer, type FakeApi, fakeApi } from "../support/fake_api.ts";
import { SEND_EACH_ROW, type SyncProject, syncProject } from "./sync_project.ts";

export const AT_MOST_ONCE = ["delivery: at_most_once"];

/** By the name in it; a request without one is taken. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  Lost: { drop: true },
  Bad: { status: 422 },
  Busy: { status: 503 },
  Odd: { status: 500 },
};

/** A far side that loses the answer about who is called Lost, and refuses who is called Bad. */
export async function farSideOfNames(): Promise<FakeApi> {
  return await fakeApi(({ method, json }) => {
    return method === "GET" ? { hang: true } : ANSWERS[nameIn(json)] ?? {};
  });
}

/** Sets the second person's name; without one there is nobody. */
export async function setName(people: SyncProject, name?: string): Promise<void> {
  const second = name === undefined ? [] : [["2", `'${name}'`]];
  await people.setRows(["id", "name"], [["1", "'Ada'"], ...second]);
}

/** Names of the second person that have arrived, one after the other. */
export function namesSent(api: FakeApi): string[] {
  return api.requests.filter(({ path }) => path.endsWith("/2")).map(({ json }) => nameIn(json));
}

/** Settles what is unknown of the second person. */
export async function settle(people: SyncProject, how: "--sent" | "--not-sent"): Promise<void> {
  const { code, output } = await people.project.run(`unknown settle ${how} sync.people 2`);
  assert.equal(code, 0, output);
}

/** A project that sends; Ada is accepted. */
export async function sendingPeople(
  api: FakeApi,
  directives: readonly string[] = [],
  code = SEND_EACH_ROW,
): Promise<SyncProject> {
  const people = await syncProject(api, code, { directives: ["retries: 0", ...directives] });
  await setName(people);
  const { code: ended, output } = await people.run();
  assert.equal(ended, 0, output);
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

function nameIn(json: unknown): string {
  return (json as { name?: string } | undefined)?.name ?? "";
}
