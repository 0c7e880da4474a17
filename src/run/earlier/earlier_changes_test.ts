import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { CUT_OFF } from "~/store/changes/cut_off.ts";
import { type LedgerEntry, LedgerReader } from "~/store/changes/ledger.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { holdCandidates, lateRepeats, sameChange, triedGroups, turnOf } from "./earlier_changes.ts";
import { entryOf, noteTried } from "./ledger_fixture.ts";

const TRIED = entryOf({ error: "It failed" });

/** A ledger of these entries; their ids, and keys, go by their order from 1. */
function ledgerOf(...tried: readonly Partial<LedgerEntry>[]) {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  noteTried(db, ...tried.map((each) => ({ error: "It failed", ...each })));
  return { earlier: new LedgerReader(db, "sync.crm"), [Symbol.dispose]: () => db.close() };
}

const unknown: Partial<LedgerEntry> = { state: "unknown" };
const inVain: Partial<LedgerEntry> = { state: "unknown", attempts: 2 };
const cutOff: Partial<LedgerEntry> = { state: "unknown", attempts: 2, error: CUT_OFF };

Deno.test("only what was repeated in vain comes last, and a batch only where all of it was", () => {
  using made = ledgerOf(
    unknown,
    inVain,
    cutOff,
    { ...inVain, batch: -1 },
    { ...inVain, batch: -1 },
    { ...inVain, batch: -2 },
    { ...unknown, batch: -2 },
    { ...inVain, batch: -3 },
    { ...cutOff, batch: -3 },
    { state: "failed", attempts: 2 },
  );
  assert.deepEqual([...lateRepeats(made.earlier)], [2, -1]);
});

Deno.test("what was tried before is told with its batch, its place, and what may be there of it", () => {
  using made = ledgerOf(
    { ...unknown, batch: -7, place: 3 },
    inVain,
    { state: "failed" },
    { state: "failed", action: "remove" },
    { state: "failed", action: "remove", attempts: 0 },
    { state: "rejected" },
    { state: "rejected", moved: true },
    { state: "settled" },
    { state: "rejected", moved: true, action: "remove" },
  );
  const told = (readsRemoved: boolean) =>
    [...triedGroups(made.earlier, readsRemoved)]
      .map(({ key, isForced, batch, place, mayBeThere, isLate }) => [
        ...key,
        isForced,
        batch,
        place,
        mayBeThere,
        isLate,
      ]);
  assert.deepEqual(told(true), [
    [1, true, -7, 3, true, false],
    [2, true, 2, 0, true, true],
    [3, false, 0, 0, false, false],
    [4, false, 0, 0, false, true],
    [5, false, 0, 0, false, false],
    [7, true, 0, 0, true, false],
    [8, true, 0, 0, false, false],
    [9, true, 0, 0, true, false],
  ]);
  assert.ok(told(false).every(([, , , , mayBeThere]) => mayBeThere === false));
});

Deno.test("turnOf() has repeats by their batches, what failed after the news, and what was refused among them", () => {
  const late = new Set([1]);
  assert.equal(turnOf(undefined, late), "news");
  assert.equal(turnOf({ ...TRIED, state: "rejected" }, late), "news");
  assert.equal(turnOf({ ...TRIED, state: "rejected", moved: true }, late), "failed");
  assert.equal(turnOf(TRIED, late), "failed");
  const repeat: LedgerEntry = { ...TRIED, state: "unknown", place: 4 };
  assert.deepEqual(turnOf(repeat, late), { batch: 1, place: 4, isLate: true });
  assert.deepEqual(turnOf({ ...repeat, batch: -9 }, late), { batch: -9, place: 4, isLate: false });
});

Deno.test("what is parked, was refused or may have arrived is held back as it stands; what failed is not", () => {
  using made = ledgerOf(
    { state: "failed" },
    { state: "failed", parked: true },
    { state: "rejected" },
    unknown,
    { state: "settled" },
  );
  const held = (promise: "at_least_once" | "at_most_once") => {
    const candidates = holdCandidates(made.earlier, promise);
    assert.ok(candidates);
    assert.deepEqual([...candidates.keys()], [[2], [3], [4]]);
    return [1, 2, 3, 4, 5, 6].map((id) => {
      const found = candidates.find(`[${id}]`);
      return found && [found.isHeld({ hash: "1:a" }), found.isParked];
    });
  };
  assert.deepEqual(held("at_least_once"), [
    undefined,
    [true, true],
    [false, false],
    [false, false],
    undefined,
    undefined,
  ]);
  assert.deepEqual(held("at_most_once")[3], [true, false]);
});

Deno.test("sameChange() knows a change by its content, and a removal by being one", () => {
  const update = { action: "update", hash: "1:a" } as const;
  const remove = { action: "remove", hash: "" } as const;
  const removed: LedgerEntry = { ...TRIED, action: "remove" };
  assert.equal(sameChange(undefined, update), undefined);
  assert.equal(sameChange(TRIED, update), TRIED);
  assert.equal(sameChange(TRIED, { ...update, action: "create" }), TRIED);
  assert.equal(sameChange(TRIED, { ...update, hash: "1:b" }), undefined);
  assert.equal(sameChange(removed, remove), removed);
  assert.equal(sameChange(removed, update), undefined, "it came back as it was");
  assert.equal(sameChange(TRIED, { action: "remove", hash: "1:a" }), undefined);
});
