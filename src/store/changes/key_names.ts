/**
 * What a model's changes have their `Idempotency-Key`s of, beside themselves.
 *
 * A key is made of the model's name, among others. A change that was begun before its model was
 * renamed keeps the name that it had then, so that a try after the renaming has the key of the first.
 * So does one that was begun before keys were made of the content too.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { readMeta, removeMeta, writeMeta } from "~/store/meta.ts";
import { nextLedgerId } from "./ledger.ts";

/** Changes below this id have their keys under this name. */
interface KeyName {
  name: string;
  below: number;
}

const META_KEY = "key_names.";

/** See the module's comment. */
export interface KeyNames {
  /** The name that a change has its keys under. */
  nameOf(changeId: number): string;
  /** The first change whose keys are made of its content too. */
  contentFrom: number;
}

/** Those of a model. */
export function loadKeyNames(db: DatabaseSync, model: string): KeyNames {
  const names = namesOf(db, model);
  return {
    nameOf: (changeId) => names.find(({ below }) => changeId < below)?.name ?? model,
    contentFrom: loadContentFrom(db),
  };
}

/** In a file of before, opened for reading, no key is made of content. */
function loadContentFrom(db: DatabaseSync): number {
  return Number(readMeta(db, "content_keys_from") ?? Infinity);
}

/** A model gets another name: what was begun so far keeps the one it had. Call inside a transaction. */
export function keepKeyName(db: DatabaseSync, from: string, to: string): void {
  const names = [...namesOf(db, from), { name: from, below: nextLedgerId(db) }];
  removeMeta(db, META_KEY + from);
  writeMeta(db, META_KEY + to, JSON.stringify(names));
}

/** Oldest first. */
function namesOf(db: DatabaseSync, model: string): KeyName[] {
  return JSON.parse(readMeta(db, META_KEY + model) ?? "[]");
}
