/**
 * What crosses between the host and the practice worker. The worker's first message is
 * `{ port: MessagePort }`; all else goes over that port, one message a post.
 *
 * @module
 */
import type { ErrorReport } from "~/base/user_error.ts";
import type { Fault } from "./fault.ts";

/** All that the practice worker is told. */
export type ToPractice =
  /** `dbPath`: absolute; the file is created if it is not there, its folder must be. */
  | { type: "start"; dbPath: string; faults: readonly Fault[] }
  /** Answers what it has begun to answer, then closes the file. */
  | { type: "stop" };

/** All that the practice worker tells, but for its port. */
export type FromPractice =
  /** `origin`: `http://127.0.0.1:PORT`. */
  | { type: "started"; origin: string }
  /** It could not begin: the file is none of Spoor's, say. */
  | { type: "failed"; error: ErrorReport }
  | { type: "stopped" };
