/**
 * Takes out of a comparison what is not to be delivered now: groups that are parked, or whose last
 * request is for a person to settle.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { GroupNow } from "~/delivery/earlier_try.ts";
import { columnList, quoteIdentifier, temp } from "~/sql/identifiers.ts";
import { acceptedTableName } from "~/tracked/accept/accepted_table.ts";
import { encodeGroupKey } from "~/tracked/group_key.ts";
import { prepareArrayRows, readRow } from "~/warehouse/statements/array_rows.ts";
import { countFrom } from "~/warehouse/tables.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import { ChangedGroupReader } from "./changed_group_reader.ts";
import { type Comparison, keysAreEqual } from "./comparison_sql.ts";
import { createKeyTable, fillKeyTable } from "./key_table.ts";

/** A group that may have to be held back. */
export interface HoldCandidate {
  isHeld(now: GroupNow): boolean;
  /** It was refused for good, or failed too often; else its last request is to be settled. */
  isParked?: boolean;
}

/** Groups that may have to be held back. There may be many: each is asked for when it is needed. */
export interface HoldCandidates {
  keys(): Iterable<readonly SqlValue[]>;
  /** By its key as text. */
  find(keyText: string): HoldCandidate | undefined;
}

/** What was held back. */
export interface HeldBack {
  /** Groups. */
  groups: number;
  /** Those of them that are parked. */
  parked: number;
  /** Those of them that were accepted before. */
  accepted: number;
  /** Those of them that the query gives. */
  present: number;
  /** Keys of candidates that are not held and not among the changes: what is known of them is over. */
  absent: readonly (readonly SqlValue[])[];
}

const NONE: HeldBack = { groups: 0, parked: 0, accepted: 0, present: 0, absent: [] };
const READ_AT_ONCE = 1_000;

/** Call when the tables of the comparison are filled, before they are put into order. */
export function holdBack(
  db: DatabaseSync,
  c: Comparison,
  candidates: HoldCandidates | undefined,
): HeldBack {
  return candidates ? new HeldBackGroups(db, c, candidates).take() : NONE;
}

/** The first keys of groups that were held back, in their own order. */
export function heldBackKeys(
  db: DatabaseSync,
  { heldBack, comparison: c }: { heldBack: HeldBack; comparison: Comparison },
  limit: number,
): SqlValue[][] {
  if (heldBack.groups === 0) return [];
  const keys = columnList(c.uniqueKey);
  const sql = `SELECT ${keys} FROM ${temp(c.heldBackTable)} LIMIT ?`;
  return prepareArrayRows(db, sql).all(BigInt(Math.min(limit, Number.MAX_SAFE_INTEGER)))
    .map(readRow);
}

class HeldBackGroups {
  readonly #keys: string;
  readonly #candidatesTable: string;
  readonly #counts = { groups: 0, parked: 0, present: 0 };
  readonly #absent: (readonly SqlValue[])[] = [];

  constructor(
    private readonly db: DatabaseSync,
    private readonly c: Comparison,
    private readonly candidates: HoldCandidates,
  ) {
    this.#keys = columnList(c.uniqueKey);
    this.#candidatesTable = `${c.rowsTable}.candidates`;
  }

  take(): HeldBack {
    const { db, c } = this;
    createKeyTable(db, c.uniqueKey, this.#candidatesTable, this.candidates.keys());
    createKeyTable(db, c.uniqueKey, c.heldBackTable);
    this.#lookAtChanged();
    this.#lookAtOthers();
    db.exec(`DROP TABLE ${temp(this.#candidatesTable)}`);
    const absent = this.#absent;
    if (this.#counts.groups > 0) {
      this.#takeOut();
      return { ...this.#counts, absent, accepted: this.#countAccepted() };
    }
    db.exec(`DROP TABLE ${temp(c.heldBackTable)}`);
    return { ...NONE, absent };
  }

  /** Those that are among the changed rows; they are no candidates afterwards. */
  #lookAtChanged(): void {
    const { db, c } = this;
    const rowsTable = `${this.#candidatesTable}.rows`;
    const columns = columnList(c.columns);
    const keys = columnList(c.uniqueKey, "r");
    db.exec(
      `CREATE TEMP TABLE ${quoteIdentifier(rowsTable)} (${columns});
       INSERT INTO ${temp(rowsTable)} SELECT r.* FROM ${temp(c.rowsTable)} AS r
         JOIN ${temp(this.#candidatesTable)} AS h ON ${keysAreEqual(c.uniqueKey, "h", "r")}
         ORDER BY ${keys}`,
    );
    const reader = new ChangedGroupReader(db, { ...c, rowsTable });
    for (let isDone = false; !isDone;) {
      const { groups, done } = reader.read(READ_AT_ONCE);
      const held = groups.filter(({ keyText, hash }) => this.#isHeld(keyText, { hash }));
      this.#counts.present += held.length;
      fillKeyTable(db, c.uniqueKey, c.heldBackTable, held.map(({ key }) => key));
      isDone = done;
    }
    db.exec(
      `DELETE FROM ${temp(this.#candidatesTable)} WHERE (${this.#keys}) IN
         (SELECT ${this.#keys} FROM ${temp(rowsTable)});
       DROP TABLE ${temp(rowsTable)}`,
    );
  }

  /** Those that were accepted and left the query, and those of which nothing has changed. */
  #lookAtOthers(): void {
    const { db, c } = this;
    const removed = `EXISTS (SELECT 1 FROM ${temp(c.removedTable)} AS r
      WHERE ${keysAreEqual(c.uniqueKey, "r", "h")})`;
    const table = `${this.#candidatesTable}.others`;
    db.exec(
      `CREATE TEMP TABLE ${quoteIdentifier(table)} (${this.#keys}, _spoor_removed);
       INSERT INTO ${temp(table)} SELECT ${this.#keys}, ${removed}
         FROM ${temp(this.#candidatesTable)} AS h`,
    );
    const page = prepareArrayRows(
      db,
      `SELECT * FROM ${temp(table)} WHERE ${c.place} > ? LIMIT ${READ_AT_ONCE}`,
    );
    let last = 0;
    for (let isDone = false; !isDone; last += READ_AT_ONCE) {
      const rows = page.all(BigInt(last)).map(readRow);
      isDone = rows.length < READ_AT_ONCE;
      const held = rows.map((row): [SqlValue[], GroupNow] => {
        return [row.slice(0, -1), row.at(-1) === 1 ? "removed" : "absent"];
      }).filter(([key, now]) => {
        const isHeld = this.#isHeld(encodeGroupKey(key), now);
        if (!isHeld && now === "absent") this.#absent.push(key);
        return isHeld;
      });
      fillKeyTable(db, c.uniqueKey, c.heldBackTable, held.map(([key]) => key));
    }
    db.exec(`DROP TABLE ${temp(table)}`);
  }

  #isHeld(keyText: string, now: GroupNow): boolean {
    const candidate = this.candidates.find(keyText);
    if (!candidate?.isHeld(now)) return false;
    this.#counts.groups += 1;
    if (candidate.isParked) this.#counts.parked += 1;
    return true;
  }

  #takeOut(): void {
    const { db, c } = this;
    for (const table of [c.rowsTable, c.keysTable, c.removedTable, c.triedTable]) {
      db.exec(
        `DELETE FROM ${temp(table)} WHERE (${this.#keys}) IN
         (SELECT ${this.#keys} FROM ${temp(c.heldBackTable)})`,
      );
    }
    closeGaps(db, c);
  }

  #countAccepted(): number {
    const accepted = quoteIdentifier(acceptedTableName(this.c.model));
    return countFrom(
      this.db,
      `${temp(this.c.heldBackTable)} AS h WHERE EXISTS
       (SELECT 1 FROM ${accepted} AS a WHERE ${keysAreEqual(this.c.uniqueKey, "a", "h")})`,
    );
  }
}

/** Groups are told by the places of their rows, which are counted from 1 without a gap. */
function closeGaps(db: DatabaseSync, c: Comparison): void {
  const dense = `${c.rowsTable}.dense`;
  const columns = columnList(c.columns);
  db.exec(
    `CREATE TEMP TABLE ${quoteIdentifier(dense)} (${columns});
     INSERT INTO ${temp(dense)} SELECT * FROM ${temp(c.rowsTable)} ORDER BY ${c.place};
     DROP TABLE ${temp(c.rowsTable)};
     ALTER TABLE ${temp(dense)} RENAME TO ${quoteIdentifier(c.rowsTable)}`,
  );
}
