/**
 * Splits URLs so that many have the same beginning: `https://crm.example/people/` and `42`.
 *
 * A beginning is used once it was seen before, so that URLs which have nothing in common stay whole; of
 * very many hosts the later ones have no beginning.
 *
 * @module
 */

/** More are not remembered: what follows the first ones has mostly one of their beginnings. */
const MAX_SEEN = 256;

/** A model may ask for URLs of any length: to look at them is to take no time. */
const MAX_LENGTH = 2_000;
const MAX_PARTS = 16;

/** See the module's comment. */
export class UrlBeginnings {
  readonly #seen = new Set<string>();

  /** Gives the longest beginning that is known, and what follows it. */
  split(url: string): [beginning: string, rest: string] {
    if (url.length > MAX_LENGTH) return ["", url];
    if (this.#seen.has(url)) return [url, ""];
    const beginnings = beginningsOf(url);
    const known = beginnings.find((beginning) => this.#seen.has(beginning));
    if (known !== undefined && known === beginnings[0]) return [known, url.slice(known.length)];
    const isFull = this.#seen.size >= MAX_SEEN;
    if (!isFull) this.#remember(url, beginnings);
    const beginning = known ?? (isFull ? "" : url);
    return [beginning, url.slice(beginning.length)];
  }

  /** Of URLs that differ in their last part only the first is kept whole: the others have what they share. */
  #remember(url: string, beginnings: readonly string[]): void {
    for (const seen of [url, ...beginnings]) this.#seen.add(seen);
  }
}

/** Up to each `/`, `?`, `&` and `=` behind the host, the longest first. */
function beginningsOf(url: string): string[] {
  const hostAt = url.indexOf("://") + 3;
  const ends = [...url.slice(hostAt).matchAll(/[/?&=]/g)].slice(0, MAX_PARTS)
    .map(({ index }) => hostAt + index + 1);
  return ends.map((end) => url.slice(0, end)).reverse();
}
