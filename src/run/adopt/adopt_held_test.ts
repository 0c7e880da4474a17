import fc from "fast-check";
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import Papa from "papaparse";
import type { ChangeAction, GroupNow } from "~/delivery/earlier_try.ts";
import type { Model, OnRemoved } from "~/model/model.ts";
import { columnList, quoteIdentifier, temp } from "~/sql/identifiers.ts";
import { checkState } from "~/state/check_state.ts";
import { deliveriesOf } from "~/store/changes/group_story.ts";
import { Ledger, LedgerReader } from "~/store/changes/ledger.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { acceptAll, forgetRemoved } from "~/tracked/accept/accept_all.ts";
import { dropChanges, findChanges } from "~/tracked/compare/find_changes.ts";
import type { HoldCandidates } from "~/tracked/compare/hold_back.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { countFrom } from "~/warehouse/tables.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import { tempFolder } from "../../../tests/support/temp_folder.ts";
import type { Adoption } from "./adopt_changes.ts";
import { adoptHeld, copyOfQuery } from "./adopt_held.ts";
import type { HeldSource } from "./held_source.ts";

type Row = Record<string, SqlValue>;

const COLUMNS = ["id", "part", "name", "score", "active", "mixed"];
const SELECT = `SELECT * FROM "raw.people"`;
const SOURCE: HeldSource = {
  type: "select",
  name: "raw.crm",
  sql: `SELECT * FROM "raw.crm"`,
  tables: ["raw.crm"],
};

function openState(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  db.exec(`INSERT INTO "spoor.meta" VALUES ('project_id', 'test')`);
  return db;
}

function setTable(db: DatabaseSync, table: string, rows: readonly Row[], columns: string[]): void {
  const name = quoteIdentifier(table);
  db.exec(`DROP TABLE IF EXISTS ${name}; CREATE TABLE ${name} (${columns.join(", ")})`);
  const insert = db.prepare(`INSERT INTO ${name} VALUES (${columns.map(() => "?").join(", ")})`);
  for (const row of rows) insert.run(...columns.map((column) => toBound(row[column] ?? null)));
}

function compare(db: DatabaseSync, uniqueKey: string[], holdCandidates?: HoldCandidates) {
  return findChanges(db, {
    model: "sync.people",
    uniqueKey,
    select: SELECT,
    columns: COLUMNS,
    params: [],
    tried: [],
    ...holdCandidates && { holdCandidates },
    everything: false,
  });
}

/** An earlier run: all is sent and accepted. */
function acceptEarlier(db: DatabaseSync, uniqueKey: string[]): void {
  const changes = compare(db, uniqueKey);
  forgetRemoved(db, changes);
  acceptAll(db, changes);
  dropChanges(db, changes);
}

function adopt(
  db: DatabaseSync,
  source: HeldSource,
  uniqueKey: string[],
  onRemoved: OnRemoved = "forget",
): Adoption {
  const model = { name: "sync.people", directives: { uniqueKey } } as unknown as Model;
  return inTransaction(db, () => {
    const copy = copyOfQuery(db, { select: SELECT, columns: COLUMNS, params: [] });
    const changes = findChanges(db, {
      model: model.name,
      uniqueKey,
      ...copy,
      tried: [],
      everything: false,
    });
    const context = {
      db,
      model,
      runId: 1,
      now: () => "2026-01-31T14:05:09Z",
      source,
      onRemoved,
      promise: "at_least_once" as const,
      maxAttempts: 3,
      nextChangeId: () => 1,
    };
    const adoption = adoptHeld(context, copy.table, changes, new LedgerReader(db, model.name));
    for (const table of [changes.comparison.rowsTable, changes.comparison.triedTable]) {
      assert.equal(countFrom(db, temp(table)), 0, "nothing is given to the model");
    }
    dropChanges(db, adoption.changes);
    return adoption;
  });
}

/** Keys of the groups that the next run would send. */
function keysToSend(db: DatabaseSync, uniqueKey: string[]): Set<string> {
  const changes = compare(db, uniqueKey);
  const list = columnList(uniqueKey);
  const keys = db.prepare(
    `SELECT DISTINCT ${list} FROM ${temp(changes.comparison.rowsTable)}`,
  ).all().map((row) => keyOf(row as Row, uniqueKey));
  dropChanges(db, changes);
  return new Set(keys);
}

function keyOf(row: Row, uniqueKey: readonly string[]): string {
  return JSON.stringify(uniqueKey.map((key) => String(row[key])));
}

// ── a plain reference ────────────────────────────────────────────────────────────────────────────

/** Groups of which the far side has not just these rows, by what a person would read in them. */
function referenceDifferences(
  here: readonly Row[],
  there: readonly Row[],
  uniqueKey: string[],
  compared: string[],
  read: (value: SqlValue) => unknown,
): Set<string> {
  const contentOf = (rows: readonly Row[]) =>
    JSON.stringify(
      rows.map((row) => JSON.stringify(compared.map((column) => read(row[column] ?? null)))).sort(),
    );
  const [own, far] = [here, there].map((rows) =>
    Map.groupBy(rows, (row) => keyOf(row, uniqueKey))
  ) as [Map<string, Row[]>, Map<string, Row[]>];
  return new Set(
    [...own].filter(([key, rows]) => contentOf(rows) !== contentOf(far.get(key) ?? []))
      .map(([key]) => key),
  );
}

const asText = (value: SqlValue) => value === null ? "" : String(value);
const asValue = (value: SqlValue) => [typeof value, value];

// ── random tables ────────────────────────────────────────────────────────────────────────────────

const NAMES = ["Ada", "ada", "", " Ada", "Zoë", 'a,"b"', "two\nlines", "1", "true", null];
const MIXED = [1, "one", "", null, 2.5, "2"];
const value = {
  name: fc.constantFrom(...NAMES),
  score: fc.constantFrom(1, -2, 10, 2.5, 0.1 + 0.2, 9_007_199_254_740_993n, null),
  active: fc.constantFrom(0, 1),
  mixed: fc.constantFrom(...MIXED),
};
const row = fc.record({
  id: fc.integer({ min: 1, max: 6 }),
  part: fc.constantFrom("a", "b"),
  ...value,
});

type Edit = { at: number; type: "drop" | "twice" } | { at: number; type: "set"; row: Row };

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ at: fc.nat(20), type: fc.constantFrom("drop" as const, "twice" as const) }),
  fc.record({ at: fc.nat(20), type: fc.constant("set" as const), row: fc.record(value) }),
);

/** What became of a copy at the far side. */
function edited(rows: readonly Row[], edits: readonly Edit[], more: readonly Row[]): Row[] {
  const there = rows.map((each) => ({ ...each }));
  for (const each of edits) {
    const at = each.at % Math.max(1, there.length);
    const found = there[at];
    if (!found) continue;
    if (each.type === "drop") there.splice(at, 1);
    else if (each.type === "twice") there.push({ ...found });
    else if (each.type === "set") Object.assign(found, each.row);
  }
  return [...there, ...more];
}

const scenario = fc.record({
  before: fc.array(row, { maxLength: 8 }),
  rows: fc.array(row, { minLength: 1, maxLength: 10 }),
  /** What an earlier export had; none: there was none. */
  first: fc.option(fc.array(edit, { maxLength: 3 }), { nil: undefined }),
  edits: fc.array(edit, { maxLength: 4 }),
  more: fc.array(row, { maxLength: 2 }),
  compared: fc.subarray(["name", "score", "active", "mixed"], { minLength: 1 }),
  uniqueKey: fc.constantFrom<string[][]>(["id"], ["part", "id"]),
  onRemoved: fc.constantFrom("forget" as const, "keep" as const, "deliver" as const),
});

interface Scenario {
  before: Row[];
  rows: Row[];
  first: Edit[] | undefined;
  edits: Edit[];
  more: Row[];
  compared: string[];
  uniqueKey: string[];
  onRemoved: OnRemoved;
}

function play(
  { before, rows, first, edits, more, compared: asked, uniqueKey, onRemoved }: Scenario,
  makeSource: (db: DatabaseSync, there: Row[], columns: string[]) => HeldSource,
  read: (value: SqlValue) => unknown,
): void {
  using db = openState();
  setTable(db, "raw.people", before, COLUMNS);
  if (before.length > 0) acceptEarlier(db, uniqueKey);
  setTable(db, "raw.people", rows, COLUMNS);
  // With the key ["id"] the part is a column like others.
  const compared = uniqueKey.includes("part") ? asked : [...asked, "part"];
  const columns = [...uniqueKey, ...compared].reverse();
  const own = new Set(rows.map((each) => keyOf(each, uniqueKey)));
  const meets = (far: readonly Row[]) => far.some((each) => own.has(keyOf(each, uniqueKey)));
  const thereFirst = first && edited(rows, first, more);
  const isSaidTwice = thereFirst !== undefined && meets(thereFirst);
  if (isSaidTwice) adopt(db, makeSource(db, thereFirst, columns), uniqueKey, onRemoved);
  const there = edited(rows, edits, more);
  const isMet = meets(there);
  const source = makeSource(db, there, columns);
  if (!isMet) {
    const before = [...keysToSend(db, uniqueKey)];
    assert.throws(() => adopt(db, source, uniqueKey, onRemoved), /Cannot adopt sync\.people/);
    assert.deepEqual([...keysToSend(db, uniqueKey)], before);
    return;
  }
  const expected = referenceDifferences(rows, there, uniqueKey, compared, read);

  const { told } = adopt(db, source, uniqueKey, onRemoved);

  assert.deepEqual([...keysToSend(db, uniqueKey)].sort(), [...expected].sort());
  const groups = new Set(rows.map((each) => keyOf(each, uniqueKey))).size;
  assert.equal(told?.same, groups - expected.size);
  assert.equal((told?.differ ?? 0) + (told?.not_there ?? 0), expected.size);
  const changes = compare(db, uniqueKey);
  assert.deepEqual([changes.new, changes.changed], [told?.not_there, told?.differ]);
  // What leaves the query later is offered for removal only if this model has sent it, and it is there.
  const far = new Set(there.map((each) => keyOf(each, uniqueKey)));
  const farFirst = isSaidTwice ? new Set(thereFirst.map((each) => keyOf(each, uniqueKey))) : far;
  const gone = new Set(
    before.map((each) => keyOf(each, uniqueKey)).filter((key) =>
      !own.has(key) && far.has(key) && farFirst.has(key)
    ),
  );
  assert.equal(changes.removed, onRemoved === "forget" ? 0 : gone.size);
  assert.equal(told?.to_remove, onRemoved === "deliver" ? gone.size : 0);
  assert.deepEqual(checkState({ db, isOfProject: () => true }).findings, []);
}

Deno.test("--held with a CSV file leaves exactly what truly differs to be sent", () => {
  using folder = tempFolder();
  const path = `${folder.path}/people.csv`;
  fc.assert(
    fc.property(scenario, (given) => {
      play(given, (_, there, columns) => {
        const rows = there.map((each) => columns.map((column) => asText(each[column] ?? null)));
        Deno.writeTextFileSync(path, Papa.unparse([columns, ...rows]));
        return { type: "csv", name: "people.csv", path };
      }, asText);
    }),
    { numRuns: 90 },
  );
});

Deno.test("--held with a table leaves exactly what truly differs to be sent, types included", () => {
  fc.assert(
    fc.property(scenario, (given) => {
      play(given, (db, there, columns) => {
        setTable(db, "raw.crm", there, columns);
        return SOURCE;
      }, (each) => typeof each === "bigint" ? String(each) : asValue(each));
    }),
    { numRuns: 60 },
  );
});

Deno.test("--held keeps in doubt what it has not looked at: it is sent, whatever the query has of it later", () => {
  using db = openState();
  const people: Row[] = [1, 2, 3].map((id) => ({
    id,
    part: "a",
    name: "Ada",
    score: 1,
    active: 1,
    mixed: 1,
  }));
  const there = people.map((each) => each.id === 2 ? { ...each, name: "Bob" } : each);
  setTable(db, "raw.people", people, COLUMNS);
  acceptEarlier(db, ["id"]);
  setTable(db, "raw.people", people.slice(0, 2), COLUMNS);
  setTable(db, "raw.crm", there, ["id", "name"]);
  adopt(db, SOURCE, ["id"], "keep");
  // The one that differs is as it is there by now, and the one that had left is back.
  setTable(db, "raw.people", there, COLUMNS);
  assert.deepEqual([...keysToSend(db, ["id"])].sort(), ['["2"]', '["3"]']);
});

Deno.test("--held notes what is left, and says how much of it no run sends by itself", () => {
  using db = openState();
  const rowOf = (id: number, name: string): Row => ({
    id,
    part: "a",
    name,
    score: 1,
    active: 1,
    mixed: 1,
  });
  const people = [rowOf(1, "Ada"), rowOf(2, "Bob"), rowOf(3, "Cy"), rowOf(6, "Fo")];
  setTable(db, "raw.people", people, COLUMNS);
  acceptEarlier(db, ["id"]);
  const here = [rowOf(1, "Ada"), rowOf(2, "Bo"), rowOf(4, "Di"), rowOf(5, "Ed"), rowOf(6, "Fy")];
  setTable(db, "raw.people", here, COLUMNS);
  setTable(db, "raw.crm", people, COLUMNS);
  let hash = "";
  const held = {
    keys: () => [[2]],
    find: () => ({ isHeld: (now: GroupNow) => Boolean(hash = (now as { hash: string }).hash) }),
  };
  dropChanges(db, compare(db, ["id"], held));
  const ledger = new Ledger(db, "sync.people");
  const note = (id: number, groupKey: string, action: ChangeAction, contentHash = "1:a") => {
    const change = { id, groupKey, contentHash, batch: 0, place: 0, attempts: 3, action };
    const stand = { state: "failed", parked: true, runId: 1, at: "2026-01-01T00:00:00Z" } as const;
    ledger.write([{ ...change, moved: false, settledHash: undefined }], stand);
  };
  note(1, "[2]", "update", hash);
  note(2, "[3]", "remove");
  note(3, "[4]", "update", "1:another");
  note(4, "[1,2]", "update");
  note(5, "[6]", "remove");
  note(6, "[1]", "update");

  const { told } = adopt(db, SOURCE, ["id"], "deliver");

  assert.deepEqual([told?.differ, told?.not_there, told?.to_remove], [2, 2, 1]);
  assert.equal(told?.held_back, 2, "what is parked as it is now, and the removal that is");
  const pending = db.prepare(`SELECT group_key FROM "spoor.pending" ORDER BY number`).all();
  assert.deepEqual(pending.map(({ group_key: key }) => key), ["[5]"], "others have their state");
  assert.equal(new LedgerReader(db, "sync.people").get("[1]"), undefined, "it is the same there");
  const words = ["[1]", "[2]", "[4]"].map((key) =>
    deliveriesOf(db, "sync.people", key, 1)[0]?.error
  );
  assert.deepEqual(words, [
    "1 group recorded as sent, as in raw.crm; 2 differ, 2 not there, 1 there that left the query",
    "differs in raw.crm",
    "is not in raw.crm",
  ]);
});

Deno.test("--held refuses to compare what a file cannot tell apart, and a query that gives nothing", () => {
  using db = openState();
  using folder = tempFolder();
  const source: HeldSource = { type: "csv", name: "crm.csv", path: `${folder.path}/crm.csv` };
  Deno.writeTextFileSync(source.path, "id,name\n42,Ada\n");
  const rowOf = (id: SqlValue): Row => ({
    id,
    part: "a",
    name: "Ada",
    score: 1,
    active: 1,
    mixed: 1,
  });
  setTable(db, "raw.people", [rowOf(42), rowOf("42")], COLUMNS);
  assert.throws(() => adopt(db, source, ["id"]), {
    message: /its query has 42 as a number and as a text, which a CSV file does not tell apart$/,
  });
  assert.equal(
    keysToSend(db, ["id"]).size,
    1,
    "both are written the same, and are still to be sent",
  );

  setTable(db, "raw.people", [rowOf(42), rowOf("x")], COLUMNS);
  assert.equal(
    adopt(db, source, ["id"]).told?.same,
    1,
    "keys of two types that differ are told apart",
  );
  setTable(db, "raw.people", [], COLUMNS);
  assert.throws(() => adopt(db, source, ["id"]), {
    message: "Cannot adopt sync.people: its query gives no rows to compare",
  });
});

Deno.test("--held moves the target by what is not there, and by nothing where all is the same", () => {
  using db = openState();
  const here: Row[] = [1, 2].map((id) => ({
    id,
    part: "a",
    name: "Ada",
    score: 1,
    active: 1,
    mixed: 1,
  }));
  setTable(db, "raw.people", here, COLUMNS);
  acceptEarlier(db, ["id"]);
  const hasWritten = (there: readonly Row[]) => {
    setTable(db, "raw.crm", there, COLUMNS);
    return adopt(db, SOURCE, ["id"]).hasWritten;
  };
  assert.equal(hasWritten(here), false);
  assert.equal(hasWritten(here.slice(1)), true, "the first is in the target no more");
  assert.equal(hasWritten(here.slice(1)), false);
  assert.equal(hasWritten(here), true, "it is there again");
  setTable(db, "raw.people", here.slice(1), COLUMNS);
  assert.equal(hasWritten(here), true, "what has left the query is forgotten");
});
