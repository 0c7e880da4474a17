/**
 * The `Idempotency-Key` of a change, for people who look for it at the far side.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { changeKey } from "~/run/idempotency_key.ts";
import { loadKeyNames } from "~/store/key_names.ts";
import { lastRequestOf, type LedgerRow, type RequestRow } from "~/store/group_story.ts";

/** A change's last request and its key. */
export interface ChangeRequest {
  /** Absent where the run died before an answer came: a request is recorded when it has ended. */
  request: RequestRow | undefined;
  /** Absent where a batch died: its key is made of all its changes, in their order. */
  key: string | undefined;
}

/** Finds them. */
export function changeRequestOf(
  db: DatabaseSync,
  { id, model, batch }: Pick<LedgerRow, "id" | "model" | "batch">,
): ChangeRequest {
  const request = lastRequestOf(db, batch || id);
  const recorded = request?.idempotency_key ?? undefined;
  if (recorded !== undefined || batch !== 0) return { request, key: recorded };
  const projectId = String(
    db.prepare(`SELECT value FROM "spoor.meta" WHERE key = 'project_id'`).get()?.value,
  );
  const name = loadKeyNames(db, model)(id);
  return { request, key: changeKey({ projectId, model: name, changes: [id], ordinal: 0 }) };
}
