import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { JointTransaction } from "./joint_transaction.ts";

/** A file, so that a second connection sees what is committed. */
function openTwice() {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/t.db`;
  const db = new DatabaseSync(path);
  db.exec("PRAGMA journal_mode=WAL; CREATE TABLE t (id INTEGER); CREATE TABLE told (id INTEGER)");
  const other = new DatabaseSync(path, { readOnly: true });
  return {
    db,
    joint: new JointTransaction(db),
    add: (id: number) => db.exec(`INSERT INTO t VALUES (${id})`),
    committed: (table = "t") =>
      other.prepare(`SELECT id FROM ${table} ORDER BY id`).all().map(({ id }) => Number(id)),
    [Symbol.dispose]() {
      other.close();
      db.close();
      Deno.removeSync(folder, { recursive: true });
    },
  };
}

Deno.test("a joint transaction keeps nothing of a piece that throws, and all of the others", () => {
  using file = openTwice();
  const { joint, add } = file;
  const fail = () => {
    add(99);
    throw new Error("no");
  };
  assert.throws(() => joint.run(fail), /no/);
  joint.run(() => add(1));
  assert.throws(() => joint.run(fail), /no/);
  joint.run(() => add(2));
  assert.deepEqual(file.committed(), []);
  joint.settle();
  assert.deepEqual(file.committed(), [1, 2]);
});

Deno.test("a joint transaction writes records with the pieces, and tells when they are committed", () => {
  using file = openTwice();
  const { joint, add, db } = file;
  const heard: number[][] = [];
  joint.tell(() => heard.push([0]));
  joint.run(() => add(1));
  joint.record(() => db.exec("INSERT INTO told VALUES (1)"));
  joint.tell(() => heard.push(file.committed("told")));
  assert.deepEqual(heard, [[0]]);
  joint.settle();
  assert.deepEqual(heard, [[0], [1]]);
});

Deno.test("a record that cannot be written takes the pieces with it, and nothing is told", () => {
  using file = openTwice();
  const { joint, add, db } = file;
  joint.run(() => add(1));
  joint.record(() => db.exec("INSERT INTO missing VALUES (1)"));
  joint.tell(() => assert.fail("it was told"));
  assert.throws(() => joint.settle(), /missing/);
  assert.deepEqual(file.committed(), []);
  joint.run(() => add(2));
  joint.settle();
  assert.deepEqual(file.committed(), [2]);
});

Deno.test("a joint transaction is lost as a whole when a full disk ends it", () => {
  using file = openTwice();
  const { joint, add, db } = file;
  joint.run(() => add(1));
  joint.tell(() => assert.fail("it was told"));
  assert.throws(() =>
    joint.run(() => {
      db.exec("ROLLBACK");
      throw new Error("database or disk is full");
    })
  );
  assert.ok(joint.isDue);
  assert.throws(() => joint.settle(), /disk is full/);
  assert.deepEqual(file.committed(), []);
});

Deno.test("the first piece is due alone, then two, then four", () => {
  using file = openTwice();
  const { joint, add } = file;
  const due: number[] = [];
  for (let id = 1; id <= 7; id++) {
    joint.run(() => add(id));
    if (!joint.isDue) continue;
    joint.settle();
    due.push(id);
  }
  assert.deepEqual(due, [1, 3, 7]);
});
