import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { RateGrants } from "~/store/rate_grants.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { loadVariableStates, saveVariableStates } from "~/store/variable_states.ts";
import { findMoveObstacle, type MoveFacts, moveState } from "./move_state.ts";
import { NOTHING_STORED } from "./stored_state_fixture.ts";
import type { StoredState } from "./stored_states.ts";

function facts(toState: Partial<StoredState> = {}, change: Partial<MoveFacts> = {}): MoveFacts {
  return {
    from: "sync.old",
    to: "sync.new",
    projectModels: ["sync.new", "raw.people"],
    holders: ["raw.people", "sync.old"],
    toState: {
      ...NOTHING_STORED,
      model: "sync.new",
      ...toState,
    },
    ...change,
  };
}

Deno.test("findMoveObstacle() lets a state move to a name that has nothing, or nothing that counts", () => {
  assert.equal(findMoveObstacle(facts()), undefined);
  const empty = { kind: "tracked", target: "table", acceptedRows: 0 } as const;
  assert.equal(
    findMoveObstacle(facts({ ...empty, changes: { failed: 3 } })),
    undefined,
  );
});

const IN_THE_WAY: readonly (readonly [Partial<StoredState>, string])[] = [
  [{ acceptedRows: 1 }, "1 accepted row"],
  [{ acceptedRows: 0, changes: { failed: 1, sent: 2 } }, "2 sent changes"],
  [{ changes: { unknown: 1 } }, "1 unknown change"],
  [{ changes: { rejected: 4 } }, "4 rejected changes"],
  [{ changes: { settled: 1 } }, "1 settled change"],
  [{ target: "table", rows: 9 }, "9 rows"],
];

for (const [state, words] of IN_THE_WAY) {
  Deno.test(`findMoveObstacle() refuses a name that has ${words} of its own`, () => {
    assert.match(
      findMoveObstacle(facts(state))?.message ?? "",
      new RegExp(`sync\\.new has its own state already \\(${words}\\)$`),
    );
  });
}

Deno.test("findMoveObstacle() lets a model change the case of its name: SQLite sees one table", () => {
  const change = { from: "sync.New", holders: ["sync.New"], projectModels: ["sync.new"] };
  assert.equal(findMoveObstacle(facts({ acceptedRows: 5 }, change)), undefined);
  const still = findMoveObstacle(facts({}, { ...change, projectModels: ["sync.New"] }));
  assert.match(still?.message ?? "", /sync\.New is still a model of this project/);
});

/** What is known of a model, each in a table of its own; what tells the two names apart is `mark`. */
function fill(db: DatabaseSync, model: string, mark: string): void {
  const insert = (table: string, columns: string, ...values: (string | number)[]) =>
    db.prepare(
      `INSERT INTO "spoor.${table}" (model, ${columns}) VALUES (?${", ?".repeat(values.length)})`,
    ).run(model, ...values);
  const ofModel = "kind, fingerprint, inputs, data_version, last_success_run";
  insert("models", ofModel, "tracked", mark, "{}", 1, 1);
  insert("ledger", "group_key, content_hash, state, run_id", "[1]", mark, "failed", 1);
  insert("pending", "number, run_id, action, group_key", 1, 1, "create", `["${mark}"]`);
  insert("files", "path, size_bytes, modified_ms, content_hash", "inbox/a.csv", 1, 1, mark);
  insert("accepted_columns", "columns", `["${mark}"]`);
  saveVariableStates(db, model, { LIST: mark });
}

Deno.test("moveState() leaves nothing of what the new name had begun", () => {
  using db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  fill(db, "sync.old", "old");
  fill(db, "sync.new", "new");

  moveState(db, { from: "sync.old", to: "sync.new", projectModels: ["sync.new"] });

  for (const table of ["models", "ledger", "pending", "files", "accepted_columns"]) {
    const rows = db.prepare(`SELECT * FROM "spoor.${table}"`).all();
    assert.deepEqual(rows.map(({ model }) => model), ["sync.new"], table);
    assert.match(JSON.stringify(rows), /old/, table);
  }
  assert.deepEqual(loadVariableStates(db, "sync.new"), { LIST: "old" });
});

Deno.test("moveState() has what was sent under the old name count for the new one's rate limit", () => {
  using db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  fill(db, "sync.old", "old");
  new RateGrants(db, "sync.old").add(3, 2_000, 1_000);

  moveState(db, { from: "sync.old", to: "sync.new", projectModels: ["sync.new"] });

  assert.equal(new RateGrants(db, "sync.new").load().length, 3);
});
