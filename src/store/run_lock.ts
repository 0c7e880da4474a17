/**
 * One run at a time on one state file.
 *
 * The operating system's lock on `.spoor/spoor.lock` ends with its process, so a dead holder needs no
 * clean-up, and a process that has a dead one's number holds nothing. Deno 2.6, on which the compiled
 * program is tested, cannot ask for a lock without waiting for it; there SQLite asks, on an empty
 * file beside. What is written in the lock file only tells who holds it.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { isThere } from "~/base/is_there.ts";
import { UserError } from "~/base/user_error.ts";
import { explainStateError } from "./open_state.ts";

interface Holder {
  pid: number;
  since: string;
  command: string;
}

interface ProcessLock {
  taken: boolean;
  release?: () => void;
}

/** `tryLockSync` came after Deno 2.6. */
type LockableFile = Deno.FsFile & { tryLockSync?(exclusive: boolean): boolean };

/**
 * Takes the lock, for as long as the result is not disposed of.
 *
 * @param path The lock file; created if it is not there.
 * @param now ISO 8601, UTC.
 * @param purpose What it is taken for, for the message: `move a state`.
 * @throws {UserError} Another run holds it: who, and since when.
 */
export function takeRunLock(
  path: string,
  command: string,
  now: string,
  purpose = "run",
): Disposable {
  const file = openLock(path);
  const before = readHolder(path);
  const lock = takeFromLooker(() => tryLock(file, path));
  if (!lock.taken) {
    file.close();
    throw heldByAnother(purpose, before);
  }
  const holder: Holder = { pid: Deno.pid, since: now, command };
  file.truncateSync();
  file.writeSync(new TextEncoder().encode(JSON.stringify(holder)));
  return {
    [Symbol.dispose]() {
      file.truncateSync();
      lock.release?.();
      file.close();
    },
  };
}

function openLock(path: string): LockableFile {
  try {
    return Deno.openSync(path, { create: true, read: true, write: true });
  } catch (error) {
    throw explainStateError(path, error) ?? error;
  }
}

/** The lock of the runs on a state file. */
export function lockPathOf(statePath: string): string {
  return `${statePath.replace(/\.db$/, "")}.lock`;
}

/**
 * Since when somebody holds the lock, by its holder's clock; `undefined`: nobody does. Asks the lock: the
 * number in the file says nothing of a run that was killed, as in a container each process has the same.
 */
export function heldSince(path: string): string | undefined {
  const holder = readHolder(path);
  // Mostly nobody is in it: then the lock is not touched.
  if (!holder) return undefined;
  using file: LockableFile = Deno.openSync(path);
  const lock = file.tryLockSync ? { taken: file.tryLockSync(false) } : lookBySqlite(path);
  lock.release?.();
  return lock.taken ? undefined : holder.since;
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch {
    // Empty: nobody holds it. Cut off: its writer died before the first model ran.
    return undefined;
  }
}

function tryLock(file: LockableFile, path: string): ProcessLock {
  return file.tryLockSync ? { taken: file.tryLockSync(true) } : tryLockBySqlite(path);
}

/** Longer than one that only looks has the lock. */
const LOOK_MS = 20;

/** Who looks whether it is held holds it for that moment: a run that begins just then asks once more. */
function takeFromLooker(take: () => ProcessLock): ProcessLock {
  const lock = take();
  if (lock.taken) return lock;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
  return take();
}

/** An exclusive transaction on an empty database: a lock that is asked for without waiting. */
function tryLockBySqlite(path: string): ProcessLock {
  const db = new DatabaseSync(heldPathOf(path), { timeout: 0 });
  return lockBy(db, () => db.exec("BEGIN EXCLUSIVE"));
}

/** Reading is shut out by such a transaction too, and needs no right to write. */
function lookBySqlite(path: string): ProcessLock {
  // Whoever holds it has made it.
  if (!isThere(heldPathOf(path))) return { taken: true };
  const db = new DatabaseSync(heldPathOf(path), { timeout: 0, readOnly: true });
  return lockBy(db, () => db.prepare("SELECT 1 FROM sqlite_schema").get());
}

function heldPathOf(path: string): string {
  return `${path}.held`;
}

function lockBy(db: DatabaseSync, take: () => void): ProcessLock {
  try {
    take();
    return { taken: true, release: () => db.close() };
  } catch (error) {
    db.close();
    if (error instanceof Error && /locked/.test(error.message)) return { taken: false };
    throw error;
  }
}

function heldByAnother(purpose: string, holder: Holder | undefined): UserError {
  const who = holder
    ? `process ${holder.pid} ("${holder.command}") has held the lock since ${holder.since}`
    : "another process holds the lock";
  return new UserError(`Cannot ${purpose}: ${who}`, {
    hint:
      "Wait until that run ends, or stop it with Ctrl-C; a killed run gives its lock back by itself",
  });
}
