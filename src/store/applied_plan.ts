/**
 * Which plan was applied last: who applies it again, as a job in CI that is started anew, is told so.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { readMeta, writeMeta } from "./meta.ts";

/** See the module's comment. */
export interface AppliedPlan {
  /** As in the plan. */
  digest: string;
  /** The run that has applied it, to its end or not. */
  runId: number;
}

const KEY = "applied_plan";

/** Call inside a transaction. */
export function noteAppliedPlan(db: DatabaseSync, { digest, runId }: AppliedPlan): void {
  writeMeta(db, KEY, `${runId} ${digest}`);
}

/** Undefined: none was. */
export function readAppliedPlan(db: DatabaseSync): AppliedPlan | undefined {
  const [runId, digest] = readMeta(db, KEY)?.split(" ") ?? [];
  return runId === undefined || digest === undefined ? undefined : { runId: Number(runId), digest };
}
