import assert from "node:assert/strict";
import type { FailingChanges } from "~/store/changes/failing_changes.ts";
import { foldFailures } from "./fold_failures.ts";

function failing(groupKey: string, error: string, more: Partial<FailingChanges> = {}) {
  return {
    model: "sync.crm",
    state: "failed",
    parked: false,
    groups: 1,
    attempts: 1,
    since: "2026-01-01",
    lastAt: "2026-01-01",
    firstId: 1,
    groupKey,
    error,
    ...more,
  } as FailingChanges;
}

function fold(...failures: FailingChanges[]): [error: string, groups: number][] {
  return foldFailures(failures, () => ["id"]).map(({ error, groups }) => [error, groups]);
}

Deno.test("errors that differ only in the group's key are one", () => {
  const folded = fold(
    failing("[2]", "PUT https://a.b/people/2 answered 422"),
    failing("[17]", "PUT https://a.b/people/17 answered 422"),
    failing("[3]", "PUT https://a.b/people/3 answered 500"),
  );
  assert.deepEqual(folded, [
    ["PUT https://a.b/people/{id} answered 422", 2],
    ["PUT https://a.b/people/3 answered 500", 1],
  ]);
});

Deno.test("a key is found as a whole word only: no part of a number, no status, no count", () => {
  const alike = (key: unknown, other: unknown, text: (key: string) => string) =>
    fold(
      failing(JSON.stringify([key]), text(String(key))),
      failing(JSON.stringify([other]), text(String(other))),
    );
  const numbers = "0.3 s, within 3 s, 13, 3.5, 3,000, 12:3, 2026-3-1, 3 %, 3% of 3 bytes";
  assert.deepEqual(alike(3, 4, (key) => `/${key} ${numbers}`), [[`/{id} ${numbers}`, 2]]);
  assert.deepEqual(alike(422, 7, (key) => `/${key} answered 422`), [["/{id} answered 422", 2]]);
  assert.deepEqual(alike("a b", "c d", (key) => `/${encodeURIComponent(key)}: ${key}`), [
    ["/{id}: {id}", 2],
  ]);
  assert.deepEqual(alike("na", "x", (key) => `/${key}: naïve`), [["/{id}: naïve", 2]]);
});

Deno.test("a failure that is like no other keeps its text", () => {
  const error = "POST https://a.b/c: its answer did not come within 1 day; tried 1 time";
  assert.deepEqual(fold(failing("[1]", error)), [[error, 1]]);
  assert.deepEqual(fold(failing("[1]", error), failing("[2]", "/2"), failing("[3]", "/3")), [
    ["/{id}", 2],
    [error, 1],
  ]);
});

Deno.test("states and models stay apart; of each model what concerns most groups comes first", () => {
  const folded = foldFailures([
    failing("[1]", "x"),
    failing("[2]", "x", { parked: true, groups: 5, since: "2025-01-01", attempts: 4 }),
    failing("[3]", "x", { model: "sync.a" }),
  ], () => ["id"]);
  assert.deepEqual(
    folded.map(({ model, parked, groups, attempts }) => [
      model,
      parked,
      groups,
      attempts,
    ]),
    [["sync.a", false, 1, 1], ["sync.crm", true, 5, 4], ["sync.crm", false, 1, 1]],
  );
});
