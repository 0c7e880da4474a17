/**
 * The order in which models run: each after all it reads.
 *
 * @module
 */
import { compareText } from "~/base/text/compare_text.ts";
import type { UserError } from "~/base/user_error.ts";
import type { ModelName } from "~/model/model.ts";
import { describeCycles } from "./cycles.ts";
import type { Graph } from "./graph.ts";

/** Models in order. */
export interface Order {
  /**
   * Layer after layer: models of one read only from layers before it. By name within a layer, so that it does not
   * depend on where files lie.
   */
  models: readonly ModelName[];
  /** One for each knot of models that read each other; those and all below them are in no layer. */
  errors: UserError[];
}

/** Orders models in time linear in models and edges, but for sorting each layer by name. */
export function orderModels(graph: Graph): Order {
  const waitingFor = new Map<ModelName, number>();
  for (const [name, edges] of graph.above) waitingFor.set(name, edges.length);
  const models: ModelName[] = [];
  let layer = namesWithout(waitingFor);
  while (layer.length > 0) {
    for (const name of layer.sort(compareText)) models.push(name);
    layer = nextLayer(graph, layer, waitingFor);
  }
  const errors = models.length < graph.models.size ? describeCycles(graph, new Set(models)) : [];
  return { models, errors };
}

function namesWithout(waitingFor: ReadonlyMap<ModelName, number>): ModelName[] {
  return [...waitingFor].filter(([, count]) => count === 0).map(([name]) => name);
}

function nextLayer(
  graph: Graph,
  layer: readonly ModelName[],
  waitingFor: Map<ModelName, number>,
): ModelName[] {
  const next: ModelName[] = [];
  for (const name of layer) {
    for (const { to } of graph.below.get(name) ?? []) {
      const left = (waitingFor.get(to) ?? 0) - 1;
      waitingFor.set(to, left);
      if (left === 0) next.push(to);
    }
  }
  return next;
}
