/**
 * Where SQLite puts what does not fit into memory: large sorts, comparisons, tables of a run. It lies beside the state,
 * where room and the right to write are needed anyway, and not in /var/tmp or /tmp, which may be small or closed;
 * unless a variable names another folder. Nothing is left of it: SQLite unlinks such a file as soon as it is open.
 *
 * @module
 */
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";

/** Those that SQLite looks at (https://www.sqlite.org/tempfiles.html#tempdir). */
const VARIABLES = ["SQLITE_TMPDIR", "TMPDIR"] as const;

/**
 * Says so to SQLite, for the whole process.
 *
 * The pragma is deprecated and there is no other way: SQLite reads the variables when Deno first uses it, which is
 * before any code runs (Deno 2.9.6). Where it does nothing, SQLite chooses as ever.
 */
export function keepTemporaryFilesBeside(db: DatabaseSync, statePath: string): void {
  // Windows has a folder for each user.
  if (Deno.build.os === "windows") return;
  const folders = [...VARIABLES.map((name) => Deno.env.get(name)), dirname(statePath)];
  folders.some((folder) => folder && takes(db, folder));
}

function takes(db: DatabaseSync, folder: string): boolean {
  try {
    db.exec(`PRAGMA temp_store_directory = '${folder.replaceAll("'", "''")}'`);
    return true;
  } catch {
    return false; // It is not there, or nothing may be written there.
  }
}

/** The variable that names another folder, and what it says: `TMPDIR (/scratch)`. */
export function namedTemporaryFolder(): string | undefined {
  if (Deno.build.os === "windows") return undefined;
  const name = VARIABLES.find((each) => Deno.env.get(each));
  return name && `${name} (${Deno.env.get(name)})`;
}
