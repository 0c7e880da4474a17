/**
 * Whether a target has room for the columns of what is saved: known before it is written, for each group by
 * itself, with the columns of those that are on their way there.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { columnsBeside, refuseFullTable, targetColumnsOf } from "./target_table.ts";

/** See the module's comment. Of one model. */
export class TargetRoom {
  /** Those of the table, and of what is on its way to it. */
  #columns: readonly string[] | undefined;
  /** The list that was last found to fit, and as text. */
  #fitting: readonly string[] | undefined;
  #fits: string | undefined;

  constructor(private readonly db: DatabaseSync, private readonly model: string) {}

  /**
   * Takes room for what is to be saved.
   *
   * @param name What that is called in an error.
   * @throws {UserError} There is none.
   */
  take(name: string, columns: readonly string[]): void {
    // Groups that are saved as they were read have one list in common.
    if (columns === this.#fitting) return;
    const list = columns.join("\0");
    if (list === this.#fits) return;
    const known = this.#columns ??= targetColumnsOf(this.db, this.model);
    const added = columnsBeside(known, columns);
    refuseFullTable(name, known.length + added.length);
    if (added.length > 0) this.#columns = [...known, ...added];
    this.#fits = list;
    this.#fitting = columns;
  }

  /** Not all that room was taken for has come: what there is is looked up again. */
  lookAgain(): void {
    this.#columns = undefined;
    this.#fits = undefined;
    this.#fitting = undefined;
  }
}
