/**
 * Methods of requests that change nothing, so that they may be repeated (RFC 9110, section 9.2.1).
 *
 * @module
 */

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** @param method In capitals. */
export function isSafeMethod(method: string): boolean {
  return SAFE_METHODS.has(method);
}
