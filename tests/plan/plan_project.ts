/**
 * Plans of a project that sends: made by the real program, read back as documents.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { PlanDocument, PlannedModel, PlannedRequest } from "~/plan/plan_document.ts";
import type { ReceivedRequest } from "../support/fake_api.ts";
import type { SyncProject } from "../support/sync_project.ts";
import type { TempProject } from "../support/temp_project.ts";

/** Sends creations, updates and removals to addresses of their own. */
export const SEND_CHANGES = `
await changes("SELECT * FROM raw.people").each(async (change) => {
  await http.post(ORIGIN + "/" + change.action + "/" + change.key.id, {
    headers: { "x-fixed": "1" },
    json: { rows: change.rows, previous: change.previous, key: change.idempotencyKey },
  });
});`;

/** A plan, and what the program said beside it. */
export interface MadePlan {
  code: number;
  stderr: string;
  text: string;
  plan: PlanDocument;
  model(name: string): PlannedModel;
  sync: PlannedModel;
}

/** Makes a plan by `spoor plan --json`. */
export async function makePlan(project: TempProject, ...args: string[]): Promise<MadePlan> {
  const { code, stdout, stderr } = await project.run(["plan", "--json", ...args]);
  assert.notEqual(stdout, "", stderr);
  const plan: PlanDocument = JSON.parse(stdout);
  const model = (name: string) => {
    const found = plan.models.find((one) => one.model === name);
    assert.ok(found, `The plan says nothing of ${name}`);
    return found;
  };
  return {
    code,
    stderr,
    plan,
    model,
    text: stdout,
    get sync() {
      return model("sync.people");
    },
  };
}

/** What tells a request, without what no plan can know: how the connection is made. */
export interface ToldRequest {
  method: string;
  path: string;
  body: string;
  headers: Record<string, string>;
}

const OF_THE_CONNECTION = [
  "host",
  "accept",
  "accept-encoding",
  "accept-language",
  "content-length",
];

/** A request of a plan, for comparison. */
export function planned({ method, url, headers, body }: PlannedRequest): ToldRequest {
  const { pathname, search } = new URL(url);
  const entries = headers.map(([name, value]): [string, string] => [name, value]);
  return {
    method,
    path: pathname + search,
    body: body ?? "",
    headers: Object.fromEntries(entries.sort()),
  };
}

/** One that arrived. */
export function received({ method, path, query, headers, body }: ReceivedRequest): ToldRequest {
  const entries = Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.includes(name));
  const search = query.toString();
  return {
    method,
    body,
    path: search === "" ? path : `${path}?${search}`,
    headers: Object.fromEntries(entries.sort()),
  };
}

/** In an order of their own: side by side they leave in any. */
export function sorted(requests: readonly ToldRequest[]): ToldRequest[] {
  const nameOf = ({ method, path, body }: ToldRequest) => `${method} ${path} ${body}`;
  return requests.toSorted((a, b) => nameOf(a) < nameOf(b) ? -1 : 1);
}

/** Every file of the state, and what is in it. */
export async function stateBytes(project: TempProject): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(project.path(".spoor"))) {
    // A copy that a killed plan has left.
    if (isDirectory) continue;
    // Who holds the lock, and on Deno 2.6 SQLite's files of it, are no part of the state.
    if (name.startsWith("spoor.lock")) continue;
    // SQLite's index of the WAL, which whoever reads makes anew.
    if (name.endsWith("-shm")) continue;
    const bytes = await project.bytes(`.spoor/${name}`);
    if (name.endsWith("-wal") && bytes.length === 0) continue;
    const digest = new Uint8Array(
      await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>),
    );
    files[name] = `${bytes.length} ${digest.toHex()}`;
  }
  return files;
}

/** Writes a plan to `plan.json`. */
export async function keepPlan(people: SyncProject, ...args: string[]): Promise<void> {
  const { code, output } = await people.project.run(["plan", "-o", "plan.json", ...args]);
  assert.equal(code, 0, output);
}
