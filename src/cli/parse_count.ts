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
 * @throws {UserError} With exit code 2: the text is not a whole number of at least 1.
 */
export function parseCount(option: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= 1) return value;
  throw new UserError(`Cannot read "--${option}": "${text}" is not a whole number from 1`, {
    hint: `Write "--${option} 10".`,
    exitCode: 2,
  });
}
