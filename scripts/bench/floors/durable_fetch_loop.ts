/**
 * Floor: a raw fetch loop whose every request has its intent on the disk before it leaves, and its end on the disk
 * before the next one's intent, with which it shares a sync, as does all that waits at the same time. Two rows of
 * plain SQLite in one thread: no change detection, no sandbox, no record. What keeps the promise costs no less.
 * Arguments: database, URL, number of requests, how many at once.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers";
import { account } from "./account.ts";
import { timedWork } from "./timed_work.ts";

const [path = "", url = "", count = "0", concurrency = "1"] = Deno.args;

using db = new DatabaseSync(path);
db.exec(
  `PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
   CREATE TABLE intents (id INTEGER PRIMARY KEY, at TEXT);
   CREATE TABLE ends (id INTEGER PRIMARY KEY, status INTEGER)`,
);
using wal = await Deno.open(`${path}-wal`, { read: true, write: true });
const begin = db.prepare("INSERT INTO intents VALUES (?, ?)");
const forget = db.prepare("DELETE FROM intents WHERE id = ?");
const end = db.prepare("INSERT INTO ends VALUES (?, ?)");

let waiting: { write: () => void; resolve: () => void }[] = [];
let isBusy = false;

/** Resolves when it is on the disk. */
function durable(write: () => void): Promise<void> {
  return new Promise((resolve) => {
    waiting.push({ write, resolve });
    if (!isBusy) setImmediate(work);
    isBusy = true;
  });
}

async function work(): Promise<void> {
  while (waiting.length > 0) {
    const batch = waiting;
    waiting = [];
    db.exec("BEGIN");
    for (const { write } of batch) write();
    db.exec("COMMIT");
    if (batch.length === 1) wal.syncDataSync();
    else await wal.syncData();
    for (const { resolve } of batch) resolve();
    // What these set going comes into the next one.
    await new Promise((resolve) => setImmediate(resolve));
  }
  isBusy = false;
}

await timedWork(async () => {
  let next = 1;
  function beginNext(): number | undefined {
    if (next > Number(count)) return undefined;
    begin.run(next, new Date().toISOString());
    return next++;
  }

  async function sendUntilDone(): Promise<void> {
    let id: number | undefined;
    await durable(() => id = beginNext());
    while (id !== undefined) {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(account(id)),
      });
      await response.json();
      if (response.status !== 201) throw new Error(`Cannot go on: status ${response.status}`);
      const ended = id;
      await durable(() => {
        forget.run(ended);
        end.run(ended, response.status);
        id = beginNext();
      });
    }
  }
  await Promise.all(Array.from({ length: Number(concurrency) }, sendUntilDone));
});
