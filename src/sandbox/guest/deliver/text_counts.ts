/**
 * How often texts hold values that are no part of a longer word.
 *
 * @module
 */

const WORDS = /[\p{L}\p{N}]+/gu;

/** A word of a value, and where: of an address the first, for many have one domain; else the last, for many begin alike. */
export interface Handle {
  word: string;
  at: number;
}

/** The word by which a value is looked for. */
export function handleOf(value: string): Handle {
  const words = value.match(WORDS) ?? [""];
  const word = (value.includes("@") ? words[0] : words.at(-1)) ?? "";
  return { word, at: value.includes("@") ? value.indexOf(word) : value.lastIndexOf(word) };
}

/**
 * How often texts hold values. They are read once, and not for each value: a batch of a thousand rows has thousands
 * of values, and may be megabytes long.
 */
export class TextCounts {
  /** Word → where it stands. */
  #places = new Map<string, { text: string; at: number }[]>();

  /** @param handles Of all values that are asked for. */
  constructor(texts: readonly string[], handles: readonly Handle[]) {
    const words = new Set(handles.map(({ word }) => word));
    for (const text of texts) {
      for (const { 0: word, index: at } of text.matchAll(WORDS)) {
        if (!words.has(word)) continue;
        const places = this.#places.get(word);
        if (places) places.push({ text, at });
        else this.#places.set(word, [{ text, at }]);
      }
    }
  }

  /** How often one is there, and no part of a longer word. */
  of(value: string, { word, at }: Handle): number {
    let count = 0;
    for (const place of this.#places.get(word) ?? []) {
      const start = place.at - at;
      if (start < 0 || !place.text.startsWith(value, start)) continue;
      if (isWhole(place.text, value, start)) count++;
    }
    return count;
  }
}

/** How often a text holds a value. */
export function countIn(text: string, value: string): number {
  let count = 0;
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
    if (isWhole(text, value, at)) count++;
  }
  return count;
}

/** Whether what stands there is no part of a longer word. */
function isWhole(text: string, value: string, at: number): boolean {
  return !/[\p{L}\p{N}]/u.test(text.charAt(at - 1) + text.charAt(at + value.length));
}
