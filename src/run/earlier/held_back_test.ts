import assert from "node:assert/strict";
import type { Directives, Model } from "~/model/model.ts";
import type { HeldBackChanges } from "~/store/changes/held_back.ts";
import { heldBackOf } from "./held_back.ts";

function modelOf(name: string, directives: Directives, exportsVerify = false): [string, Model] {
  const path = "models/sync/crm.ts";
  return [name, {
    name,
    language: "ts",
    path,
    kind: "tracked",
    directives,
    directiveLines: {},
    references: [],
    fingerprint: "",
    exportsVerify,
  }];
}

const MODELS = new Map([
  modelOf("sync.crm", {}),
  modelOf("sync.once", { delivery: "at_most_once" }),
  modelOf("sync.asking", { delivery: "at_most_once" }, true),
]);

Deno.test("what waits for a person is told by why it waits, of models that are there", () => {
  const changes: HeldBackChanges[] = [
    { model: "sync.crm", state: "failed", groups: 1 },
    { model: "sync.once", state: "failed", groups: 2 },
    { model: "sync.crm", state: "rejected", groups: 4 },
    { model: "sync.once", state: "unknown", groups: 8 },
    { model: "sync.asking", state: "unknown", groups: 16 },
    { model: "sync.gone", state: "rejected", groups: 32 },
    { model: "sync.crm", state: "unknown", groups: 64 },
  ];
  assert.deepEqual(heldBackOf(changes, MODELS), {
    parked: 3,
    rejected: 4,
    to_settle: 24,
    to_verify: 16,
  });
  for (const each of changes.slice(0, 5)) assert.ok(heldBackOf([each], MODELS), each.state);
  assert.equal(heldBackOf(changes.slice(5), MODELS), undefined);
});
