/**
 * A copy of the state file, and how it is put back in its place: what was written since is not known any more. The
 * sources, and what is exported of the far side, are the world's, and stay as they are.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { columnList, quoteIdentifier } from "~/sql/identifiers.ts";
import { columnsOf } from "~/warehouse/tables.ts";
import { inTransaction, rollBack } from "~/warehouse/transaction.ts";
import type { BoundValue } from "~/warehouse/values.ts";

/** A table, a view or an index. */
interface Thing {
  type: string;
  name: string;
  sql: string;
}

interface Rows {
  columns: readonly string[];
  values: readonly (readonly BoundValue[])[];
}

const SEQUENCE = "sqlite_sequence";
/** What is not of the state file, or goes with what it belongs to. */
const OTHERS = /^(?:src|held|sqlite)[._](?!sequence)/;

/** See the module's comment. */
export class StateBackup {
  readonly #things: readonly Thing[];
  readonly #rows: ReadonlyMap<string, Rows>;

  constructor(private readonly db: DatabaseSync) {
    this.#things = thingsOf(db);
    this.#rows = new Map(tablesOf(this.#things).map((table) => [table, rowsOf(db, table)]));
  }

  putBack(): void {
    const { db } = this;
    inTransaction(db, () => {
      this.#redefine();
      for (const [table, rows] of this.#rows) fill(db, table, rows);
    });
    // The next run is another process, which has learnt nothing of the rows that were there.
    db.exec("BEGIN IMMEDIATE");
    rollBack(db);
  }

  #redefine(): void {
    const was = new Set(this.#things.map(nameOf));
    for (const thing of thingsOf(this.db)) {
      if (!was.has(nameOf(thing))) {
        this.db.exec(`DROP ${thing.type} IF EXISTS ${quoteIdentifier(thing.name)}`);
      }
    }
    const is = new Set(thingsOf(this.db).map(nameOf));
    for (const thing of this.#things) if (!is.has(nameOf(thing))) this.db.exec(thing.sql);
  }
}

/** Tables first, and what reads them after. */
function thingsOf(db: DatabaseSync): Thing[] {
  return db.prepare(
    `SELECT type, name, sql FROM sqlite_schema
     WHERE sql IS NOT NULL AND type IN ('table', 'view', 'index') ORDER BY type = 'table' DESC, rowid`,
  ).all().map((row) => row as unknown as Thing).filter(({ name }) => !OTHERS.test(name));
}

function nameOf({ type, name, sql }: Thing): string {
  return `${type} ${name} ${sql}`;
}

/** That of the ids that were given comes last: who fills a table gives them. */
function tablesOf(things: readonly Thing[]): string[] {
  return things.filter(({ type }) => type === "table").map(({ name }) => name)
    .sort((a, b) => Number(a === SEQUENCE) - Number(b === SEQUENCE));
}

function rowsOf(db: DatabaseSync, table: string): Rows {
  const columns = columnsOf(db, table);
  const select = db.prepare(`SELECT ${columnList(columns)} FROM ${quoteIdentifier(table)}`);
  select.setReadBigInts(true);
  const values = select.all().map((row) => columns.map((column) => row[column] as BoundValue));
  return { columns, values };
}

function fill(db: DatabaseSync, table: string, { columns, values }: Rows): void {
  const name = quoteIdentifier(table);
  db.prepare(`DELETE FROM ${name}`).run();
  const insert = db.prepare(
    `INSERT INTO ${name} (${columnList(columns)}) VALUES (${columns.map(() => "?").join(", ")})`,
  );
  for (const row of values) insert.run(...row);
}
