/**
 * Whether what a model saves of a group can be kept: looked at before any of it is written, and told of that group
 * alone.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { UserError } from "~/base/user_error.ts";
import type { RowBlock } from "~/sandbox/protocol.ts";
import { isRefusedBySqlite } from "~/store/commits/write_failure.ts";
import type { SavedRows } from "~/tracked/accept/acknowledger.ts";
import { TargetRoom } from "~/tracked/accept/target_room.ts";
import type { Comparison } from "~/tracked/compare/comparison_sql.ts";
import { renderGroupKey } from "~/tracked/group_key.ts";
import { checkSaved } from "./check_saved.ts";
import type { GivenGroup } from "./given_group.ts";

/** See the module's comment. Of one delivery. */
export class FittingRows {
  readonly #room: TargetRoom;

  constructor(
    db: DatabaseSync,
    private readonly comparison: Pick<Comparison, "model" | "uniqueKey" | "columns">,
  ) {
    this.#room = new TargetRoom(db, comparison.model);
  }

  /**
   * Checks what is to be stored of a group.
   *
   * @returns The rows; none of a group that was removed; `undefined`: as they were read.
   * @throws {UserError} They cannot be kept.
   * @throws {GuestError} The message was forged.
   */
  check(group: GivenGroup, block: RowBlock | null): SavedRows | undefined {
    const { model, uniqueKey, columns } = this.comparison;
    group.isUnfit = false;
    try {
      const saved = checkSaved(model, uniqueKey, group, block);
      if (group.action !== "remove") {
        this.#room.take(this.#nameOf(group), saved?.columns ?? columns);
      }
      return saved;
    } catch (error) {
      this.#room.lookAgain();
      group.isUnfit = error instanceof UserError;
      throw error;
    }
  }

  /**
   * They could not be written.
   *
   * @returns What is to be thrown: what was refused of these groups alone does not end their model.
   */
  notKept(groups: readonly GivenGroup[], error: unknown): unknown {
    this.#room.lookAgain();
    const [first, ...others] = groups;
    const isRefused = isRefusedBySqlite(error);
    if (!first || !(isRefused || error instanceof UserError)) return error;
    // Of several it is not known which one: the model may save them one by one.
    first.isUnfit = others.length === 0;
    if (!isRefused) return error;
    const more = others.length > 0 ? ` and ${others.length} more` : "";
    return new UserError(
      `Cannot save ${this.#nameOf(first)}${more}: SQLite says: ${error.message}`,
      {
        cause: error,
      },
    );
  }

  #nameOf({ key }: GivenGroup): string {
    return renderGroupKey(this.comparison.uniqueKey, key);
  }
}
