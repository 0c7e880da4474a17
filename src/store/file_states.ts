/**
 * Files that a model has read, as they were then.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

/** One file as it was read. */
export interface FileState {
  path: string;
  sizeBytes: number;
  modifiedMs: number;
  contentHash: string;
}

/** What a model has read, by path. */
export function loadFileStates(db: DatabaseSync, model: string): Map<string, FileState> {
  const rows = db.prepare(
    `SELECT path, size_bytes, modified_ms, content_hash FROM "spoor.files" WHERE model = ?`,
  ).all(model);
  return new Map(rows.map((row) => [String(row.path), {
    path: String(row.path),
    sizeBytes: Number(row.size_bytes),
    modifiedMs: Number(row.modified_ms),
    contentHash: String(row.content_hash),
  }]));
}

/** Replaces what is known of a model's files. */
export function saveFileStates(db: DatabaseSync, model: string, files: Iterable<FileState>): void {
  db.prepare(`DELETE FROM "spoor.files" WHERE model = ?`).run(model);
  const insert = db.prepare(`INSERT INTO "spoor.files" VALUES (?, ?, ?, ?, ?)`);
  for (const file of files) {
    insert.run(model, file.path, BigInt(file.sizeBytes), file.modifiedMs, file.contentHash);
  }
}
