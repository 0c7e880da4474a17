/**
 * Events of runs, for tests of what shows them.
 *
 * @module
 */
import type {
  DeliveryCounts,
  ModelFinished,
  RequestCounts,
  RunEvent,
  RunFinished,
  RunStarted,
} from "~/run/run_event.ts";

/** A run begins. */
export function started(models: readonly string[], practice = false): RunStarted {
  return {
    type: "run_started",
    run_id: 1,
    started_at: "2026-01-31T14:05:09Z",
    project: "/project",
    practice,
    models,
  };
}

/** A model begins. */
export function begins(model: string, kind: ModelFinished["kind"] = "table"): RunEvent {
  return { type: "model_started", model, kind, reason: "first run" };
}

/** A model ends; well, unless told otherwise. */
export function ends(model: string, more: Partial<ModelFinished> = {}): ModelFinished {
  return {
    type: "model_finished",
    model,
    kind: "table",
    status: "ok",
    reason: "first run",
    changed: true,
    elapsed_ms: 12,
    ...more,
  };
}

/** A model is up to date. */
export function skipped(model: string): ModelFinished {
  return ends(model, { status: "skipped", reason: "up to date", changed: false, rows: 91 });
}

/** What a delivery came to. */
export function delivery(counts: Partial<DeliveryCounts> = {}): DeliveryCounts {
  return {
    new: 0,
    changed: 0,
    unchanged: 0,
    removed: 0,
    saved: 0,
    rejected: 0,
    failed: 0,
    unknown: 0,
    left: 0,
    parked: 0,
    ...counts,
  };
}

/** Requests, all accepted unless told otherwise. */
export function requests(sent: number, more: Partial<RequestCounts> = {}): RequestCounts {
  return { sent, accepted: sent, refused: 0, retries: 0, ...more };
}

/** A run ends. */
export function finished(more: Partial<RunFinished> = {}): RunFinished {
  return {
    type: "run_finished",
    run_id: 1,
    status: "ok",
    practice: false,
    elapsed_ms: 1_234,
    ok: 0,
    skipped: 0,
    failed: 0,
    blocked: 0,
    cancelled: 0,
    requests: requests(0),
    ...more,
  };
}
