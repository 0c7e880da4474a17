/**
 * A mark beside the state file that says that the project has sent. A file that got lost would else look
 * like a first run, and everything would go out again.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { UserError } from "~/base/user_error.ts";

const TEXT =
  `This project has sent. What was accepted is known by the state file beside this one alone:
without it everything would be sent again. To begin anew with that, delete this file too.
`;

/** Leaves the mark; costs one look where it is there. */
export function markAsSent(statePath: string): void {
  try {
    Deno.writeTextFileSync(markOf(statePath), TEXT, { createNew: true });
  } catch (error) {
    // A full disk does not make a run fail that has sent all: the mark comes with the next one.
    if (!(error instanceof Deno.errors.AlreadyExists)) return;
  }
}

/**
 * Refuses to go on as if nothing had run yet.
 *
 * @param purpose For the message: `list failures`.
 * @throws {UserError} There was a state file by which this project has sent, and it is gone.
 */
export function refuseLostFile(statePath: string, purpose = "run"): void {
  if (exists(statePath) || !exists(markOf(statePath))) return;
  const file = `.spoor/${basename(statePath)}`;
  throw new UserError(
    `Cannot ${purpose}: ${file} is gone, and with it what this project has sent`,
    {
      details: ["Nothing was sent. Without that file everything would be sent again."],
      hint: `Put a backup in its place (see .spoor/backups); or delete .spoor/${
        basename(markOf(statePath))
      } to begin anew, and look at "spoor plan" first`,
    },
  );
}

function markOf(statePath: string): string {
  return `${dirname(statePath)}/${basename(statePath, ".db")}.sent`;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).size > 0;
  } catch {
    // Where it cannot be looked at, opening it says why.
    return false;
  }
}
