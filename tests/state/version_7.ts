/**
 * A state file of schema 7, which has the rows of one of schema 6 and their keys.
 *
 * @module
 */
import { writeRows } from "./rows_since_version_3.ts";
import { ROWS } from "./version_6.ts";

/** Writes the file, and the folder that it lies in. */
export function writeVersion7(path: string, { hasHistory = false } = {}): void {
  writeRows(path, { ...ROWS, version: 7 }, hasHistory);
}
