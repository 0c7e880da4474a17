/**
 * A mark beside the state file that says that the project has sent, and by which run last. A file that got
 * lost would else look like a first run, and everything would go out again; in place of one that is older,
 * what was sent since.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { statOf } from "~/base/files/stat_of.ts";
import { writeToDisk } from "~/base/files/write_to_disk.ts";
import { UserError } from "~/base/user_error.ts";

const TEXT =
  `This project has sent. What was accepted is known by the state file beside this one alone:
without it everything would be sent again. To begin anew with that, delete this file too.
`;

/** A run, as the mark and the state file tell it from others. */
export interface SendingRun {
  runId: number;
  /** ISO 8601, UTC. */
  startedAt: string;
  /** The same; absent as long as it goes on. */
  endedAt?: string;
}

/** Leaves the mark before anything is sent; costs one look where it is there. */
export function markAsSent(statePath: string): void {
  if (!isMarkedAsSent(statePath)) writeMark(markOf(statePath), TEXT);
}

/** Whether the mark is there; it is not where a person has deleted it to go on from an older file. */
export function isMarkedAsSent(statePath: string): boolean {
  return statOf(markOf(statePath)) !== undefined;
}

/**
 * Notes in the mark which run sends, and once more when it has ended: a copy made while it went on does not know
 * of all that it sent. Call when the state file has that on the disk.
 */
export function noteSendingRun(
  statePath: string,
  { runId, startedAt, endedAt }: SendingRun,
): void {
  const end = endedAt === undefined ? "" : `, until ${endedAt}`;
  writeMark(markOf(statePath), `${TEXT}\nLast sent by run ${runId} of ${startedAt}${end}\n`);
}

/** It gets its name when it is whole and on disk: one that is cut off would stop every run. */
function writeMark(mark: string, text: string): void {
  const part = `${mark}.part`;
  try {
    writeToDisk(part, text, { create: true, truncate: true });
    Deno.renameSync(part, mark);
  } catch {
    // A full disk does not make a run fail that has sent all: the mark comes with the next one. Until then the run
    // before stands in for it, which is missed as well if the state file is older still.
  }
}

/** The run that sent last, if the state file does not know of all that it sent: an older one is in its place. */
export function findUnknownSender(statePath: string, db: DatabaseSync): SendingRun | undefined {
  const last = readSendingRun(statePath);
  if (last === undefined) return undefined;
  const row = db.prepare(`SELECT started_at, ended_at FROM "spoor.runs" WHERE id = ?`)
    .get(BigInt(last.runId));
  const isKnown = row?.started_at === last.startedAt &&
    (last.endedAt === undefined || row.ended_at === last.endedAt);
  return isKnown ? undefined : last;
}

/** What is said of a state file that does not know of all that a run has sent: it is … */
export function olderThanSent(runId: number, startedAt: string): string {
  return `older than what was sent: it does not know all that run ${runId} of ${startedAt} has ` +
    "recorded as sent";
}

/**
 * Refuses to go on from a state file that does not know all that was sent.
 *
 * @param purpose For the message: `run`.
 * @throws {UserError} An older one was put in its place.
 */
export function refuseOlderFile(statePath: string, db: DatabaseSync, purpose: string): void {
  const last = findUnknownSender(statePath, db);
  if (last === undefined) return;
  const file = besideState(statePath);
  throw new UserError(
    `Cannot ${purpose}: ${file} is ${olderThanSent(last.runId, last.startedAt)}`,
    {
      details: ["Nothing was sent. What it does not know would be sent again."],
      hint: `Put the newer file in its place; or look at "spoor plan", and delete ${
        besideState(statePath, markName(statePath))
      } to go on from this one`,
    },
  );
}

/**
 * Refuses to go on where it cannot be told what was sent last.
 *
 * @param purpose For the message: `run`.
 * @throws {UserError} The mark is there, and is no mark: emptied, cut off, not to be read.
 */
export function refuseUnreadableMark(statePath: string, purpose: string): void {
  const why = unreadableMark(statePath);
  if (why === undefined) return;
  throw new UserError(
    `Cannot ${purpose}: ${why}`,
    {
      details: ["Nothing was sent. An older state file would be told by it."],
      // One that is whole keeps a project from sending twice: it is not to be thrown away for want of a right.
      hint: whyUnreadable(statePath) === FORBIDDEN
        ? `Make ${
          besideState(statePath, markName(statePath))
        } readable for the user that runs Spoor`
        : `Where ${besideState(statePath)} is the newest that there is, delete ${
          besideState(statePath, markName(statePath))
        }; then look at "spoor plan"`,
    },
  );
}

const FORBIDDEN = "whoever runs Spoor may not read it";

/**
 * That a mark that is there cannot be read as one, and why: `.spoor/spoor.sent says …, and it is empty`.
 * `undefined`: it can, or there is none.
 */
export function unreadableMark(statePath: string): string | undefined {
  const why = whyUnreadable(statePath);
  const mark = besideState(statePath, markName(statePath));
  return why && `${mark} says which run has sent last, and ${why}`;
}

function whyUnreadable(statePath: string): string | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(markOf(statePath)).replaceAll("\r\n", "\n");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    return error instanceof Deno.errors.PermissionDenied ? FORBIDDEN : "it cannot be read";
  }
  if (text.trim() === "") return "it is empty";
  const last = text.startsWith(TEXT) ? text.slice(TEXT.length).trim() : undefined;
  // Earlier versions have left the text alone.
  return last === "" || (last !== undefined && LAST_SENT.test(last))
    ? undefined
    : "it is not whole";
}

const LAST_SENT = /^Last sent by run (\d+) of ([^\s,]+)(?:, until (\S+))?$/m;

function readSendingRun(statePath: string): SendingRun | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(markOf(statePath));
  } catch {
    // Nothing was sent, or it cannot be told, which a run is told before.
    return undefined;
  }
  const found = LAST_SENT.exec(text);
  if (!found) return undefined;
  const [, runId, startedAt = "", endedAt] = found;
  return { runId: Number(runId), startedAt, ...(endedAt !== undefined && { endedAt }) };
}

/**
 * Refuses to go on as if nothing had run yet.
 *
 * @param purpose For the message: `list failures`.
 * @throws {UserError} There was a state file by which this project has sent, and it is gone.
 */
export function refuseLostFile(statePath: string, purpose: string): void {
  const holdsSomething = (statOf(statePath)?.size ?? 0) > 0;
  if (holdsSomething || !isMarkedAsSent(statePath)) return;
  const file = besideState(statePath);
  throw new UserError(
    `Cannot ${purpose}: ${file} is gone, and with it what this project has sent`,
    {
      details: ["Nothing was sent. Without that file everything would be sent again."],
      hint: `Put a backup in its place${
        statOf(`${dirname(statePath)}/backups`) ? ` (see ${besideState(statePath, "backups")})` : ""
      }; or, to begin anew, delete ${
        besideState(statePath, markName(statePath))
      }: "spoor plan" then shows what a run would send`,
    },
  );
}

/** The state file, or what lies beside it, as a person finds it from the project's folder. */
export function besideState(statePath: string, name = basename(statePath)): string {
  const folder = dirname(statePath);
  // A state file that is a link lies elsewhere.
  return `${basename(folder) === ".spoor" ? ".spoor" : folder}/${name}`;
}

/** The mark's file, beside the state file. */
function markName(statePath: string): string {
  return `${basename(statePath, ".db")}.sent`;
}

function markOf(statePath: string): string {
  return `${dirname(statePath)}/${markName(statePath)}`;
}
