import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "~/store/schema.ts";
import {
  acceptedTableName,
  ensureAcceptedTable,
  fitAcceptedTable,
  hasOneRowEach,
} from "~/tracked/accept/accepted_table.ts";
import { tempFolder } from "../../../tests/support/temp_folder.ts";
import { sumAccepted, sumAcceptedAhead } from "./accepted_sums.ts";

const MODEL = "sync.crm";
const TABLE = `"${acceptedTableName(MODEL)}"`;

function openAccepted(path = ":memory:"): DatabaseSync {
  const db = new DatabaseSync(path);
  for (const sql of MIGRATIONS) db.exec(sql);
  ensureAcceptedTable(db, MODEL, ["id"], ["id", "name"]);
  accept(db, 1, 5);
  accept(db, 2, 7);
  return db;
}

function accept(db: DatabaseSync, id: number, token: number): void {
  const own = hasOneRowEach(db, acceptedTableName(MODEL)) ? ["", ""] : [
    ", _spoor_ordinal, _spoor_copies",
    ", 0, 1",
  ];
  db.exec(`INSERT INTO ${TABLE} (id, _spoor_token${own[0]}) VALUES (${id}, ${token}${own[1]})`);
}

Deno.test("sumAccepted() gives what was summed ahead, and what was written since", () => {
  const writes = [
    "SELECT 1",
    `DELETE FROM ${TABLE} WHERE id = 1`,
    `UPDATE ${TABLE} SET _spoor_token = 8 WHERE id = 2`,
    `BEGIN; DELETE FROM ${TABLE}; ROLLBACK`,
    `ALTER TABLE ${TABLE} RENAME TO old; CREATE TABLE ${TABLE} AS SELECT * FROM old WHERE 0`,
  ];
  for (const sql of writes) {
    using db = openAccepted();
    sumAcceptedAhead(db, MODEL);
    db.exec(sql);
    const ahead = sumAccepted(db, MODEL);
    assert.deepEqual(ahead, sumAccepted(db, MODEL), sql);
  }
});

Deno.test("sumAccepted() gives what another connection wrote since", () => {
  using folder = tempFolder();
  const path = `${folder.path}/spoor.db`;
  using db = openAccepted(path);
  using other = new DatabaseSync(path);
  sumAcceptedAhead(db, MODEL);
  accept(other, 3, 2);
  assert.deepEqual(sumAccepted(db, MODEL), { groups: 3, largest: 1, matched: 3, low: 14, high: 0 });
});

Deno.test("sumAccepted() gives the same however the table is laid out", () => {
  using db = openAccepted();
  const sums = { groups: 2, largest: 1, matched: 2, low: 12, high: 0 };
  assert.deepEqual(sumAccepted(db, MODEL), sums);
  db.exec(`DELETE FROM ${TABLE}`);
  fitAcceptedTable(db, MODEL, ["id"], true);
  accept(db, 1, 5);
  accept(db, 2, 7);
  assert.deepEqual(sumAccepted(db, MODEL), sums);
  fitAcceptedTable(db, MODEL, ["id"], false);
  assert.deepEqual(sumAccepted(db, MODEL), sums);
});
