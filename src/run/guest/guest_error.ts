/**
 * Errors of guests: a `GuestError` where one sent what no guest of Spoor's would send, which ends the model;
 * and those that it reports.
 *
 * @module
 */
import type { ErrorReport } from "~/base/user_error.ts";

/** A message that a guest forged or garbled. Never shown with a hint: no user writes such a thing. */
export class GuestError extends Error {
  override name = "GuestError";
}

/** @throws {GuestError} Unless `condition` holds. */
export function assertGuest(condition: unknown, what: string): asserts condition {
  if (!condition) throw new GuestError(`Cannot go on with the model: it sent ${what}`);
}

/**
 * An error that a guest reports: only its known fields, and not too long.
 *
 * @param mask Takes secrets out, as long as they are whole.
 * @throws {GuestError} It is none.
 */
export function checkGuestError(
  error: ErrorReport,
  mask: (text: string) => string,
): ErrorReport {
  assertGuest(typeof error?.message === "string", "an error without a message");
  const { message, at, hint, details } = error;
  return {
    message: mask(message).slice(0, 10_000),
    ...(typeof at?.path === "string" && { at }),
    ...(typeof hint === "string" && { hint: mask(hint).slice(0, 2_000) }),
    ...(Array.isArray(details) &&
      { details: details.slice(0, 20).map((detail) => mask(String(detail))) }),
  };
}
