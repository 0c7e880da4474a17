/**
 * Opens the SQLite file that holds the targets and the state.
 *
 * WAL with `synchronous=NORMAL`: a commit is safe against a killed process at once; against a
 * power cut once the WAL is synced, which `store/commits/group_commit.ts` does where it matters.
 * https://www.sqlite.org/pragma.html#pragma_synchronous
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";

/** Page cache of a connection, in KiB (negative: KiB instead of pages). */
const CACHE_KIB = 24 * 1_024;

/** Opens for reading and writing; creates the file if it is not there. */
export function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 5_000 });
  db.exec(
    `PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-${CACHE_KIB};
     PRAGMA temp.cache_size=-${CACHE_KIB}; PRAGMA legacy_alter_table=ON;`,
  );
  return db;
}

/** Opens an existing file for reading only: a snapshot that writers do not disturb. */
export function openDatabaseReadOnly(path: string): DatabaseSync {
  return new DatabaseSync(path, { timeout: 5_000, readOnly: true });
}
