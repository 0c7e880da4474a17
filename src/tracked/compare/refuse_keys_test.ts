import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { UserError } from "~/base/user_error.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { acceptAll } from "~/tracked/accept/accept_all.ts";
import { type ChangeSet, dropChanges, findChanges } from "./find_changes.ts";

function openSource(encoding = "UTF-8"): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  db.exec(`PRAGMA encoding = '${encoding}'`);
  for (const sql of MIGRATIONS) db.exec(sql);
  db.exec("CREATE TABLE src (id, name)");
  return db;
}

function find(db: DatabaseSync, uniqueKey = ["id"]): ChangeSet {
  return findChanges(db, {
    model: "sync.crm",
    uniqueKey,
    select: "SELECT id, name FROM src",
    columns: ["id", "name"],
    params: [],
    tried: [],
    everything: false,
  });
}

/** Groups that were changed, and are accepted now. */
function sync(db: DatabaseSync): number {
  const changes = find(db);
  acceptAll(db, changes);
  dropChanges(db, changes);
  return changes.new + changes.changed;
}

/** What is said of a row with this key, beside one with another. */
function refusalOf(db: DatabaseSync, key: string): readonly string[] | undefined {
  db.exec(`DELETE FROM src; INSERT INTO src VALUES (1, 'a'), (${key}, 'b')`);
  try {
    dropChanges(db, find(db));
    return undefined;
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.details;
  }
}

Deno.test("refuseKeys() refuses a text that is not read exactly, and no other, in the first run as later", () => {
  for (const isLater of [false, true]) {
    using db = openSource();
    db.exec("INSERT INTO src VALUES (1, 'a')");
    if (isLater) sync(db);
    for (
      const [key, shown] of [
        ["char(0)", "'' || char(0) || ''"],
        ["'it''s' || char(0)", "'it''s' || char(0) || ''"],
        ["char(0) || 'é' || char(0, 0)", "'' || char(0) || 'é' || char(0) || '' || char(0) || ''"],
        ["CAST(x'ff' AS TEXT)", "CAST(x'FF' AS TEXT)"],
        ["CAST(x'61c3' AS TEXT)", "CAST(x'61C3' AS TEXT)"],
        ["CAST(x'c080' AS TEXT)", "CAST(x'C080' AS TEXT)"],
        ["char(0xd800)", "CAST(x'EDA080' AS TEXT)"],
        ["char(0xfffd) || CAST(x'fe' AS TEXT)", "CAST(x'EFBFBDFE' AS TEXT)"],
      ] as const
    ) {
      assert.deepEqual(refusalOf(db, key), [`id = ${shown}, name = b`], key);
    }
    for (
      const key of ["''", "' '", "'é'", "char(0xfffd)", "char(0xfeff) || 'a'", "'😀'", "x'00ff'"]
    ) {
      assert.equal(refusalOf(db, key), undefined, key);
    }
  }
});

Deno.test("refuseKeys() looks at every column of a key", () => {
  for (const row of ["1, NULL", "NULL, 1", "1, 'a' || char(0)", "9e999, 1"]) {
    using db = openSource();
    db.exec(`INSERT INTO src VALUES (2, 2), (${row})`);
    assert.throws(() => find(db, ["id", "name"]), UserError, row);
  }
});

Deno.test("refuseKeys() looks at every row", () => {
  using db = openSource();
  db.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1600)
    INSERT INTO src SELECT 'k' || i || iif(i = 1200, char(0), ''), 'a' FROM n`);
  assert.throws(() => find(db), UserError);
});

Deno.test("refuseKeys() reads a file in UTF-16 as well", () => {
  using db = openSource("UTF-16le");
  assert.deepEqual(refusalOf(db, "'a' || char(0)"), ["id = 'a' || char(0) || '', name = b"]);
  for (const key of ["'abc'", "'é'", "'😀'"]) assert.equal(refusalOf(db, key), undefined, key);
});

Deno.test("refuseKeys() cuts a long key that it shows", () => {
  using db = openSource();
  const [shown = ""] = refusalOf(db, "printf('%.*c', 1000000, 'x') || char(0)") ?? [];
  assert.match(shown, /^id = 'x+…, name = b$/);
  assert.ok(shown.length < 300);
});

Deno.test("a value that cannot be read exactly is accepted as it is, and found unchanged afterwards", () => {
  for (const value of ["CAST(x'61ff' AS TEXT)", "char(0xfffd)", "'a' || char(0) || 'b'"]) {
    using db = openSource();
    db.exec("INSERT INTO src VALUES (1, 'a'), (2, 'b')");
    sync(db);
    db.exec(`UPDATE src SET name = ${value} WHERE id = 2`);
    assert.deepEqual([sync(db), sync(db)], [1, 0], value);
  }
});
