/**
 * A state file of schema 3, with the keys that its requests had.
 *
 * @module
 */
import { writeRows } from "./rows_since_version_3.ts";

/** `Idempotency-Key`s of the two requests that were not acknowledged. */
export const OPEN_KEYS = {
  "/people/4": "f9c960327963c9f821cb120a4c0ff35c",
  "/people/5": "5f7da72f13016b5afb174edd0a1a3027",
} as const;

/** Writes the file, and the folder that it lies in. */
export function writeVersion3(path: string, { hasHistory = false } = {}): void {
  const rows = {
    version: 3,
    projectId: "bbc1ed99-8afa-424c-8b1d-545857c8634a",
    sentKey: "13df2dc077461de237bc46a3898e1bc9",
    openKeys: OPEN_KEYS,
  };
  writeRows(path, rows, hasHistory);
}
