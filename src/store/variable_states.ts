/**
 * Variables that a model may read beside tables, as they were when it last succeeded: a hash of each, no value.
 *
 * Kept in `spoor.meta`, so that a state file of before needs no other schema: where there is no entry, nothing is
 * known of them, nor of the model's files.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { readMeta, removeMeta, writeMeta } from "./meta.ts";

const META_KEY = "inputs:";

/** Variable → hash of its value; one that was not set has none. */
export type VariableStates = Readonly<Record<string, string>>;

/** `undefined`: not known. */
export function loadVariableStates(db: DatabaseSync, model: string): VariableStates | undefined {
  const text = readMeta(db, META_KEY + model);
  return text === undefined ? undefined : JSON.parse(text);
}

/** Replaces what is known of a model's variables. */
export function saveVariableStates(db: DatabaseSync, model: string, states: VariableStates): void {
  writeMeta(db, META_KEY + model, JSON.stringify(states));
}

/** Of a model that has another name now; what that name had before is dropped. */
export function moveVariableStates(db: DatabaseSync, from: string, to: string): void {
  const states = loadVariableStates(db, from);
  removeMeta(db, META_KEY + to);
  removeMeta(db, META_KEY + from);
  if (states) saveVariableStates(db, to, states);
}
