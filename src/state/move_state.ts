/**
 * Gives a model's state to another name, so that a model or a file that was renamed sends nothing
 * again. All of it in one transaction.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { closestWord } from "~/base/text/closest_word.ts";
import { countOf } from "~/base/text/counts.ts";
import { isSameName } from "~/base/text/same_name.ts";
import { UserError } from "~/base/user_error.ts";
import { columnList, quoteIdentifier } from "~/sql/identifiers.ts";
import { moveFormerKeys } from "~/store/changes/former_keys.ts";
import { keepKeyName } from "~/store/changes/key_names.ts";
import { moveVariableStates } from "~/store/variable_states.ts";
import { acceptedTableName } from "~/tracked/accept/accepted_table.ts";
import { moveKept } from "~/tracked/accept/kept_rows.ts";
import { createTargetView, lookupName, targetViewColumns } from "~/tracked/accept/target_view.ts";
import { columnsOf, dropTable, findTableType } from "~/warehouse/tables.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { modelsWithState, type StoredState, storedState } from "./stored_states.ts";

/** A move as asked for. */
export interface StateMove {
  from: string;
  to: string;
  /** Names of the models that the project has now. */
  projectModels: readonly string[];
  /** What commands in messages need to be about this state. @default nothing */
  option?: string;
}

/** What was moved. */
export interface MovedState {
  from: string;
  to: string;
  rows: number;
  acceptedRows: number;
  /** Changes that are not acknowledged. */
  changes: number;
}

/** What a move is decided by. */
export interface MoveFacts extends StateMove {
  /** Models of which the file holds anything. */
  holders: readonly string[];
  toState: StoredState;
}

/**
 * Why a state cannot be moved; `undefined`: it can.
 *
 * What the new name has is in the way only where something was accepted, may be out, or was refused for
 * good under it; tries that failed and empty tables are not.
 */
export function findMoveObstacle(facts: MoveFacts): UserError | undefined {
  const { from, to, projectModels, holders, toState, option = "" } = facts;
  const cannot = `Cannot move the state of ${from} to ${to}`;
  if (!includesName(holders, from)) {
    const meant = closestWord(from, holders);
    return new UserError(`${cannot}: there is no state of "${from}"`, {
      hint: meant
        ? `Did you mean "${meant}"?`
        : `Run "spoor state list${option}" to see which models have one`,
      exitCode: includesName(projectModels, from) ? 1 : 2,
    });
  }
  const isSame = isSameName(from, to);
  if (projectModels.includes(from) || (!isSame && includesName(projectModels, from))) {
    return new UserError(`${cannot}: ${from} is still a model of this project`, {
      hint: `Rename its file first, then run "spoor state mv ${from} ${to}${option}" again`,
    });
  }
  if (!projectModels.includes(to)) {
    const meant = closestWord(to, projectModels);
    return new UserError(`${cannot}: "${to}" is not a model of this project`, {
      hint: meant
        ? `Did you mean "${meant}"?`
        : `Write the model's file first: its name is the path below models/`,
      exitCode: 2,
    });
  }
  const own = isSame ? undefined : ownState(toState);
  if (own === undefined) return undefined;
  return new UserError(`${cannot}: ${to} has its own state already (${own})`, {
    hint: `Nothing was changed. To go on with the state of ${from}, restore a backup from before ` +
      `${to} ran`,
  });
}

function includesName(names: readonly string[], name: string): boolean {
  return names.some((each) => isSameName(each, name));
}

/** What stands in a move's way, in words. */
function ownState({ acceptedRows, changes, rows }: StoredState): string | undefined {
  if (acceptedRows) return countOf(acceptedRows, "accepted row");
  const open = ["sent", "unknown", "rejected", "settled"].find((state) => changes[state]);
  if (open !== undefined) return countOf(changes[open] ?? 0, `${open} change`);
  return rows > 0 ? countOf(rows, "row") : undefined;
}

/**
 * Moves a model's state. Call under the run lock.
 *
 * @throws {UserError} It cannot be moved; nothing was changed.
 */
export function moveState(db: DatabaseSync, move: StateMove): MovedState {
  return inTransaction(db, () => {
    const { from, to } = move;
    const fromState = storedState(db, from);
    const holders = modelsWithState(db);
    const obstacle = findMoveObstacle({ ...move, holders, toState: storedState(db, to) });
    if (obstacle) throw obstacle;
    if (!isSameName(from, to)) dropEmptyState(db, to);
    tellMoved(db, from, to);
    keepKeyName(db, from, to);
    moveFormerKeys(db, from, to);
    moveKept(db, from, to);
    const shown = targetViewColumns(db, from);
    if (shown) dropTable(db, from);
    else moveTarget(db, fromState, to);
    renameTable(db, acceptedTableName(from), acceptedTableName(to));
    if (shown) createTargetView(db, to, shown);
    // It has the model's name, and is made again for the next model that reads this one.
    db.exec(`DROP INDEX IF EXISTS ${quoteIdentifier(lookupName(from))}`);
    for (const table of tablesByModel(db)) {
      // A model that had a part in a run under both names keeps both parts.
      db.prepare(`UPDATE OR IGNORE ${quoteIdentifier(table)} SET model = ? WHERE model = ?`)
        .run(to, from);
    }
    moveVariableStates(db, from, to);
    // A model's own limit goes by the model's name; shared ones have names without a dot.
    db.prepare(`UPDATE "spoor.rate_grants" SET name = ? WHERE name = ?`).run(to, from);
    return {
      from,
      to,
      rows: fromState.rows,
      acceptedRows: fromState.acceptedRows ?? 0,
      changes: Object.values(fromState.changes).reduce((sum, n) => sum + n, 0),
    };
  });
}

/** What is on record of the new name's last run tells to do what is done now. */
function tellMoved(db: DatabaseSync, from: string, to: string): void {
  db.prepare(
    `UPDATE "spoor.steps" SET error = json_set(error, '$.hint', :hint)
     WHERE model = :to AND run_id = (SELECT max(run_id) FROM "spoor.steps" WHERE model = :to)
       AND json_extract(error, '$.hint') LIKE '%"spoor state mv %'`,
  ).run({ to, hint: `It has the state of ${from} now: the next run goes on from it` });
}

/** What the new name has of its own and is in nobody's way; its history stays. */
function dropEmptyState(db: DatabaseSync, model: string): void {
  dropTable(db, model);
  dropTable(db, acceptedTableName(model));
  for (const table of ["models", "ledger", "pending", "files", "accepted_columns"]) {
    db.prepare(`DELETE FROM ${quoteIdentifier(`spoor.${table}`)} WHERE model = ?`).run(model);
  }
}

/** A view is made anew by the next run, with the text that it has then, or shows what is not there. */
function moveTarget(
  db: DatabaseSync,
  { model: from, target, showsAccepted }: StoredState,
  to: string,
): void {
  if (target === "view" || showsAccepted) return dropTable(db, from);
  if (target === undefined) return;
  const prefix = `spoor.key.${from}.`;
  const indexes = db.prepare(
    `SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? COLLATE NOCASE`,
  ).all(from).map(({ name }) => String(name)).filter((name) => name.startsWith(prefix));
  const columns = indexes.map((name) => [name, indexedColumns(db, name)] as const);
  for (const name of indexes) db.exec(`DROP INDEX ${quoteIdentifier(name)}`);
  renameTable(db, from, to);
  for (const [name, list] of columns) {
    const moved = quoteIdentifier(`spoor.key.${to}.${name.slice(prefix.length)}`);
    db.exec(
      `CREATE INDEX ${moved} ON ${quoteIdentifier(to)} (${columnList(list)})`,
    );
  }
}

function indexedColumns(db: DatabaseSync, index: string): string[] {
  return db.prepare("SELECT name FROM pragma_index_info(?) ORDER BY seqno").all(index)
    .map(({ name }) => String(name));
}

function renameTable(db: DatabaseSync, from: string, to: string): void {
  if (!findTableType(db, from)) return;
  // To SQLite a name in another case is the same name, and taken.
  const between = `${to}.moving`;
  db.exec(`ALTER TABLE ${quoteIdentifier(from)} RENAME TO ${quoteIdentifier(between)}`);
  db.exec(`ALTER TABLE ${quoteIdentifier(between)} RENAME TO ${quoteIdentifier(to)}`);
}

/** Spoor's own tables that have a row or more a model: all there are, so that none is forgotten. */
function tablesByModel(db: DatabaseSync): string[] {
  return db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all()
    .map(({ name }) => String(name))
    // Tables that end in a model's name have the user's columns.
    .filter((name) => /^spoor\.[a-z_]+$/.test(name))
    .filter((name) => columnsOf(db, name).includes("model"));
}
