/**
 * The cells of the fault matrix, and what the contract says of each: what becomes of the group, and how
 * many requests arrive.
 *
 * | the answer                                   | the group                        | tried again |
 * | -------------------------------------------- | -------------------------------- | ----------- |
 * | 2xx, whole                                   | accepted                         | no          |
 * | 2xx that breaks, or cannot be unpacked       | unknown: it may have been done   | yes         |
 * | 204, whatever is said of a body              | accepted: there is none          | no          |
 * | 207, and nobody read it                      | failed: some may be refused      | no          |
 * | 2xx that the model reads, and it is no JSON  | failed: the model threw          | no          |
 * | 301, 302, 303, wherever to                   | failed: what follows is a GET    | no          |
 * | 307, 308                                     | by the answer where they lead to | as that one |
 * | any other 3xx, or one that leads nowhere     | failed                           | no          |
 * | 101: a protocol that nobody asked for        | failed                           | no          |
 * | 1xx, and then an answer                      | by the answer                    | as that one |
 * | 1xx, and then nothing                        | unknown                          | yes         |
 * | 4xx, whole or broken                         | failed; rejected if the model so | no; in a batch in halves |
 * | 408, 429, 5xx, whole or broken               | failed                           | yes         |
 *
 * A refusal is one by its status line: what breaks after that makes no doubt of it.
 *
 * @module
 */
import { BODIES, type Body, isBroken, isJson, type Status, STATUSES } from "./answers.ts";

/**
 * How a model goes about its rows. `each`: looks at nothing. `read`: keeps the id that it is given.
 * `judge`: looks at the status itself and rejects. `batch`: two at a time.
 */
const MODES = ["each", "read", "judge", "batch"] as const;

export type Mode = typeof MODES[number];

/** One cell: an answer to a way of sending. */
export interface Cell {
  mode: Mode;
  status: Status;
  body: Body;
}

export type GroupEnd = "accepted" | "failed" | "unknown" | "rejected";

/**
 * All cells but some that take their time and say no more: 10 MB that nobody reads, waits in each mode, each
 * hint and each redirect with each body.
 */
export const CELLS: readonly Cell[] = MODES.flatMap((mode) =>
  BODIES.flatMap((body) => STATUSES.map((status) => ({ mode, status, body })))
).filter(({ mode, status, body }) => {
  if (isOneOfMany(status) && !["json", "empty", "truncated"].includes(body)) return false;
  if (body === "huge") return mode === "read" || mode === "batch";
  return !isNotNow(status) || mode === "each" || mode === "batch";
});

/** "Not now" is said to the whole model: it slows down. */
export function isNotNow(status: Status): boolean {
  return codeOf(status) === 429 || status === "503-seconds";
}

/** The first status that comes: `200`, whatever is with it. */
export function codeOf(status: Status): number {
  return Number(status.slice(0, 3));
}

/** Hints, and redirects of which 302 comes with every body. */
function isOneOfMany(status: Status): boolean {
  const code = codeOf(status);
  return code < 200 || (code >= 300 && code < 400 && code !== 302);
}

/** What comes after the first status: `422` of `103-422`. */
export function restOf(status: Status): string | undefined {
  return status.split("-")[1];
}

/** Whether it is a redirect that leaves the request what it is, and leads somewhere. */
function isFollowed(status: Status): boolean {
  return [307, 308].includes(codeOf(status)) && restOf(status) !== "nowhere";
}

/** Where a redirect leads to. */
export function landingOf(status: Status): { code: number; body: Body } {
  const rest = restOf(status);
  return { code: rest === "422" ? 422 : 200, body: rest === "cut" ? "truncated" : "json" };
}

/** The answer that counts; `undefined`: it never comes. */
function lastAnswer({ status, body }: Cell): { code: number; body: Body } | undefined {
  const code = codeOf(status);
  if (isFollowed(status)) return landingOf(status);
  if (code >= 200 || code === 101) return { code, body };
  const rest = restOf(status);
  return rest === undefined ? undefined : { code: Number(rest), body };
}

/** What the contract says of the group, or of both groups of a batch. */
export function expectedEnd(cell: Cell): GroupEnd {
  const { mode } = cell;
  const last = lastAnswer(cell);
  if (last === undefined) return "unknown";
  const { code, body } = last;
  if (mode === "judge" && REJECTED.includes(code)) return "rejected";
  if (code < 200 || code >= 300) return "failed";
  if (code === 204) return mode === "read" ? "failed" : "accepted";
  if (isBroken(body)) return "unknown";
  if (mode === "read") return isJson(body) ? "accepted" : "failed";
  return code === 207 ? "failed" : "accepted";
}

/** What the model `judge` rejects for good. */
export const REJECTED: readonly number[] = [404, 410, 422];

/** Requests that arrive with `@retries: 1`, redirects counted. */
export function expectedRequests(cell: Cell): number {
  return triesOf(cell) * (isFollowed(cell.status) ? 2 : 1);
}

function triesOf(cell: Cell): number {
  const { mode } = cell;
  const last = lastAnswer(cell);
  if (last === undefined) return 2;
  const { code, body } = last;
  if (code < 200 || (code >= 300 && code < 400)) return 1;
  if (code === 408 || code === 429 || code >= 500) return 2;
  if (code >= 400) return mode === "batch" && code !== 401 ? 3 : 1;
  return code !== 204 && isBroken(body) ? 2 : 1;
}
