import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { UserError } from "~/base/user_error.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { tempFolder } from "../../../tests/support/temp_folder.ts";
import {
  findUnknownSender,
  isMarkedAsSent,
  markAsSent,
  noteSendingRun,
  refuseLostFile,
  refuseOlderFile,
  refuseUnreadableMark,
  unreadableMark,
} from "./sent_mark.ts";

const STARTED = "2026-01-31T14:05:09Z";
const ENDED = "2026-01-31T14:06:00Z";

/** A state file's database that knows these runs. */
function stateOf(...runs: (readonly [id: number, startedAt: string, endedAt: string | null])[]) {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  const insert = db.prepare(
    `INSERT INTO "spoor.runs" (id, started_at, ended_at, command, status, spoor_version) VALUES (?, ?, ?, '', 'ok', '')`,
  );
  for (const run of runs) insert.run(...run);
  return db;
}

Deno.test("a mark without a run is left before anything is sent, and does not take the place of one with a run", () => {
  using folder = tempFolder();
  const path = `${folder.path}/spoor.db`;
  using db = stateOf();
  assert.equal(isMarkedAsSent(path), false);
  markAsSent(path);
  assert.equal(isMarkedAsSent(path), true);
  assert.equal(unreadableMark(path), undefined);
  assert.equal(findUnknownSender(path, db), undefined);

  noteSendingRun(path, { runId: 7, startedAt: STARTED });
  markAsSent(path);
  assert.equal(findUnknownSender(path, db)?.runId, 7);
  assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["spoor.sent"]);
});

Deno.test("a state file that does not know all that a run has sent is an older one", () => {
  using folder = tempFolder();
  const path = `${folder.path}/spoor.db`;
  const isOlder = (...runs: Parameters<typeof stateOf>) => {
    using db = stateOf(...runs);
    return findUnknownSender(path, db) !== undefined;
  };
  noteSendingRun(path, { runId: 7, startedAt: STARTED });
  assert.equal(isOlder(), true);
  assert.equal(isOlder([7, "2026-01-01T00:00:00Z", null]), true, "another run has its number");
  assert.equal(isOlder([7, STARTED, null]), false);

  noteSendingRun(path, { runId: 7, startedAt: STARTED, endedAt: ENDED });
  assert.equal(isOlder([7, STARTED, null]), true, "made while the run went on");
  assert.equal(isOlder([7, STARTED, "2026-01-31T14:07:00Z"]), true);
  assert.equal(isOlder([7, STARTED, ENDED]), false);
  assert.equal(isOlder([7, STARTED, ENDED], [8, ENDED, null]), false);
});

Deno.test("a run is refused on a state file that is older than what was sent, and on no other", () => {
  using folder = tempFolder();
  const path = `${folder.path}/spoor.db`;
  noteSendingRun(path, { runId: 7, startedAt: STARTED });
  using older = stateOf();
  using newer = stateOf([7, STARTED, null]);

  refuseOlderFile(path, newer, "run");
  assert.throws(() => refuseOlderFile(path, older, "run"), {
    name: UserError.name,
    message: /^Cannot run: .*\/spoor\.db is older than what was sent: it does not know all/,
  });
});

Deno.test("a mark that is emptied, cut off or no file is told, as no older state file would be", () => {
  using folder = tempFolder();
  const path = `${folder.path}/spoor.db`;
  const mark = `${folder.path}/spoor.sent`;
  refuseUnreadableMark(path, "run");
  noteSendingRun(path, { runId: 7, startedAt: STARTED, endedAt: ENDED });
  refuseUnreadableMark(path, "run");
  const whole = Deno.readTextFileSync(mark);

  const told = (text: string) => {
    Deno.writeTextFileSync(mark, text);
    return unreadableMark(path)?.replace(/^.*, and /, "");
  };
  assert.equal(told(whole.replaceAll("\n", "\r\n")), undefined, "by an editor of Windows");
  assert.equal(told(" \n"), "it is empty");
  assert.equal(told(whole.slice(0, whole.indexOf("run 7") + 3)), "it is not whole");
  assert.equal(told(whole.slice(0, 40)), "it is not whole");
  assert.equal(told(whole.slice(40)), "it is not whole");
  assert.throws(() => refuseUnreadableMark(path, "run"), { name: UserError.name });
  Deno.removeSync(mark);
  Deno.mkdirSync(mark);
  assert.match(unreadableMark(path) ?? "", /and it cannot be read$/);
});

Deno.test("a mark is whole also after a run that died while it wrote one", () => {
  using folder = tempFolder();
  const path = `${folder.path}/spoor.db`;
  Deno.writeTextFileSync(`${folder.path}/spoor.sent.part`, "x".repeat(1_000));
  noteSendingRun(path, { runId: 7, startedAt: STARTED });
  assert.equal(unreadableMark(path), undefined);
  assert.equal(Deno.readTextFileSync(`${folder.path}/spoor.sent`).includes("x"), false);
});

Deno.test("a state file that is gone or emptied is missed once the project has sent", () => {
  using folder = tempFolder();
  const path = `${folder.path}/spoor.db`;
  const refuse = () => refuseLostFile(path, "run");
  refuse();
  markAsSent(path);
  assert.throws(refuse, {
    name: UserError.name,
    message: /is gone, and with it what this project/,
  });
  Deno.writeTextFileSync(path, "");
  assert.throws(refuse, { name: UserError.name });
  Deno.writeTextFileSync(path, "x");
  refuse();
});
