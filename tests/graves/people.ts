/**
 * Many people: more rows than a SELECT that names each of them can hold, and what came of them.
 *
 * @module
 */
import type { FakeApi, ReceivedRequest } from "../support/fake_api.ts";
import type { SyncProject, SyncRun } from "../support/sync_project.ts";

/** Sets `raw.people` to ids 1 to `count`; `columns` are SELECT expressions that may use `id`. */
export async function setPeople(
  people: SyncProject,
  count: number,
  columns = "'Ada' AS name",
): Promise<void> {
  await people.project.write(
    "models/raw/people.sql",
    `WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ${count})
    SELECT id, ${columns} FROM n`,
  );
}

/** Ids in requests of one row or many, as they arrived. */
export function idsIn(requests: readonly ReceivedRequest[]): number[] {
  return requests.flatMap(({ json }) =>
    [json as { id: number } | { id: number }[]].flat().map((row) => row.id)
  );
}

/** 1 to `count`. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** In ascending order, each once. */
export function distinct(ids: readonly number[]): number[] {
  return [...new Set(ids)].toSorted((a, b) => a - b);
}

/** Ids that Spoor holds for accepted. */
export function acceptedIds({ project }: SyncProject): number[] {
  const exists = project.rows("SELECT 1 FROM sqlite_schema WHERE name = 'sync.people'").length > 0;
  return exists ? project.rows('SELECT id FROM "sync.people" ORDER BY 1').map(idOf) : [];
}

/** What is not accepted: state → ids. */
export function waitingIds({ project }: SyncProject): Record<string, number[]> {
  const waiting: Record<string, number[]> = {};
  for (const { state, group_key: key } of project.rows("spoor.ledger")) {
    const [id] = JSON.parse(String(key)) as number[];
    (waiting[String(state)] ??= []).push(Number(id));
  }
  for (const ids of Object.values(waiting)) ids.sort((a, b) => a - b);
  return waiting;
}

/** One more run, of which only what arrived in it counts. */
export async function runAgain(
  people: SyncProject,
  api: FakeApi,
  ...args: string[]
): Promise<SyncRun> {
  api.clear();
  return await people.run(...args);
}

function idOf(row: Record<string, unknown>): number {
  return Number(row.id);
}
