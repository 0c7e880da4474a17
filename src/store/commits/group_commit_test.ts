import assert from "node:assert/strict";
import { openDatabase } from "~/warehouse/open_database.ts";
import { GroupCommit } from "./group_commit.ts";

/** A file with one table, whose rows are written and read in order. */
async function open() {
  const folder = await Deno.makeTempDir({ prefix: "spoor-test-" });
  const path = `${folder}/a.db`;
  const db = openDatabase(path);
  db.exec("CREATE TABLE t (a TEXT UNIQUE)");
  const commits = new GroupCommit(db, path);
  const insert = db.prepare("INSERT INTO t VALUES (?)");
  return {
    commits,
    write: (value: string) => () => void insert.run(value),
    rows: () => db.prepare("SELECT a FROM t ORDER BY rowid").all().map(({ a }) => a),
    async [Symbol.asyncDispose]() {
      await commits[Symbol.asyncDispose]();
      db.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

const messages = (ends: PromiseSettledResult<void>[]) =>
  ends.map((end) => end.status === "fulfilled" ? "written" : String(end.reason.message));

Deno.test("GroupCommit: one write that fails takes no other with it, and the order is kept", async () => {
  await using file = await open();
  const { commits, write } = file;
  commits.addUnawaited(write("unawaited"));

  const ends = await Promise.allSettled([
    commits.add(write("a")),
    commits.add(() => {
      write("half")();
      write("a")();
    }),
    commits.add(write("b")),
  ]);

  assert.deepEqual(messages(ends), ["written", "UNIQUE constraint failed: t.a", "written"]);
  assert.deepEqual(file.rows(), ["unawaited", "a", "b"]);
  await commits.settled();
});

Deno.test("GroupCommit: what the disk refuses fails all that waits, and what nobody waits for is told at the end", async () => {
  await using file = await open();
  const { commits, write } = file;
  commits.addUnawaited(write("unawaited"));

  const ends = await Promise.allSettled([
    commits.add(write("a")),
    commits.add(() => {
      throw new Error("database or disk is full");
    }),
    commits.add(write("b")),
  ]);

  assert.deepEqual(messages(ends), Array(3).fill("database or disk is full"));
  assert.deepEqual(file.rows(), []);
  await assert.rejects(commits.settled(), /database or disk is full/);
  await commits.settled();
});

Deno.test("GroupCommit: what fails and nobody waits for is told once all is written", async () => {
  await using file = await open();
  const { commits, write } = file;
  commits.addUnawaited(write("a"));
  commits.addUnawaited(write("a"));

  await commits.add(write("b"));

  assert.deepEqual(file.rows(), ["a", "b"]);
  await assert.rejects(commits.settled(), /UNIQUE constraint failed/);
});
