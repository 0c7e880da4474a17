/**
 * Selectors: which models a command is about.
 *
 * | selector        | means                                   |
 * | --------------- | --------------------------------------- |
 * | `mart.orders`   | this model                              |
 * | `+mart.orders`  | and all that it reads, directly or not  |
 * | `mart.orders+`  | and all that read it, directly or not   |
 * | `tag:crm`       | models with this tag                    |
 * | `mart.*`        | models whose names match                |
 *
 * `+` goes with each of them. Several selectors select what any of them does; none selects all.
 *
 * @module
 */
import { closestWord } from "~/base/text/closest_word.ts";
import { foldName } from "~/base/text/same_name.ts";
import { UserError } from "~/base/user_error.ts";
import type { ModelName } from "~/model/model.ts";
import type { Graph } from "./graph.ts";
import { NearestTable } from "./nearest_table.ts";

/**
 * Selects models.
 *
 * @param order All models, in the order in which the result is to be.
 * @throws {UserError} A selector that selects nothing; the call is wrong (exit code 2).
 */
export function selectModels(
  selectors: readonly string[],
  graph: Graph,
  order: readonly ModelName[],
): ModelName[] {
  if (selectors.length === 0) return [...order];
  const selected = new Set<ModelName>();
  for (const selector of selectors) {
    for (const name of selectOne(selector, graph)) selected.add(name);
  }
  return order.filter((name) => selected.has(name));
}

function selectOne(selector: string, graph: Graph): Iterable<ModelName> {
  const match = /^(\+?)(.*?)(\+?)$/s.exec(selector.trim());
  const [, plusBefore = "", term = "", plusAfter = ""] = match ?? [];
  const named = namedBy(term, selector, graph);
  const selected = new Set(named);
  if (plusBefore) addReachable(named, (name) => readBy(graph, name), selected);
  if (plusAfter) addReachable(named, (name) => readersOf(graph, name), selected);
  return selected;
}

function namedBy(term: string, selector: string, graph: Graph): ModelName[] {
  if (term.startsWith("tag:")) return withTag(term.slice("tag:".length), graph);
  if (term.includes("*") || term.includes("?")) return matching(term, graph);
  const folded = foldName(term);
  const name = graph.models.has(term)
    ? term
    : [...graph.models.keys()].find((name) => foldName(name) === folded);
  if (name !== undefined) return [name];
  throw unknownModel(term, selector, graph);
}

function withTag(tag: string, graph: Graph): ModelName[] {
  const models = [...graph.models.values()];
  const found = models.filter((model) => model.directives.tags?.includes(tag));
  if (found.length > 0) return found.map((model) => model.name);
  const tags = new Set(models.flatMap((model) => model.directives.tags ?? []));
  const meant = closestWord(tag, tags);
  throw selectsNothing(
    `no model has the tag "${tag}"`,
    meant
      ? `Did you mean "tag:${meant}"?`
      : tags.size > 0
      ? `The tags are ${[...tags].sort().join(", ")}.`
      : `Give models a tag by "@tags: ${tag || "name"}".`,
  );
}

function matching(glob: string, graph: Graph): ModelName[] {
  const source = foldName(glob).replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*").replaceAll("?", ".");
  const pattern = new RegExp(`^${source}$`, "s");
  const found = [...graph.models.keys()].filter((name) => pattern.test(foldName(name)));
  if (found.length > 0) return found;
  throw selectsNothing(
    `no model's name matches "${glob}"`,
    `A name is "schema.name"; "mart.*" are all models in "models/mart".`,
  );
}

function unknownModel(term: string, selector: string, graph: Graph): UserError {
  if (term === "") {
    return selectsNothing(`"${selector}" names no model`, `Write it as in "+mart.customers".`);
  }
  const byPath = [...graph.models.values()].find((model) => model.path === term);
  const meant = byPath?.name ?? schemaOf(term, graph) ??
    new NearestTable([...graph.models.keys()]).find(term);
  const hint = meant
    ? `Did you mean "${meant}"?`
    : `A model is named by its folder and its file: "mart.customers" is models/mart/customers.sql.`;
  return selectsNothing(`"${term}" is not a model`, hint);
}

/** Who names a folder means the models in it. */
function schemaOf(term: string, graph: Graph): string | undefined {
  const schema = foldName(term.replace(/^models\//, "").replace(/\/$/, ""));
  const found = [...graph.models.keys()].find((name) => foldName(name).startsWith(`${schema}.`));
  return found && `${found.split(".", 1)[0]}.*`;
}

function selectsNothing(state: string, hint: string): UserError {
  return new UserError(`Cannot select models: ${state}`, { hint, exitCode: 2 });
}

function readBy(graph: Graph, name: ModelName): ModelName[] {
  return (graph.above.get(name) ?? []).map((edge) => edge.from);
}

function readersOf(graph: Graph, name: ModelName): ModelName[] {
  return (graph.below.get(name) ?? []).map((edge) => edge.to);
}

function addReachable(
  start: readonly ModelName[],
  next: (name: ModelName) => readonly ModelName[],
  into: Set<ModelName>,
): void {
  const reached = new Set(start);
  for (const name of reached) {
    into.add(name);
    // A set that grows while it is walked is walked to its new end.
    for (const each of next(name)) reached.add(each);
  }
}
