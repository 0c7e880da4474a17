/**
 * Single groups whose accepted content does not count any more: forgotten, from the accepted rows and from the
 * target; or doubted, where their accepted rows stay, and they count as changed whatever they hold.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import type { Comparison } from "~/tracked/compare/comparison_sql.ts";
import { findTableType } from "~/warehouse/tables.ts";
import { rollbacksOf } from "~/warehouse/transaction.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import { acceptedTableName, COLUMNS_ID, DOUBTED_COLUMNS_ID } from "./accepted_table.ts";

/** Of one model; each statement is prepared when it is needed first. Call its methods inside a transaction. */
export class FormerGroups {
  readonly #accepted: string;
  readonly #where: string;
  #fromAccepted: StatementSync | undefined;
  #fromTarget: StatementSync | undefined;
  #doubt: StatementSync | undefined;
  #rollbacks = 0;

  constructor(
    private readonly db: DatabaseSync,
    private readonly of: Pick<Comparison, "model" | "uniqueKey">,
  ) {
    this.#accepted = acceptedTableName(of.model);
    this.#where = of.uniqueKey.map((key) => `${quoteIdentifier(key)} = ?`).join(" AND ");
  }

  /**
   * Nothing of it is known any more.
   *
   * @returns Whether anything was: its rows are gone from the target.
   */
  forget(key: readonly SqlValue[]): boolean {
    this.#fromAccepted ??= this.#prepareDelete(this.#accepted);
    const forgotten = this.#fromAccepted?.run(...key.map(toBound)).changes ?? 0;
    // A view of the accepted rows may become a table meanwhile, and again a view where that was undone.
    const rollbacks = rollbacksOf(this.db);
    if (rollbacks !== this.#rollbacks) this.#fromTarget = undefined;
    this.#rollbacks = rollbacks;
    this.#fromTarget ??= this.#prepareDelete(this.of.model);
    this.#fromTarget?.run(...key.map(toBound));
    return Number(forgotten) > 0;
  }

  /** What was accepted of it is no longer known to be what the far side has. */
  doubt(key: readonly SqlValue[]): void {
    this.#doubt ??= this.db.prepare(
      `UPDATE ${quoteIdentifier(this.#accepted)} SET ${COLUMNS_ID} = ${DOUBTED_COLUMNS_ID}
       WHERE ${this.#where}`,
    );
    this.#doubt.run(...key.map(toBound));
  }

  #prepareDelete(table: string): StatementSync | undefined {
    if (findTableType(this.db, table) !== "table") return undefined;
    return this.db.prepare(`DELETE FROM ${quoteIdentifier(table)} WHERE ${this.#where}`);
  }
}
