// deno-lint-ignore-file camelcase -- a plan as programs read it.
import assert from "node:assert/strict";
import type { PlannedChange } from "~/plan/plan_document.ts";
import { lastTryText } from "./change_words.ts";

Deno.test("lastTryText() tells how a change was tried before, and how often", () => {
  const change: PlannedChange = {
    group: "[1]",
    key: { id: 1 },
    action: "create",
    content_hash: "1:0",
    outcome: "accepted",
  };
  const textOf = (last: PlannedChange["last_try"]) =>
    lastTryText({ ...change, ...(last && { last_try: last }) });

  assert.equal(textOf(undefined), "");
  assert.equal(
    textOf({ state: "failed", attempts: 3, error: "POST http://a.example/ answered 422" }),
    "the last try failed (3 attempts): POST http://a.example/ answered 422",
  );
  assert.equal(textOf({ state: "unknown", attempts: 1 }), "the last try had no answer");
});
