import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { tempFolder } from "../../tests/support/temp_folder.ts";
import { openDatabase } from "./open_database.ts";
import { fileMark, openForReading } from "./open_for_reading.ts";

Deno.test("fileMark() tells that a file was written to that is read as one that nobody changes", () => {
  using folder = tempFolder();
  const path = `${folder.path}/a ?#%.db`;
  {
    using db = openDatabase(path);
    db.exec("CREATE TABLE t (a)");
  }
  const url = pathToFileURL(path);
  url.searchParams.set("immutable", "1");
  using held = new DatabaseSync(url, { readOnly: true });
  const before = fileMark(held, path);
  assert.equal(fileMark(held, path), before);

  using writer = openDatabase(path);
  writer.exec("INSERT INTO t VALUES (1)");

  assert.notEqual(fileMark(held, path), before, "there is a log now");
});

Deno.test("fileMark() says nothing of a file that is read together with its log", () => {
  using folder = tempFolder();
  const path = `${folder.path}/a.db`;
  using writer = openDatabase(path);
  writer.exec("CREATE TABLE t (a)");
  using db = openForReading(path);
  const before = fileMark(db, path);

  writer.exec("INSERT INTO t VALUES (1); PRAGMA wal_checkpoint(TRUNCATE)");

  assert.equal(fileMark(db, path), before);
  assert.equal(db.prepare("SELECT count(*) AS n FROM t").get()?.n, 1);
});

Deno.test("openForReading() does not show what a killed process had not committed", async () => {
  using folder = tempFolder();
  const path = `${folder.path}/a.db`;
  {
    using db = new DatabaseSync(`${folder.path}/of_the_killed.db`);
    db.exec("CREATE TABLE t (a); INSERT INTO t VALUES ('committed')");
    // A small cache: the change is written to the file before its end.
    db.exec("PRAGMA cache_size=2; BEGIN; UPDATE t SET a = 'not committed'; CREATE TABLE u (a)");
    db.exec("INSERT INTO u SELECT value FROM json_each(json_array(" + longValues() + "))");
    await Deno.copyFile(`${folder.path}/of_the_killed.db`, path);
    await Deno.copyFile(`${folder.path}/of_the_killed.db-journal`, `${path}-journal`);
  }

  using db = openForReading(path);

  assert.equal(db.prepare("SELECT a FROM t").get()?.a, "committed");
});

function longValues(): string {
  return Array.from({ length: 100 }, () => `hex(zeroblob(2000))`).join();
}
