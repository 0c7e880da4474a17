import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { BODIES_KEPT, RequestLog } from "./requests.ts";
import { MIGRATIONS } from "./schema.ts";

Deno.test("RequestLog keeps every request, and the bodies of the newest only", () => {
  using db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  const log = new RequestLog(db, 1, "sync.crm");
  const sent = BODIES_KEPT + 2_500;
  db.exec("BEGIN");
  for (let i = 1; i <= sent; i++) {
    log.write({
      ...{ at: "2026-01-01T00:00:00Z", method: "POST", url: "https://crm.example/", status: 201 },
      ...{ attempts: 1, elapsedMs: 1, idempotencyKey: "k", changeId: i },
      ...{ request: `{"n":${i}}`, response: "{}" },
    });
  }
  db.exec("COMMIT");

  const count = (table: string) =>
    Number(db.prepare(`SELECT count(*) AS n FROM "${table}"`).get()?.n);
  assert.equal(count("spoor.requests"), sent);
  assert.ok(count("spoor.request_bodies") < BODIES_KEPT + 1_000);
  const oldest = db.prepare(`SELECT min(request_id) AS id FROM "spoor.request_bodies"`).get()?.id;
  assert.equal(oldest, 2_001);
});
