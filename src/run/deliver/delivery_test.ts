import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { DeliveryPromise } from "~/delivery/earlier_try.ts";
import { triedGroups } from "~/run/earlier/earlier_changes.ts";
import { temp } from "~/sql/identifiers.ts";
import { LedgerReader } from "~/store/changes/ledger.ts";
import type { DurableCommits } from "~/store/commits/group_commit.ts";
import { loadModelStates, saveModelState } from "~/store/model_states.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { findChanges } from "~/tracked/compare/find_changes.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { Delivery } from "./delivery.ts";

/** A query of three groups. */
function openSource(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  db.exec("CREATE TABLE src (id, name); INSERT INTO src VALUES (1, 'a'), (2, 'b'), (3, 'c')");
  return db;
}

/**
 * @param among Changes the rows that it reads, after they were counted.
 * @param onRemoved With `deliver` the model asks by `changes`.
 */
function begin(
  db: DatabaseSync,
  among = "",
  onRemoved: "forget" | "deliver" = "forget",
  promise: DeliveryPromise = "at_least_once",
): Delivery {
  const commits: DurableCommits = {
    add: (write) => Promise.resolve(inTransaction(db, write)),
    addUnawaited: (write) => inTransaction(db, write),
  };
  let lastId = 0;
  return inTransaction(db, () => {
    const earlier = new LedgerReader(db, "sync.crm");
    const changes = findChanges(db, {
      model: "sync.crm",
      uniqueKey: ["id"],
      select: "SELECT * FROM src",
      columns: ["id", "name"],
      params: [],
      tried: triedGroups(earlier, onRemoved === "deliver"),
      everything: false,
    });
    db.exec(among.replace("ROWS", temp(changes.comparison.rowsTable)));
    return new Delivery(
      {
        db,
        commits,
        model: "sync.crm",
        runId: 1,
        projectId: "test",
        maxAttempts: 3,
        unparked: 0,
        promise,
        onRemoved,
        withPrevious: onRemoved === "deliver",
        settled: { isAny: false, hasWritten: false },
        isRestored: false,
        keyNames: { nameOf: () => "sync.crm", contentFrom: 0 },
        now: () => "2026-01-31T14:05:09Z",
        nextChangeId: () => ++lastId,
        nextBatchId: () => -1,
      },
      changes,
      earlier,
    );
  });
}

/** Takes groups from a delivery, saves them as they were read, and ends it. */
async function play(db: DatabaseSync, delivery: Delivery, rows: number) {
  const { groups } = await delivery.pull(rows);
  await delivery.acknowledge(groups.map(({ group }) => ({ group, block: null })));
  return inTransaction(db, () => delivery.finish());
}

Deno.test("Delivery counts what was saved and what was not reached", async () => {
  using db = openSource();
  assert.deepEqual(await play(db, begin(db), 2), {
    new: 3,
    changed: 0,
    unchanged: 0,
    removed: 0,
    parked: 0,
    left: 1,
    saved: 2,
    rejected: 0,
    failed: 0,
    unknown: 0,
  });
});

Deno.test("Delivery takes no group for saved of which a model hands in no row", async () => {
  using db = openSource();
  const delivery = begin(db);
  const { groups: [first] } = await delivery.pull(1);
  const block = { columns: ["id", "name"], values: [] };
  await assert.rejects(delivery.acknowledge([{ group: first?.group ?? 0, block }]), {
    message: /a group without rows/,
  });
  assert.equal(inTransaction(db, () => delivery.finish()).saved, 0);
});

Deno.test("Delivery gives nothing more once all was read, however often it is asked", async () => {
  using db = openSource();
  await play(db, begin(db), 10);
  db.exec("UPDATE src SET name = 'x' WHERE id = 1; DELETE FROM src WHERE id = 3");
  const delivery = begin(db);
  const { done, groups } = await delivery.pull(10);
  assert.deepEqual([done, groups.length], [true, 1]);
  assert.deepEqual((await delivery.pull(10)).groups, []);
  assert.equal(inTransaction(db, () => delivery.finish()).left, 1);
});

for (const most of [1, 2, 3, 4, 100]) {
  Deno.test(`Delivery gives repeats, then what is removed, what changed and what failed, ${most} rows at most`, async () => {
    using db = openSource();
    db.exec("INSERT INTO src VALUES (4, 'd'), (5, 'e'), (6, 'f'), (6, 'g'), (7, 'h')");
    await play(db, begin(db), 100);
    db.exec(`DELETE FROM src WHERE id <= 4;
      INSERT INTO src VALUES (8, 'i');
      UPDATE src SET name = 'new' WHERE id = 5;
      UPDATE src SET name = 'new' WHERE name IN ('f', 'h');`);
    const known = db.prepare(
      `INSERT INTO "spoor.ledger" (model, group_key, content_hash, state, batch, place, attempts, action, moved, run_id)
       VALUES ('sync.crm', ?, '', ?, ?, ?, ?, ?, 0, 1)`,
    );
    // Out together when it was cut off; refused; and tried while the far side was down.
    known.run("[5]", "unknown", -1, 0, 1, "update");
    known.run("[3]", "unknown", -1, 1, 1, "remove");
    known.run("[1]", "failed", 0, 0, 1, "remove");
    known.run("[7]", "failed", 0, 0, 1, "update");
    known.run("[2]", "failed", 0, 0, 0, "remove");
    const delivery = begin(db, "", "deliver");

    const given: string[] = [];
    for (let isDone = false; !isDone;) {
      const { groups, block, previous = [], done } = await delivery.pull(most);
      isDone = done;
      const sizes = groups.map(({ rows }) => Math.max(1, rows));
      assert.ok(sizes.length <= 1 || sizes.reduce((sum, rows) => sum + rows, 0) <= most);
      let [at, before] = [0, 0];
      const values = previous.flatMap((each) => each.values);
      for (const { action, rows, previousRows = 0 } of groups) {
        const id = action === "remove" ? values[before] : block.values[at];
        given.push(`${action} ${id}`);
        at += rows * 2;
        before += previousRows * 2;
      }
    }
    assert.deepEqual(given, [
      "update 5",
      "remove 3",
      "remove 2",
      "remove 4",
      "update 6",
      "create 8",
      "remove 1",
      "update 7",
    ]);
    assert.equal(inTransaction(db, () => delivery.finish()).left, 8);
  });
}

Deno.test("Delivery fails when it has read more groups than were counted", async () => {
  using db = openSource();
  const delivery = begin(db, "INSERT INTO ROWS VALUES (4, 'd')");
  await assert.rejects(play(db, delivery, 10), {
    message: "The sums do not balance: 3 groups were to be delivered, and 4 were read: " +
      "4 were saved, 0 rejected, 0 failed, 0 are unknown, 0 were not reached",
  });
});

Deno.test("Delivery fails when all was read and that is fewer groups than were counted", async () => {
  using db = openSource();
  const delivery = begin(db, "DELETE FROM ROWS WHERE id = 3");
  await assert.rejects(play(db, delivery, 10), {
    message: "The sums do not balance: 3 groups were to be delivered, and 2 were read: " +
      "2 were saved, 0 rejected, 0 failed, 0 are unknown, 0 were not reached",
  });
});

Deno.test("rows of a model whose delivery is cut off count as not counted, though it had only to forget some", async () => {
  using db = openSource();
  await play(db, begin(db), 3);
  const state = { kind: "tracked", fingerprint: "f", inputs: {}, dataVersion: 1, waiting: 0 };
  saveModelState(db, "sync.crm", { ...state, rows: 3 }, 1);
  begin(db);
  assert.equal(loadModelStates(db).get("sync.crm")?.rows, 3, "nothing is to be done");

  db.exec("DELETE FROM src WHERE id = 1");
  begin(db);

  const cutOff = loadModelStates(db).get("sync.crm");
  assert.deepEqual([cutOff?.rows, cutOff?.dataVersion], [undefined, 2]);
});

const BEFORE: readonly {
  what: string;
  isByLoop?: boolean;
  isTaken?: boolean;
  promise?: DeliveryPromise;
  after: number;
}[] = [
  { what: "put together by a loop", after: 1 },
  { what: "put together by a loop and refused", isTaken: false, after: 0 },
  { what: "of a batch, whose halves come again as they are", isByLoop: false, after: 0 },
  { what: "put together by a loop, at most once", promise: "at_most_once", after: 0 },
];

for (const { what, isByLoop = true, isTaken = true, promise, after } of BEFORE) {
  Deno.test(`a request about all groups, ${what}, counts ${after} before the write about each that follows`, async () => {
    using db = openSource();
    const delivery = begin(db, "", "forget", promise);
    const { requests } = delivery;
    const numbers = (await delivery.pull(10)).groups.map(({ group }) => group);
    await requests.begin(numbers, isByLoop).mayLeave;
    requests.end(numbers, { isUncertain: false, hasMoved: isTaken, isTaken });

    const places = [[1], [2], [1], numbers].map((about) => requests.begin(about).place);

    assert.deepEqual(places, [
      { among: 0, after },
      { among: 0, after },
      { among: 1, after },
      { among: 1, after: 0 },
    ]);
  });
}

Deno.test("a group that was sent and not saved is told with what saves it, unless something else ended the model", async () => {
  const failureOf = async (why?: { message: string }, isTaken = true, refusedWith?: number) => {
    using db = openSource();
    const delivery = begin(db);
    const [{ group = 0 } = {}] = (await delivery.pull(1)).groups;
    await delivery.requests.begin([group]).mayLeave;
    delivery.requests.end([group], { isUncertain: !isTaken, hasMoved: isTaken, isTaken });
    delivery.requests.answered([group], false, refusedWith);
    inTransaction(db, () => delivery.finish(why));
    return delivery.failures[0]?.error;
  };
  const message = "The model ended before it saved this group";

  const forgotten = await failureOf();
  assert.equal(forgotten?.message, message);
  assert.match(forgotten?.hint ?? "", /"await save\.row\(row\)"/);
  assert.deepEqual(await failureOf({ message: "boom" }), { message: `${message}: boom` });
  assert.equal((await failureOf(undefined, false))?.hint, undefined);
  assert.equal((await failureOf(undefined, true, 422))?.hint, undefined);
});
