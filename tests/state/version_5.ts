/**
 * A state file of schema 5, with the keys that its requests had.
 *
 * @module
 */
import { writeRows } from "./rows_since_version_3.ts";

/** `Idempotency-Key`s of the two requests that were not acknowledged. */
export const OPEN_KEYS = {
  "/people/4": "fcfcbdd4ca88e9617c40e28ccdd508e0",
  "/people/5": "5d2d3fe241a3e816b56a80a2bfc16efe",
} as const;

/** Writes the file, and the folder that it lies in. */
export function writeVersion5(path: string, { hasHistory = false } = {}): void {
  const rows = {
    version: 5,
    projectId: "37a562a4-8a42-40a2-893c-9b5cb6f4aaad",
    sentKey: "4193f1e7b868aadc12c128314b46e7b6",
    openKeys: OPEN_KEYS,
    more: `UPDATE "spoor.models" SET fingerprint = 'd39834e1750078212696a19779637f26'
      WHERE model = 'sync.people';`,
  };
  writeRows(path, rows, hasHistory);
}
