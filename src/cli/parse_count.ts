/**
 * Reads the number that an option takes.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";

/**
 * Reads a whole number.
 *
 * @param option Its long name, for the error.
 * @throws {UserError} With exit code 2: the text is not a whole number of at least `least`.
 */
export function parseCount(option: string, text: string, least = 1): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new UserError(`Cannot read "--${option}": "${text}" is not a whole number from ${least}`, {
    hint: `Write "--${option} ${Math.max(least, 10)}".`,
    exitCode: 2,
  });
}
