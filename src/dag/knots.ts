/**
 * Strongly connected components (Tarjan, 1972), without recursion: a cycle may be thousands long.
 *
 * @module
 */

/** A visit that is not finished. */
interface Visit {
  node: string;
  neighbours: readonly string[];
  next: number;
}

/**
 * Finds the groups of two or more nodes that all reach each other, in time linear in the edges.
 *
 * @param nodes Where to look; neighbours that are not among them are passed over.
 */
export function findKnots(
  nodes: readonly string[],
  neighboursOf: (node: string) => readonly string[],
): string[][] {
  const known = new Set(nodes);
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const knots: string[][] = [];

  const enter = (node: string): Visit => {
    low.set(node, index.size);
    index.set(node, index.size);
    open.push(node);
    isOpen.add(node);
    return { node, neighbours: neighboursOf(node).filter((each) => known.has(each)), next: 0 };
  };
  const lower = (node: string, value: number | undefined) =>
    low.set(node, Math.min(low.get(node) ?? 0, value ?? 0));
  const close = (node: string) => {
    if (low.get(node) !== index.get(node)) return;
    const knot = open.splice(open.lastIndexOf(node));
    for (const each of knot) isOpen.delete(each);
    if (knot.length > 1) knots.push(knot);
  };

  for (const node of nodes) {
    if (index.has(node)) continue;
    const visits = [enter(node)];
    for (let visit = visits.at(-1); visit; visit = visits.at(-1)) {
      const neighbour = visit.neighbours[visit.next++];
      if (neighbour === undefined) {
        visits.pop();
        close(visit.node);
        const parent = visits.at(-1);
        if (parent) lower(parent.node, low.get(visit.node));
      } else if (!index.has(neighbour)) visits.push(enter(neighbour));
      else if (isOpen.has(neighbour)) lower(visit.node, index.get(neighbour));
    }
  }
  return knots;
}
