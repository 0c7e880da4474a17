/**
 * The directives: one row each. The table reads headers, checks models, and writes the help.
 *
 * A new directive is one row here and one field in `Directives`.
 *
 * @module
 */
import { allowedHost } from "./allowed_host.ts";
import {
  anyText,
  budget,
  columnName,
  duration,
  flag,
  integer,
  listedColumnName,
  listOf,
  modelName,
  oneOf,
  type Parsed,
  parseItems,
  problem,
  readablePath,
  tagName,
  type ValueParser,
  type ValueProblem,
  variableName,
} from "./directive_value.ts";
import { type Directives, KIND_NAMES, type KindName } from "./model.ts";
import { isNotBuiltYet } from "./not_built_yet.ts";
import { rateLimit } from "./rate_limit.ts";

/** One directive, as the help shows it and as a header is read by it. */
export interface Directive {
  /** Without `@`. */
  name: string;
  /** The field of `Directives` that holds its value. */
  key: keyof Directives;
  /** What its value looks like: `host[:port], …`. */
  value: string;
  summary: string;
  /** A whole line, as in a header, without the comment sign. */
  example: string;
  /** What is meant when the directive is not given, as it would be written. */
  default?: string;
  /** The kinds that take it. @default all */
  kinds?: readonly KindName[];
  /** True: only TypeScript models take it. */
  typescriptOnly?: boolean;
  /** Reads a value and stores it; a YAML list comes as an array. */
  read(value: string | readonly string[], into: Directives): ValueProblem | undefined;
}

/** A row of the table before its parser is tied to its field. */
type Row<Key extends keyof Directives> = Omit<Directive, "read" | "key">;

function scalar<Key extends keyof Directives>(
  key: Key,
  parse: ValueParser<NonNullable<Directives[Key]>>,
  row: Row<Key>,
): Directive {
  return {
    ...row,
    key,
    read(value, into) {
      if (typeof value !== "string") {
        return { state: "a list is not what it takes", hint: `Write "${row.example}".` };
      }
      return store(parse(value), key, into);
    },
  };
}

type ListKey =
  | "uniqueKey"
  | "allowNet"
  | "secrets"
  | "allowEnv"
  | "allowRead"
  | "dependsOn"
  | "tags";

/** @param yamlItem Reads an item of a YAML list, which has its own ends. */
function list(
  key: ListKey,
  item: ValueParser<string>,
  row: Row<ListKey>,
  yamlItem: ValueParser<string> = item,
): Directive {
  return {
    ...row,
    key,
    read(value, into) {
      const parsed = typeof value === "string" ? listOf(item)(value) : parseItems(value, yamlItem);
      return store(parsed, key, into);
    },
  };
}

function store<Key extends keyof Directives>(
  parsed: Parsed<NonNullable<Directives[Key]>>,
  key: Key,
  into: Directives,
): ValueProblem | undefined {
  if ("problem" in parsed) return parsed.problem;
  into[key] = parsed.value;
  return undefined;
}

function kindName(text: string): Parsed<KindName> {
  if (!isNotBuiltYet("kind", text)) return oneOf(KIND_NAMES, "a kind")(text);
  return problem(
    `the kind "${text}" is not there yet`,
    `Those that are: ${KIND_NAMES.map((kind) => `"${kind}"`).join(", ")}.`,
  );
}

/** All directives, in the order in which the help shows them. */
export const DIRECTIVES: readonly Directive[] = [
  scalar("kind", kindName, {
    name: "kind",
    value: KIND_NAMES.join(" | "),
    summary: "How the table is kept",
    example: "@kind: tracked",
    default: "table",
  }),
  list("uniqueKey", columnName, {
    name: "unique_key",
    value: "column, …",
    summary: "The columns whose values make a group of rows",
    example: "@unique_key: customer_id",
    kinds: ["tracked"],
  }, listedColumnName),
  list("allowNet", allowedHost, {
    name: "allow_net",
    value: "host[:port], …",
    summary: "The only hosts that the model may reach",
    example: "@allow_net: api.hubapi.com",
    typescriptOnly: true,
  }),
  list("secrets", variableName, {
    name: "secrets",
    value: "NAME, …",
    summary: "Secrets that may be put into its requests; the model never sees their values",
    example: "@secrets: HUBSPOT_TOKEN",
    typescriptOnly: true,
  }),
  list("allowEnv", variableName, {
    name: "allow_env",
    value: "NAME, …",
    summary: "Plain environment variables that it may read",
    example: "@allow_env: REGION",
    typescriptOnly: true,
  }),
  list("allowRead", readablePath, {
    name: "allow_read",
    value: "path, …",
    summary: "The only files and folders that it may read; inside the project unless absolute",
    example: "@allow_read: data/orders.csv",
    typescriptOnly: true,
  }),
  scalar("concurrency", integer(1, 1_000), {
    name: "concurrency",
    value: "integer",
    summary: "Groups or batches in flight at once",
    example: "@concurrency: 8",
    default: "1",
    typescriptOnly: true,
  }),
  scalar("timeoutMs", duration, {
    name: "timeout",
    value: "duration",
    summary: "How long one request may take; a model, once its run is stopped",
    example: "@timeout: 10s",
    default: "30s",
    typescriptOnly: true,
  }),
  scalar("modelTimeoutMs", duration, {
    name: "model_timeout",
    value: "duration",
    summary: "How long the whole model may take",
    example: "@model_timeout: 10m",
    typescriptOnly: true,
  }),
  scalar("retries", integer(0, 100), {
    name: "retries",
    value: "integer",
    summary: "Tries after a failure that may pass: 408, 429, 5xx, a broken connection; 100 at most",
    example: "@retries: 3",
    default: "5",
    typescriptOnly: true,
  }),
  scalar("rateLimit", rateLimit, {
    name: "rate_limit",
    value: "count/window | name",
    summary: "Requests in any window of time, tries included; a name is one of spoor.yaml",
    example: "@rate_limit: 100/10s",
    typescriptOnly: true,
  }),
  scalar("delivery", oneOf(["at_least_once", "at_most_once"], "a promise of delivery"), {
    name: "delivery",
    value: "at_least_once | at_most_once",
    summary: "Without an answer, or after a crash: send again, or keep for a person to settle",
    example: "@delivery: at_most_once",
    default: "at_least_once",
    kinds: ["tracked"],
    typescriptOnly: true,
  }),
  scalar("onRemoved", oneOf(["forget", "keep", "deliver"], "what can become of a group"), {
    name: "on_removed",
    value: "forget | keep | deliver",
    summary:
      "A group that left the query: dropped, left as it is, or given to the model by changes()",
    example: "@on_removed: deliver",
    default: "forget",
    kinds: ["tracked"],
    typescriptOnly: true,
  }),
  scalar("maxRemoved", budget, {
    name: "max_removed",
    value: "percentage | groups",
    summary:
      "Nothing is sent when more groups than this (by %: 10 at least) left the query, or all",
    example: "@max_removed: 5%",
    default: "20%",
    kinds: ["tracked"],
    typescriptOnly: true,
  }),
  scalar("maxChanges", budget, {
    name: "max_changes",
    value: "percentage | groups",
    summary: "Nothing is sent when more groups than this are new or changed, after the first run",
    example: "@max_changes: 1000",
    kinds: ["tracked"],
    typescriptOnly: true,
  }),
  scalar("maxAttempts", integer(1, 10_000), {
    name: "max_attempts",
    value: "integer",
    summary:
      "Runs after which a group that fails is parked; an outage of the far side does not count",
    example: "@max_attempts: 3",
    default: "10",
    kinds: ["tracked"],
    typescriptOnly: true,
  }),
  list("dependsOn", modelName, {
    name: "depends_on",
    value: "model, …",
    summary: "Models that it reads, where its text does not tell",
    example: "@depends_on: mart.customers",
  }),
  scalar("volatile", flag, {
    name: "volatile",
    value: "true | false",
    summary:
      "The model runs every time, whatever its inputs: one that asks for the present time, say",
    example: "@volatile: true",
    default: "false",
  }),
  scalar("description", anyText, {
    name: "description",
    value: "text",
    summary: "What the model is for; shown by describe",
    example: "@description: Customers with their plan",
  }),
  scalar("owner", anyText, {
    name: "owner",
    value: "text",
    summary: "Who to ask about it; shown by describe",
    example: "@owner: data@example.com",
  }),
  list("tags", tagName, {
    name: "tags",
    value: "tag, …",
    summary: "Words to select models by: spoor run tag:crm",
    example: "@tags: crm, daily",
  }),
];

const BY_NAME = new Map(DIRECTIVES.map((directive) => [directive.name, directive]));

/** The names of all directives, without `@`. */
export const DIRECTIVE_NAMES: readonly string[] = [...BY_NAME.keys()];

/** Finds a directive by its name without `@`. */
export function findDirective(name: string): Directive | undefined {
  return BY_NAME.get(name);
}
