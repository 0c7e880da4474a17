/**
 * What the tables of a query are called once their real names stand in it.
 *
 * `FROM mart.customers` becomes a table named `mart.customers`; an alias `customers` keeps
 * `customers.id` working, and `mart.customers.id` is written `"customers".id`. That is not
 * enough where a query needs the schema to tell two tables apart:
 *
 * ```sql
 * SELECT * FROM raw.orders JOIN staging.orders ON raw.orders.id = staging.orders.id
 * ```
 *
 * Such tables are called `raw:orders` and `staging:orders`, and a column `orders.id` follows the
 * table that is nearest to it, as in SQLite. Where two equally near ones share the name the column
 * stays as it is: it finds no table then, and SQLite says so, rather than reading the wrong one.
 * (An alias with a dot would not do: SQLite loses it outside of a join in parentheses.)
 *
 * @module
 */
import { foldName } from "~/base/text/same_name.ts";
import type { QualifiedColumn, QueryScan, Scope, Source } from "./query_scan.ts";
import type { TableReference } from "./table_references.ts";

/** The names that a rewritten query uses. */
export interface SourceNames {
  /** New aliases; a table of FROM that is not in here keeps the one that it has. */
  aliases: ReadonlyMap<TableReference, string>;
  /** What replaces the `table` or `schema.table` before a column; others stay as they are. */
  columns: ReadonlyMap<QualifiedColumn, string>;
}

/**
 * Decides what tables are called.
 *
 * @param scan The query.
 * @param renamed The tables whose real names are put in.
 */
export function nameSources(scan: QueryScan, renamed: ReadonlySet<TableReference>): SourceNames {
  const unclear = findUnclearNames(scan, renamed);
  const aliases = new Map<TableReference, string>();
  for (const { name, table } of scan.scopes.flatMap((scope) => scope.sources)) {
    if (table === undefined || !renamed.has(table)) continue;
    if (table.schema !== undefined && unclear.has(foldName(name))) {
      aliases.set(table, `${table.schema}:${name}`);
    } else if (table.alias === undefined) {
      aliases.set(table, table.table);
    }
  }

  const columns = new Map<QualifiedColumn, string>();
  for (const [column, nearest] of nearestSources(scan.scopes)) {
    const table = nearest[0]?.table;
    if (table === undefined || !renamed.has(table)) continue;
    if (column.schema !== undefined) {
      columns.set(column, aliases.get(table) ?? column.table);
    } else if (unclear.has(foldName(column.table)) && nearest.length === 1) {
      columns.set(column, aliases.get(table) ?? column.table);
    }
  }
  return { aliases, columns };
}

/** Names that several sources share and that some column tells apart by a schema; folded. */
function findUnclearNames(scan: QueryScan, renamed: ReadonlySet<TableReference>): Set<string> {
  const keys = new Map<string, string>();
  const shared = new Set<string>();
  const told = new Set<string>();
  for (const { name, table } of scan.scopes.flatMap((scope) => scope.sources)) {
    const folded = foldName(name);
    const key = nameKey(table?.schema, name);
    if ((keys.get(folded) ?? key) !== key) shared.add(folded);
    keys.set(folded, key);
    if (table?.schema !== undefined && renamed.has(table)) told.add(key);
  }
  const unclear = new Set<string>();
  for (const { schema, table } of scan.scopes.flatMap((scope) => scope.columns)) {
    const isTold = schema !== undefined && told.has(nameKey(schema, table));
    if (isTold && shared.has(foldName(table))) unclear.add(foldName(table));
  }
  return unclear;
}

/**
 * Gives for each column the sources that its table can mean: those of that name, and of that
 * schema if it has one, in the nearest scope that has any.
 *
 * Goes through the scopes as through a tree, each entered and left once.
 */
function* nearestSources(scopes: readonly Scope[]): Generator<[QualifiedColumn, Source[]]> {
  const visible = new Map<string, Source[][]>();
  const path: { scope: Scope; groups: ReadonlyMap<string, Source[]> }[] = [];
  for (const scope of scopes) {
    while (path.length > 0 && path.at(-1)?.scope !== scope.parent) {
      for (const key of path.pop()?.groups.keys() ?? []) visible.get(key)?.pop();
    }
    const groups = groupByKey(scope.sources);
    path.push({ scope, groups });
    for (const [key, group] of groups) addTo(visible, key, group);
    for (const column of scope.columns) {
      yield [column, visible.get(nameKey(column.schema, column.table))?.at(-1) ?? []];
    }
  }
}

/** Each source under its name and, as SQLite takes an alias there too, under schema and name. */
function groupByKey(sources: readonly Source[]): Map<string, Source[]> {
  const groups = new Map<string, Source[]>();
  for (const source of sources) {
    addTo(groups, nameKey(undefined, source.name), source);
    const schema = source.table?.schema;
    if (schema !== undefined) addTo(groups, nameKey(schema, source.name), source);
  }
  return groups;
}

function addTo<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** The schema's length tells where it ends, whatever is in the names. */
function nameKey(schema: string | undefined, name: string): string {
  const end = schema === undefined ? "" : `${schema.length}:${foldName(schema)}`;
  return `${end}:${foldName(name)}`;
}
