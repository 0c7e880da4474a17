/** Long lists in pieces. @module */

/** The list in pieces of so many, the last one shorter. */
export function piecesOf<Item>(list: readonly Item[], size: number): Item[][] {
  const pieces: Item[][] = [];
  for (let start = 0; start < list.length; start += size) {
    pieces.push(list.slice(start, start + size));
  }
  return pieces;
}
