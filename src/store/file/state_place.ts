/**
 * Whether the state file still lies where a run has opened it. One that is deleted, moved or replaced meanwhile
 * is written on, and by SQLite without a word; the next run would not know of it, and send everything once more.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { UserError } from "~/base/user_error.ts";
import { besideState } from "./sent_mark.ts";

/** A look costs some microseconds; a stretch in which something is sent that the next run may not know of costs more. */
const LOOK_EVERY_MS = 1_000;

/** See the module's comment. */
export class StatePlace {
  readonly #left = new AbortController();
  readonly #opened: string | undefined;
  #lookedAtMs = -Infinity;
  #why: UserError | undefined;

  /** @param path Of the file, which was opened just now. */
  constructor(private readonly path: string) {
    this.#opened = identityOf(path);
  }

  /** Aborted when the file is found to be there no more. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  /** What to say where the file is not there any more; looks once a second at most. */
  lookSometimes(): UserError | undefined {
    return performance.now() - this.#lookedAtMs < LOOK_EVERY_MS ? this.#why : this.look();
  }

  /** The same; looks now. */
  look(): UserError | undefined {
    if (this.#why || this.#opened === undefined) return this.#why;
    this.#lookedAtMs = performance.now();
    const found = identityOf(this.path);
    if (found === this.#opened || found === undefined) return undefined;
    this.#why = found === GONE ? movedAway(this.path) : replaced(this.path);
    this.#left.abort();
    return this.#why;
  }
}

/**
 * Writes all that is in the log of a file into it. The log of one that was moved may lie where another file has its
 * own: so the file is whole without it, and the other one is not read with it.
 */
export function emptyLog(db: DatabaseSync): void {
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

const GONE = "gone";

/** `undefined`: it cannot be told, as on Windows, where a file that is open stays where it is. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = Deno.statSync(path);
    return ino === null ? undefined : `${dev}:${ino}`;
  } catch (error) {
    const isGone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    return isGone ? GONE : undefined;
  }
}

function movedAway(path: string): UserError {
  const file = besideState(path);
  return new UserError(`Cannot go on: ${file} was deleted or moved away while the run went on`, {
    details: ["Nothing more was sent. What was accepted since then is known by that file alone."],
    hint: `Put it back to ${path} and run again. Where it is deleted, ${WITHOUT_IT}`,
  });
}

function replaced(path: string): UserError {
  const file = besideState(path);
  return new UserError(
    `Cannot go on: another file is in the place of ${file} since the run began`,
    {
      details: ["Nothing more was sent. What was accepted since then is not in that other file."],
      hint:
        `Put the one from before back to ${path} and run again. Where it is gone, ${WITHOUT_IT}`,
    },
  );
}

const WITHOUT_IT =
  `put the newest backup there and look at "spoor plan": it shows what would be sent once more`;
