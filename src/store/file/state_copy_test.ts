import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openDatabase } from "~/warehouse/open_database.ts";
import { tempFolder } from "../../../tests/support/temp_folder.ts";
import { copyState } from "./state_copy.ts";

/** Writes for ever, a pair of rows in each transaction, and moves the log into the file as often. */
const WRITER = `
import { DatabaseSync } from "node:sqlite";
self.onmessage = ({ data: path }) => {
  let pair = 0;
  while (true) {
    const db = new DatabaseSync(path, { timeout: 5000 });
    db.exec("PRAGMA journal_mode=WAL");
    for (let i = 0; i < 5; i++) {
      db.exec("BEGIN; INSERT INTO a VALUES (" + ++pair + ", hex(randomblob(20000)))");
      db.exec("INSERT INTO b VALUES (" + pair + ", hex(randomblob(20000))); COMMIT");
    }
    // Its last rows are forgotten, so that the file does not grow.
    db.exec("DELETE FROM a WHERE n < " + (pair - 20) + "; DELETE FROM b WHERE n < " + (pair - 20));
    db.close();
    if (pair === 5) self.postMessage("begun");
  }
};`;

/** Without a transaction about one in 200 is of two moments. */
const COPIES = 400;

Deno.test("copyState() copies one moment of the file, whoever writes meanwhile", async () => {
  using folder = tempFolder();
  const writer = new Worker(URL.createObjectURL(new Blob([WRITER])), { type: "module" });
  try {
    const path = `${folder.path}/spoor.db`;
    {
      using db = openDatabase(path);
      db.exec("CREATE TABLE a (n, text); CREATE TABLE b (n, text)");
    }
    const begun = new Promise((resolve) => writer.onmessage = resolve);
    writer.postMessage(path);
    await begun;
    for (let i = 0; i < COPIES; i++) {
      using copy = copyState(path, String(i));
      using db = new DatabaseSync(copy.path);
      const [check] = db.prepare("PRAGMA integrity_check").all();
      assert.equal(check?.integrity_check, "ok");
      const last = (table: string) => db.prepare(`SELECT max(n) AS n FROM ${table}`).get()?.n;
      assert.equal(last("a"), last("b"));
    }
  } finally {
    writer.terminate();
  }
});
