/**
 * `--held`: where a person says that the far side's present state is: a CSV file, a table of the state
 * file, or a SELECT on such tables.
 *
 * @module
 */
import { resolve } from "node:path";
import { statOf } from "~/base/files/stat_of.ts";
import { isSameName, nameTest } from "~/base/text/same_name.ts";
import { UserError } from "~/base/user_error.ts";
import type { Edge, Graph } from "~/dag/graph.ts";
import { NearestTable } from "~/dag/nearest_table.ts";
import type { Model, ModelName } from "~/model/model.ts";
import { quoteIdentifier } from "~/sql/identifiers.ts";
import { findUnboundParameter } from "~/sql/parameters.ts";
import { readSingleSelect } from "~/sql/single_select.ts";
import { findTableReferences } from "~/sql/table_references.ts";
import { readHeldHeader } from "./held_csv.ts";

/** As asked for on the command line. */
export interface HeldRequest {
  text: string;
  /** Where the person stands: a path is relative to it. */
  folder: string;
}

/** What the far side holds, and where it is to be read. */
export type HeldSource =
  | { type: "csv"; name: string; path: string }
  | { type: "select"; name: string; sql: string; tables: readonly string[] };

/**
 * Finds what is meant, and looks at it as far as that can be done before anything runs.
 *
 * @param tables Tables and views that the state file holds.
 * @throws {UserError} There is no such file or table, it has not the key, or the model cannot be compared.
 */
export function findHeldSource(
  { text, folder }: HeldRequest,
  model: Model,
  graph: Graph,
  tables: readonly string[],
): HeldSource {
  refuseModel(model);
  const source = toSource(text.trim(), folder, graph, tables);
  if (source.type === "csv") readHeldHeader(source, model);
  else refuseTables(source.tables, model, graph, tables);
  return source;
}

/** Only what is sent group by group has a far side that can be compared. */
function refuseModel({ name, language, references }: Model): void {
  if (language === "ts" && references.length > 0) return;
  throw wrongCall(
    `Cannot compare ${name} with what the far side holds: it sends nothing that it reads`,
    `Name a TypeScript model after --adopt that reads by query() or changes()`,
  );
}

function toSource(
  text: string,
  folder: string,
  graph: Graph,
  tables: readonly string[],
): HeldSource {
  if (/^(select|with|values)\b/i.test(text)) return toSelect(text);
  if (/\.(csv|tsv|txt)$/i.test(text) || /[/\\]/.test(text)) {
    return { type: "csv", name: text, path: resolve(folder, text) };
  }
  const names = [...graph.models.keys(), ...tables];
  const table = names.find((name) => isSameName(name, text));
  if (table !== undefined) {
    const sql = `SELECT * FROM ${quoteIdentifier(table)}`;
    return { type: "select", name: table, sql, tables: [table] };
  }
  const path = resolve(folder, text);
  if (statOf(path)?.isFile) return { type: "csv", name: text, path };
  const meant = new NearestTable([...graph.models.keys()], [...tables]).find(text);
  throw wrongCall(
    `Cannot read what the far side holds: "${text}" is no file, no table and no SELECT`,
    meant === undefined
      ? `Name a CSV file, a table of the project, or a SELECT in quotes`
      : `Did you mean "${meant}"?`,
  );
}

function toSelect(text: string): HeldSource {
  const single = readSingleSelect(text);
  if (!single.ok) throw wrongCall(single.message, single.hint);
  const unbound = findUnboundParameter(single.text);
  if (unbound) throw wrongCall(unbound.message, unbound.hint);
  const tables = findTableReferences(single.text).map(({ schema, table }) =>
    schema === undefined ? table : `${schema}.${table}`
  );
  return { type: "select", name: "the SELECT of --held", sql: text, tables };
}

function refuseTables(
  read: readonly string[],
  model: Model,
  graph: Graph,
  tables: readonly string[],
): void {
  const isKnown = nameTest([...graph.models.keys(), ...tables]);
  const missing = read.find((table) => !isKnown(table));
  if (missing !== undefined) {
    const meant = new NearestTable([...graph.models.keys()], [...tables]).find(missing);
    throw wrongCall(
      `Cannot read what the far side holds: there is no table "${missing}"`,
      meant === undefined
        ? `Name a table that a model makes, with its schema`
        : `Did you mean "${meant}"?`,
    );
  }
  const isBelow = nameTest(modelsBelow(model.name, graph));
  const own = read.find(isBelow);
  if (own === undefined) return;
  throw wrongCall(
    `Cannot compare ${model.name} with ${own}: that is what Spoor itself has recorded of it`,
    `Name a table that was read from the far side, as by a model that fetches its contacts`,
  );
}

/** A model, and all that is made of it. */
function modelsBelow(name: ModelName, graph: Graph): ModelName[] {
  const found = new Set([name]);
  for (const each of found) {
    for (const { to } of graph.below.get(each) ?? []) found.add(to);
  }
  return [...found];
}

/** The graph in which the adopted model waits for the models whose tables it is compared with. */
export function withHeldSource(graph: Graph, model: ModelName, source: HeldSource): Graph {
  if (source.type === "csv") return graph;
  const isRead = nameTest(source.tables);
  const known = new Set((graph.above.get(model) ?? []).map(({ from }) => from));
  const edges = [...graph.models.keys()]
    .filter((name) => isRead(name) && !known.has(name))
    .map((from): Edge => ({
      from,
      to: model,
      reference: { table: from, at: { path: "--held" } },
    }));
  const below = new Map(graph.below);
  for (const edge of edges) below.set(edge.from, [...below.get(edge.from) ?? [], edge]);
  const above = new Map(graph.above);
  above.set(model, [...above.get(model) ?? [], ...edges]);
  return { ...graph, above, below };
}

function wrongCall(message: string, hint: string): UserError {
  return new UserError(message, { hint, exitCode: 2 });
}
