/**
 * Whether a tracked model saves rows without reading a query: then nothing is compared before it runs, and
 * nothing leaves.
 *
 * @module
 */
import type { Model } from "./model.ts";

/** As far as its text tells; a model of which that is not known for certain may read one. */
export function onlySaves(model: Model): boolean {
  const { kind, language, references, queries = [], hasDynamicQuery } = model;
  return kind === "tracked" && language === "ts" && references.length === 0 &&
    queries.length === 0 && !hasDynamicQuery;
}
