import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { UserError } from "~/base/user_error.ts";
import type { Directives, Model } from "~/model/model.ts";
import type { ModelWishes } from "~/run/models/model_wishes.ts";
import { formerKeysOf } from "~/store/changes/former_keys.ts";
import { type LedgerEntry, LedgerReader } from "~/store/changes/ledger.ts";
import { runOfPending } from "~/store/changes/pending.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { acceptAll } from "~/tracked/accept/accept_all.ts";
import { acceptedTableName, COLUMNS_ID } from "~/tracked/accept/accepted_table.ts";
import { dropChanges, findChanges } from "~/tracked/compare/find_changes.ts";
import { noteTried } from "./ledger_fixture.ts";
import { takeNewKey } from "./take_new_key.ts";

const WISHES: ModelWishes = {
  resend: false,
  adopt: false,
  allowRemoved: false,
  allowChanges: false,
};

/** A model that has accepted these rows by their `id`, and has a change waiting. */
function openState(rows = "(1, 'ada@x'), (2, 'bob@x')"): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  db.exec(`CREATE TABLE src (id, email); INSERT INTO src VALUES ${rows};
    INSERT INTO "spoor.pending" VALUES ('sync.crm', 1, 1, 'create', '[3]')`);
  const changes = findChanges(db, {
    model: "sync.crm",
    uniqueKey: ["id"],
    select: "SELECT * FROM src",
    columns: ["id", "email"],
    params: [],
    tried: [],
    everything: false,
  });
  acceptAll(db, changes);
  dropChanges(db, changes);
  return db;
}

function take(
  db: DatabaseSync,
  directives: Partial<Directives> = {},
  wishes: Partial<ModelWishes> = {},
): number {
  const model: Model = {
    name: "sync.crm",
    language: "ts",
    path: "models/sync/crm.ts",
    kind: "tracked",
    directives: { uniqueKey: ["email"], ...directives },
    directiveLines: { unique_key: 2 },
    references: [],
    fingerprint: "",
  };
  const run = { runId: 2, stateOption: "" };
  return takeNewKey(db, model, { ...WISHES, ...wishes }, new LedgerReader(db, model.name), run);
}

const entriesIn = (db: DatabaseSync) => [...new LedgerReader(db, "sync.crm").each()].length;

Deno.test("a unique key that is the same, whatever its case, changes nothing", () => {
  using db = openState();
  noteTried(db, { id: 1, state: "unknown", parked: true });
  assert.equal(take(db, { uniqueKey: ["ID"] }), 0);
  assert.equal(entriesIn(db), 1);
  assert.deepEqual([runOfPending(db, "sync.crm"), formerKeysOf(db, "sync.crm")], [1, []]);
});

Deno.test("under another unique key nothing is left of the ledger and of what waits, and it is noted which one was", () => {
  using db = openState();
  noteTried(db, { id: 1, state: "rejected", parked: true });
  noteTried(db, { id: 2, state: "failed", moved: true });
  noteTried(db, { id: 3, state: "failed", parked: true });
  assert.equal(take(db), 2, "those that were parked");
  assert.equal(entriesIn(db), 0);
  assert.equal(runOfPending(db, "sync.crm"), undefined);
  assert.deepEqual(formerKeysOf(db, "sync.crm"), [{ columns: ["id"], until: 2 }]);
  const doubted = db.prepare(
    `SELECT id FROM "${acceptedTableName("sync.crm")}" WHERE ${COLUMNS_ID} < 0`,
  ).all().map(({ id }) => id);
  assert.deepEqual(doubted, [2], "what a try may have changed, and nothing else");
});

Deno.test("what may have arrived, or was settled and not looked at, is open under the former key", () => {
  const isOpen = (tried: Partial<LedgerEntry>, wishes?: Partial<ModelWishes>) => {
    using db = openState();
    noteTried(db, { id: 1, ...tried });
    try {
      take(db, {}, wishes);
      return false;
    } catch (error) {
      assert.ok(error instanceof UserError);
      assert.equal(entriesIn(db), 1);
      assert.deepEqual(error.details, ["id = 1"]);
      return true;
    }
  };
  assert.equal(isOpen({ state: "unknown" }), true);
  assert.equal(isOpen({ state: "sent" }), true);
  assert.equal(isOpen({ state: "unknown" }, { resend: true }), true);
  assert.equal(isOpen({ state: "settled" }), true);
  assert.equal(isOpen({ state: "settled", settledHash: "1:a" }), false);
  assert.equal(isOpen({ state: "failed", moved: true }), false);
});

Deno.test("what is open is told with what to do about it", () => {
  const refusal = (tried: Partial<LedgerEntry>, directives?: Partial<Directives>) => {
    using db = openState();
    for (let id = 1; id <= 11; id++) noteTried(db, { id, ...tried });
    try {
      take(db, directives);
    } catch (error) {
      assert.ok(error instanceof UserError);
      return [error.message, error.hint, error.details?.length, error.details?.at(-1)];
    }
    assert.fail("it was let through");
  };
  const [message, hint, lines, last] = refusal({ state: "unknown" });
  assert.match(
    String(message),
    /the far side may have 11 groups of the former key, and that is open$/,
  );
  assert.match(
    String(hint),
    /Give it back "@unique_key: id" and run it until "spoor failures sync\.crm"/,
  );
  assert.equal(lines, 11);
  assert.match(String(last), /1 more/);
  const [, once] = refusal({ state: "unknown" }, { delivery: "at_most_once" });
  assert.match(String(once), /settle what "spoor unknown sync\.crm" lists, and run it once/);
  const moved: Partial<LedgerEntry> = { state: "failed", moved: true };
  const [, later] = refusal(moved, { delivery: "at_most_once", onRemoved: "deliver" });
  assert.match(String(later), /run it until "spoor failures sync\.crm" has them no longer/);
  const [said, sayHint] = refusal({ state: "settled" }, { delivery: "at_most_once" });
  assert.match(String(said), /what was settled of 11 groups is not taken over yet$/);
  assert.match(String(sayHint), / and run it once; then change the key$/);
});

Deno.test("where only a part of what is open was settled, the rest is what is told", () => {
  using db = openState();
  noteTried(db, { id: 1, state: "settled" });
  noteTried(db, { id: 2, state: "unknown" });
  assert.throws(() => take(db), { message: /the far side may have 2 groups of the former key/ });
});

Deno.test("a group that only a try is known of is not forgotten where the far side is told of removals", () => {
  const moved: Partial<LedgerEntry> = { state: "failed", moved: true };
  const isLetThrough = (
    id: number,
    directives: Partial<Directives>,
    wishes?: Partial<ModelWishes>,
  ) => {
    using db = openState();
    noteTried(db, { id, ...moved });
    try {
      take(db, directives, wishes);
      return true;
    } catch {
      return false;
    }
  };
  assert.equal(isLetThrough(3, { onRemoved: "deliver" }), false);
  assert.equal(isLetThrough(3, { onRemoved: "deliver" }, { resend: true }), true);
  assert.equal(isLetThrough(3, { onRemoved: "deliver" }, { adopt: true }), true);
  assert.equal(isLetThrough(2, { onRemoved: "deliver" }), true, "it was accepted");
  assert.equal(isLetThrough(3, { onRemoved: "keep" }), true);
  assert.equal(isLetThrough(3, {}), true);
});

Deno.test("accepted rows without a value in the new key are counted, and go out as new only where that is allowed", () => {
  const refused = (uniqueKey: string[], wishes?: Partial<ModelWishes>) => {
    using db = openState("(1, 'ada@x'), (2, NULL), (3, NULL)");
    try {
      take(db, { uniqueKey }, wishes);
      return undefined;
    } catch (error) {
      return (error as Error).message.replace(/^.*: /, "");
    }
  };
  assert.equal(refused(["email"]), '2 of 3 accepted rows have no "email"');
  assert.equal(refused(["id", "email"]), '2 of 3 accepted rows have no "id", "email"');
  assert.equal(refused(["email"], { allowChanges: true }), undefined);
  assert.equal(refused(["email"], { resend: true }), undefined);
  assert.equal(refused(["email"], { adopt: true }), undefined);
  assert.equal(refused(["phone"]), '3 of 3 accepted rows have no "phone"');
  assert.equal(refused(["phone"], { allowChanges: true }), '3 of 3 accepted rows have no "phone"');
});

Deno.test("where nothing was accepted another number of columns tells that the key is another", () => {
  using db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  noteTried(db, { id: 1, state: "failed", parked: true });
  assert.equal(take(db), 0);
  assert.equal(entriesIn(db), 1);

  const two = { uniqueKey: ["id", "email"] };
  noteTried(db, { id: 2, state: "failed", moved: true });
  assert.throws(() => take(db, { ...two, onRemoved: "deliver" }), {
    name: UserError.name,
    message: /the far side may have 1 group of the former key/,
    hint: /Give it back the key that it had and run it until/,
  });
  assert.equal(take(db, two), 1);
  assert.equal(entriesIn(db), 0);
  assert.deepEqual(formerKeysOf(db, "sync.crm"), [{ columns: [], until: 2 }]);
});
