/**
 * Fingerprints: whether what a model is made of is what it was.
 *
 * @module
 */
import { contentDigest } from "~/base/content_digest.ts";

/** Changes when the meaning of a fingerprint does; every model then runs once more. */
const SCHEME = "spoor-model-1";

/**
 * Hashes texts in their order. Paths are not part of it: a model that only moves does not run anew.
 *
 * @param texts The model's own file first, then what it imports.
 */
export function fingerprintOf(texts: readonly string[]): string {
  // Each text with its length before it, so that a cut between two cannot wander unseen.
  const parts = texts.map((text) => `${text.length}\n${text}`);
  return contentDigest(`${SCHEME}\n${parts.join("\n")}`);
}
