/**
 * A private copy of the state file, for work that must not touch it.
 *
 * The copy is of the database and its WAL, made while the run lock is held, so that no run writes; `spoor auth`
 * may, without that lock. So it is made within a read transaction, during which SQLite neither takes anything out
 * of the WAL nor writes to the file what is not in it (https://www.sqlite.org/wal.html#ckpt). On file systems that
 * can, it shares its blocks with the original. It holds what the state holds, so that it is for its owner
 * alone, and it is removed in any case: by its maker, and where that was killed, by the next one.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { hasContent } from "~/base/files/has_content.ts";
import { UserError } from "~/base/user_error.ts";
import { openForReading } from "~/warehouse/open_for_reading.ts";

/** A copy; disposing of it removes it. */
export interface StateCopy extends Disposable {
  path: string;
  /** False: there was nothing to copy. */
  isOfState: boolean;
}

/**
 * Copies the state file. Call while the run lock is held.
 *
 * @param name Of its folder, beside the state file.
 */
export function copyState(path: string, name: string): StateCopy {
  removeStateCopies(path);
  const folder = folderOf(path, name);
  Deno.mkdirSync(folder, { mode: 0o700 });
  const copy: StateCopy = {
    path: `${folder}/spoor.db`,
    isOfState: false,
    [Symbol.dispose]: () => removeFolder(folder),
  };
  try {
    using _ = readTransaction(path);
    copy.isOfState = copyFile(path, copy.path);
    copyFile(`${path}-wal`, `${copy.path}-wal`);
    return copy;
  } catch (error) {
    removeFolder(folder);
    throw error;
  }
}

/** Pages of the WAL before SQLite moves them into the file: 40 MB, so that one written often is moved seldom. */
const CHECKPOINT_PAGES = 10_000;

/** Takes from an open copy what costs time and serves a power cut only: then nobody needs it any more. */
export function forgoDurability(db: DatabaseSync): void {
  db.exec(`PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=${CHECKPOINT_PAGES}`);
}

/** Removes what killed makers have left. Call while the run lock is held: then nobody works on one. */
export function removeStateCopies(path: string): void {
  const parent = dirname(path);
  for (const { name, isDirectory } of Deno.readDirSync(parent)) {
    if (isDirectory && name.startsWith(prefixOf(path))) removeFolder(`${parent}/${name}`);
  }
}

/** Removes one copy, if it is still there. */
export function removeStateCopy(path: string, name: string): void {
  const folder = folderOf(path, name);
  if (canBeSeen(folder)) removeFolder(folder);
}

function canBeSeen(folder: string): boolean {
  try {
    Deno.lstatSync(folder);
    return true;
  } catch {
    // Not there; or what it would lie in is out of reach, which is then told by whoever was to make it.
    return false;
  }
}

function folderOf(path: string, name: string): string {
  return `${dirname(path)}/${prefixOf(path)}${name}`;
}

/** Practice runs have a state and a lock of their own in the same folder. */
function prefixOf(path: string): string {
  return `plan-${basename(path, ".db")}-`;
}

/** `undefined`: there is no file yet. */
function readTransaction(path: string): Disposable | undefined {
  if (!hasContent(path)) return undefined;
  const db = openForReading(path);
  db.exec("BEGIN");
  db.prepare("SELECT count(*) FROM sqlite_schema").get();
  return { [Symbol.dispose]: () => db.close() };
}

function copyFile(from: string, to: string): boolean {
  try {
    Deno.copyFileSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function removeFolder(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch (error) {
    const { NotFound, NotADirectory } = Deno.errors;
    if (!(error instanceof NotFound || error instanceof NotADirectory)) throw error;
  }
}

/** An error that speaks of the copy, as one of the state file that it was made of. */
export function ofOriginal(error: unknown, copy: string, original: string): unknown {
  if (!(error instanceof UserError) || !error.message.includes(copy)) return error;
  return new UserError(error.message.replaceAll(copy, original), {
    at: error.at,
    hint: error.hint?.replaceAll(dirname(copy), dirname(original)),
    details: error.details,
    cause: error.cause,
    exitCode: error.exitCode,
  });
}
