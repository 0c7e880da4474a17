/**
 * The last success of each model: what skipping is decided by.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { cachedStatement } from "~/warehouse/statements/cached_statement.ts";

/** What is known of a model from its last success. */
export interface ModelState {
  kind: string;
  fingerprint: string;
  /** Table that it read → that table's data version then. */
  inputs: Readonly<Record<string, number>>;
  /** Of its own target; moves only when the content moved. */
  dataVersion: number;
  /** Of its target; `undefined`: a delivery was cut off since they were counted. */
  rows: number | undefined;
  /**
   * Above 0: its last run has left groups, or a person has decided about some, so that it runs. How many there are by
   * now, `spoor.changes` tells.
   */
  waiting: number;
}

const COLUMNS = "model, kind, fingerprint, inputs, data_version, rows, waiting";

/** All models that ever ran, by name. */
export function loadModelStates(db: DatabaseSync): Map<string, ModelState> {
  const rows = db.prepare(`SELECT ${COLUMNS} FROM "spoor.models"`).all();
  return new Map(rows.map((row) => [String(row.model), toState(row)]));
}

/** Of the same the fingerprints alone; an empty one where a model's last run failed. */
export function loadFingerprints(db: DatabaseSync): Map<string, string> {
  const rows = db.prepare(`SELECT model, fingerprint FROM "spoor.models"`).all();
  return new Map(rows.map(({ model, fingerprint }) => [String(model), String(fingerprint)]));
}

function toState(row: Record<string, unknown>): ModelState {
  return {
    kind: String(row.kind),
    fingerprint: String(row.fingerprint),
    inputs: JSON.parse(String(row.inputs)),
    dataVersion: Number(row.data_version),
    rows: row.rows === null ? undefined : Number(row.rows),
    waiting: Number(row.waiting),
  };
}

/**
 * A model begins to deliver: until its end is recorded it counts as not done, and its target as moved and not
 * counted, so that the next run knows of a delivery that was cut off. Call inside the transaction that fixes
 * what is to be sent.
 */
export function noteDelivery(db: DatabaseSync, model: string, groups: number): void {
  db.prepare(
    `UPDATE "spoor.models" SET waiting = ?, rows = NULL, data_version = data_version + 1 WHERE model = ?`,
  ).run(BigInt(groups), model);
}

/**
 * Records a model's success, or with an empty fingerprint that its target moved without one: its last success stays
 * what it was, or 0 where there is none.
 */
export function saveModelState(
  db: DatabaseSync,
  model: string,
  state: ModelState,
  runId: number,
): void {
  cachedStatement(
    db,
    `INSERT OR REPLACE INTO "spoor.models" VALUES (?1, ?, ?, ?, ?, ?, ?,
       coalesce(?, (SELECT last_success_run FROM "spoor.models" WHERE model = ?1), 0))`,
  ).run(
    model,
    state.kind,
    state.fingerprint,
    JSON.stringify(state.inputs),
    BigInt(state.dataVersion),
    state.rows === undefined ? null : BigInt(state.rows),
    BigInt(state.waiting),
    state.fingerprint === "" ? null : BigInt(runId),
  );
}
