/**
 * What was found by parsing TypeScript files, kept by the hash of their text.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

/** A cache in the state file; what is new is written in one go. */
export class ModuleAnalyses {
  readonly #find;
  #fresh = new Map<string, string>();

  constructor(private readonly db: DatabaseSync) {
    this.#find = db.prepare(`SELECT analysis FROM "spoor.module_analyses" WHERE content_hash = ?`);
  }

  get(hash: string): string | undefined {
    const row = this.#find.get(hash);
    return row === undefined ? undefined : String(row.analysis);
  }

  set(hash: string, analysis: string): void {
    this.#fresh.set(hash, analysis);
  }

  /** Call inside a transaction. */
  save(): void {
    if (this.#fresh.size === 0) return;
    const insert = this.db.prepare(`INSERT OR REPLACE INTO "spoor.module_analyses" VALUES (?, ?)`);
    for (const [hash, analysis] of this.#fresh) insert.run(hash, analysis);
    this.#fresh.clear();
  }
}
