import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { PLAIN } from "~/cli/output/style.ts";
import { buildGraph } from "~/dag/graph.ts";
import type { Model } from "~/model/model.ts";
import { finishRun, recordStep, startRun, type StepRecord } from "~/store/runs.ts";
import { MIGRATIONS } from "~/store/schema.ts";
import { renderDescription } from "./describe_lines.ts";
import { describeModel } from "./describe_model.ts";

const MODEL: Model = {
  name: "mart.a",
  language: "sql",
  path: "models/mart/a.sql",
  kind: "view",
  directives: {},
  directiveLines: {},
  references: [],
  fingerprint: "",
  sql: "SELECT 1",
  sqlLine: 1,
};

/** What is printed of the model, as the state has its view. */
function describe(view: string, step: Pick<StepRecord, "status" | "reason">): string[] {
  using db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  db.exec(`CREATE TABLE "raw.t" (id INT, name TEXT, any_value); CREATE VIEW "mart.a" AS ${view}`);
  const runId = startRun(db, "spoor run", "0.1.0", "2026-01-01T00:00:00Z");
  recordStep(db, { runId, model: "mart.a", kind: "view", elapsedMs: 3, ...step });
  finishRun(db, runId, "ok", "2026-01-01T00:00:01Z");
  const { graph } = buildGraph(new Map([[MODEL.name, MODEL]]), {});
  const state = { db, underWay: undefined };
  return renderDescription(describeModel(MODEL, graph, state), PLAIN);
}

Deno.test("a view's column that may hold anything has no type, rather than BLOB", () => {
  const lines = describe(`SELECT id, name, any_value FROM "raw.t"`, { status: "ok", reason: "" });
  const at = lines.indexOf("column     type");
  assert.deepEqual(lines.slice(at, at + 4).map((line) => line.trimEnd()), [
    "column     type",
    "id         INT",
    "name       TEXT",
    "any_value",
  ]);
  const untyped = describe(`SELECT any_value FROM "raw.t"`, { status: "ok", reason: "" });
  assert.ok(untyped.includes("column"));
});

Deno.test("a model that was blocked took no time", () => {
  const lastRun = (status: StepRecord["status"]) =>
    describe("SELECT 1 AS a", { status, reason: "raw.t failed" }).find((line) =>
      line.startsWith("last run")
    ) ?? "";
  assert.match(lastRun("blocked"), /^last run +blocked on \S+ \S+: raw\.t failed$/);
  assert.match(lastRun("failed"), /^last run +failed on \S+ \S+, in 3 ms: raw\.t failed$/);
});
