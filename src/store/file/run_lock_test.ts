import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { UserError } from "~/base/user_error.ts";
import { tempFolder } from "../../../tests/support/temp_folder.ts";
import { heldSince, lockPathOf, takeRunLock } from "./run_lock.ts";
import { isSqliteLocked, trySqliteLock } from "./sqlite_lock.ts";

const NOW = "2026-01-31T14:05:09.000Z";

Deno.test("the second is told who holds the lock, since when, and what for it was wanted", () => {
  using folder = tempFolder();
  const path = lockPathOf(`${folder.path}/spoor.db`);
  assert.equal(path, `${folder.path}/spoor.lock`);
  assert.equal(heldSince(path), undefined, "nobody has made it yet");
  {
    using _held = takeRunLock(path, "spoor run", NOW);
    assert.equal(heldSince(path), NOW);
    assert.throws(
      () => takeRunLock(path, "spoor plan", "2027-01-01T00:00:00.000Z", "move a state"),
      {
        name: UserError.name,
        message:
          `Cannot move a state: process ${Deno.pid} ("spoor run") has held the lock since ${NOW}`,
      },
    );
    assert.equal(heldSince(path), NOW, "who was refused has changed nothing");
  }
  assert.equal(heldSince(path), undefined);
  assert.equal(Deno.readTextFileSync(path), "", "nothing is said of a run that has ended");
});

Deno.test("a lock is taken over from a holder that died, whatever it has left in the file", () => {
  using folder = tempFolder();
  const path = `${folder.path}/spoor.lock`;
  for (
    const left of [
      "",
      '{"pid":1,"sin',
      JSON.stringify({ pid: 1, since: NOW, command: "x".repeat(500) }),
    ]
  ) {
    Deno.writeTextFileSync(path, left);
    assert.equal(heldSince(path), undefined, left);
    using _held = takeRunLock(path, "spoor run", "2027-01-01T00:00:00.000Z");
    assert.equal(heldSince(path), "2027-01-01T00:00:00.000Z");
  }
});

Deno.test("neither of the two locks is kept where the other one is somebody else's", () => {
  using folder = tempFolder();
  const path = `${folder.path}/spoor.lock`;
  {
    using _other = trySqliteLock(`${path}.held`);
    for (let i = 0; i < 2; i++) {
      assert.throws(() => takeRunLock(path, "spoor run", NOW), {
        name: UserError.name,
        message: "Cannot run: another process holds the lock",
      });
    }
  }
  if ("tryLockSync" in Deno.FsFile.prototype) {
    using other = Deno.openSync(path, { read: true, write: true, create: true });
    other.lockSync(true);
    assert.throws(() => takeRunLock(path, "spoor run", NOW), { name: UserError.name });
    assert.equal(isSqliteLocked(`${path}.held`), false);
  }
  using _held = takeRunLock(path, "spoor run", NOW);
});

Deno.test("who looks sees each of the two locks, and not another one that looks", () => {
  using folder = tempFolder();
  const path = `${folder.path}/spoor.lock`;
  Deno.writeTextFileSync(path, JSON.stringify({ pid: 1, since: NOW, command: "spoor run" }));
  {
    using _held = trySqliteLock(`${path}.held`);
    assert.equal(heldSince(path), NOW);
  }
  assert.equal(heldSince(path), undefined);
  if (!("tryLockSync" in Deno.FsFile.prototype)) return;
  for (const isExclusive of [true, false]) {
    using other = Deno.openSync(path, { read: true, write: true });
    other.lockSync(isExclusive);
    assert.equal(heldSince(path), isExclusive ? NOW : undefined);
  }
});

Deno.test("a lock by SQLite is one's alone, needs no bytes in its file, and is seen by who only looks", () => {
  using folder = tempFolder();
  const path = `${folder.path}/spoor.lock.held`;
  assert.equal(isSqliteLocked(path), false);
  {
    using held = trySqliteLock(path);
    assert.ok(held);
    assert.equal(trySqliteLock(path), undefined);
    assert.equal(isSqliteLocked(path), true);
  }
  assert.equal(isSqliteLocked(path), false);
  assert.equal(Deno.statSync(path).size, 0);
  assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["spoor.lock.held"]);
  {
    using reader = new DatabaseSync(path, { readOnly: true });
    reader.prepare("SELECT 1 FROM sqlite_schema").get();
    using held = trySqliteLock(path);
    assert.ok(held, "one that only looks is in nobody's way");
  }
});
