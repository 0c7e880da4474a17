/**
 * Opens the state file: the one SQLite file that holds every table, every hash and every run.
 *
 * A file that is not Spoor's, is damaged or comes from a newer Spoor is refused untouched.
 *
 * @module
 */
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { messageOf } from "~/base/message_of.ts";
import { UserError } from "~/base/user_error.ts";
import { PROJECT_ID } from "~/store/meta.ts";
import { openDatabase } from "~/warehouse/open_database.ts";
import { openForReading } from "~/warehouse/open_for_reading.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { APPLICATION_ID, MIGRATIONS } from "~/store/schema.ts";
import { explainLostLink, explainNoRight } from "./out_of_reach.ts";
import { keepTemporaryFilesBeside, namedTemporaryFolder } from "./temporary_files.ts";

/**
 * Where a project keeps its state; a practice run keeps its own. Of a link it is the path of the file that it leads
 * to: SQLite keeps the log beside that, and so the lock, the mark and all else that belongs to the file is there.
 *
 * @throws {UserError} It is a link that leads nowhere: no first run, as the file may be on a disk that is away.
 */
export function stateFilePath(root: string, practice: boolean): string {
  const path = namedStatePath(root, practice);
  const to = linkOf(path);
  if (to === undefined) return path;
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw cannotOpen(path, error);
    throw new UserError(`Cannot use ${path}: it is a link to ${to}, and nothing is there`, {
      hint:
        "Put the state file there (its disk may be away); or, to begin anew, delete the link: " +
        "everything then counts as never sent",
    });
  }
}

/** The same, where a link is a link. */
export function namedStatePath(root: string, practice: boolean): string {
  return `${root}/.spoor/${practice ? "practice-state.db" : "spoor.db"}`;
}

/** What a link leads to, as it is written in it. */
function linkOf(path: string): string | undefined {
  try {
    return Deno.readLinkSync(path);
  } catch {
    // No link; or nothing is there, or it cannot be looked at, which opening it tells.
    return undefined;
  }
}

/** A state file of an earlier version is brought up to date, which takes long where it is large. */
export interface StateMigration {
  from: number;
  to: number;
  sizeBytes: number;
  /** Only a copy of it is, for a plan. @default false */
  isOfCopy?: boolean;
}

/**
 * Opens the state file for a run; creates it, and brings an older one up to date.
 *
 * @param newProjectId The project's id, where the file is made now.
 * @param onMigrate Told before an older file is brought up to date.
 * @throws {UserError} It cannot be opened or must not be touched.
 */
export function openState(
  path: string,
  newProjectId?: string,
  onMigrate?: (migration: StateMigration) => void,
): DatabaseSync {
  makeStateFolder(path);
  const from = holdsState(path) ? checkVersion(path) : "empty";
  const to = MIGRATIONS.length;
  if (from !== "empty" && from < to) {
    onMigrate?.({ from, to, sizeBytes: Deno.statSync(path).size });
  }
  try {
    const db = openDatabase(path);
    keepTemporaryFilesBeside(db, path);
    migrate(db, newProjectId);
    return db;
  } catch (error) {
    throw cannotOpen(path, error);
  }
}

/** Makes the folder that the state file lies in. */
export function makeStateFolder(path: string): void {
  try {
    Deno.mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw cannotOpen(path, error);
  }
  // A plan copies the file before it opens one.
  holdsState(path);
}

/** Opens the state file for reading; `undefined` when nothing has run yet. */
export function openStateReadOnly(path: string): DatabaseSync | undefined {
  if (!holdsState(path) || checkVersion(path) === "empty") return undefined;
  const db = openForReading(path);
  keepTemporaryFilesBeside(db, path);
  return db;
}

/** @throws {UserError} What is there is no file, or cannot be asked. */
function holdsState(path: string): boolean {
  try {
    const { isDirectory, size } = Deno.statSync(path);
    if (isDirectory) throw inTheWay(path, "it is a folder", "its state in a file");
    return size > 0;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw cannotOpen(path, error);
    const lost = explainLostLink(dirname(path));
    if (lost) throw lost;
    return false;
  }
}

/**
 * Looks at the file through a connection that cannot write.
 *
 * @returns The version of its schema. `"empty"`: the first run was killed before it had made its tables.
 */
function checkVersion(path: string): "empty" | number {
  let version: number;
  let applicationId: number;
  let tables: number;
  try {
    using db = openForReading(path);
    version = versionOf(db);
    applicationId = Number(db.prepare("PRAGMA application_id").get()?.application_id);
    tables = Number(db.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.n);
  } catch (error) {
    throw cannotOpen(path, error);
  }
  if (applicationId === 0 && version === 0 && tables === 0) return "empty";
  if (applicationId !== APPLICATION_ID) {
    throw new UserError(`Cannot use ${path}: it is a SQLite file, and not one of Spoor's`, {
      hint: "Move the file away, so that Spoor can make its own",
    });
  }
  if (version > MIGRATIONS.length) {
    throw new UserError(
      `Cannot use ${path}: it was written by a newer Spoor (its schema is ${version}, this one knows ${MIGRATIONS.length})`,
      { hint: "Install the newer Spoor; the file was not touched" },
    );
  }
  return version;
}

function migrate(db: DatabaseSync, newProjectId: string = crypto.randomUUID()): void {
  if (versionOf(db) === MIGRATIONS.length) return;
  inTransaction(db, () => {
    // Read again: another process may have migrated while this one waited.
    for (const sql of MIGRATIONS.slice(versionOf(db))) db.exec(sql);
    db.prepare(`INSERT OR IGNORE INTO "spoor.meta" VALUES (?, ?)`).run(PROJECT_ID, newProjectId);
    db.exec(
      `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}`,
    );
  });
}

/** The schema of a file: how many of the migrations it has. */
export function versionOf(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()?.user_version);
}

function inTheWay(path: string, state: string, what: string): UserError {
  return new UserError(`Cannot use ${path}: ${state}`, {
    hint: `Move it away: Spoor keeps ${what} of that name`,
  });
}

function cannotOpen(path: string, error: unknown): UserError {
  if (error instanceof UserError) return error;
  const lost = explainLostLink(dirname(path));
  if (lost) return lost;
  const isFile = error instanceof Deno.errors.NotADirectory ||
    error instanceof Deno.errors.AlreadyExists;
  if (isFile) return inTheWay(dirname(path), "it is a file", "its state in a folder");
  const message = messageOf(error);
  return explainStateError(path, error) ??
    new UserError(`Cannot open ${path}: ${message}`, { cause: error });
}

/**
 * Does something with a state file.
 *
 * @throws {UserError} The disk, or a damaged file, did not let it; in words.
 */
export async function withWordsOfState<T>(
  path: string,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw explainStateError(path, error) ?? error;
  }
}

/** Explains what a disk or a damaged file makes SQLite say; `undefined` for anything else. */
export function explainStateError(path: string, error: unknown): UserError | undefined {
  const message = messageOf(error);
  if (/database is locked/.test(message)) {
    return new UserError(`Cannot use ${path}: another program has it locked`, {
      hint: "End what that program does with it, a transaction in a database browser, say",
      cause: error,
    });
  }
  if (/file is not a database|database disk image is malformed/.test(message)) {
    return new UserError(`Cannot use ${path}: the file is damaged (${message})`, {
      hint:
        "Restore it from a backup; it was not touched. Without it, everything counts as never sent",
      cause: error,
    });
  }
  if (
    /readonly database|Read-only file system|unable to open database|Permission denied|not permitted/i
      .test(message)
  ) {
    return explainNoRight(path, message, error);
  }
  if (/database or disk is full|No space left/i.test(message)) {
    return new UserError(`Cannot write ${path}: the disk is full`, {
      hint: `Free some space${orElsewhere()} and run again; what was acknowledged is kept`,
      cause: error,
    });
  }
  // What SQLite says of a quota too: of a full disk it tells only where the system calls it so.
  if (/disk I\/O error/i.test(message)) {
    return new UserError(`Cannot read or write ${path}: the disk reports an error (${message})`, {
      hint:
        `Look whether a quota is used up, or the disk broken${orElsewhere()}; then run again. ` +
        "What was acknowledged is kept",
      cause: error,
    });
  }
  return undefined;
}

/** SQLite does not say which file it was. */
function orElsewhere(): string {
  const folder = namedTemporaryFolder();
  return folder === undefined ? "" : ` there, or in ${folder},`;
}
