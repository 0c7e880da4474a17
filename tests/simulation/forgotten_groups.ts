/**
 * Groups that have left a query which lets them go: nothing is known of them any more, so that one that comes back is
 * sent, whatever it holds.
 *
 * @module
 */
import { isLocallyRefused, isQuiet, isRefused } from "./content.ts";
import type { Before } from "./referee.ts";
import { expect } from "./wrong.ts";

/** See the module's comment. */
export class ForgottenGroups {
  #keys = new Set<string>();

  /**
   * A delivery has begun that lets them go.
   *
   * @param open Groups that the ledger has something of.
   */
  begun({ source, accepted }: Before, open: ReadonlySet<string>): void {
    for (const key of accepted.keys()) {
      if (!source.has(key) && !open.has(key)) this.#keys.add(key);
    }
  }

  /** A request about it leaves, or somebody says what the far side has. */
  isKnown(key: string): void {
    this.#keys.delete(key);
  }

  /** The same of all groups. */
  areKnown(): void {
    this.#keys.clear();
  }

  /** Nothing is left to do. */
  finally(source: ReadonlyMap<string, string>): void {
    for (const key of this.#keys) {
      const content = source.get(key);
      const isSent = content !== undefined && !isQuiet(content) && !isRefused(content) &&
        !isLocallyRefused(content);
      expect(!isSent, `group ${key} has left and come back, and was not sent`);
    }
  }
}
