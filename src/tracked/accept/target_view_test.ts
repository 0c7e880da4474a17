import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "~/store/schema.ts";
import { type ChangedGroup, ChangedGroupReader } from "~/tracked/compare/changed_group_reader.ts";
import { type ChangeSet, dropChanges, findChanges } from "~/tracked/compare/find_changes.ts";
import { findTableType } from "~/warehouse/tables.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { acceptAll, forgetRemoved } from "./accept_all.ts";
import { Acknowledger, type SavedGroup } from "./acknowledger.ts";
import { FormerGroups } from "./former_groups.ts";
import { findAccepted } from "./known_group.ts";
import { ensureTargetTable } from "./target_table.ts";
import { ensureLookup, targetViewColumns } from "./target_view.ts";

const MODEL = "sync.crm";
const COLUMNS = ["id", "name"];

/** A database with Spoor's own tables, and `src` with these rows of `id` and `name`. */
function openSource(...rows: readonly (readonly [unknown, string])[]): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  db.exec("PRAGMA legacy_alter_table = ON");
  for (const sql of MIGRATIONS) db.exec(sql);
  db.exec("CREATE TABLE src (id, name, tier)");
  for (const [id, name] of rows) add(db, id, name);
  return db;
}

function add(db: DatabaseSync, id: unknown, name: string): void {
  const bound = typeof id === "number" ? BigInt(id) : String(id);
  db.prepare("INSERT INTO src VALUES (?, ?, 1)").run(bound, name);
}

interface Reading {
  columns?: readonly string[];
  uniqueKey?: readonly string[];
}

function find(db: DatabaseSync, { columns = COLUMNS, uniqueKey = ["id"] }: Reading): ChangeSet {
  return findChanges(db, {
    model: MODEL,
    uniqueKey,
    columns,
    params: [],
    tried: [],
    everything: false,
    select: `SELECT ${columns.join(", ")} FROM src`,
  });
}

/** Acknowledges what changed, as it was read but for what `save` says; gives the columns' changes. */
function sync(
  db: DatabaseSync,
  save: (group: ChangedGroup) => SavedGroup["saved"] = () => undefined,
  reading: Reading = {},
): readonly string[] {
  const changes = find(db, reading);
  const { groups } = new ChangedGroupReader(db, changes.comparison).read(10_000);
  forgetRemoved(db, changes);
  const acknowledger = new Acknowledger(db, changes);
  const columnChanges = acknowledger.acknowledge(
    groups.map((group) => ({ group, saved: save(group) })),
  );
  dropChanges(db, changes);
  return columnChanges;
}

function target(db: DatabaseSync, columns = "id, name"): unknown[][] {
  return db.prepare(`SELECT ${columns} FROM "${MODEL}" ORDER BY id, name`).all()
    .map((row) => Object.values(row));
}

const typeOf = (db: DatabaseSync) => findTableType(db, MODEL);

for (const [form, ids] of [["integers", [1, 2, 3]], ["texts", ["a", "b", "c"]]] as const) {
  Deno.test(`a target is a view as long as its groups are saved as they were read: ${form}`, () => {
    using db = openSource([ids[0], "Ada"], [ids[1], "Grace"], [ids[2], "Edsger"]);
    sync(db);
    assert.equal(typeOf(db), "view");
    assert.deepEqual(target(db), [[ids[0], "Ada"], [ids[1], "Grace"], [ids[2], "Edsger"]]);
    db.exec("UPDATE src SET name = 'Bob' WHERE name = 'Grace'; DELETE FROM src WHERE name = 'Ada'");

    sync(db);

    assert.equal(typeOf(db), "view");
    assert.deepEqual(target(db), [[ids[1], "Bob"], [ids[2], "Edsger"]]);
  });

  Deno.test(`a group with a remote id makes the view a table with all rows: ${form}`, () => {
    using db = openSource([ids[0], "Ada"], [ids[1], "Grace"]);
    sync(db);
    const before = target(db, "id, name, _content_hash");
    add(db, ids[2], "Edsger");
    const saved = { columns: ["id", "name", "remote"], values: [ids[2], "Edsger", "r3"] };

    const changes = sync(db, () => saved);

    assert.equal(typeOf(db), "table");
    assert.deepEqual(changes, ["+ remote"]);
    assert.deepEqual(target(db, "id, name, _content_hash").slice(0, 2), before);
    assert.deepEqual(target(db, "id, name, remote"), [
      [ids[0], "Ada", null],
      [ids[1], "Grace", null],
      [ids[2], "Edsger", "r3"],
    ]);
    db.exec("UPDATE src SET name = 'Bob' WHERE name = 'Grace'");
    sync(db);
    assert.equal(typeOf(db), "table", "and so it stays");
    assert.deepEqual(target(db).map(([, name]) => name), ["Ada", "Bob", "Edsger"]);
  });
}

Deno.test("a target shows the hashes that a table of the same rows has", () => {
  const hashes = [false, true].map((isTable) => {
    using db = openSource([1, "Ada"], [2, "Grace"]);
    dropChanges(db, find(db, {}));
    if (isTable) ensureTargetTable(db, MODEL, ["id"], COLUMNS);
    sync(db);
    assert.equal(typeOf(db), isTable ? "table" : "view");
    return target(db, "id, _content_hash");
  });
  assert.deepEqual(hashes[0], hashes[1]);
  assert.match(String(hashes[0]?.[0]?.[1]), /^1:[0-9a-f]{32}$/);
});

for (const isAcceptAll of [false, true]) {
  const how = isAcceptAll ? "acceptAll()" : "acknowledge()";
  Deno.test(`${how} makes the view a table when a row came twice, and it has the row twice`, () => {
    using db = openSource([1, "Ada"], [1, "Lovelace"], [2, "Grace"]);
    sync(db);
    assert.equal(typeOf(db), "view");
    for (const name of ["Edsger", "Edsger", "Edsger", "Alan"]) add(db, 3, name);

    if (isAcceptAll) {
      const changes = find(db, {});
      acceptAll(db, changes);
      dropChanges(db, changes);
    } else sync(db);

    assert.equal(typeOf(db), "table");
    assert.deepEqual(target(db).map((row) => row.join()), [
      "1,Ada",
      "1,Lovelace",
      "2,Grace",
      "3,Alan",
      "3,Edsger",
      "3,Edsger",
      "3,Edsger",
    ]);
    db.exec("DELETE FROM src WHERE id = 3");
    sync(db);
    assert.deepEqual(target(db).map(([id]) => id), [1, 1, 2]);
  });
}

Deno.test("rows that were handed back untouched keep the target a view, others do not", () => {
  using db = openSource([1, "Ada"], [2, "Grace"]);
  const names = ["Ada", "Grace"];
  const untouched = ({ key: [id] }: ChangedGroup) => ({
    columns: ["name", "id"],
    values: [names[Number(id) - 1] ?? "", id ?? 0],
  });
  sync(db, untouched);
  assert.equal(typeOf(db), "view");
  assert.deepEqual(target(db), [[1, "Ada"], [2, "Grace"]]);
  db.exec("UPDATE src SET name = 'Bob' WHERE id = 2");

  sync(db, untouched);

  assert.equal(typeOf(db), "table");
  assert.deepEqual(target(db), [[1, "Ada"], [2, "Grace"]], "what was saved, not what was read");
});

Deno.test("a target that was a table goes on as one, though all is saved as it was read", () => {
  using db = openSource([1, "Ada"]);
  sync(db, () => ({ columns: COLUMNS, values: [1, "ADA"] }));
  add(db, 2, "Grace");

  sync(db);

  assert.equal(typeOf(db), "table");
  assert.deepEqual(target(db), [[1, "ADA"], [2, "Grace"]]);
});

Deno.test("a column that comes is NULL in groups that wait, one that goes stays", () => {
  using db = openSource([1, "Ada"], [2, "Grace"]);
  sync(db);
  const wider = { columns: ["id", "name", "tier"] };
  const changes = find(db, wider);
  const [first] = new ChangedGroupReader(db, changes.comparison).read(10_000).groups;
  assert.ok(first);
  assert.deepEqual(targetViewColumns(db, MODEL), COLUMNS, "nothing was accepted with it yet");
  const acknowledger = new Acknowledger(db, changes);

  const columnChanges = acknowledger.acknowledge([{ group: first, saved: undefined }]);

  assert.deepEqual(columnChanges, ["+ tier"]);
  assert.deepEqual(target(db, "id, name, tier"), [[1, "Ada", 1], [2, "Grace", null]]);
  dropChanges(db, changes);
  sync(db, () => undefined, { columns: ["id", "tier"] });
  assert.equal(typeOf(db), "view");
  assert.deepEqual(target(db, "id, name, tier"), [[1, null, 1], [2, null, 1]]);
});

Deno.test("a target shows the same rows when the accepted ones are laid out anew", () => {
  using db = openSource([1, "Ada"], [2, "Grace"]);
  sync(db);
  add(db, "x", "Edsger");
  sync(db);
  assert.equal(typeOf(db), "view");
  assert.deepEqual(target(db), [[1, "Ada"], [2, "Grace"], ["x", "Edsger"]]);
  add(db, 2, "Hopper");
  sync(db);
  assert.equal(typeOf(db), "view");
  assert.deepEqual(target(db).slice(1, 3), [[2, "Grace"], [2, "Hopper"]]);

  sync(db, () => undefined, { uniqueKey: ["id", "name"] });

  assert.equal(typeOf(db), "view");
  assert.equal(target(db).length, 4);
});

Deno.test("a target whose accepted rows are gone begins anew, with other columns too", () => {
  using db = openSource([1, "Ada"], [2, "Grace"]);
  sync(db);
  db.exec(`DROP TABLE "spoor.accepted.${MODEL}"`);

  const changes = find(db, { columns: ["id", "tier"] });
  assert.equal(typeOf(db), undefined, "it cannot be left as a view that cannot be read");
  dropChanges(db, changes);
  sync(db, () => undefined, { columns: ["id", "tier"] });

  assert.equal(typeOf(db), "view");
  assert.deepEqual(targetViewColumns(db, MODEL), ["id", "tier"]);
  assert.deepEqual(db.prepare(`SELECT id FROM "${MODEL}"`).all().length, 2);
});

Deno.test("a key that is shown compares as it does in a table: 7 is not '7'", () => {
  using db = openSource([7, "Ada"]);
  sync(db);
  db.exec(`CREATE TABLE texts (id TEXT); INSERT INTO texts VALUES ('7');
    CREATE TABLE copied AS SELECT id FROM "${MODEL}" UNION ALL SELECT '007'`);
  const count = (sql: string) => db.prepare(sql).get()?.n;
  assert.equal(count(`SELECT count(*) AS n FROM "${MODEL}" WHERE id = '7'`), 0);
  assert.equal(count(`SELECT count(*) AS n FROM "${MODEL}" NATURAL JOIN texts`), 0);
  assert.equal(count(`SELECT count(*) AS n FROM "${MODEL}" WHERE id = 7`), 1);
  assert.deepEqual(db.prepare("SELECT id FROM copied").all().map(({ id }) => id), [7, "007"]);
});

Deno.test("a model that reads a target looks its rows up by an index", () => {
  for (const id of [7, "x"]) {
    using db = openSource([id, "Ada"]);
    sync(db);
    ensureLookup(db, MODEL);
    ensureLookup(db, MODEL);
    const plan = db.prepare(`EXPLAIN QUERY PLAN SELECT * FROM "${MODEL}" WHERE id = ?`).all();
    assert.match(String(plan[0]?.detail), /^SEARCH a USING (INDEX|PRIMARY KEY)/);
    sync(db, () => undefined, { columns: ["id"] });
    sync(db, () => ({ columns: ["id", "remote"], values: [id, 1] }));
    assert.equal(typeOf(db), "table");
    assert.deepEqual(target(db, "id, remote"), [[id, 1]]);
  }
});

Deno.test("a group is forgotten in a target that became a table meanwhile", () => {
  using db = openSource([1, "Ada"], [2, "Grace"], [3, "Edsger"]);
  sync(db);
  const changes = find(db, {});
  const former = new FormerGroups(db, changes.comparison);
  former.forget([1]);
  assert.deepEqual(target(db), [[2, "Grace"], [3, "Edsger"]]);
  ensureTargetTable(db, MODEL, ["id"], COLUMNS);

  former.forget([2]);

  assert.equal(typeOf(db), "table");
  assert.deepEqual(target(db), [[3, "Edsger"]]);
  assert.deepEqual(findAccepted(db, MODEL, ["id"], [2]), undefined);
});

Deno.test("a target that became a table in a transaction that was undone goes on as the view that it is", () => {
  using db = openSource([1, "Ada"], [2, "Grace"], [3, "Edsger"]);
  sync(db);
  db.exec("DELETE FROM src WHERE id = 3; UPDATE src SET name = upper(name)");
  const changes = find(db, {});
  const [first, second] = new ChangedGroupReader(db, changes.comparison).read(10_000).groups;
  assert.ok(first && second);
  const acknowledger = new Acknowledger(db, changes);
  const former = new FormerGroups(db, changes.comparison);
  const remote = { columns: ["id", "remote"], values: [1, "r1"] };
  const end = () => {
    acknowledger.acknowledge([{ group: first, saved: remote }]);
    former.forget([3]);
  };
  const endInVain = () => {
    const work = () => {
      end();
      throw new Error("of another write");
    };
    assert.throws(() => inTransaction(db, work), /of another write/);
    assert.equal(typeOf(db), "view");
  };

  endInVain();
  inTransaction(db, () => acknowledger.acknowledge([{ group: second, saved: undefined }]));
  inTransaction(db, () => former.forget([3]));

  assert.equal(typeOf(db), "view");
  assert.deepEqual(target(db), [[1, "Ada"], [2, "GRACE"]]);
  endInVain();
  inTransaction(db, end);
  assert.equal(typeOf(db), "table");
  assert.deepEqual(target(db, "id, name, remote"), [[1, null, "r1"], [2, "GRACE", null]]);
  dropChanges(db, changes);
});

Deno.test("findAccepted() tells the hash that a target shows", () => {
  using db = openSource([7, "Ada"], [8, "Grace"]);
  sync(db);
  const hash = target(db, "_content_hash")[0]?.[0];
  assert.deepEqual(findAccepted(db, MODEL, ["id"], [7]), { hash, isInDoubt: false });
  new FormerGroups(db, { model: MODEL, uniqueKey: ["id"] }).doubt([7]);
  assert.deepEqual(findAccepted(db, MODEL, ["id"], [7]), { hash, isInDoubt: true });
  assert.equal(findAccepted(db, MODEL, ["id"], ["7"]), undefined);
});

Deno.test("an old state file's table of accepted rows, laid out by rowid, goes on with its target", () => {
  using db = openSource([1, "Ada"], [2, "Grace"]);
  sync(db, () => undefined);
  // As the version before this one made them.
  db.exec(`
    CREATE TABLE old (id INTEGER PRIMARY KEY, _spoor_ordinal INTEGER, _spoor_copies INTEGER,
      _spoor_token INTEGER, _spoor_columns INTEGER, name);
    INSERT INTO old SELECT id, 0, 1, _spoor_token, _spoor_columns, name FROM "spoor.accepted.${MODEL}";
    CREATE TABLE target (id, name, _content_hash TEXT NOT NULL);
    INSERT INTO target SELECT * FROM "${MODEL}";
    DROP VIEW "${MODEL}"; DROP TABLE "spoor.accepted.${MODEL}";
    ALTER TABLE old RENAME TO "spoor.accepted.${MODEL}"; ALTER TABLE target RENAME TO "${MODEL}"`);
  add(db, 3, "Edsger");
  db.exec("UPDATE src SET name = 'Bob' WHERE id = 2");

  sync(db);

  assert.equal(typeOf(db), "table");
  assert.deepEqual(target(db), [[1, "Ada"], [2, "Bob"], [3, "Edsger"]]);
  add(db, 3, "Dijkstra");
  add(db, 3, "Dijkstra");
  sync(db);
  assert.deepEqual(target(db).map(([, name]) => name), [
    "Ada",
    "Bob",
    "Dijkstra",
    "Dijkstra",
    "Edsger",
  ]);
  const again = find(db, {});
  assert.equal(again.unchanged, 3);
});
