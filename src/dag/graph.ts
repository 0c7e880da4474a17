/**
 * The graph: which model reads which, and what is wrong with that.
 *
 * Names are compared as SQLite compares them: ASCII letters regardless of case.
 *
 * @module
 */
import { foldName } from "~/base/text/same_name.ts";
import { UserError } from "~/base/user_error.ts";
import { fileOfTable } from "~/model/file_of_table.ts";
import type { Model, ModelName, Reference } from "~/model/model.ts";
import { NearestTable } from "./nearest_table.ts";

/** One model reads another. */
export interface Edge {
  /** The model that is read. */
  from: ModelName;
  /** The model that reads. */
  to: ModelName;
  reference: Reference;
}

/** Models and their edges. Every model has an entry in every map. */
export interface Graph {
  models: ReadonlyMap<ModelName, Model>;
  /** What each model reads, in the order of its text. */
  above: ReadonlyMap<ModelName, readonly Edge[]>;
  /** Who reads each model. */
  below: ReadonlyMap<ModelName, readonly Edge[]>;
  /** Tables that each model reads and no model makes, as written: the database holds them. */
  external: ReadonlyMap<ModelName, readonly string[]>;
}

/** What is known besides the models. */
export interface GraphOptions {
  /** Tables and views that the database holds. */
  existingTables?: Iterable<string>;
  /** Models that have ever run → fingerprint of their last success, or an empty text. */
  ranBefore?: ReadonlyMap<ModelName, string>;
  /** Models whose files could not be read: to read them is no further mistake. */
  unreadable?: Iterable<ModelName>;
}

/**
 * Joins models by what they read. An edge with a mistake is left out and told.
 */
export function buildGraph(
  models: ReadonlyMap<ModelName, Model>,
  options: GraphOptions = {},
): { graph: Graph; errors: UserError[] } {
  const builder = new GraphBuilder(models, options);
  for (const model of models.values()) builder.addModel(model);
  const { above, below, external, errors } = builder;
  return { graph: { models, above, below, external }, errors };
}

class GraphBuilder {
  readonly above = new Map<ModelName, Edge[]>();
  readonly below = new Map<ModelName, Edge[]>();
  readonly external = new Map<ModelName, string[]>();
  readonly errors: UserError[] = [];
  /** Folded name → name of the model that makes the table. */
  readonly #makers = new Map<string, ModelName>();
  readonly #byFingerprint = new Map<string, ModelName>();
  readonly #existing: ReadonlySet<string>;
  readonly #unreadable: ReadonlySet<string>;
  /** Folded name of a model that the project no longer has → its fingerprint. */
  readonly #former: ReadonlyMap<string, string>;
  readonly #nearest: NearestTable;

  constructor(models: ReadonlyMap<ModelName, Model>, options: GraphOptions) {
    const existing = [...options.existingTables ?? []];
    const unreadable = [...options.unreadable ?? []];
    this.#existing = new Set(existing.map(foldName));
    this.#unreadable = new Set(unreadable.map(foldName));
    this.#former = formerModels(options.ranBefore ?? new Map(), [...models.keys(), ...unreadable]);
    const readable = existing.filter((table) => !this.#former.has(foldName(table)));
    this.#nearest = new NearestTable([...models.keys(), ...unreadable], readable);
    for (const { name, fingerprint } of models.values()) {
      this.#makers.set(foldName(name), name);
      this.#byFingerprint.set(fingerprint, name);
      this.above.set(name, []);
      this.below.set(name, []);
      this.external.set(name, []);
    }
  }

  addModel(model: Model): void {
    for (const reference of model.references) {
      const folded = foldName(reference.table);
      const maker = this.#makers.get(folded);
      if (maker === model.name) this.errors.push(readsItself(model, reference));
      else if (maker !== undefined) this.#addEdge({ from: maker, to: model.name, reference });
      else if (this.#isLeftBehind(folded)) {
        this.errors.push(leftBehind(reference, this.#presentNameOf(reference.table)));
      } else if (this.#isHeld(folded)) this.external.get(model.name)?.push(reference.table);
      else if (!this.#unreadable.has(folded)) {
        this.errors.push(missingTable(model.name, reference, this.#nearest));
      }
    }
  }

  #addEdge(edge: Edge): void {
    this.above.get(edge.to)?.push(edge);
    this.below.get(edge.from)?.push(edge);
  }

  /** Nothing makes it any more: whoever reads it would never see another row. */
  #isLeftBehind(folded: string): boolean {
    return this.#former.has(folded) && this.#existing.has(folded);
  }

  /** What a former model is called now: by its file, or the nearest name. */
  #presentNameOf(table: string): string | undefined {
    const fingerprint = this.#former.get(foldName(table));
    const renamed = fingerprint ? this.#byFingerprint.get(fingerprint) : undefined;
    return renamed ?? this.#nearest.find(table);
  }

  /** Spoor's own tables can be read before the first run has made them. */
  #isHeld(folded: string): boolean {
    return this.#existing.has(folded) || folded.startsWith("spoor.");
  }
}

function formerModels(
  ranBefore: ReadonlyMap<ModelName, string>,
  present: readonly ModelName[],
): Map<string, string> {
  const former = new Map([...ranBefore].map(([name, print]) => [foldName(name), print]));
  for (const name of present) former.delete(foldName(name));
  return former;
}

function readsItself(model: Model, { at, declared }: Reference): UserError {
  const what = declared ? `"@depends_on" names the model itself` : "it would read itself";
  return new UserError(`Cannot read "${model.name}" in its own model: ${what}`, {
    at,
    hint: declared
      ? "Remove the name from the line."
      : `Read what "${model.name}" is made from; a model is computed from other tables alone.`,
  });
}

function missingTable(
  reader: ModelName,
  { table, at, declared }: Reference,
  nearest: NearestTable,
): UserError {
  const meant = nearest.find(table, reader);
  const message = declared
    ? `Cannot depend on "${table}": no model has that name, and the database holds no such table`
    : `Cannot read the table "${table}": no model makes it, and the database does not hold it`;
  return new UserError(message, { at, hint: meant ? `Did you mean "${meant}"?` : wayTo(table) });
}

function wayTo(table: string): string {
  const file = fileOfTable(table);
  if (file !== undefined) return `Make it by a model, "${file}", or correct the name.`;
  return table.includes(".")
    ? "Correct the name: no model can make a table that is called so."
    : `Name the table with its schema, as in "staging.${table}".`;
}

function leftBehind({ table, at, declared }: Reference, meant: string | undefined): UserError {
  const verb = declared ? `depend on "${table}"` : `read the table "${table}"`;
  const own = `CREATE TABLE "kept.${
    table.slice(table.indexOf(".") + 1)
  }" AS SELECT * FROM "${table}"`;
  const way = meant ? `Did you mean "${meant}"?` : `Put the model back, or read another table.`;
  return new UserError(
    `Cannot ${verb}: the project no longer has the model that made it, so its rows would stay as they are`,
    {
      at,
      hint: `${way} To go on with these rows, keep them in a table of your own: ${own}, ` +
        `by any SQLite program on the state file.`,
    },
  );
}
