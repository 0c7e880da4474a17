/**
 * What a state file has of each model: what `spoor state list` shows and what moving decides by.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { foldName } from "~/base/text/same_name.ts";
import { acceptedTableName } from "~/tracked/accept/accepted_table.ts";
import { isTargetTable } from "~/tracked/accept/target_table.ts";
import { isTargetView, targetViewColumns } from "~/tracked/accept/target_view.ts";
import { countFrom, countRows, findTableType } from "~/warehouse/tables.ts";

/** One model's state. */
export interface StoredState {
  model: string;
  /** Of its last success; `undefined` where it never had one. */
  kind: string | undefined;
  /** Its table or view; what shows accepted rows counts as a table. */
  target: "table" | "view" | undefined;
  /** It has the column in which Spoor keeps content hashes. */
  hasContentHash: boolean;
  /** It has no rows of its own: it shows the accepted ones. */
  showsAccepted: boolean;
  /** Of its table. */
  rows: number;
  /** Rows as the far side accepted them; `undefined`: the table of them is not there. */
  acceptedRows: number | undefined;
  /** State of a change → how many changes that are not acknowledged have it. */
  changes: Readonly<Record<string, number>>;
  /** Groups that the last run found and did not begin. */
  pending: number;
  /** ISO 8601, UTC; of its last success. */
  lastSuccess: string | undefined;
}

const ACCEPTED = acceptedTableName("");

/** Names of all models of which the file has anything but history, sorted. */
export function modelsWithState(db: DatabaseSync): string[] {
  const names = new Map<string, string>();
  const add = (name: string) => {
    if (!names.has(foldName(name))) names.set(foldName(name), name);
  };
  for (const { model } of db.prepare(`SELECT model FROM "spoor.models"`).all()) add(String(model));
  for (const { model } of db.prepare(`SELECT DISTINCT model FROM "spoor.ledger"`).all()) {
    add(String(model));
  }
  for (const name of modelsWithAccepted(db)) add(name);
  return [...names.values()].sort();
}

/** Names of all models that have a table of accepted rows. */
export function modelsWithAccepted(db: DatabaseSync): string[] {
  return db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all()
    .map(({ name }) => String(name))
    .filter((name) => name.startsWith(ACCEPTED))
    .map((name) => name.slice(ACCEPTED.length));
}

/** What the file has of one model. */
export function storedState(db: DatabaseSync, model: string): StoredState {
  const type = findTableType(db, model);
  const showsAccepted = type === "view" && isTargetView(db, model);
  const target = showsAccepted ? "table" : type;
  const hasRows = showsAccepted ? targetViewColumns(db, model) !== undefined : type === "table";
  const accepted = acceptedTableName(model);
  const hasAccepted = findTableType(db, accepted) !== undefined;
  const state = db.prepare(
    `SELECT kind, ended_at FROM "spoor.models" LEFT JOIN "spoor.runs" ON id = last_success_run
     WHERE model = ?`,
  ).get(model);
  return {
    model,
    kind: state ? String(state.kind) : undefined,
    target,
    hasContentHash: showsAccepted || isTargetTable(db, model),
    showsAccepted,
    rows: hasRows ? countRows(db, model) : 0,
    acceptedRows: hasAccepted ? countRows(db, accepted) : undefined,
    changes: changesOf(db, model),
    pending: countPending(db, model),
    lastSuccess: typeof state?.ended_at === "string" ? state.ended_at : undefined,
  };
}

function changesOf(db: DatabaseSync, model: string): Record<string, number> {
  const rows = db.prepare(
    `SELECT state, count(*) AS n FROM "spoor.ledger" WHERE model = ? GROUP BY state`,
  ).all(model);
  return Object.fromEntries(rows.map(({ state, n }) => [String(state), Number(n)]));
}

/** A file of an earlier version has none, and is read as it is. */
function countPending(db: DatabaseSync, model: string): number {
  if (!findTableType(db, "spoor.pending")) return 0;
  return countFrom(db, `"spoor.pending" WHERE model = ?`, model);
}
