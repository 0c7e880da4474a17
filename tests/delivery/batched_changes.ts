/**
 * A project that sends its changes in batches of four, and says of each what it is.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ReceivedRequest } from "../support/fake_api.ts";
import { COLUMNS, rowsOf, type SyncProject } from "../support/sync_project.ts";

/** Options of the project. */
export const DELIVER = { directives: ["on_removed: deliver"] };
/** Options of `killWhileOut()`. */
export const REMOVING = { args: ["--allow-removed"] };

/** Says of each change what it is. */
export const SEND = `
  await changes("SELECT * FROM raw.people").batches(4, async (batch) => {
    await http.post(ORIGIN + "/batch", { json: batch.map(({ action, key }) => action + " " + key.id) });
  });
`;
/** What one batch holds. */
export function sentBy({ json }: ReceivedRequest): string[] {
  return json as string[];
}

/** Five people, all accepted. */
export async function acceptFive(people: SyncProject): Promise<void> {
  await people.setRows(COLUMNS, rowsOf(5));
  const run = await people.run("--allow-removed");
  assert.equal(run.code, 0, run.output);
}

/** Two are other ones then, one is new, and 4 and 5 are gone. */
export async function editThem(people: SyncProject): Promise<void> {
  await people.setRows(COLUMNS, [["1", "'Eva'"], ["2", "'Eva'"], ["3", "'Ada'"], ["6", "'Ada'"]]);
}
