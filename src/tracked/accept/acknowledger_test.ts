import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "~/store/schema.ts";
import { type ChangedGroup, ChangedGroupReader } from "~/tracked/compare/changed_group_reader.ts";
import { type ChangeSet, dropChanges, findChanges } from "~/tracked/compare/find_changes.ts";
import { PreviousRows } from "~/tracked/compare/previous_rows.ts";
import { Acknowledger, type SavedGroup } from "./acknowledger.ts";

const MODEL = "sync.crm";
const COLUMNS = ["id", "line", "v"];

Deno.test("acknowledge() stores rows as they were read like the same rows saved by hand", () => {
  const tables = [true, false].map((isAsRead) => {
    using db = openSource(250);
    accept(db, isAsRead);
    db.exec(
      `UPDATE src SET v = 'changed' WHERE id % 3 = 0; DELETE FROM src WHERE id = 6 AND line = 1`,
    );
    accept(db, isAsRead);
    return db.prepare(`SELECT * FROM "${MODEL}" ORDER BY id, line`).all();
  });
  assert.equal(tables[0]?.length, 499);
  assert.deepEqual(tables[0], tables[1]);
});

Deno.test("acknowledge() takes groups as read beside groups with other columns", () => {
  using db = openSource(4);
  const { groups, changes } = read(db);
  const acknowledger = new Acknowledger(db, changes);
  const saved = { columns: ["id", "remote"], values: [2, "r2"] };
  acknowledger.acknowledge(groups.map((group): SavedGroup => ({
    group,
    saved: group.keyText === "[2]" ? saved : undefined,
  })));
  const rows = db.prepare(`SELECT id, v, remote FROM "${MODEL}" ORDER BY id, line`).all();
  assert.deepEqual(rows.map((row) => Object.values(row)), [
    [1, "v1", null],
    [1, "v1", null],
    [2, null, "r2"],
    [3, "v3", null],
    [3, "v3", null],
    [4, "v4", null],
    [4, "v4", null],
  ]);
});

Deno.test("readAll() gives each group the rows that it was accepted with, and new groups none", () => {
  using db = openSource(3);
  accept(db, true);
  db.exec(`UPDATE src SET v = 'changed' WHERE id <> 2; INSERT INTO src VALUES (4, 0, 'v4')`);
  const { groups, changes } = read(db);
  const previous = new PreviousRows(db, changes.comparison);
  assert.deepEqual(groups.map(({ keyText }) => keyText), ["[1]", "[3]", "[4]"]);
  assert.deepEqual(previous.readAll(groups), groups.map(({ key }) => previous.read(key)));
  assert.deepEqual(previous.readAll(groups)[1], [
    { columns: COLUMNS, values: [3, 0, "v3", 3, 1, "v3"] },
  ]);
});

/** Two rows a group. */
function openSource(groups: number): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  db.exec(`CREATE TABLE src (id, line, v);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${groups})
    INSERT INTO src SELECT i, line.value, 'v' || i FROM n, json_each('[0,1]') AS line`);
  return db;
}

function read(db: DatabaseSync): { groups: readonly ChangedGroup[]; changes: ChangeSet } {
  const changes = findChanges(db, {
    model: MODEL,
    uniqueKey: ["id"],
    columns: COLUMNS,
    params: [],
    tried: [],
    select: "SELECT id, line, v FROM src",
    everything: false,
  });
  return { groups: new ChangedGroupReader(db, changes.comparison).read(10_000).groups, changes };
}

function accept(db: DatabaseSync, isAsRead: boolean): void {
  const { groups, changes } = read(db);
  const rows = db.prepare("SELECT id, line, v FROM src WHERE id = ? ORDER BY line");
  const saved = ({ key }: ChangedGroup) => ({
    columns: COLUMNS,
    values: rows.all(Number(key[0])).flatMap((row) => Object.values(row) as string[]),
  });
  new Acknowledger(db, changes).acknowledge(
    groups.map((group) => ({ group, saved: isAsRead ? undefined : saved(group) })),
  );
  dropChanges(db, changes);
}
