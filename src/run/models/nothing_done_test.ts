import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { RunContext } from "~/run/run_context.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { noteWorking } from "~/store/working_definitions.ts";
import { tellOfNothingDone } from "./nothing_done.ts";
import type { Step } from "./step.ts";

/** What is told where a model with this definition has ended and not read its query. */
function toldOf(db: DatabaseSync, fingerprint: string): string[] {
  const told: string[] = [];
  const context: Pick<RunContext, "db" | "stop" | "emit"> = {
    db,
    stop: new AbortController().signal,
    emit: (event) => void (event.type === "log" && told.push(event.message)),
  };
  const at = { path: "models/sync/crm.ts", line: 5 };
  const model = {
    name: "sync.crm",
    kind: "tracked",
    fingerprint,
    directives: { allowNet: ["crm.example"] },
    queries: [{ isTracked: true, at }],
  };
  const step = { model, wishes: {} };
  const outcome = { status: "ok" as const, changed: false };
  // What else they have is not looked at.
  tellOfNothingDone(context as RunContext, step as unknown as Step, {}, outcome);
  return told;
}

Deno.test("that a model has not read its query is told until the same code has sent", () => {
  using db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  const [told = "", ...more] = toldOf(db, "a");
  assert.deepEqual(more, []);
  assert.match(told, /^It ended before it read its query \(models\/sync\/crm\.ts:5\)/);

  noteWorking(db, { name: "sync.crm", fingerprint: "a" });

  assert.deepEqual(toldOf(db, "a"), [], "not at this hour, say");
  assert.deepEqual(toldOf(db, "b"), [told], "it was edited since");
});
