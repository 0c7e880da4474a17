/**
 * `Idempotency-Key`s: the same for every try at one change, in this run and after a crash.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { ChangeAction } from "~/delivery/earlier_try.ts";

/**
 * A change as a key names it. By its id alone two changes could have one key: ids begin again from a backup that
 * is put back.
 */
export interface KeyedChange {
  id: number;
  /** The group's key as text. */
  groupKey: string;
  action: ChangeAction;
  contentHash: string;
}

/** Where a write stands among those of its changes. */
export interface WritePlace {
  /** Among the writes about the same groups, from 0. */
  among: number;
  /**
   * Requests about more groups, these among them, that the far side has taken before. A write that follows them is
   * another one than a write about these groups alone that has none before it, in another run.
   */
  after: number;
}

/** The place of a change's first write. */
export const FIRST: WritePlace = { among: 0, after: 0 };

/** Whether it is that. */
export function isFirst({ among, after }: WritePlace): boolean {
  return among === 0 && after === 0;
}

/** What a key is made of. */
export interface KeySubject {
  /** Makes keys differ between projects. */
  projectId: string;
  model: string;
  /** What the request is about, in the order in which it goes out. */
  changes: readonly KeyedChange[];
  place: WritePlace;
  /** The first change whose keys are made of its content too. */
  contentFrom: number;
}

/** 32 hexadecimal digits. */
export function changeKey(
  { projectId, model, changes, place, contentFrom }: KeySubject,
): string {
  const placed = place.after === 0 ? `${place.among}` : `${place.after}.${place.among}`;
  if (changes.every(({ id }) => id < contentFrom)) {
    const ids = changes.map(({ id }) => id).join(",");
    return digest(`${projectId}\n${model}\nchange ${ids} ${placed}`);
  }
  return digest([projectId, model, ...changes.map(textOf), `request ${placed}`].join("\n"));
}

/** A new group that went out and was not accepted may be one that is known by then. */
function textOf({ id, groupKey, action, contentHash }: KeyedChange): string {
  return `change ${id} ${groupKey} ${action === "remove" ? "removed" : contentHash}`;
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
