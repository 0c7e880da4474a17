/**
 * One run at a time on one state file.
 *
 * The operating system's lock on `.spoor/lock` ends with its process, so a dead holder needs no
 * clean-up. Deno 2.6, on which the compiled program is tested, cannot ask for a lock without waiting for
 * it; there the file's process id decides.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";

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
 * @throws {UserError} Another run holds it: who, and since when.
 */
export async function takeRunLock(
  path: string,
  command: string,
  now: string,
): Promise<Disposable> {
  const file: LockableFile = Deno.openSync(path, { create: true, read: true, write: true });
  const before = readHolder(path);
  const taken = file.tryLockSync ? file.tryLockSync(true) : !await isAlive(before);
  if (!taken) {
    file.close();
    throw heldByAnother(before);
  }
  const holder: Holder = { pid: Deno.pid, since: now, command };
  file.truncateSync();
  file.writeSync(new TextEncoder().encode(JSON.stringify(holder)));
  return {
    [Symbol.dispose]() {
      file.truncateSync();
      file.close();
    },
  };
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch {
    // Empty: nobody holds it. Cut off: its writer died before the first model ran.
    return undefined;
  }
}

async function isAlive(holder: Holder | undefined): Promise<boolean> {
  if (!holder || holder.pid === Deno.pid) return false;
  // Loaded only here: it costs as much as a run of hundreds of models in which nothing changed.
  const { default: process } = await import("node:process");
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}

function heldByAnother(holder: Holder | undefined): UserError {
  const who = holder
    ? `process ${holder.pid} ("${holder.command}") has held the lock since ${holder.since}`
    : "another process holds the lock";
  return new UserError(`Cannot run: ${who}`, {
    hint:
      "Wait until that run ends, or stop it with Ctrl-C; a killed run gives its lock back by itself",
  });
}
