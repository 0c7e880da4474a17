/**
 * One run at a time on one state file.
 *
 * A lock ends with its process, so a dead holder needs no clean-up, and a process that has a dead one's number
 * holds nothing. There are two, as no one way to ask for a lock without waiting is known to every runtime and
 * to every earlier Spoor: the operating system's on `.spoor/spoor.lock`, which Deno 2.6, on which the compiled
 * program is tested, does not have, and SQLite's on an empty file beside. Where a runtime has both, it takes
 * both, the system's first. Neither is waited for, so that two who begin at once cannot wait for each other.
 * What is written in the lock file only tells who holds it.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import { explainStateError } from "./open_state.ts";
import { isSqliteLocked, trySqliteLock } from "./sqlite_lock.ts";

interface Holder {
  pid: number;
  since: string;
  command: string;
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
  let held: Disposable | undefined;
  try {
    held = takeBoth(file, path);
    if (!held) throw heldByAnother(purpose, before);
    const holder: Holder = { pid: Deno.pid, since: now, command };
    file.truncateSync();
    file.writeSync(new TextEncoder().encode(JSON.stringify(holder)));
  } catch (error) {
    held?.[Symbol.dispose]();
    file.close();
    throw error;
  }
  return {
    [Symbol.dispose]() {
      file.truncateSync();
      held[Symbol.dispose]();
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
  const isFree = trySystemLock(file, false) && !isSqliteLocked(heldPathOf(path));
  return isFree ? undefined : holder.since;
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch {
    // Empty: nobody holds it. Cut off: its writer died before the first model ran.
    return undefined;
  }
}

function takeBoth(file: LockableFile, path: string): Disposable | undefined {
  const held = heldPathOf(path);
  try {
    const isTaken = takeFromLooker(() => trySystemLock(file, true));
    return isTaken ? takeFromLooker(() => trySqliteLock(held)) : undefined;
  } catch (error) {
    throw explainLockError(held, error);
  }
}

/** True also where there is no such lock, by the runtime or the file system: then SQLite's alone decides. */
function trySystemLock(file: LockableFile, isExclusive: boolean): boolean {
  try {
    return file.tryLockSync?.(isExclusive) ?? true;
  } catch {
    // Only "no such lock here" is told so; that somebody has it is no error.
    return true;
  }
}

/** SQLite writes nothing into this file: where it fails with the disk, it is the lock that it does not get. */
function explainLockError(path: string, error: unknown): unknown {
  if (!(error instanceof Error && /disk I\/O error/.test(error.message))) {
    return explainStateError(path, error) ?? error;
  }
  return new UserError(`Cannot lock ${path}: its file system gives no locks`, {
    hint: `Keep .spoor ${PLACE_WITH_LOCKS}`,
    cause: error,
  });
}

const PLACE_WITH_LOCKS = "on a local disk, or on a network's that is mounted with locks";

/** Longer than one that only looks has a lock. */
const LOOK_MS = 20;

/** Who looks whether it is held holds it for that moment: a run that begins just then asks once more. */
function takeFromLooker<T>(take: () => T): T {
  const taken = take();
  if (taken) return taken;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
  return take();
}

function heldPathOf(path: string): string {
  return `${path}.held`;
}

function heldByAnother(purpose: string, holder: Holder | undefined): UserError {
  const who = holder
    ? `process ${holder.pid} ("${holder.command}") has held the lock since ${holder.since}`
    : "another process holds the lock";
  const wait =
    "Wait until that run ends, or stop it with Ctrl-C; a killed run gives its lock back by itself";
  // Some file systems without locks answer as if somebody had it.
  const hint = holder ? wait : `${wait}. Where there is none, keep .spoor ${PLACE_WITH_LOCKS}`;
  return new UserError(`Cannot ${purpose}: ${who}`, { hint });
}
