/**
 * Has SQLite read the queries of all models, as far as their text tells them, in an empty database in memory, so
 * that wrong syntax, wrong columns and wrong functions are known before anything runs.
 *
 * What a TypeScript model saves is known once it has run: its table's columns are taken from the
 * state file. Where they are not known yet, only the syntax of what reads them is checked.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { foldName } from "~/base/text/same_name.ts";
import { placing, type SourceLocation, UserError } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";
import { findTablesRead } from "~/model/sql_references.ts";
import { columnList, quoteIdentifier } from "~/sql/identifiers.ts";
import { loadModelStates } from "~/store/model_states.ts";
import { refuseOwnColumn } from "~/tracked/accept/target_table.ts";
import { CONTENT_HASH } from "~/tracked/content_hash.ts";
import { getKeyColumns } from "~/tracked/key_columns.ts";
import { prepareSelect, type SelectInput } from "~/warehouse/statements/prepare_select.ts";
import { columnsOf } from "~/warehouse/tables.ts";

const SYNTAX = /: (?:near .*: syntax error|unrecognized token.*|incomplete input)$/;

/**
 * Checks queries.
 *
 * @param models In an order in which each comes after all it reads.
 * @param state The state file, where there is one.
 * @returns A mistake a model at most.
 */
export function checkQueries(
  models: readonly Model[],
  state: DatabaseSync | undefined,
): UserError[] {
  using db = new DatabaseSync(":memory:");
  const checker = new QueryChecker(db, state ? columnsInState(models, state) : () => []);
  for (const model of models) checker.check(model);
  return checker.errors;
}

/** Columns that a table has in the state, unless the model that makes it was edited since. */
function columnsInState(models: readonly Model[], state: DatabaseSync): ColumnsOfTable {
  const byName = new Map(models.map((model) => [foldName(model.name), model]));
  const states = loadModelStates(state);
  return (table) => {
    const maker = byName.get(foldName(table));
    const isEdited = maker && states.get(maker.name)?.fingerprint !== maker.fingerprint;
    return isEdited ? [] : columnsOf(state, table);
  };
}

type ColumnsOfTable = (table: string) => readonly string[];

class QueryChecker {
  readonly errors: UserError[] = [];
  /** Tables whose columns are known: they are in the database, empty. */
  readonly #known = new Set<string>();

  constructor(readonly db: DatabaseSync, readonly columnsInState: ColumnsOfTable) {}

  check(model: Model): void {
    const known = this.errors.length;
    for (const { sql, values, at, lines, isTracked } of model.queries ?? []) {
      // One mistake a model: the next query may well have the same.
      if (this.errors.length > known) return;
      const tables = findTablesRead(sql).map(({ table }) => table);
      const input = {
        sql,
        at,
        ...lines && { lines },
        ...values !== undefined && { values },
        name: `a query of ${model.name}`,
      };
      // A query of an import may be another model's, with another key.
      this.#columnsOf(model, input, tables, isTracked && at.path === model.path);
    }
    if (model.sql === undefined) return;
    const at = { path: model.path, line: model.sqlLine ?? 1 };
    const tables = model.references.map(({ table }) => table);
    const columns = this.#columnsOf(model, { sql: model.sql, at, name: model.name }, tables, true);
    if (!columns) return;
    this.#make(model.name, model.kind === "tracked" ? [...columns, CONTENT_HASH] : columns);
  }

  /**
   * The query's columns, or `undefined` where they cannot be told.
   *
   * @param isTracked Its rows are compared where the model's kind is that.
   */
  #columnsOf(
    model: Model,
    input: Omit<SelectInput, "readable"> & { at: SourceLocation },
    /** All that its text names: what more it would read, a run refuses. */
    tables: readonly string[],
    isTracked: boolean,
  ): readonly string[] | undefined {
    const fromState = tables.filter((table) => !this.#isKnown(table) && this.#makeAsInState(table));
    try {
      const { columns } = prepareSelect(this.db, { ...input, readable: tables });
      const { kind, directives: { uniqueKey = [] } } = model;
      if (isTracked && kind === "tracked") {
        getKeyColumns(model.name, uniqueKey, columns, input.at);
        if (model.sql !== undefined) placing(input.at, () => refuseOwnColumn(model.name, columns));
      }
      return columns;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const knowsTables = tables.every((table) => this.#isKnown(table));
      const isCertain = knowsTables || error.cause === undefined || SYNTAX.test(error.message);
      if (isCertain) this.errors.push(withHint(error, fromState));
      return undefined;
    }
  }

  #isKnown(table: string): boolean {
    return this.#known.has(foldName(table));
  }

  #makeAsInState(table: string): boolean {
    const columns = this.columnsInState(table);
    if (columns.length > 0) this.#make(table, columns);
    return columns.length > 0;
  }

  #make(table: string, columns: readonly string[]): void {
    if (this.#isKnown(table)) return;
    this.#known.add(foldName(table));
    this.db.exec(
      `CREATE TABLE ${quoteIdentifier(table)} (${columnList(columns)})`,
    );
  }
}

/** A column that is missing today may come with the next run of what saves it. */
function withHint(error: UserError, fromState: readonly string[]): UserError {
  const [table] = fromState;
  if (table === undefined || error.hint || !/no such column/.test(error.message)) return error;
  return new UserError(error.message, {
    ...error,
    cause: error.cause,
    hint: `The columns of "${table}" are those of its last run; "spoor query ${table}" shows them.`,
  });
}
