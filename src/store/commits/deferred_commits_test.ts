import assert from "node:assert/strict";
import { openDatabase } from "~/warehouse/open_database.ts";
import { DeferredCommits } from "./deferred_commits.ts";

Deno.test("deferred commits are written together, in their order, before somebody reads", async () => {
  using db = openDatabase(":memory:");
  db.exec("CREATE TABLE t (n)");
  await using commits = new DeferredCommits(db);
  await commits.add(() => db.exec("INSERT INTO t VALUES (1)"));
  await commits.add(() => db.exec("UPDATE t SET n = n + 1"));
  assert.equal(db.prepare("SELECT n FROM t").get(), undefined);

  commits.write();

  assert.equal(db.prepare("SELECT n FROM t").get()?.n, 2);
});

Deno.test("deferred commits are written after a moment if nobody reads", async () => {
  using db = openDatabase(":memory:");
  await using commits = new DeferredCommits(db);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  await commits.add(() => resolve(db.isTransaction));
  assert.equal(await promise, true);
});

Deno.test("a deferred commit that fails fails all that comes after it", async () => {
  using db = openDatabase(":memory:");
  db.exec("CREATE TABLE t (n)");
  await using commits = new DeferredCommits(db);
  await commits.add(() => db.exec("INSERT INTO t VALUES (1)"));
  await commits.add(() => {
    throw new Error("the disk is full");
  });

  await assert.rejects(commits.settled(), /the disk is full/);
  await assert.rejects(commits.add(() => {}), /the disk is full/);
  await assert.rejects(commits.settled(), /the disk is full/);
  assert.equal(db.prepare("SELECT n FROM t").get(), undefined, "all or nothing");
});
