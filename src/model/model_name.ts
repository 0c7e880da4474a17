/**
 * Names of models: how they are compared.
 *
 * @module
 */
import { foldName } from "~/base/same_name.ts";
import type { ModelName } from "./model.ts";

/** A form that is the same for two names when SQLite takes them for one table. */
export function foldModelName(name: ModelName): string {
  return foldName(name);
}
