/**
 * Parts of a document in the room that it has: each is as full as it can be beside the others.
 *
 * @module
 */

/** One part: its lines, from its fullest form to its shortest. */
export type PartForms = readonly (() => readonly string[])[];

/**
 * Gives each part an equal share; what a short one leaves of its own the longer ones have too.
 *
 * @param room Characters of all lines, their line breaks included.
 * @returns The lines of each part; `undefined` where not even its shortest form has room.
 */
export function fitParts(
  parts: readonly PartForms[],
  room: number,
): (readonly string[] | undefined)[] {
  const fitted: (readonly string[] | undefined)[] = parts.map(([fullest]) => fullest?.());
  const shortFirst = fitted.map((lines = [], index) => ({ index, length: lengthOf(lines) }))
    .sort((a, b) => a.length - b.length);
  let left = room;
  shortFirst.forEach(({ index, length }, place) => {
    const share = left / (parts.length - place);
    if (length > share) fitted[index] = fullestWithin(parts[index] ?? [], share);
    left -= lengthOf(fitted[index] ?? []);
  });
  return fitted;
}

/** As many of the lines, from the first, as have room. */
export function fitLines(lines: readonly string[], room: number): readonly string[] {
  let left = room;
  const end = lines.findIndex((line) => (left -= line.length + 1) < 0);
  return end < 0 ? lines : lines.slice(0, end);
}

function fullestWithin(forms: PartForms, room: number): readonly string[] | undefined {
  for (const form of forms.slice(1)) {
    const lines = form();
    if (lengthOf(lines) <= room) return lines;
  }
  return undefined;
}

function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}
