/**
 * A copy of the state file that is whole while a run goes on: what is committed at one moment.
 *
 * The copy gets its name when it is complete and on disk, so that a backup that was cut off
 * is never taken for one.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { isThere } from "~/base/files/is_there.ts";
import { explainWriteFailure, foresee, type WriteFailure } from "~/base/files/write_failure.ts";
import { messageOf } from "~/base/message_of.ts";
import { UserError } from "~/base/user_error.ts";
import { explainStateError, openStateReadOnly } from "~/store/file/open_state.ts";
import { fileMark } from "~/warehouse/open_for_reading.ts";

const EXAMPLE = "spoor.db";

/** `.spoor/backups/spoor-20260131T140509Z.db` */
export function defaultBackupPath(statePath: string, now: string): string {
  const name = basename(statePath, ".db");
  const time = now.replace(/\.\d+/, "").replaceAll(/[-:]/g, "");
  return `${dirname(statePath)}/backups/${name}-${time}.db`;
}

/**
 * Copies a state file.
 *
 * @param to Must not be there.
 * @returns The copy's size, or `undefined` when there is no state yet.
 * @throws {UserError} Something is there already, or cannot be read or written.
 */
export function backupState(statePath: string, to: string): number | undefined {
  using db = openStateReadOnly(statePath);
  if (!db) return undefined;
  let folder: string | undefined;
  try {
    if (isThere(to)) throw refuseName(to);
    Deno.mkdirSync(dirname(to), { recursive: true });
    // SQLite makes files that all may read, and its journal holds what they do.
    folder = makePrivateFolder(to);
    const copy = `${folder}/${EXAMPLE}`;
    const before = fileMark(db, statePath);
    db.prepare("VACUUM INTO ?").run(copy);
    if (fileMark(db, statePath) !== before) throw changedMeanwhile(to);
    finishCopy(statePath, copy);
    giveName(copy, to);
  } catch (error) {
    throw explainBackupError(statePath, to, error);
  } finally {
    if (folder !== undefined) Deno.removeSync(folder, { recursive: true });
  }
  return Deno.statSync(to).size;
}

/** Beside the copy that is to be, and nobody else can look into it. */
function makePrivateFolder(to: string): string {
  return Deno.makeTempDirSync({
    dir: dirname(to),
    prefix: `${basename(to)}.`,
    suffix: ".part",
  });
}

/** SQLite does not sync what it writes here. Whoever may not read the state may not read its copy. */
function finishCopy(statePath: string, copy: string): void {
  using file = Deno.openSync(copy, { read: true, write: true });
  file.syncSync();
  const { mode } = Deno.statSync(statePath);
  if (mode !== null && Deno.build.os !== "windows") Deno.chmodSync(copy, mode & 0o777);
}

/** A link fails where a file of that name has come up meanwhile; renaming would replace it. */
function giveName(copy: string, to: string): void {
  try {
    Deno.linkSync(copy, to);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw alreadyThere(to);
    // A file system without hard links.
    if (isThere(to)) throw alreadyThere(to);
    Deno.renameSync(copy, to);
  }
}

function refuseName(path: string): UserError {
  const failure = foresee(path, EXAMPLE);
  return failure ? refused(path, failure) : alreadyThere(path);
}

function refused(path: string, { state, hint }: WriteFailure, cause?: unknown): UserError {
  return new UserError(`Cannot write the backup ${path}: ${state}`, { hint, cause });
}

function changedMeanwhile(path: string): UserError {
  return new UserError(`Cannot write the backup ${path}: the state changed while it was copied`, {
    hint: "Run it again when no run is under way, or as the user that runs Spoor",
  });
}

function alreadyThere(path: string): UserError {
  return new UserError(`Cannot write the backup ${path}: it is there already`, {
    hint: "Give the backup another name, or move the old one away; it was not touched",
  });
}

function explainBackupError(statePath: string, to: string, error: unknown): UserError {
  if (error instanceof UserError) return error;
  const message = messageOf(error);
  const culprit = /malformed|not a database|locked/.test(message) ? statePath : to;
  return explainStateError(culprit, error) ??
    refused(to, explainWriteFailure(to, EXAMPLE, error), error);
}
