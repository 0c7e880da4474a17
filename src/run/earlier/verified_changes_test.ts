import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { Model } from "~/model/model.ts";
import { changeKey, FIRST } from "~/run/deliver/idempotency_key.ts";
import type { ModelWishes } from "~/run/models/model_wishes.ts";
import type { RunContext } from "~/run/run_context.ts";
import { VERIFIED_AS_NOT_SENT, VERIFIED_AS_SENT } from "~/store/changes/by_hand.ts";
import { deliveriesOf } from "~/store/changes/group_story.ts";
import { loadKeyNames } from "~/store/changes/key_names.ts";
import { LedgerReader } from "~/store/changes/ledger.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { noteTried } from "./ledger_fixture.ts";
import { VerifiedChanges } from "./verified_changes.ts";

const MODEL: Model = {
  name: "sync.crm",
  language: "ts",
  path: "models/sync/crm.ts",
  kind: "tracked",
  directives: { delivery: "at_most_once", uniqueKey: ["id"] },
  directiveLines: {},
  references: [],
  fingerprint: "",
};
const WISHES: ModelWishes = {
  resend: false,
  adopt: false,
  allowRemoved: false,
  allowChanges: false,
};

/** A state with two changes that may have arrived, one of them a part of a batch, and others that have not. */
function openState(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  const unknown = { state: "unknown", settledHash: "1:before" } as const;
  noteTried(
    db,
    unknown,
    { ...unknown, batch: -3 },
    { ...unknown, state: "failed" },
    { ...unknown, groupKey: "[4,5]" },
  );
  return db;
}

/** `verify` is asked in a run on this state. */
function ask(
  db: DatabaseSync,
  { context = {}, model = MODEL, wishes = WISHES }: {
    context?: Partial<RunContext>;
    model?: Model;
    wishes?: ModelWishes;
  } = {},
) {
  let batchId = -10;
  const parts: Partial<RunContext> = {
    db,
    projectId: "p-1",
    runId: 2,
    now: () => "2026-01-02T00:00:00Z",
    nextBatchId: () => batchId--,
    commits: {
      add: (write: () => void) => Promise.resolve(write()),
      addUnawaited: (write: () => void) => write(),
    } as RunContext["commits"],
    ...context,
  };
  const asking = new VerifiedChanges(
    parts as RunContext,
    model,
    wishes,
    (text) => text.replaceAll("s3cret", "***"),
  );
  const take = (change: number, answer: unknown, why?: string) =>
    asking.take({
      type: "verified",
      change,
      answer: answer as boolean,
      ...(why !== undefined && { why }),
    });
  return { asking, take };
}

const entryOf = (db: DatabaseSync, id: number) => new LedgerReader(db, MODEL.name).get(`[${id}]`);
const storyOf = (db: DatabaseSync, id: number) =>
  deliveriesOf(db, MODEL.name, `[${id}]`, 10).map((
    { state, error, batch },
  ) => [state, error, batch]);

Deno.test("verify is asked of what may have arrived, where that is kept for a person", () => {
  using db = openState();
  const asked = (more: Parameters<typeof ask>[1]) => ask(db, more).asking.messages;
  const messages = asked({});
  assert.deepEqual(messages.map(({ change, key }) => [change, ...key]), [[1, 1], [2, 2]]);
  const change = { id: 1, groupKey: "[1]", contentHash: "1:a", action: "update" } as const;
  const { contentFrom } = loadKeyNames(db, MODEL.name);
  const key = { projectId: "p-1", model: MODEL.name, changes: [change], place: FIRST, contentFrom };
  assert.equal(messages[0]?.idempotencyKey, changeKey(key), "that of its first request");
  assert.equal(messages[1]?.idempotencyKey, undefined, "of a part of a batch there is none");
  assert.deepEqual(asked({ wishes: { ...WISHES, resend: true } }), []);
  assert.deepEqual(asked({ wishes: { ...WISHES, adopt: true } }), []);
  assert.deepEqual(asked({ model: { ...MODEL, directives: { uniqueKey: ["id"] } } }), []);
});

Deno.test("what verify says was sent is settled, and what it says was not is to be tried again", () => {
  using db = openState();
  const { asking, take } = ask(db);
  take(1, true);
  assert.deepEqual(asking.told, { sent: 1, not_sent: 0, left: 0 });
  take(2, false);
  const [sent, unsent] = [entryOf(db, 1), entryOf(db, 2)];
  assert.deepEqual([sent?.id, sent?.state, sent?.settledHash], [1, "settled", undefined]);
  assert.equal(sent?.error, undefined);
  assert.deepEqual([unsent?.id, unsent?.state, unsent?.settledHash], [2, "failed", "1:before"]);
  assert.deepEqual([unsent?.error, unsent?.parked], [VERIFIED_AS_NOT_SENT, false]);
  assert.deepEqual(storyOf(db, 1), [["settled", VERIFIED_AS_SENT, 0]]);
  assert.deepEqual(storyOf(db, 2), [["settled", VERIFIED_AS_NOT_SENT, -3]]);
  assert.deepEqual(asking.told, { sent: 1, not_sent: 1, left: 0 });
});

Deno.test("what verify does not know stays unknown; what it has thrown is told, once for each thing", () => {
  using db = openState();
  const first = ask(db);
  first.take(1, null, "has s3cret");
  first.take(2, null);
  assert.deepEqual(first.asking.told, { sent: 0, not_sent: 0, left: 2 });
  assert.deepEqual([entryOf(db, 1)?.state, entryOf(db, 2)?.state], ["unknown", "unknown"]);
  assert.deepEqual(storyOf(db, 1), [["unknown", "verify() has ***", 0]]);
  assert.deepEqual(storyOf(db, 2), []);
  ask(db).take(1, null, "has s3cret");
  assert.equal(storyOf(db, 1).length, 1, "that is no news");
  ask(db).take(1, null, "has another one");
  assert.equal(storyOf(db, 1).length, 2);
  const asking = ask(db);
  const question = asking.asking.questionOf(1);
  asking.take(1, null, "has another one");
  assert.deepEqual(storyOf(db, 1)[0], ["unknown", "verify() has another one", question]);
});

Deno.test("what verify settles is told each time, also where it was said before", () => {
  using db = openState();
  for (const times of [1, 2]) {
    ask(db).take(1, false);
    db.exec(`UPDATE "spoor.ledger" SET state = 'unknown' WHERE id = 1`);
    assert.equal(storyOf(db, 1).length, times);
  }
});

Deno.test("requests of verify are recorded by an id of their own, one for each change", () => {
  using db = openState();
  const { asking } = ask(db);
  assert.equal(asking.questionOf(undefined), undefined);
  assert.equal(asking.questionOf(3), undefined, "it was not asked about that one");
  assert.deepEqual([1, 2, 1].map((id) => asking.questionOf(id)), [-10, -11, -10]);
  const kept = db.prepare(`SELECT value FROM "spoor.meta" WHERE value = '-11'`).get();
  assert.ok(kept, "no batch gets it");
});

Deno.test("an answer about what was not asked, a second one and one that is none are a forged one's", () => {
  using db = openState();
  const { take } = ask(db);
  const refused = (change: number, answer: unknown) =>
    assert.throws(() => take(change, answer), { name: "GuestError" });
  refused(3, true);
  refused(4, true);
  refused(1, "yes");
  refused(1, undefined);
  take(1, false);
  refused(1, true);
  assert.equal(entryOf(db, 1)?.state, "failed");
});

Deno.test("neither a plan nor where it is applied takes an answer of verify", () => {
  // That they are there is all that is asked of them.
  for (const context of [{ plan: {} }, { planned: {} }] as unknown as Partial<RunContext>[]) {
    using db = openState();
    const { asking, take } = ask(db, { context });
    take(1, true);
    take(2, false);
    assert.deepEqual(asking.told, { sent: 0, not_sent: 0, left: 0, not_asked: 2 });
    assert.deepEqual([entryOf(db, 1)?.state, entryOf(db, 2)?.state], ["unknown", "unknown"]);
  }
});
