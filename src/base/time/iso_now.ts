/**
 * The time as text.
 *
 * @module
 */

let textMs = NaN;
let text = "";

/** ISO 8601, UTC. The text of a millisecond is made once: many records are written in each. */
export function isoNow(): string {
  const nowMs = Date.now();
  if (nowMs !== textMs) {
    textMs = nowMs;
    text = new Date(nowMs).toISOString();
  }
  return text;
}
