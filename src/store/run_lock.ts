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
import { UserError } from "~/base/user_error.ts";

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
  const file: LockableFile = Deno.openSync(path, { create: true, read: true, write: true });
  const before = readHolder(path);
  const lock: ProcessLock = file.tryLockSync
    ? { taken: file.tryLockSync(true) }
    : tryLockBySqlite(path);
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

/** The lock of the runs on a state file. */
export function lockPathOf(statePath: string): string {
  return `${statePath.slice(0, -".db".length)}.lock`;
}

/**
 * Whether a run is under way, for people: looks only, so that it disturbs no run that begins. A dead
 * run's number may have gone to another process.
 */
export async function isRunUnderWay(path: string): Promise<boolean> {
  const holder = readHolder(path);
  if (!holder) return false;
  const { default: process } = await import("node:process");
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch {
    // Empty: nobody holds it. Cut off: its writer died before the first model ran.
    return undefined;
  }
}

/** An exclusive transaction on an empty database: a lock that is asked for without waiting. */
function tryLockBySqlite(path: string): ProcessLock {
  const db = new DatabaseSync(`${path}.held`, { timeout: 0 });
  try {
    db.exec("BEGIN EXCLUSIVE");
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
