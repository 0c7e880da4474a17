import fc from "fast-check";
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "~/store/schema.ts";
import { acceptAll, forgetRemoved } from "~/tracked/accept/accept_all.ts";
import { Acknowledger } from "~/tracked/accept/acknowledger.ts";
import { ensureTargetTable } from "~/tracked/accept/target_table.ts";
import { type SqlValue, toBound } from "~/warehouse/values.ts";
import { type ChangedGroup, ChangedGroupReader } from "./changed_group_reader.ts";
import { dropChanges, findChanges, type TriedGroup } from "./find_changes.ts";

/** A database with Spoor's own tables and a table `src` of the given columns. */
function openSource(columns = "id, name, tier"): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  db.exec(`CREATE TABLE src (${columns})`);
  return db;
}

function setRows(db: DatabaseSync, rows: readonly (readonly SqlValue[])[]): void {
  db.exec("DELETE FROM src");
  const insert = db.prepare(
    `INSERT INTO src VALUES (${(rows[0] ?? [0, 0, 0]).map(() => "?").join(",")})`,
  );
  for (const row of rows) insert.run(...row.map(toBound));
}

interface Options {
  select?: string;
  columns?: readonly string[];
  uniqueKey?: readonly string[];
  tried?: readonly TriedGroup[];
  everything?: boolean;
}

function find(db: DatabaseSync, options: Options = {}) {
  return findChanges(db, {
    model: "sync.crm",
    uniqueKey: options.uniqueKey ?? ["id"],
    select: options.select ?? "SELECT id, name, tier FROM src",
    columns: options.columns ?? ["id", "name", "tier"],
    params: [],
    tried: options.tried ?? [],
    everything: options.everything ?? false,
  });
}

/** What changed, as counts and as the keys delivered, and then accepts it all. */
function sync(db: DatabaseSync, options: Options = {}) {
  const changes = find(db, options);
  const { groups } = new ChangedGroupReader(db, changes.comparison).read(1_000_000);
  forgetRemoved(db, changes);
  acceptAll(db, changes);
  dropChanges(db, changes);
  const { new: added, changed, unchanged, removed } = changes;
  return { counts: [added, changed, unchanged, removed], keys: groups.map((group) => group.key) };
}

Deno.test("findChanges() finds all new at first, then nothing", () => {
  using db = openSource();
  setRows(db, [[1, "Ada", 1], [2, "Grace", 2]]);
  assert.deepEqual(sync(db), { counts: [2, 0, 0, 0], keys: [[1], [2]] });
  assert.deepEqual(sync(db), { counts: [0, 0, 2, 0], keys: [] });
});

Deno.test("findChanges() finds one changed row among many", () => {
  using db = openSource();
  setRows(db, [[1, "Ada", 1], [2, "Grace", 2], [3, "Edsger", 3]]);
  sync(db);
  setRows(db, [[1, "Ada", 1], [2, "Grace", 9], [3, "Edsger", 3]]);
  assert.deepEqual(sync(db), { counts: [0, 1, 2, 0], keys: [[2]] });
});

Deno.test("findChanges() tells NULL, '' and 0 apart, '1' and 1, 'Gold' and 'GOLD', but not 1 and 1.0", () => {
  for (
    const [before, after, differs] of [
      [null, "", true],
      [null, 0, true],
      ["", 0, true],
      ["1", 1, true],
      ["Gold", "GOLD", true],
      ["a", "a ", true],
      [1, 1.5, true],
    ] as [SqlValue, SqlValue, boolean][]
  ) {
    using db = openSource("id INTEGER, name TEXT COLLATE NOCASE, tier");
    setRows(db, [[1, "x", before]]);
    sync(db);
    setRows(db, [[1, "x", after]]);
    assert.equal(sync(db).keys.length, differs ? 1 : 0, `${before} -> ${after}`);
  }
  using db = openSource();
  db.exec("INSERT INTO src VALUES (1, 'x', 1)");
  sync(db);
  db.exec("UPDATE src SET tier = 1.0");
  assert.equal(sync(db).keys.length, 0);
});

Deno.test("findChanges() sees a change of case through a column or an expression that ignores case", () => {
  using db = openSource("id INTEGER, name TEXT COLLATE NOCASE, tier");
  const select = "SELECT id, name COLLATE NOCASE AS name, tier FROM src";
  setRows(db, [[1, "Gold", 1]]);
  sync(db, { select });
  setRows(db, [[1, "GOLD", 1]]);
  assert.deepEqual(sync(db, { select }).keys, [[1]]);
});

Deno.test("findChanges() cannot be fooled by characters that move between columns", () => {
  using db = openSource();
  setRows(db, [[1, "ab", "c"]]);
  sync(db);
  setRows(db, [[1, "a", "bc"]]);
  assert.deepEqual(sync(db).keys, [[1]]);
});

Deno.test("findChanges() sees a row that left a group, one that joined it, and one that doubled", () => {
  using db = openSource();
  const base = [[1, "a", 1], [1, "b", 2], [2, "a", 1], [2, "b", 2]];
  setRows(db, base);
  assert.deepEqual(sync(db).counts, [2, 0, 0, 0]);
  setRows(db, [[1, "a", 1], [2, "a", 1], [2, "b", 2]]);
  assert.deepEqual(sync(db), { counts: [0, 1, 1, 0], keys: [[1]] });
  setRows(db, [...base]);
  assert.deepEqual(sync(db), { counts: [0, 1, 1, 0], keys: [[1]] });
  setRows(db, [...base, [2, "b", 2]]);
  assert.deepEqual(sync(db), { counts: [0, 1, 1, 0], keys: [[2]] });
  setRows(db, [...base.toReversed(), [2, "b", 2]]);
  assert.deepEqual(sync(db).counts, [0, 0, 2, 0]);
});

Deno.test("findChanges() sees a removed key although another came twice", () => {
  using db = openSource();
  setRows(db, [[1, "a", 1], [2, "b", 2]]);
  sync(db);
  setRows(db, [[1, "a", 1], [1, "a", 1]]);
  assert.deepEqual(sync(db), { counts: [0, 1, 0, 1], keys: [[1]] });
});

Deno.test("findChanges() does not see another order of columns, and sees a new or a renamed one", () => {
  using db = openSource();
  setRows(db, [[1, "a", 1], [2, "b", 2]]);
  sync(db);
  const turned = { select: "SELECT tier, name, id FROM src", columns: ["tier", "name", "id"] };
  assert.deepEqual(sync(db, turned).counts, [0, 0, 2, 0]);
  const added = { select: "SELECT *, 0 AS vip FROM src", columns: ["id", "name", "tier", "vip"] };
  assert.deepEqual(sync(db, added).counts, [0, 2, 0, 0]);
  assert.deepEqual(sync(db, added).counts, [0, 0, 2, 0]);
  const renamed = { select: "SELECT id, name, tier AS t FROM src", columns: ["id", "name", "t"] };
  assert.deepEqual(sync(db, renamed).counts, [0, 2, 0, 0]);
});

Deno.test("findChanges() refuses rows whose key is NULL, and shows them", () => {
  using db = openSource();
  setRows(db, [[1, "a", 1], [null, "b", 2]]);
  assert.throws(() => find(db), {
    message: "Cannot send sync.crm: 1 row has a NULL key",
    details: ["id = NULL, name = b, tier = 2"],
  });
  setRows(db, [[1, "a", 1]]);
  sync(db);
  setRows(db, [[1, "a", 1], [null, "b", 2]]);
  assert.throws(() => find(db), { message: "Cannot send sync.crm: 1 row has a NULL key" });
});

Deno.test("findChanges() brings forced groups first, batch by batch in the order of their places, though their content is as accepted", () => {
  using db = openSource();
  setRows(db, [[1, "a", 1], [2, "b", 2], [3, "c", 3], [4, "d", 4], [5, "e", 5]]);
  sync(db);
  db.exec("UPDATE src SET tier = 0 WHERE id = 1");
  const tried = [
    { key: [3], isForced: true, batch: 7, place: 1 },
    { key: [2], isForced: true, batch: 9 },
    { key: [5], isForced: true, batch: 7 },
  ];
  assert.deepEqual(sync(db, { tried }), { counts: [0, 4, 1, 0], keys: [[5], [3], [2], [1]] });
});

Deno.test("findChanges() counts a forced group that left the query as removed", () => {
  using db = openSource();
  setRows(db, [[1, "a", 1], [2, "b", 2]]);
  sync(db);
  setRows(db, [[1, "a", 1]]);
  const tried = [{ key: [2], isForced: true, batch: 1 }];
  assert.deepEqual(sync(db, { tried }).counts, [0, 0, 1, 1]);
});

Deno.test("findChanges() brings what was tried and is not forced last, and only where it differs", () => {
  using db = openSource();
  setRows(db, [[1, "a", 1], [2, "b", 2], [3, "c", 3], [4, "d", 4]]);
  sync(db);
  setRows(db, [[1, "a", 0], [2, "b", 2], [3, "c", 0]]);
  const tried = [1, 2, 4].map((key) => ({ key: [key], isForced: false, batch: 0 }));
  assert.deepEqual(sync(db, { tried }), { counts: [0, 2, 1, 1], keys: [[3], [1]] });
});

Deno.test("findChanges() keeps what was accepted when the unique key changes", () => {
  using db = openSource();
  setRows(db, [[1, "a", 1], [2, "b", 2]]);
  sync(db);
  assert.deepEqual(sync(db, { uniqueKey: ["name"] }).counts, [0, 0, 2, 0]);
});

Deno.test("findChanges() keeps what was accepted when a key comes that is no integer", () => {
  using db = openSource();
  setRows(db, [[1, "a", 1], [2, "b", 2]]);
  sync(db);
  setRows(db, [["1", "a", 1], [2, "b", 2]]);
  assert.deepEqual(sync(db), { counts: [1, 0, 1, 1], keys: [["1"]] });
  setRows(db, [["1", "a", 1], [1, "a", 1], [2.5, "b", 2], [2, "b", 2]]);
  assert.deepEqual(sync(db), { counts: [2, 0, 2, 0], keys: [[1], [2.5]] });
  assert.deepEqual(sync(db).counts, [0, 0, 4, 0]);
});

Deno.test("findChanges() keeps what was accepted when a group of one row becomes one of many", () => {
  using db = openSource();
  setRows(db, [[1, "a", 1], [2, "b", 2], [3, "c", 3]]);
  sync(db);
  setRows(db, [[1, "a", 1], [2, "b", 2], [2, "b", 3], [3, "c", 3], [3, "c", 3]]);
  assert.deepEqual(sync(db), { counts: [0, 2, 1, 0], keys: [[2], [3]] });
  setRows(db, [[1, "a", 1], [2, "b", 3], [2, "b", 2], [3, "c", 3]]);
  assert.deepEqual(sync(db), { counts: [0, 1, 2, 0], keys: [[3]] });
});

Deno.test("findChanges() takes 1.0 for the key 1, and '1' and x'31' for others", () => {
  using db = openSource();
  setRows(db, [[1, "a", 1]]);
  sync(db);
  db.exec("UPDATE src SET id = 1.0");
  assert.deepEqual(sync(db).counts, [0, 0, 1, 0]);
  for (const other of ["'1'", "x'31'"]) {
    db.exec(`UPDATE src SET id = 1`);
    sync(db);
    db.exec(`UPDATE src SET id = ${other}`);
    assert.deepEqual(sync(db).counts, [1, 0, 0, 1]);
  }
});

Deno.test("Acknowledger keeps a group's own content, whatever is saved, and the others wait", () => {
  using db = openSource();
  setRows(db, [[1, "a", 1], [1, "b", 2], [2, "c", 3]]);
  const changes = find(db);
  const [first] = new ChangedGroupReader(db, changes.comparison).read(1).groups;
  const saved = { columns: ["id", "remote_id"], values: [1, "r-1"] };
  new Acknowledger(db, changes).acknowledge([{ group: first as ChangedGroup, saved }]);
  dropChanges(db, changes);
  assert.deepEqual(
    db.prepare(`SELECT id, remote_id, _content_hash FROM "sync.crm"`).all().map((row) => ({
      ...row,
    })),
    [{ id: 1, remote_id: "r-1", _content_hash: first?.hash }],
  );
  assert.deepEqual(sync(db).keys, [[2]]);
});

Deno.test("findChanges() looks up a row of a large group by its values, and does not look through the group", () => {
  using db = openSource();
  const rows = Array.from({ length: 100 }, (_, n): SqlValue[] => [1, "a", n]);
  setRows(db, [...rows, [2, "b", 0]]);
  sync(db);
  setRows(db, [...rows.toReversed().with(7, [1, "a", "new"]), [2, "b", 0]]);
  const plans: string[] = [];
  const watched = new Proxy(db, {
    get: (_, name) => {
      if (name !== "prepare") return (Reflect.get(db, name) as () => void).bind(db);
      return (sql: string) => {
        if (sql.includes("large_rows")) {
          const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
          plans.push(plan.map(({ detail }) => detail).join("; "));
        }
        return db.prepare(sql);
      };
    },
  });

  assert.deepEqual(sync(watched), { counts: [0, 1, 1, 0], keys: [[1]] });

  assert.ok(plans.length > 1);
  for (const plan of plans) {
    assert.match(plan, /large_rows.by_values \(id=\? AND name=\? AND tier=\?\)/);
  }
});

// ── against a plain reference ──────────────────────────────────────────────────────────────────

type Row = [number | string, SqlValue, SqlValue];
const keys = fc.constantFrom(
  fc.constantFrom<number | string>(1, 2, 3),
  fc.constantFrom<number | string>(1, 2, 3, "1", "x"),
);
const value = fc.constantFrom<SqlValue>(null, "", 0, 1, "1", 1.5, "a", "A", 2n ** 60n);
/** States whose keys are integers, each in one row or in many, and states whose keys are anything. */
const state = fc.tuple(keys, fc.boolean()).chain(([key, isOneRowEach]) => {
  const row = fc.tuple(key, value, value);
  const rows = isOneRowEach
    ? fc.uniqueArray(row, { maxLength: 5, selector: ([id]) => id })
    : fc.array(row, { maxLength: 8 });
  return rows;
});
const states = fc.array(state, { minLength: 2, maxLength: 6 });

/** Groups by key; a group's content as text that ignores the order of its rows. */
function contentByKey(rows: readonly Row[]): Map<string, string> {
  const show = (value: SqlValue) => `${typeof value}:${value}`;
  const groups = Map.groupBy(rows, ([id]) => show(id));
  return new Map(
    [...groups].map((
      [key, each],
    ) => [key, each.map((r) => r.map(show).join("|")).sort().join("\n")]),
  );
}

/** So many rows more in each group that it is large. */
function grown(rows: readonly Row[]): Row[] {
  const more = Array.from({ length: 70 }, (_, index) => index);
  return [
    ...rows,
    ...[...new Set(rows.map(([id]) => id))].flatMap((id) => more.map((n): Row => [id, "more", n])),
  ];
}

Deno.test("findChanges() agrees with a plain comparison of groups, on random states", () => {
  fc.assert(
    fc.property(states, fc.boolean(), (history, areLarge) => {
      using db = openSource();
      let before = new Map<string, string>();
      for (const state of history as Row[][]) {
        const rows = areLarge ? grown(state) : state;
        setRows(db, rows);
        const after = contentByKey(rows);
        const expected = { new: 0, changed: 0, unchanged: 0, removed: 0 };
        for (const [key, content] of after) {
          if (!before.has(key)) expected.new++;
          else if (before.get(key) === content) expected.unchanged++;
          else expected.changed++;
        }
        for (const key of before.keys()) if (!after.has(key)) expected.removed++;
        const { counts } = sync(db);
        assert.deepEqual(counts, [
          expected.new,
          expected.changed,
          expected.unchanged,
          expected.removed,
        ]);
        before = after;
      }
    }),
    { numRuns: 150 },
  );
});

/** Accepts the changes through an `Acknowledger`: every second group first, then the others. */
function acknowledge(db: DatabaseSync, uniqueKey: readonly string[]): void {
  const changes = find(db, { uniqueKey });
  const { columns } = changes.comparison;
  const { groups, values } = new ChangedGroupReader(db, changes.comparison).read(1_000_000);
  forgetRemoved(db, changes);
  const work = groups.map((group) => ({
    group,
    saved: {
      columns,
      values: values.slice((group.firstRow - 1) * columns.length, group.lastRow * columns.length),
    },
  }));
  const acknowledger = new Acknowledger(db, changes);
  acknowledger.acknowledge(work.filter((_, index) => index % 2 === 1));
  acknowledger.acknowledge(work.filter((_, index) => index % 2 === 0).toReversed());
  dropChanges(db, changes);
}

/** What the accepted rows and the target hold, their order apart. */
function held(db: DatabaseSync): unknown[] {
  const rows = (sql: string) => {
    const statement = db.prepare(sql);
    statement.setReadBigInts(true);
    return statement.all().map((row) => Object.values(row).map((each) => `${typeof each}:${each}`));
  };
  return [
    rows(`SELECT id, name, tier, _spoor_copies FROM "spoor.accepted.sync.crm" ORDER BY 1, 2, 3`),
    rows(`SELECT id, name, tier, _content_hash FROM "sync.crm" ORDER BY 1, 2, 3`),
  ];
}

Deno.test("Acknowledger leaves what acceptAll() leaves, on random states", () => {
  fc.assert(
    fc.property(states, fc.boolean(), fc.boolean(), (history, hasTwoKeys, isTable) => {
      const uniqueKey = hasTwoKeys ? ["id", "name"] : ["id"];
      using one = openSource();
      using other = openSource();
      // Else it is a view until a row comes twice.
      if (isTable) ensureTargetTable(other, "sync.crm", uniqueKey, ["id", "name", "tier"]);
      for (const rows of history as Row[][]) {
        const valid = hasTwoKeys ? rows.filter(([, name]) => name !== null) : rows;
        if (valid.length === 0) continue;
        setRows(one, valid);
        setRows(other, valid);
        sync(one, { uniqueKey });
        acknowledge(other, uniqueKey);
        assert.deepEqual(held(other), held(one));
      }
    }),
    { numRuns: 100 },
  );
});
