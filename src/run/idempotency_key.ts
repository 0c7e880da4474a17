/**
 * `Idempotency-Key`s: the same for every try at one change, in this run and after a crash.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** What a key is made of. */
export interface KeySubject {
  /** Makes keys differ between projects. */
  projectId: string;
  model: string;
  /** Ids of the changes that the request is about. */
  changes: readonly number[];
  /** The request's place among those of the same changes, from 0. */
  ordinal: number;
}

/** 32 hexadecimal digits. */
export function changeKey({ projectId, model, changes, ordinal }: KeySubject): string {
  return digest(`${projectId}\n${model}\nchange ${changes.join(",")} ${ordinal}`);
}

/** The key of a request that belongs to no change: of this run only. */
export function requestKey(
  { projectId, model, runId, number }: {
    projectId: string;
    model: string;
    runId: number;
    number: number;
  },
): string {
  return digest(`${projectId}\n${model}\nrun ${runId} ${number}`);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
