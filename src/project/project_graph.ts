/**
 * The graph of a loaded project, with all that is wrong with project and graph together.
 *
 * @module
 */
import type { UserError } from "~/base/user_error.ts";
import { buildGraph, type Graph, type GraphOptions } from "~/dag/graph.ts";
import { type Order, orderModels } from "~/dag/order.ts";
import type { Project } from "./load_project.ts";
import { sortErrors } from "./sort_errors.ts";

/** A project's models, joined and ordered. */
export interface ProjectGraph {
  graph: Graph;
  order: Order;
  /** The project's mistakes and the graph's, by file and line. */
  errors: UserError[];
}

/**
 * Joins and orders the models of a project.
 *
 * @param held What the database holds; nothing where there is none yet.
 */
export function buildProjectGraph(
  project: Project,
  held: Pick<GraphOptions, "existingTables" | "ranBefore"> = {},
): ProjectGraph {
  const { graph, errors } = buildGraph(project.models, {
    ...held,
    unreadable: project.unreadable,
  });
  const order = orderModels(graph);
  return { graph, order, errors: sortErrors([...project.errors, ...errors, ...order.errors]) };
}
