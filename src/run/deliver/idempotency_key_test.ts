import assert from "node:assert/strict";
import { changeKey, FIRST, type KeyedChange } from "./idempotency_key.ts";

function keyOf(changes: readonly Pick<KeyedChange, "id" | "contentHash">[]): string {
  return changeKey({
    projectId: "test",
    model: "sync.crm",
    changes: changes.map((each) => ({ ...each, groupKey: `[${each.id}]`, action: "update" })),
    place: FIRST,
    contentFrom: 5,
  });
}

Deno.test("changeKey() tells contents apart as soon as one of a batch is of the time when keys do", () => {
  const [old, other, recent] = [
    { id: 4, contentHash: "a" },
    { id: 4, contentHash: "b" },
    { id: 5, contentHash: "a" },
  ];
  assert.equal(keyOf([old]), keyOf([other]));
  assert.notEqual(keyOf([old, recent]), keyOf([other, recent]));
  assert.notEqual(keyOf([old, recent]), keyOf([old, { ...recent, contentHash: "b" }]));
});
