/**
 * The `Link` header (RFC 8288), as far as paging needs it.
 *
 * @module
 */

/** A far side may send a header of any length, and paging needs a few addresses of it. */
const MAX_HEADER = 16 * 1_024;

/**
 * Reads a `Link` header, of a long one the beginning.
 *
 * @example
 * ```ts
 * import { parseLinks } from "./parse_links.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(
 *   { ...parseLinks('</c?page=2>; rel="next", </c?page=9>; rel="last"', "https://a.test/c") },
 *   { next: "https://a.test/c?page=2", last: "https://a.test/c?page=9" },
 * );
 * ```
 *
 * @param base What relative URLs are relative to.
 * @returns URL by relation; of several with one relation the first.
 */
export function parseLinks(header: string, base: string): Readonly<Record<string, string>> {
  const links: Record<string, string> = Object.create(null);
  // A target ends before the next one begins: else each "<" would look through all that follows.
  const found = header.slice(0, MAX_HEADER).matchAll(/<([^<>]*)>((?:[^,"]|"[^"]*")*)/g);
  for (const [, target = "", parameters = ""] of found) {
    const [, quoted, plain] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]+))/i.exec(parameters) ?? [];
    for (const relation of (quoted ?? plain ?? "").toLowerCase().split(/\s+/)) {
      if (relation !== "") links[relation] ??= absolute(target, base);
    }
  }
  return links;
}

function absolute(target: string, base: string): string {
  try {
    return new URL(target, base).href;
  } catch {
    // The base may hold a masked secret and be no URL any more; the target is shown as it came.
    return target;
  }
}
