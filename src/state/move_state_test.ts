import assert from "node:assert/strict";
import type { HeldState } from "./held_states.ts";
import { findMoveObstacle, type MoveFacts } from "./move_state.ts";

function facts(toState: Partial<HeldState> = {}, change: Partial<MoveFacts> = {}): MoveFacts {
  return {
    from: "sync.old",
    to: "sync.new",
    projectModels: ["sync.new", "raw.people"],
    holders: ["raw.people", "sync.old"],
    toState: {
      model: "sync.new",
      kind: undefined,
      target: undefined,
      hasContentHash: false,
      showsAccepted: false,
      rows: 0,
      acceptedRows: undefined,
      changes: {},
      pending: 0,
      lastSuccess: undefined,
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

const IN_THE_WAY: readonly (readonly [Partial<HeldState>, string])[] = [
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
