import assert from "node:assert/strict";
import { SETTLED_AS_SENT } from "~/store/changes/by_hand.ts";
import type { DeliveryState } from "~/store/changes/delivery_log.ts";
import type { DeliveryRow, StoryStep } from "~/store/changes/group_story.ts";
import { type StoryFacts, tellStory } from "./timeline.ts";

function tried(runId: number, state: DeliveryState, more: Partial<DeliveryRow> = {}): DeliveryRow {
  return {
    run_id: runId,
    group_key: "[1]",
    change_id: 1,
    batch: 0,
    state,
    action: "update",
    at: "",
    content_hash: "1:a",
    changed: null,
    error: null,
    ...more,
  };
}

function compared(runId: number, more: Partial<StoryStep> = {}): StoryStep {
  return {
    run_id: runId,
    kind: "tracked",
    status: "ok",
    reason: "raw.a changed",
    error: null,
    groups_new: 0,
    groups_left: 0,
    groups_removed: 0,
    groups_parked: 0,
    ...more,
  };
}

const ALL = { entries: 100, runs: 100 };

/** `2 failed`, `3 held_back`, `4-5 unchanged`, newest first. */
function tell(
  deliveries: readonly DeliveryRow[],
  steps: readonly StoryStep[],
  accepted: StoryFacts["accepted"] | null = { hash: "1:a" },
  more: Partial<Omit<StoryFacts, "deliveries" | "steps" | "accepted">> = {},
): string[] {
  const newestFirst = {
    deliveries: deliveries.toReversed(),
    steps: steps.toReversed(),
    accepted: accepted ?? undefined,
    ...more,
  };
  return tellStory(newestFirst, ALL).entries.map((entry) => {
    if (entry.type === "try") return `${entry.delivery.run_id} ${entry.delivery.state}`;
    const { runId, firstRunId, decision } = entry;
    return `${runId === firstRunId ? runId : `${firstRunId}-${runId}`} ${decision}`;
  });
}

Deno.test("runs after an acceptance were unchanged, and those that decided the same are one entry", () => {
  const story = tell([tried(1, "accepted")], [1, 2, 3].map((run) => compared(run)));
  assert.deepEqual(story, ["2-3 unchanged", "1 accepted"]);
});

Deno.test("a run that left groups may not have reached a changed one", () => {
  const steps = [compared(1), compared(2, { groups_left: 5 }), compared(3)];
  assert.deepEqual(tell([tried(1, "accepted")], steps), [
    "3 unchanged",
    "2 unchanged_or_not_reached",
    "1 accepted",
  ]);
});

Deno.test("a parked group was held back until a person retried it", () => {
  const deliveries = [tried(1, "failed"), tried(2, "retried"), tried(3, "accepted")];
  const steps = [compared(1), compared(2, { groups_parked: 1 }), compared(3)];
  assert.deepEqual(tell(deliveries, steps), [
    "3 accepted",
    "2 retried",
    "2 held_back",
    "1 failed",
  ]);
});

Deno.test("a group was held back for certain only where its try is known after that", () => {
  const steps = [compared(1), compared(2, { groups_parked: 1 })];
  const removes = [compared(1), compared(2, { groups_parked: 1, groups_removed: 1 })];
  const [failed, rejected] = [[tried(1, "failed")], [tried(1, "rejected")]];
  assert.deepEqual(tell(failed, steps, null), ["2 held_back_or_gone", "1 failed"]);
  assert.deepEqual(tell(failed, removes, null, { isOpen: true }), ["2 held_back", "1 failed"]);
  assert.deepEqual(tell(rejected, steps, null, { isOpen: true }), ["2 held_back", "1 rejected"]);
  assert.deepEqual(tell(rejected, removes, null, { isOpen: true }), [
    "2 held_back_or_gone",
    "1 rejected",
  ]);
  const again = [...failed, tried(3, "accepted", { change_id: 2 })];
  assert.deepEqual(tell(again, [...steps, compared(3)])[1], "2 held_back_or_gone");
});

Deno.test("a budget blocks; another failure before the comparison is one of the model", () => {
  const failure = (hint: string) => ({
    status: "failed",
    groups_new: null,
    groups_left: null,
    error: JSON.stringify({ message: "Cannot send\nmore", hint }),
  });
  const steps = [
    compared(1),
    compared(2, failure("Nothing was sent. If that is right: spoor run")),
    compared(3, failure("Mend it")),
    compared(4, { status: "blocked", groups_new: null, reason: "raw.a failed" }),
  ];
  assert.deepEqual(tell([tried(1, "accepted")], steps), [
    "4 not_reached",
    "3 failed",
    "2 blocked",
    "1 accepted",
  ]);
});

Deno.test("a group that is new again has left the query in a run that forgot some", () => {
  const deliveries = [
    tried(1, "accepted", { action: "create" }),
    tried(4, "accepted", { action: "create" }),
  ];
  const steps = [compared(1), compared(2), compared(3, { groups_removed: 1 }), compared(4)];
  assert.deepEqual(tell(deliveries, steps), [
    "4 accepted",
    "3 left",
    "2 unchanged",
    "1 accepted",
  ]);
});

Deno.test("a group that is gone was not there in runs after it had left", () => {
  const forgets: Partial<StoryStep> = { ["groups_removed"]: 1 };
  const once = [compared(1), compared(2, forgets), compared(3), compared(4)];
  assert.deepEqual(tell([tried(1, "accepted")], once, null), [
    "3-4 gone",
    "2 left",
    "1 accepted",
  ]);
  const twice = [
    compared(1),
    compared(2, forgets),
    compared(3, { groups_removed: 2 }),
    compared(4),
  ];
  assert.deepEqual(tell([tried(1, "accepted")], twice, null), [
    "4 gone",
    "3 unchanged_or_gone",
    "2 unchanged_or_gone",
    "1 accepted",
  ]);
});

Deno.test("a group that is gone may have been forgotten by an adoption of all groups", () => {
  const forgets: Partial<StoryStep> = { ["groups_removed"]: 1 };
  const adopted = tried(2, "adopted", { group_key: "*" });
  const steps = [compared(1), compared(2), compared(3)];
  assert.deepEqual(tell([tried(1, "accepted"), adopted], steps, null), [
    "3 gone",
    "2 adopted",
    "1 accepted",
  ]);
  const back = [tried(1, "accepted"), adopted, tried(4, "accepted", { action: "create" })];
  assert.deepEqual(tell(back, [...steps, compared(4)]), [
    "4 accepted",
    "3 gone",
    "2 adopted",
    "1 accepted",
  ]);
  const later = [compared(1), compared(2), compared(3, forgets), compared(4)];
  assert.deepEqual(tell([tried(1, "accepted"), adopted], later, null), [
    "4 gone",
    "3 unchanged_or_gone",
    "2 adopted",
    "1 accepted",
  ]);
  assert.deepEqual(tell([tried(1, "accepted"), adopted], steps), [
    "3 unchanged",
    "2 adopted",
    "1 accepted",
  ]);
});

Deno.test("a group that was removed at the far side is not there", () => {
  const deliveries = [tried(1, "accepted"), tried(2, "accepted", { action: "remove" })];
  const steps = [compared(1), compared(2, { groups_removed: 1 }), compared(3)];
  assert.deepEqual(tell(deliveries, steps, undefined), ["3 gone", "2 accepted", "1 accepted"]);
});

Deno.test("what was settled as sent counts as accepted", () => {
  const settled = tried(1, "settled", { error: SETTLED_AS_SENT });
  const steps = [compared(1), compared(2)];
  assert.deepEqual(tell([tried(1, "unknown"), settled], steps), [
    "2 unchanged",
    "1 settled",
    "1 unknown",
  ]);
});

Deno.test("a run that died has no step, and its tries are told all the same", () => {
  const deliveries = [tried(1, "accepted"), tried(3, "unknown"), tried(3, "accepted")];
  assert.deepEqual(tell(deliveries, [compared(1), compared(3)]), [
    "3 accepted",
    "3 unknown",
    "1 accepted",
  ]);
});

Deno.test("before its first try a group was not there, or not reached", () => {
  const steps = [compared(1), compared(2, { groups_left: 3 }), compared(3)];
  assert.deepEqual(tell([tried(3, "accepted")], steps), [
    "3 accepted",
    "2 not_reached",
    "1 not_there",
  ]);
});

Deno.test("a group that was accepted before there was a record is unchanged", () => {
  assert.deepEqual(tell([], [compared(1)]), ["1 unchanged"]);
});

Deno.test("the story ends at its limit, and says so", () => {
  const deliveries = [1, 2, 3].map((run) => tried(run, "accepted")).toReversed();
  const steps = [1, 2, 3].map((run) => compared(run)).toReversed();
  const facts = { deliveries, steps, accepted: undefined };
  const tell = (entries: number, runs = 100) => {
    const { entries: told, isCut } = tellStory(facts, { entries, runs });
    return [told.length, isCut];
  };
  assert.deepEqual(tell(3), [3, false]);
  assert.deepEqual(tell(2), [2, true]);
  assert.deepEqual(tell(3, 2), [2, true]);
});

Deno.test("where what left the query is kept, an accepted group may be unchanged or one of these", () => {
  const steps = [compared(1), compared(2), compared(3, { groups_removed: 1 })];
  assert.deepEqual(tell([tried(1, "accepted")], steps, undefined, { keepsRemoved: true }), [
    "3 unchanged_or_kept",
    "2 unchanged",
    "1 accepted",
  ]);
});

Deno.test("of runs before @on_removed was keep no more is said than what was counted then", () => {
  const details = (removed: number) => {
    const steps = [compared(2, { ["groups_removed"]: removed }), compared(1)];
    const facts = {
      deliveries: [tried(1, "accepted")],
      steps,
      accepted: { hash: "1:a" },
      keepsRemoved: true,
    };
    return tellStory(facts, ALL).entries.flatMap((entry) =>
      entry.type === "run" ? [entry.detail] : []
    );
  };
  assert.deepEqual(details(1), ["1 of its groups was not, and may have been kept"]);
  assert.deepEqual(details(1200), ["1,200 of its groups were not, and may have been kept"]);
});

Deno.test("of the run that has left what is pending it is known which groups it did not reach", () => {
  const steps = [1, 2, 3].map((run) => compared(run, { groups_left: run === 1 ? 0 : 2 }));
  const first = [tried(1, "accepted")];
  const pending = { runId: 3, action: "update" } as const;
  const told = (more: Parameters<typeof tell>[3]) => tell(first, steps, { hash: "1:a" }, more)[0];
  assert.equal(told({ leftBy: 3, pending }), "3 not_reached");
  assert.equal(told({ leftBy: 3 }), "3 unchanged");
  assert.equal(told({}), "2-3 unchanged_or_not_reached");
  assert.equal(told({ leftBy: 3, isOpen: true }), "2-3 unchanged_or_not_reached");
  assert.deepEqual(tell([], steps.slice(1), null, { leftBy: 3, pending }), [
    "3 not_reached",
    "2 not_reached",
  ]);
  assert.deepEqual(tell([], steps.slice(2), null, { leftBy: 3 }), ["3 not_there"]);
});

Deno.test("of a run that died it is told what is on record of the group, and that no more is", () => {
  const died = (run: number) => compared(run, { status: "died", groups_new: null });
  const steps = [compared(1), died(2), died(3)];
  const first = [tried(1, "accepted")];
  const pending = { runId: 3, action: "update" } as const;
  const told = (more: Parameters<typeof tell>[3]) => tell(first, steps, { hash: "1:a" }, more)[0];
  assert.equal(told({}), "2-3 not_tried");
  assert.equal(told({ leftBy: 3, pending }), "3 not_reached");
  assert.equal(told({ leftBy: 3 }), "3 unchanged");
  assert.equal(told({ leftBy: 3, outIn: 3, isOpen: true }), "3 cut_off");
  const noted = tried(4, "unknown", { error: "Run 3 ended while a request was out" });
  assert.deepEqual(
    tell([...first, noted], [...steps, compared(4)], { hash: "1:a" }, {}).slice(1, 3),
    [
      "3 cut_off",
      "2 not_tried",
    ],
  );
  const forgot = [compared(1), compared(2, { groups_removed: 1 }), died(3)];
  assert.deepEqual(tell(first, forgot, null).slice(0, 2), ["3 not_tried", "2 unchanged_or_gone"]);
});
