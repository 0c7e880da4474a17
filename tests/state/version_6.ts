/**
 * A state file of schema 6, with the keys that its requests had.
 *
 * @module
 */
import { type VersionRows, writeRows } from "./rows_since_version_3.ts";

/** `Idempotency-Key`s of the two requests that were not acknowledged. */
export const OPEN_KEYS = {
  "/people/4": "5ae876c2e2ea03e4d8d210fdb4f81825",
  "/people/5": "03819752c2e469f912ae476184be3fab",
} as const;

/** What it has. */
export const ROWS: VersionRows = {
  version: 6,
  projectId: "b0c1f6de-52f3-4c0e-9a55-1f3f6f2b7c44",
  sentKey: "2de0f8e7f2a63e943fec4e479e534766",
  openKeys: OPEN_KEYS,
  more: `UPDATE "spoor.models" SET fingerprint = 'd39834e1750078212696a19779637f26'
    WHERE model = 'sync.people';`,
};

/** Writes the file, and the folder that it lies in. */
export function writeVersion6(path: string, { hasHistory = false } = {}): void {
  writeRows(path, ROWS, hasHistory);
}
