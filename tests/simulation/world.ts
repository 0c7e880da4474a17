/**
 * What outlasts a run: the state file, the source and the far side; and what can be read of them.
 *
 * @module
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { EarlierTry } from "~/delivery/earlier_try.ts";
import type { Value } from "~/sandbox/protocol.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { findTableType } from "~/warehouse/tables.ts";
import { contentOf } from "./content.ts";
import { FarSide, type FarSideOptions } from "./far_side.ts";

/** The model that is played. */
export const MODEL = "sync.crm";

/** A change that is not accepted, as the state file has it. */
export interface LedgerRow extends EarlierTry {
  key: string;
  runId: number;
}

/** What was accepted of a group. */
export interface AcceptedGroup {
  content: string;
  /** It counts as changed whatever it holds. */
  isOutdated: boolean;
}

/** See the module's comment. */
export class World implements Disposable {
  readonly db = new DatabaseSync(":memory:");
  readonly farSide: FarSide;
  readonly #sent: StatementSync;
  readonly #ledger: StatementSync;
  /** The query has one more column. */
  isWide = false;

  constructor(farSide: FarSideOptions) {
    this.farSide = new FarSide(farSide);
    this.db.exec(`PRAGMA temp_store = MEMORY; BEGIN`);
    for (const sql of MIGRATIONS) this.db.exec(sql);
    this.db.exec(`CREATE TABLE "src" (id, line, v); COMMIT`);
    this.#sent = this.db.prepare(`SELECT group_key, state FROM "spoor.ledger" WHERE id = ?`);
    this.#ledger = this.db.prepare(`SELECT * FROM "spoor.ledger" ORDER BY id`);
  }

  get columns(): string[] {
    return this.isWide ? ["id", "line", "v", "wide"] : ["id", "line", "v"];
  }

  get select(): string {
    return this.isWide
      ? `SELECT id, line, v, 1 AS wide FROM "src"`
      : `SELECT id, line, v FROM "src"`;
  }

  /** The source's groups as the query gives them. */
  source(): Map<string, string> {
    return this.#groups(this.select, this.columns);
  }

  /** The keys of the source's groups. */
  sourceKeys(): Value[] {
    return this.db.prepare(`SELECT DISTINCT id FROM "src" ORDER BY id`).all()
      .map(({ id }) => id as Value);
  }

  setGroup(id: Value, values: readonly string[]): void {
    this.removeGroup(id);
    const insert = this.db.prepare(`INSERT INTO "src" VALUES (?, ?, ?)`);
    for (const [line, value] of values.entries()) insert.run(id, BigInt(line), value);
  }

  removeGroup(id: Value): void {
    this.db.prepare(`DELETE FROM "src" WHERE id IS ?`).run(id);
  }

  valuesOf(id: Value): string[] {
    return this.db.prepare(`SELECT v FROM "src" WHERE id IS ? ORDER BY line`).all(id)
      .map(({ v }) => String(v));
  }

  /** Whether the state file knows that a request of a change of this group is out. */
  isSent(change: number, key: string): boolean {
    const row = this.#sent.get(BigInt(change));
    return row?.state === "sent" && keyOf(row) === key;
  }

  ledger(): LedgerRow[] {
    return this.#ledger.all().map((row) => ({
      id: Number(row.id),
      key: keyOf(row),
      contentHash: String(row.content_hash),
      state: row.state as LedgerRow["state"],
      batch: Number(row.batch),
      attempts: Number(row.attempts),
      action: row.action as LedgerRow["action"],
      parked: row.parked !== 0,
      runId: Number(row.run_id),
    }));
  }

  accepted(): Map<string, AcceptedGroup> {
    const table = `spoor.accepted.${MODEL}`;
    if (!findTableType(this.db, table)) return new Map();
    const rows = this.db.prepare(
      `SELECT a.*, c.columns AS _names FROM "${table}" AS a
       LEFT JOIN "spoor.accepted_columns" AS c ON c.id = a._spoor_columns`,
    ).all();
    const groups = Map.groupBy(rows, (row) => String(row.id));
    return new Map([...groups].map(([key, own]) => [key, toAccepted(own)]));
  }

  /** The connection is gone, and with it what was temporary. */
  forgetConnection(): void {
    const names = this.db.prepare(`SELECT name FROM temp.sqlite_schema WHERE type = 'table'`).all();
    for (const { name } of names) this.db.exec(`DROP TABLE temp."${name}"`);
  }

  [Symbol.dispose](): void {
    this.db.close();
  }

  #groups(sql: string, columns: readonly string[]): Map<string, string> {
    const rows = this.db.prepare(sql).all();
    const groups = Map.groupBy(rows, (row) => String(row.id));
    return new Map([...groups].map(([key, own]) => [
      key,
      contentOf(columns, own.map((row) => columns.map((name) => row[name] as Value))),
    ]));
  }
}

function keyOf(row: Record<string, unknown>): string {
  return String(JSON.parse(String(row.group_key))[0]);
}

function toAccepted(rows: readonly Record<string, unknown>[]): AcceptedGroup {
  const names = JSON.parse(String(rows[0]?._names ?? "[]")) as string[];
  const values = rows.flatMap((row) =>
    Array.from({ length: Number(row._spoor_copies) }, () => names.map((name) => row[name] as Value))
  );
  return { content: contentOf(names, values), isOutdated: rows[0]?._names === null };
}
