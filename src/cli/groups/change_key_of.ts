/**
 * The `Idempotency-Key` of a change, for people who look for it at the far side.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { changeKey, FIRST, type KeyedChange } from "~/run/deliver/idempotency_key.ts";
import {
  keyNameOf,
  lastRequestOf,
  type LedgerRow,
  type RequestRow,
} from "~/store/changes/group_story.ts";
import { loadKeyNames } from "~/store/changes/key_names.ts";
import { readProjectId } from "~/store/meta.ts";

/** A change's last request and its key. */
export interface ChangeRequest {
  /** Absent where none was about to leave; where its run died just then it may not have left. */
  request: RequestRow | undefined;
  /** Absent where that is not on record of a batch: its key is made of all its changes, in their order. */
  key: string | undefined;
}

/** Finds them. */
export function changeRequestOf(
  db: DatabaseSync,
  row: Pick<LedgerRow, "id" | "model" | "batch" | "group_key" | "action" | "content_hash">,
): ChangeRequest {
  const { id, model, batch } = row;
  const change = toKeyed(id, row);
  const last = lastRequestOf(db, batch || id);
  const request = last && withKey(db, last, change);
  const recorded = request?.idempotency_key ?? undefined;
  if (recorded !== undefined || batch !== 0) return { request, key: recorded };
  return { request, key: keyOf(db, loadKeyNames(db, model).nameOf(id), change) };
}

/** A request of a change with its key, be it on record or made anew. */
export function withKey(db: DatabaseSync, request: RequestRow, change: KeyedChange): RequestRow {
  if (request.idempotency_key !== null) return request;
  const name = keyNameOf(db, request.id);
  return name === undefined ? request : { ...request, idempotency_key: keyOf(db, name, change) };
}

/** A change as a row of the state file has it. */
export function toKeyed(
  id: number,
  row: Pick<LedgerRow, "group_key" | "action" | "content_hash">,
): KeyedChange {
  return { id, groupKey: row.group_key, action: row.action, contentHash: row.content_hash };
}

/** Of a change's first request, where it goes out on its own. */
function keyOf(db: DatabaseSync, model: string, change: KeyedChange): string {
  const projectId = readProjectId(db);
  const { contentFrom } = loadKeyNames(db, model);
  return changeKey({ projectId, model, changes: [change], place: FIRST, contentFrom });
}
