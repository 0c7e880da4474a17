/**
 * What a model is, once its file has been read: plain values, no behaviour.
 *
 * @module
 */
import type { SourceLocation } from "~/base/user_error.ts";
import type { RateLimit } from "./rate_limit.ts";

/** Every kind that there is. Each is one row of the registry in `kinds/`. */
export const KIND_NAMES = ["table", "view", "tracked"] as const;
/** How a model's rows meet its target. */
export type KindName = typeof KIND_NAMES[number];

/** The language that a model is written in. A `.yaml` model holds SQL under the key `sql`. */
export type ModelLanguage = "sql" | "ts" | "yaml";

/** `schema.name`: a model's name, and literally the name of its target in the SQLite file. */
export type ModelName = string;

/** `20%` of the groups that are accepted, or a number of groups. */
export type Budget = { percent: number } | { groups: number };

/** What becomes of groups that left the query: dropped here, left as they are, or sent to the far side. */
export type OnRemoved = "forget" | "keep" | "deliver";

/** The directives of one model, read and typed; a directive that was not given is absent. */
export interface Directives {
  kind?: KindName;
  /** Column names, as written. */
  uniqueKey?: readonly string[];
  /** `host` or `host:port`, lower case; what Deno takes as a net permission. */
  allowNet?: readonly string[];
  secrets?: readonly string[];
  allowEnv?: readonly string[];
  /** Paths as written: inside the project unless absolute; a folder covers what is below it. */
  allowRead?: readonly string[];
  /** Groups or batches in flight at once. @default 1 */
  concurrency?: number;
  /** One request. @default 30_000 */
  timeoutMs?: number;
  /** The whole model. */
  modelTimeoutMs?: number;
  /** Tries after a retryable failure. @default 5 */
  retries?: number;
  rateLimit?: RateLimit;
  /** What a crash does to what was in flight. @default "at_least_once" */
  delivery?: "at_least_once" | "at_most_once";
  /** @default "forget" */
  onRemoved?: OnRemoved;
  /** @default 20% */
  maxRemoved?: Budget;
  /** @default none */
  maxChanges?: Budget;
  /** Runs after which a group that fails is parked. @default 10 */
  maxAttempts?: number;
  dependsOn?: readonly ModelName[];
  volatile?: boolean;
  description?: string;
  owner?: string;
  tags?: readonly string[];
}

/** One table that a model reads, and the first place where it does. */
export interface Reference {
  /** `schema.name` as SQLite would resolve it: quotes taken off, case as written. */
  table: string;
  at: SourceLocation;
  /** True for an edge that comes from `@depends_on`. */
  declared?: boolean;
}

/** A TypeScript module that belongs to a model: its own file or something it imports. */
export interface ModelModule {
  /** Path relative to the project root, with `/`. */
  path: string;
  /** The file's text as it stands on disk; JSON files too. */
  source: string;
  /** Its imports: specifier as written → project path, or `"spoor"`. */
  imports: Readonly<Record<string, string>>;
}

/** A query that a TypeScript model's text holds whole. */
export interface ModelQuery {
  sql: string;
  /** Where its text begins. */
  at: { path: string; line: number };
  /** Where each of its lines stands, unless they follow each other as in the file. */
  lines?: readonly number[];
  /** How many values it is given; absent where that is known at run time only. */
  values?: number;
  /** By `query` or `changes`, whose rows a tracked model compares; not by `query.all`. */
  isTracked: boolean;
}

/** One model: a file under `models/`, read and checked. */
export interface Model {
  name: ModelName;
  language: ModelLanguage;
  /** Path relative to the project root, with `/`. */
  path: string;
  /** Resolved: the directive, or the default of the language. */
  kind: KindName;
  directives: Directives;
  /** Where each directive stands, by its name without `@`. */
  directiveLines: Readonly<Record<string, number>>;
  /** Where the settings give directives for all models, by name; a line of its own file comes first. */
  defaultPlaces?: Readonly<Record<string, SourceLocation>>;
  /** What it reads, each table once. */
  references: readonly Reference[];
  /** The SELECT of a SQL or YAML model, without header; positions in it are `sqlLine`-based. */
  sql?: string;
  /** The same on tables as the SQLite file names them; line by line as `sql`. */
  fileSql?: string;
  /** Line of the file on which `sql` begins, counted from 1. */
  sqlLine?: number;
  /** TypeScript only: the model's own module first, then its imports, each once. */
  modules?: readonly ModelModule[];
  /** TypeScript only: the first request that writes at the far side, as far as its text tells. */
  sendsAt?: SourceLocation;
  /** TypeScript only: it exports `verify`, as far as its text tells. */
  exportsVerify?: boolean;
  /** TypeScript only: services of `spoor.yaml` that it wants tokens of, where it names them as texts. */
  services?: readonly { name: string; at: SourceLocation }[];
  /** TypeScript only: its queries that can be read statically, those of its imports too. */
  queries?: readonly ModelQuery[];
  /** TypeScript only: some `query(…)` text cannot be read statically. */
  hasDynamicQuery?: boolean;
  /** TypeScript only: it reads tables through `query` (and is no source). */
  queriesTables?: boolean;
  /** TypeScript only: its first `query(…)`, where it is sure that it asks for no `changes(…)`. */
  readsRowsAt?: SourceLocation;
  /** Hash of the file, of all it imports and of its directives. */
  fingerprint: string;
}
