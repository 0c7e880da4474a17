/**
 * Under which definition a model has last had groups accepted: that code is known to come to its groups, and where it
 * passes over all of them, or does not read them, it means to.
 *
 * Kept in `spoor.meta`. Where there is no entry, after `spoor state mv` say, nothing is known.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { readMeta, writeMeta } from "./meta.ts";

const META_KEY = "working_definition.";

/** What of a model tells. */
export interface DefinedModel {
  name: string;
  fingerprint: string;
}

/** Whether this definition is known to come to its groups. */
export function isKnownToWork(db: DatabaseSync, { name, fingerprint }: DefinedModel): boolean {
  return readMeta(db, META_KEY + name) === fingerprint;
}

/** Groups were accepted under this definition. Call inside a transaction. */
export function noteWorking(db: DatabaseSync, model: DefinedModel): void {
  if (!isKnownToWork(db, model)) writeMeta(db, META_KEY + model.name, model.fingerprint);
}
