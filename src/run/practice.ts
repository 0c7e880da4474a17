/**
 * Starts the practice API for a run.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import type { EngineWorkers } from "./engine_workers.ts";

/** The practice API of one run. */
export interface PracticeApi extends Disposable {
  /** `http://127.0.0.1:PORT` */
  origin: string;
}

/** Starts it; it keeps what it receives in the project's `.spoor/practice.db`. */
export function startPractice(
  _workers: EngineWorkers,
  _root: string,
  _faults: string | undefined,
): Promise<PracticeApi> {
  throw new UserError("Cannot start the practice API: it is being built");
}
