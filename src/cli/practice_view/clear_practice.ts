/**
 * Forgets practice: what the practice API has received, and what practice runs count as sent.
 *
 * Only files that practice alone uses are touched; nothing that was sent for real is forgotten.
 *
 * @module
 */
import { isThere } from "~/base/files/is_there.ts";
import { practiceFilePath } from "~/run/practice.ts";
import { namedStatePath, stateFilePath } from "~/store/file/open_state.ts";
import { lockPathOf, takeRunLock } from "~/store/file/run_lock.ts";

/**
 * Deletes the practice files of a project.
 *
 * @param now ISO 8601, UTC.
 * @returns Whether there was something to forget.
 * @throws {UserError} A practice run is going on.
 */
export function clearPractice(root: string, now: string): boolean {
  const state = stateFilePath(root, true);
  // A link goes before what it leads to, so that none is left that leads nowhere.
  const named = namedStatePath(root, true);
  const files = [...new Set([practiceFilePath(root), named, state])].flatMap((path) => [
    path,
    `${path}-wal`,
    `${path}-shm`,
  ]);
  if (!files.some(isThere)) return false;
  const command = "spoor practice --clear";
  using _lock = takeRunLock(lockPathOf(state), command, now, "forget all practice");
  for (const file of files) {
    if (isThere(file)) Deno.removeSync(file);
  }
  return true;
}
