/**
 * What must hold, and what is thrown where it does not.
 *
 * @module
 */

/** Something that must never happen has happened. */
export class Wrong extends Error {}

/** @throws {Wrong} It does not hold. */
export function expect(holds: boolean, message: string): void {
  if (!holds) throw new Wrong(message);
}

/** @throws {Wrong} In any case. */
export function fail(message: string): never {
  throw new Wrong(message);
}
