/** Lists whose order says nothing, held against each other. @module */

/**
 * The items that are not among others, each as often as it is missing there.
 *
 * @param nameOf The same text for equal items, another one for others.
 */
export function missingFrom<T>(
  others: readonly T[],
  items: readonly T[],
  nameOf: (item: T) => string,
): T[] {
  const counts = new Map<string, number>();
  for (const other of others) {
    const name = nameOf(other);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return items.filter((item) => {
    const name = nameOf(item);
    const count = counts.get(name) ?? 0;
    if (count > 0) counts.set(name, count - 1);
    return count === 0;
  });
}
