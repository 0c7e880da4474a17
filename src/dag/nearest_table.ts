/**
 * The table that is most likely meant by a name that is none.
 *
 * @module
 */
import { closestWord } from "~/base/text/closest_word.ts";
import { foldName } from "~/base/text/same_name.ts";
import type { ModelName } from "~/model/model.ts";

/** Comparing a name with thousands of others takes milliseconds; beyond this many, hints are dropped. */
const MAX_SEARCHES = 200;

/** Finds the nearest names; looks for each only once. */
export class NearestTable {
  readonly #found = new Map<string, string | undefined>();
  readonly #byLastPart = new Map<string, string>();
  readonly #known: readonly string[];

  /** @param existing Tables that the database holds; a model of the same name goes first. */
  constructor(models: readonly ModelName[], existing: readonly string[] = []) {
    const own = existing.filter((table) => !/^(spoor\.|sqlite_)/i.test(table));
    this.#known = [...new Set([...models, ...own])];
    for (const name of this.#known) {
      const last = lastPart(name);
      if (!this.#byLastPart.has(last)) this.#byLastPart.set(last, name);
    }
  }

  /**
   * The nearest name, or `undefined` when none is near.
   *
   * @param reader The model that reads it, which it cannot mean.
   */
  find(name: string, reader?: ModelName): string | undefined {
    const meant = this.#nearest(name);
    if (meant === undefined || meant !== reader) return meant;
    return new NearestTable(this.#known.filter((known) => known !== reader)).find(name);
  }

  #nearest(name: string): string | undefined {
    if (this.#found.has(name)) return this.#found.get(name);
    if (this.#found.size >= MAX_SEARCHES) return undefined;
    // `customers` for `mart.customers`: an edit distance would never get there.
    const sameTable = this.#byLastPart.get(lastPart(name));
    const meant = name.includes(".")
      ? closestWord(name, this.#known) ?? sameTable
      : sameTable ?? this.#closestLastPart(name);
    this.#found.set(name, meant);
    return meant;
  }

  #closestLastPart(name: string): string | undefined {
    const last = closestWord(name, this.#byLastPart.keys());
    return last === undefined ? undefined : this.#byLastPart.get(last);
  }
}

function lastPart(name: string): string {
  return foldName(name.slice(name.indexOf(".") + 1));
}
