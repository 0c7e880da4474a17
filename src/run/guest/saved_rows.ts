/**
 * Rows that a model saves and keeps by itself: gathered in a stage table until the model has
 * ended, then taken by its kind in one transaction.
 *
 * The stage is in the state file, not among SQLite's temporary tables, so that taking it is a
 * rename and no copy. What a killed run left of it is dropped by the next.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { foldName } from "~/base/text/same_name.ts";
import type { RowBlock } from "~/sandbox/protocol.ts";
import { columnList, quoteIdentifier } from "~/sql/identifiers.ts";
import { stageName } from "~/warehouse/stages.ts";
import { RowInserter } from "~/warehouse/statements/row_inserter.ts";
import { dropTable } from "~/warehouse/tables.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import { refuseTooManyColumns } from "./row_block.ts";

/** See the module's comment. */
export class SavedRows {
  /** Rows so far. */
  count = 0;
  readonly stage: string;
  #columns: string[] = [];
  #inserters = new Map<string, RowInserter>();

  constructor(private readonly db: DatabaseSync, model: string) {
    this.stage = stageName(model);
    dropTable(db, this.stage);
  }

  /** Inside a transaction of the caller's. */
  add(block: RowBlock): void {
    this.#ensureColumns(block.columns);
    const key = block.columns.join("\0");
    let inserter = this.#inserters.get(key);
    if (!inserter) {
      inserter = new RowInserter(this.db, this.stage, block.columns);
      this.#inserters.set(key, inserter);
    }
    inserter.insert(block.values as readonly SqlValue[]);
    this.count += block.values.length / block.columns.length;
  }

  drop(): void {
    dropTable(this.db, this.stage);
  }

  /** No declared types, so that a value is kept as it was saved. */
  #ensureColumns(columns: readonly string[]): void {
    const stage = quoteIdentifier(this.stage);
    if (this.#columns.length === 0) {
      this.db.exec(`CREATE TABLE ${stage} (${columnList(columns)})`);
      this.#columns = [...columns];
      return;
    }
    const known = new Set(this.#columns.map(foldName));
    const added = columns.filter((each) => !known.has(foldName(each)));
    refuseTooManyColumns(known.size + added.length);
    for (const column of added) {
      this.db.exec(`ALTER TABLE ${stage} ADD COLUMN ${quoteIdentifier(column)}`);
      this.#columns.push(column);
    }
  }
}
