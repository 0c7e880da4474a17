/**
 * Generated queries with SQLite as the referee: far odder than people write them, with names that
 * shadow each other on purpose.
 *
 * Of each query that SQLite takes, every table it reads must be found. The rewritten query must
 * give the same rows, or, where two tables share a name, at least fail: never other rows.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { DatabaseSync } from "node:sqlite";
import { rewriteTableReferences } from "./rewrite_references.ts";
import { findTableReferences } from "./table_references.ts";

const TABLES: Record<string, string[]> = {
  "mart.t": ["a", "b"],
  "raw.t": ["a", "c"],
  "mart.u": ["a", "d"],
  "stage.u": ["a", "b", "e"],
  "mart.v": ["c", "d"],
};

interface Source {
  name: string;
  schema?: string;
  columns: readonly string[];
}

/** Writes one query; the same seed writes the same one. */
class QueryWriter {
  #ctes: Source[] = [];
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  query(depth: number, outer: readonly Source[][], columns: number): string {
    const outerCtes = this.#ctes;
    const withClause = depth > 0 && this.#chance(4) ? this.#withClause(depth, outer) : "";
    const cores = Array.from(
      { length: this.#chance(5) ? 2 : 1 },
      () => this.#core(depth, outer, columns),
    );
    this.#ctes = outerCtes;
    return withClause + cores.join(this.#pick([" UNION ", " UNION ALL ", " EXCEPT "]));
  }

  #withClause(depth: number, outer: readonly Source[][]): string {
    const declared: Source[] = [];
    const bodies: string[] = [];
    for (let left = this.#pick([1, 2]); left > 0; left--) {
      const cte = {
        name: this.#pick(["t", "u", "x", "y"]),
        columns: this.#pick([["a"], ["a", "c"]]),
      };
      const as = this.#pick(["AS", "AS MATERIALIZED", "as not materialized"]);
      const body = this.query(depth - 1, outer, cte.columns.length);
      bodies.push(`${cte.name}(${cte.columns}) ${as} (${body})`);
      declared.push(cte);
    }
    this.#ctes = [...this.#ctes, ...declared];
    return `WITH ${bodies.join(", ")} `;
  }

  #core(depth: number, outer: readonly Source[][], columns: number): string {
    const sources: Source[] = [];
    const scopes = [...outer, sources];
    let from = this.#source(depth, outer, sources);
    for (let left = this.#pick([0, 1, 2]); left > 0; left--) {
      const join = this.#pick([", ", " JOIN ", " LEFT JOIN ", " CROSS JOIN "]);
      from += join + this.#source(depth, outer, sources);
      if (join !== ", " && this.#chance(2)) from += ` ON ${this.#condition(depth - 1, scopes)}`;
    }
    const list = Array.from({ length: columns }, () => this.#expression(depth - 1, scopes));
    const where = this.#chance(2) ? ` WHERE ${this.#condition(depth - 1, scopes)}` : "";
    const group = this.#chance(8) ? ` GROUP BY ${this.#column(scopes)}` : "";
    return `SELECT ${list.join(", ")} FROM ${from}${where}${group}`;
  }

  #source(depth: number, outer: readonly Source[][], sources: Source[]): string {
    const form = this.#pick(["table", "table", "table", "cte", "function", "query", "join"]);
    if (form === "function") {
      sources.push({ name: "json_each", columns: ["value"] });
      return "json_each('[1,2]')";
    }
    if (form === "query" && depth > 0) {
      const alias = this.#pick(["s", "t", "u"]);
      sources.push({ name: alias, columns: ["1"] });
      return `(${this.query(depth - 1, outer, 1)}) ${alias}`;
    }
    if (form === "join" && depth > 0) {
      const left = this.#source(depth - 1, outer, sources);
      return `(${left} JOIN ${this.#source(depth - 1, outer, sources)})`;
    }
    const alias = this.#chance(3) ? this.#pick(["p", "q", "t", "u"]) : undefined;
    const as = alias === undefined ? "" : this.#pick([" ", " AS "]) + this.#quoted(alias);
    const cte = this.#pick(this.#ctes.length > 0 ? this.#ctes : [undefined]);
    if (form === "cte" && cte) {
      sources.push({ ...cte, name: alias ?? cte.name });
      return cte.name + as;
    }
    const [qualified, columns] = this.#pick(Object.entries(TABLES));
    const [schema = "", name = ""] = qualified.split(".");
    sources.push({ name: alias ?? name, schema, columns });
    const dot = this.#pick([".", ".", " . ", "./**/", "\n."]);
    return this.#quoted(schema) + dot + this.#quoted(name) + as +
      (this.#chance(10) ? " NOT INDEXED" : "");
  }

  #expression(depth: number, scopes: readonly Source[][]): string {
    if (depth > 0 && this.#chance(10)) return `(${this.query(depth - 1, scopes, 1)} LIMIT 1)`;
    if (this.#chance(8)) return `coalesce(${this.#column(scopes)}, ${this.#column(scopes)})`;
    return this.#column(scopes);
  }

  #condition(depth: number, scopes: readonly Source[][]): string {
    const left = this.#column(scopes);
    const right = this.#column(scopes);
    if (depth > 0 && this.#chance(6)) return `EXISTS (${this.query(depth - 1, scopes, 1)})`;
    if (depth > 0 && this.#chance(6)) return `${left} IN (${this.query(depth - 1, scopes, 1)})`;
    if (this.#chance(6)) return `(${left}, ${right}) NOT IN ${this.#pick(["mart.t", "raw . t"])}`;
    return `${left} ${this.#pick(["=", "<", "IS NOT DISTINCT FROM", "IS DISTINCT FROM"])} ${right}`;
  }

  #column(scopes: readonly Source[][]): string {
    const scope = this.#chance(4) ? this.#pick(scopes) : scopes.at(-1) ?? [];
    if (scope.length === 0) return "1";
    const { name, schema, columns } = this.#pick(scope);
    const column = this.#pick(columns);
    const table = this.#pick([undefined, name, schema && `${schema}.${name}`]);
    return column === "1" || table === undefined ? column : `${table}.${column}`;
  }

  #quoted(name: string): string {
    return this.#pick([name, name, `"${name}"`, `[${name}]`, `'${name}'`, name.toUpperCase()]);
  }

  #chance(oneIn: number): boolean {
    return this.#next() % oneIn === 0;
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#next() % items.length] as Item;
  }

  /** mulberry32 */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}

Deno.test("generated queries read the tables that are found, and keep their rows when rewritten", () => {
  using attached = new DatabaseSync(":memory:");
  using single = new DatabaseSync(":memory:");
  fill(attached, single);
  let taken = 0;
  let refused = 0;
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const sql = new QueryWriter(seed).query(3, [[]], 2);
      const read = readTables(attached, sql);
      if (read === undefined) return;
      taken++;
      const found = findTableReferences(sql).map((table) => fullName(table));
      assert.deepEqual([...read].filter((table) => !found.includes(table)), [], sql);
      const rewritten = rewriteTableReferences(sql, fullName);
      const rows = run(single, rewritten);
      if (typeof rows === "string") refused++;
      else assert.deepEqual(rows, run(attached, sql), `${sql}\n${rewritten}`);
    }),
    { numRuns: 1_500, seed: 1 },
  );
  assert.ok(taken > 300, `SQLite took ${taken} queries`);
  assert.ok(refused < taken / 10, `SQLite refused ${refused} of ${taken} rewritten queries`);
});

function fullName({ schema, table }: { schema?: string; table: string }): string | undefined {
  return schema && `${schema}.${table}`.toLowerCase();
}

function fill(attached: DatabaseSync, single: DatabaseSync): void {
  for (const schema of ["mart", "raw", "stage"]) attached.exec(`ATTACH ':memory:' AS ${schema}`);
  let value = 0;
  for (const [name, columns] of Object.entries(TABLES)) {
    const rows = [1, 2, 3].map(() => `(${columns.map(() => (value += 7) % 4)})`);
    attached.exec(`CREATE TABLE ${name} (${columns}); INSERT INTO ${name} VALUES ${rows}`);
    single.exec(`CREATE TABLE "${name}" (${columns}); INSERT INTO "${name}" VALUES ${rows}`);
  }
}

/** What Deno's type declarations of `node:sqlite` lack. */
interface Authorized {
  setAuthorizer(
    callback: ((action: number, table: string, column: string, schema: string) => number) | null,
  ): void;
}

const SQLITE_OK = 0;
const SQLITE_READ = 20;

/** `undefined` when SQLite does not take the query. */
function readTables(database: DatabaseSync, sql: string): Set<string> | undefined {
  const tables = new Set<string>();
  const authorized = database as unknown as Authorized;
  authorized.setAuthorizer((action, table, _column, schema) => {
    const isOurs = action === SQLITE_READ && schema && schema !== "main";
    if (isOurs) tables.add(`${schema}.${table}`.toLowerCase());
    return SQLITE_OK;
  });
  try {
    database.prepare(sql);
    return tables;
  } catch {
    // Many generated queries name a column that is ambiguous or out of reach; they are left out.
    return undefined;
  } finally {
    authorized.setAuthorizer(null);
  }
}

function run(database: DatabaseSync, sql: string): unknown[] | string {
  try {
    return database.prepare(`SELECT * FROM (${sql}) LIMIT 500`).all().map((row) =>
      Object.values(row)
    );
  } catch (error) {
    assert.match(String(error), /no such column|ambiguous column name/);
    return String(error);
  }
}
