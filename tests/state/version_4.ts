/**
 * A state file of schema 4, with the keys that its requests had: they are made of content too.
 *
 * @module
 */
import { writeRows } from "./rows_since_version_3.ts";

/** `Idempotency-Key`s of the two requests that were not acknowledged. */
export const OPEN_KEYS = {
  "/people/4": "3893320f73473e10f75d025c60e5c242",
  "/people/5": "fa49185c931d0f4130b13f5a6b12372e",
} as const;

/** Writes the file, and the folder that it lies in. */
export function writeVersion4(path: string, { hasHistory = false } = {}): void {
  const rows = {
    version: 4,
    projectId: "6b789ee9-eaec-475f-8c22-541a82a6dc3d",
    sentKey: "4c2257173cfce9927e35a92cd795a292",
    openKeys: OPEN_KEYS,
    more: `UPDATE "spoor.models" SET fingerprint = '652fcb155409f523fd6f56cca34a6662'
      WHERE model = 'sync.people';`,
  };
  writeRows(path, rows, hasHistory);
}
