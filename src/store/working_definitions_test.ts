import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "./schema.ts";
import { isKnownToWork, noteWorking } from "./working_definitions.ts";

Deno.test("a definition is known to work once groups were accepted under it, and not one that follows", () => {
  using db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  const model = { name: "sync.crm", fingerprint: "a" };
  assert.ok(!isKnownToWork(db, model));
  noteWorking(db, model);
  assert.ok(isKnownToWork(db, model));
  assert.ok(!isKnownToWork(db, { ...model, fingerprint: "b" }));
  assert.ok(!isKnownToWork(db, { ...model, name: "sync.erp" }));
  noteWorking(db, { ...model, fingerprint: "b" });
  assert.ok(!isKnownToWork(db, model), "the last one counts");
});
