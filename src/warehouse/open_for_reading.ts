/**
 * Opens a SQLite file for commands that only look, also on a disk or in a folder where nothing may be
 * written: SQLite wants a file beside one in WAL mode, even to read it.
 *
 * There the file is opened as one that nobody changes (https://www.sqlite.org/uri.html#uriimmutable). That
 * leaves out the log, and so is done only where there is none; whoever may write can still begin one while
 * it is read, which `fileMark` tells.
 *
 * A file is in WAL mode once its first run has put it so; one that was killed meanwhile leaves a rollback
 * journal, and what was not committed in the file. That is rolled back first, which takes a connection that
 * may write (https://www.sqlite.org/rescode.html#readonly_rollback).
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { hasContent } from "~/base/files/has_content.ts";
import { UserError } from "~/base/user_error.ts";
import { openDatabaseReadOnly } from "./open_database.ts";

/**
 * Opens it.
 *
 * @throws {UserError} Its log cannot be read without writing.
 */
export function openForReading(path: string): DatabaseSync {
  if (hasContent(`${path}-journal`)) rollBack(path);
  const db = openDatabaseReadOnly(path);
  try {
    readFirst(db);
    return db;
  } catch (error) {
    db.close();
    if (!mayNotWriteBeside(error)) throw error;
    if (hasContent(`${path}-wal`)) throw needsItsLog(path, "-wal", error);
    return openImmutable(path);
  }
}

/** Differs once a file that was opened as one that nobody changes has changed; of others always the same. */
export function fileMark(db: DatabaseSync, path: string): string {
  if (db.prepare("PRAGMA journal_mode").get()?.journal_mode === "wal") return "";
  const { size, mtime } = Deno.statSync(path);
  return `${size} ${mtime?.getTime()} ${hasContent(`${path}-wal`)}`;
}

function rollBack(path: string): void {
  using db = new DatabaseSync(path, { timeout: 5_000 });
  try {
    readFirst(db);
  } catch (error) {
    throw mayNotWriteBeside(error) ? needsItsLog(path, "-journal", error) : error;
  }
}

/** SQLite opens the files with the first statement that reads. */
function readFirst(db: DatabaseSync): void {
  db.prepare("PRAGMA schema_version").get();
}

function openImmutable(path: string): DatabaseSync {
  const url = pathToFileURL(path);
  url.searchParams.set("immutable", "1");
  return new DatabaseSync(url, { readOnly: true });
}

/** The former in a folder that may not be written, the latter on a disk that is read-only. */
function mayNotWriteBeside(error: unknown): boolean {
  return error instanceof Error &&
    /attempt to write a readonly database|unable to open database file/.test(error.message);
}

function needsItsLog(path: string, ending: "-wal" | "-journal", cause: unknown): UserError {
  const log = `${basename(path)}${ending}`;
  const holds = ending === "-wal" ? "its last changes are in" : "what to take back of it is in";
  return new UserError(
    `Cannot read ${path}: ${holds} ${log}, which SQLite reads only where it may write`,
    {
      hint: `Make ${dirname(path)} writable for whoever runs this, or copy both files elsewhere`,
      cause,
    },
  );
}
