/**
 * The practice file, `.spoor/practice.db`: what the practice API has received and holds.
 *
 * It is apart from the state file, so that practice never marks anything as sent for real.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { hasContent } from "~/base/files/has_content.ts";
import { messageOf } from "~/base/message_of.ts";
import { UserError } from "~/base/user_error.ts";
import { openDatabase } from "~/warehouse/open_database.ts";
import { openForReading } from "~/warehouse/open_for_reading.ts";

/** ASCII "Spra", in `PRAGMA application_id`. */
const APPLICATION_ID = 0x53707261;

/** The file's version; a file of another one is not touched. */
const VERSION = 1;

const SCHEMA = `
  CREATE TABLE requests (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    scheme TEXT NOT NULL,
    host TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    query TEXT NOT NULL,
    headers TEXT NOT NULL, -- JSON; credentials are masked
    idempotency_key TEXT,
    body BLOB NOT NULL, -- TEXT where it is UTF-8; the first 64 kB
    body_bytes INTEGER NOT NULL,
    status INTEGER, -- NULL: never answered
    replayed INTEGER NOT NULL, -- 1: answered from 'answers', nothing changed
    fault TEXT,
    identity TEXT NOT NULL
  );
  CREATE INDEX requests_by_host ON requests (host, path);
  CREATE INDEX requests_by_identity ON requests (identity);

  CREATE TABLE records (
    seq INTEGER PRIMARY KEY,
    host TEXT NOT NULL,
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL, -- JSON
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (host, collection, id)
  );

  -- Answers to requests with an Idempotency-Key.
  CREATE TABLE answers (
    host TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    identity TEXT NOT NULL,
    status INTEGER NOT NULL,
    location TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (host, idempotency_key)
  ) WITHOUT ROWID;

  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${VERSION};
`;

/**
 * Opens the file for the practice API; creates it.
 *
 * @throws {UserError} If the file is something else; it is left as it is.
 */
export function openPractice(path: string): DatabaseSync {
  const isNew = checkFile(path) === "empty";
  const db = openDatabase(path);
  if (isNew) db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
  return db;
}

/**
 * Opens the file for reading.
 *
 * @returns `undefined` when nothing was practised yet.
 * @throws {UserError} If the file is something else.
 */
export function openPracticeReadOnly(path: string): DatabaseSync | undefined {
  return checkFile(path) === "empty" ? undefined : openForReading(path);
}

function checkFile(path: string): "empty" | "practice" {
  const state = stateOf(path);
  if (state === "empty" || state === "practice") return state;
  throw new UserError(`Cannot open the practice file "${path}": ${state}`, {
    hint: "Delete it or move it away: it holds nothing but what was practised.",
  });
}

function stateOf(path: string): string {
  if (!hasContent(path)) return "empty";
  try {
    using db = openForReading(path);
    const id = db.prepare("PRAGMA application_id").get()?.["application_id"];
    const version = db.prepare("PRAGMA user_version").get()?.["user_version"];
    // Created and then killed before its tables were there.
    if (id === 0 && db.prepare("SELECT 1 FROM sqlite_master").get() === undefined) return "empty";
    if (id !== APPLICATION_ID) return "it is not one of Spoor's practice files";
    return version === VERSION
      ? "practice"
      : `it has version ${version}, and this Spoor knows version ${VERSION}`;
  } catch (error) {
    return `SQLite says "${messageOf(error)}"`;
  }
}
