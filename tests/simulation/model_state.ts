/**
 * One model's part of the world: its source and its far side; and what the state file knows of it.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { EarlierTry } from "~/delivery/earlier_try.ts";
import type { Value } from "~/sandbox/protocol.ts";
import { batchesBefore } from "~/store/changes/batch_parts.ts";
import { SETTLED_AS_SENT, VERIFIED_AS_SENT } from "~/store/changes/by_hand.ts";
import { modelsWithState } from "~/state/stored_states.ts";
import { moveState } from "~/state/move_state.ts";
import { findTableType } from "~/warehouse/tables.ts";
import { contentOf } from "./content.ts";
import { FarSide, type FarSideOptions } from "./far_side.ts";

/** A change that is not accepted, as the state file has it. */
export interface LedgerRow extends EarlierTry {
  key: string;
  /** As the state file has it. */
  groupKey: string;
  runId: number;
}

/** What was accepted of a group. */
export interface AcceptedGroup {
  content: string;
  /** It counts as changed whatever it holds. */
  isOutdated: boolean;
}

/** See the module's comment. */
export class ModelState {
  readonly farSide: FarSide;
  name: string;
  /** The query has one more column. */
  isWide = false;
  readonly #source: string;

  constructor(
    private readonly db: DatabaseSync,
    readonly firstName: string,
    farSide: FarSideOptions,
  ) {
    this.farSide = new FarSide(farSide);
    this.name = firstName;
    this.#source = `"src.${firstName}"`;
    db.exec(`CREATE TABLE IF NOT EXISTS ${this.#source} (id, line, v)`);
  }

  /** The model's file has another name, and so has its state, where it has one. */
  rename(to: string): void {
    const from = this.name;
    this.name = to;
    if (from === to || !modelsWithState(this.db).includes(from)) return;
    moveState(this.db, { from, to, projectModels: [to] });
  }

  get columns(): string[] {
    return this.isWide ? ["id", "line", "v", "wide"] : ["id", "line", "v"];
  }

  get select(): string {
    return this.isWide
      ? `SELECT id, line, v, 1 AS wide FROM ${this.#source}`
      : `SELECT id, line, v FROM ${this.#source}`;
  }

  /** The source's groups as the query gives them. */
  source(): Map<string, string> {
    const rows = this.db.prepare(this.select).all();
    const groups = Map.groupBy(rows, (row) => String(row.id));
    return new Map([...groups].map(([key, own]) => [
      key,
      contentOf(this.columns, own.map((row) => this.columns.map((name) => row[name] as Value))),
    ]));
  }

  setGroup(id: Value, values: readonly string[]): void {
    this.removeGroup(id);
    const insert = this.db.prepare(`INSERT INTO ${this.#source} VALUES (?, ?, ?)`);
    for (const [line, value] of values.entries()) insert.run(id, BigInt(line), value);
  }

  removeGroup(id: Value): void {
    this.db.prepare(`DELETE FROM ${this.#source} WHERE id IS ?`).run(id);
  }

  removeAll(): void {
    this.db.exec(`DELETE FROM ${this.#source}`);
  }

  /** Whether the state file knows that a request of a change of this group is out. */
  isSent(change: number, key: string): boolean {
    const row = this.db.prepare(`SELECT group_key, state FROM "spoor.ledger" WHERE id = ?`)
      .get(BigInt(change));
    return row?.state === "sent" && keyOf(row) === key;
  }

  /** The batch that a change is in, as the state file names it. */
  batchOf(change: number): number {
    const row = this.db.prepare(`SELECT batch FROM "spoor.ledger" WHERE id = ?`)
      .get(BigInt(change));
    return Number(row?.batch ?? 0);
  }

  /** What of one lane a change or a batch is: the batch that it is a part of, or it itself. */
  wholeOf(unit: number, runId: number): number {
    return batchesBefore(this.db, unit, runId).at(-1)?.batch ?? unit;
  }

  ledger(): LedgerRow[] {
    const rows = this.db.prepare(
      `SELECT id, group_key, content_hash, state, batch, attempts, action, parked, moved, settled_hash, run_id
       FROM "spoor.ledger" WHERE model = ? ORDER BY id`,
    ).all(this.name);
    return rows.map((row) => ({
      id: Number(row.id),
      key: keyOf(row),
      groupKey: String(row.group_key),
      contentHash: String(row.content_hash),
      state: row.state as LedgerRow["state"],
      batch: Number(row.batch),
      attempts: Number(row.attempts),
      action: row.action as LedgerRow["action"],
      parked: row.parked !== 0,
      moved: row.moved !== 0,
      settledHash: row.settled_hash === null ? undefined : String(row.settled_hash),
      runId: Number(row.run_id),
    }));
  }

  /** Keys of all requests that are on record, whichever run and name it was under. */
  recordedKeys(): Set<string> {
    const rows = this.db.prepare(`SELECT idempotency_key AS key FROM "spoor.requests"`).all();
    return new Set(rows.map(({ key }) => String(key)));
  }

  /** Whether it was said before that the far side has another content of the group. */
  hasFormerWord({ groupKey, contentHash }: LedgerRow): boolean {
    return this.db.prepare(
      `SELECT 1 FROM "spoor.deliveries" WHERE model = ? AND group_key = ? AND content_hash <> ?
         AND error IN ('${SETTLED_AS_SENT}', '${VERIFIED_AS_SENT}') LIMIT 1`,
    ).get(this.name, groupKey, contentHash) !== undefined;
  }

  /** How many tries have ended in each way, as the record of a run says. */
  ends(runId: number): Map<string, number> {
    const rows = this.db.prepare(
      `SELECT state, count(*) AS n FROM "spoor.deliveries" WHERE run_id = ? AND model = ?
       GROUP BY state`,
    ).all(BigInt(runId), this.name);
    return new Map(rows.map(({ state, n }) => [String(state), Number(n)]));
  }

  accepted(): Map<string, AcceptedGroup> {
    const table = `spoor.accepted.${this.name}`;
    if (!findTableType(this.db, table)) return new Map();
    const sets = this.#columnSets();
    const rows = this.db.prepare(`SELECT * FROM "${table}"`).all();
    const groups = Map.groupBy(rows, (row) => String(row.id));
    return new Map([...groups].map(([key, own]) => [key, toAccepted(own, sets)]));
  }

  #columnSets(): Map<number, string[]> {
    const rows = this.db.prepare(`SELECT id, columns FROM "spoor.accepted_columns"`).all();
    return new Map(rows.map(({ id, columns }) => [Number(id), JSON.parse(String(columns))]));
  }
}

function keyOf(row: Record<string, unknown>): string {
  return String(JSON.parse(String(row.group_key))[0]);
}

function toAccepted(
  rows: readonly Record<string, unknown>[],
  sets: ReadonlyMap<number, string[]>,
): AcceptedGroup {
  const names = sets.get(Number(rows[0]?._spoor_columns));
  if (!names) return { content: "", isOutdated: true };
  const values = rows.flatMap((row) =>
    Array.from({ length: Number(row._spoor_copies) }, () => names.map((name) => row[name] as Value))
  );
  return { content: contentOf(names, values), isOutdated: false };
}
