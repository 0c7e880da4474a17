/**
 * Cycles: found and put into words.
 *
 * @module
 */
import { renderLocation, UserError } from "~/base/user_error.ts";
import type { ModelName } from "~/model/model.ts";
import type { Edge, Graph } from "./graph.ts";
import { findKnots } from "./knots.ts";

/**
 * Describes a shortest cycle of each knot, a knot being models that all reach each other.
 *
 * @param ordered Models that are in no cycle.
 */
export function describeCycles(graph: Graph, ordered: ReadonlySet<ModelName>): UserError[] {
  const unordered = [...graph.models.keys()].filter((name) => !ordered.has(name)).sort();
  return findKnots(unordered, (name) => (graph.above.get(name) ?? []).map((edge) => edge.from))
    .map((knot) => describeCycle(shortestCycle(graph, knot)));
}

/**
 * A shortest cycle through the first name of a knot, as edges that each read the next.
 */
function shortestCycle(graph: Graph, knot: readonly ModelName[]): Edge[] {
  const inKnot = new Set(knot);
  const start = knot.reduce((least, name) => (name < least ? name : least));
  /** How the search came to each model: by the edge of the model that reads it. */
  const cameBy = new Map<ModelName, Edge>();
  const queue = [start];
  for (const name of queue) {
    for (const edge of graph.above.get(name) ?? []) {
      if (!inKnot.has(edge.from) || cameBy.has(edge.from)) continue;
      cameBy.set(edge.from, edge);
      if (edge.from === start) return walkBack(start, cameBy);
      queue.push(edge.from);
    }
  }
  return [];
}

function walkBack(start: ModelName, cameBy: ReadonlyMap<ModelName, Edge>): Edge[] {
  const edges: Edge[] = [];
  let edge = cameBy.get(start);
  while (edge) {
    edges.unshift(edge);
    edge = edge.to === start ? undefined : cameBy.get(edge.to);
  }
  return edges;
}

function describeCycle(edges: readonly Edge[]): UserError {
  const names = [...edges.map((edge) => edge.to), edges[0]?.to];
  return new UserError(`Cannot order the models: "${names.join(" → ")}" is a cycle`, {
    at: edges[0]?.reference.at,
    hint: "Take one of these reads away; what two models share can be a third.",
    details: edges.map(({ to, from, reference }) => {
      const verb = reference.declared ? "depends on" : "reads";
      return `${renderLocation(reference.at)}: ${to} ${verb} ${from}`;
    }),
  });
}
