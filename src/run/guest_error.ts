/**
 * `GuestError`: a guest sent what no guest of Spoor's would send. The model is ended.
 *
 * @module
 */

/** A message that a guest forged or garbled. Never shown with a hint: no user writes such a thing. */
export class GuestError extends Error {
  override name = "GuestError";
}

/** @throws {GuestError} Unless `condition` holds. */
export function assertGuest(condition: unknown, what: string): asserts condition {
  if (!condition) throw new GuestError(`Cannot go on with the model: it sent ${what}`);
}
