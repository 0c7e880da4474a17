import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { modelsInHistory, recentRuns, recentSteps } from "./history.ts";
import { finishRun, recordStep, startRun } from "./runs.ts";
import { MIGRATIONS } from "./schema.ts";

function state(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  const counts = {
    new: 2,
    changed: 0,
    unchanged: 0,
    removed: 0,
    rejected: 0,
    unknown: 0,
    left: 0,
    parked: 0,
  };
  for (const [i, failed] of [0, 1].entries()) {
    const runId = startRun(db, "spoor run", "0.1.0", `2026-01-0${i + 1}T00:00:00Z`);
    recordStep(db, {
      runId,
      model: "sync.crm",
      kind: "tracked",
      reason: "first run",
      elapsedMs: 5,
      status: failed ? "failed" : "ok",
      delivery: { ...counts, saved: 2 - failed, failed },
      requests: { sent: 2, accepted: 2 - failed, refused: failed, retries: 0 },
      ...(failed && { error: { message: "1 group failed" } }),
    });
    recordStep(db, {
      runId,
      model: "mart.a",
      kind: "table",
      reason: "first run",
      elapsedMs: 5,
      status: "ok",
    });
    finishRun(db, runId, failed ? "failed" : "ok", `2026-01-0${i + 1}T00:00:01Z`);
  }
  startRun(db, "spoor run", "0.1.0", "2026-01-03T00:00:00Z");
  return db;
}

Deno.test("recentRuns() counts each run's models and what they sent, newest first", () => {
  using db = state();
  assert.deepEqual(
    recentRuns(db, 10).map((run) => [
      run.run_id,
      run.status,
      run.ok,
      run.failed,
      run.groups_saved,
      run.requests_sent,
    ]),
    [[3, "running", 0, 0, null, 0], [2, "failed", 1, 1, 1, 2], [1, "ok", 2, 0, 2, 2]],
  );
  assert.deepEqual(recentRuns(db, 1).map((run) => run.run_id), [3]);
});

Deno.test("recentSteps() finds a model's part in runs, in any case", () => {
  using db = state();
  const steps = recentSteps(db, "SYNC.crm", 10);
  assert.deepEqual(steps.map((step) => [step.run_id, step.groups_saved, step.error]), [
    [2, 1, `{"message":"1 group failed"}`],
    [1, 2, null],
  ]);
  assert.deepEqual(recentSteps(db, "mart.none", 10), []);
});

Deno.test("modelsInHistory() names each model once", () => {
  using db = state();
  assert.deepEqual(modelsInHistory(db), ["mart.a", "sync.crm"]);
});

Deno.test("a run's sums are shown, and one that does not balance is told from those that do", () => {
  using db = state();
  const [, failed] = recentRuns(db, 10);
  assert.deepEqual([failed?.groups_delivered, failed?.groups_failed, failed?.unbalanced], [
    2,
    1,
    0,
  ]);
  db.exec(`UPDATE "spoor.steps" SET groups_saved = 0 WHERE run_id = 2 AND model = 'sync.crm'`);

  assert.deepEqual(recentRuns(db, 10).map((run) => run.unbalanced), [0, 1, 0]);
  const [step, before] = recentSteps(db, "sync.crm", 10);
  assert.deepEqual([step?.groups_delivered, step?.sums_balance], [2, false]);
  assert.deepEqual([before?.groups_delivered, before?.sums_balance], [2, true]);
  const [table] = recentSteps(db, "mart.a", 1);
  assert.equal(table && "sums_balance" in table, false);
});

Deno.test("removed groups count as delivered where they were delivered", () => {
  using db = state();
  db.exec(`UPDATE "spoor.steps" SET groups_removed = 3 WHERE model = 'sync.crm'`);
  assert.deepEqual(recentSteps(db, "sync.crm", 1).map((step) => step.groups_delivered), [2]);
  db.exec(`UPDATE "spoor.steps" SET groups_saved = groups_saved + 3 WHERE model = 'sync.crm'`);
  const [step] = recentSteps(db, "sync.crm", 1);
  assert.deepEqual([step?.groups_delivered, step?.sums_balance], [5, true]);
});

Deno.test("a file of an older schema is read all the same", () => {
  using db = new DatabaseSync(":memory:");
  db.exec(MIGRATIONS[0] ?? "");
  startRun(db, "spoor run", "0.1.0", "2026-01-01T00:00:00Z");
  assert.deepEqual(recentRuns(db, 10).map((run) => run.groups_rejected), [null]);
  assert.deepEqual(recentSteps(db, "a.b", 10), []);
});
