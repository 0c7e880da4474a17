/**
 * Finds the SQL that a module gives to `query`, `query.all`, `changes` and their tagged templates,
 * ``query`…` `` for one.
 *
 * Only the bindings imported from `"spoor"` count, under whatever name. Wherever one is used
 * otherwise than by a call (handed to a function, say) its SQL cannot be known: that is a query
 * without text.
 *
 * @module
 */
import { isNode, nameOf, nodesOf, type SyntaxNode, walkTree } from "./syntax_tree.ts";

/** `query`, `query.all` or `changes`. */
export type QueryForm = "tracked" | "all" | "changes";

/** One place where a module reads tables. */
export interface ModuleQuery {
  /**
   * The SQL, with `?` where a tagged template has `${…}`; undefined when it is put together at
   * run time and so cannot be read here.
   */
  sql?: string;
  /** Where the SQL's text begins; counted from 1. */
  line: number;
  /** Where each of its lines stands, unless they follow each other as in the file. */
  lines?: readonly number[];
  /** How many values it is given for its parameters; absent where that cannot be read here. */
  values?: number;
  /** `query.all`: unfiltered. */
  all: boolean;
  /** What is called there; absent where it is only referred to. */
  calls?: QueryForm;
}

/** Names under which a module knows `query`, `changes`, and the whole of `"spoor"`. */
interface Bindings {
  query: Set<string>;
  changes: Set<string>;
  namespace: Set<string>;
}

/** Finds all queries of a parsed module, in the order of the text. */
export function findQueries(program: SyntaxNode): ModuleQuery[] {
  const bindings: Bindings = { query: new Set(), changes: new Set(), namespace: new Set() };
  const queries: ModuleQuery[] = [];
  for (const node of nodesOf(program.body)) collectBindings(node, bindings, queries);
  const bound = bindings.query.size + bindings.changes.size + bindings.namespace.size;
  if (bound > 0) visitCode(program, bindings, queries);
  return queries;
}

function collectBindings(node: SyntaxNode, bindings: Bindings, queries: ModuleQuery[]): void {
  if (!isNode(node.source) || node.source.value !== "spoor") return;
  if (node.type === "ExportAllDeclaration") queries.push(unknownQuery(node, false));
  for (const each of nodesOf(node.specifiers)) {
    const local = isNode(each.local) ? String(each.local.name) : "";
    if (each.type === "ImportNamespaceSpecifier") bindings.namespace.add(local);
    const reads = each.type === "ImportSpecifier" ? readerName(each.imported) : undefined;
    if (reads) bindings[reads].add(local);
    if (each.type === "ExportSpecifier" && readerName(each.local)) {
      queries.push(unknownQuery(each, false));
    }
  }
}

function readerName(node: unknown): "query" | "changes" | undefined {
  const name = nameOf(node);
  return name === "query" || name === "changes" ? name : undefined;
}

function visitCode(program: SyntaxNode, bindings: Bindings, queries: ModuleQuery[]): void {
  walkTree(program, (node) => {
    if (node.type === "ImportDeclaration" || isNode(node.source) || isTypeSyntax(node)) {
      return false;
    }
    const called = calledQuery(node, bindings);
    if (called) {
      queries.push(called.query);
      for (const each of called.below) visitCode(each, bindings, queries);
      return false;
    }
    return visitReference(node, bindings, queries);
  });
}

/** A reference that is not called leaves its SQL unknown; a mere name of a member is none. */
function visitReference(
  node: SyntaxNode,
  bindings: Bindings,
  queries: ModuleQuery[],
): boolean | void {
  if (queryForm(node, bindings)) {
    queries.push(unknownQuery(node, queryForm(node, bindings) === "all"));
    return false;
  }
  const skipped = skippedName(node);
  if (!skipped) return;
  for (const field in node) {
    if (field === skipped || field === "loc") continue;
    const value = node[field];
    for (const child of isNode(value) ? [value] : nodesOf(value)) {
      visitCode(child, bindings, queries);
    }
  }
  return false;
}

/** The field of a node that holds a name and not a reference. */
function skippedName(node: SyntaxNode): string | undefined {
  if (node.computed === true) return undefined;
  if (node.type === "MemberExpression" || node.type === "OptionalMemberExpression") {
    return "property";
  }
  if (node.type === "ExportSpecifier") return "exported";
  if (/^(?:ObjectProperty|ObjectMethod|Class\w*(?:Property|Method))$/.test(node.type)) return "key";
  return undefined;
}

interface CalledQuery {
  query: ModuleQuery;
  /** Code inside of the call that may hold further queries. */
  below: SyntaxNode[];
}

function calledQuery(node: SyntaxNode, bindings: Bindings): CalledQuery | undefined {
  if (node.type === "TaggedTemplateExpression") {
    const form = queryForm(node.tag, bindings);
    if (!form || !isNode(node.quasi)) return undefined;
    const below = nodesOf(node.quasi.expressions);
    const text = textOfTemplate(node.quasi);
    const query = { ...text, values: below.length, all: form === "all", calls: form };
    return { query, below };
  }
  if (node.type !== "CallExpression" && node.type !== "OptionalCallExpression") return undefined;
  const form = queryForm(node.callee, bindings);
  if (!form) return undefined;
  const given = nodesOf(node.arguments);
  const query = { ...queryOf(node, given[0], form === "all"), calls: form };
  return { query, below: given };
}

function queryOf(call: SyntaxNode, given: SyntaxNode | undefined, all: boolean): ModuleQuery {
  const text = given && staticText(given);
  const values = countValues(nodesOf(call.arguments));
  if (!text) return unknownQuery(given ?? call, all);
  return { ...text, ...values !== undefined && { values }, all };
}

/** Those of an array that is written out; without one there are none. */
function countValues([, given]: readonly SyntaxNode[]): number | undefined {
  if (given === undefined) return 0;
  if (given.type !== "ArrayExpression" || !Array.isArray(given.elements)) return undefined;
  const { elements } = given;
  const isSpread = nodesOf(elements).some(({ type }) => type === "SpreadElement");
  return isSpread ? undefined : elements.length;
}

function unknownQuery(node: SyntaxNode, all: boolean): ModuleQuery {
  return { line: node.loc.start.line, all };
}

type QueryText = Required<Pick<ModuleQuery, "sql" | "line">> & Pick<ModuleQuery, "lines">;

/** Text that is written out: a string, or a template without `${…}`. */
function staticText(node: SyntaxNode): QueryText | undefined {
  if (node.type === "StringLiteral") {
    const sql = String(node.value);
    const { line } = node.loc.start;
    return { sql, line, ...sql.includes("\n") && { lines: sql.split("\n").map(() => line) } };
  }
  if (node.type !== "TemplateLiteral" || nodesOf(node.expressions).length > 0) return undefined;
  return textOfTemplate(node);
}

/** The text of a template, with `?` for its `${…}`. */
function textOfTemplate(template: SyntaxNode): QueryText {
  const { line } = template.loc.start;
  const lines = [line];
  const texts = nodesOf(template.quasis).map((quasi) => {
    const { cooked, raw } = quasi.value as { cooked?: string | null; raw: string };
    const text = cooked ?? raw;
    // A line end that is written as \n, or taken back by a backslash, is none of the file.
    const isAsWritten = text.split("\n").length === raw.split("\n").length;
    const first = quasi.loc.start.line;
    lines[lines.length - 1] = first;
    lines.push(...text.split("\n").slice(1).map((_, i) => isAsWritten ? first + i + 1 : first));
    return text;
  });
  const followEachOther = lines.every((each, i) => each === line + i);
  return { sql: texts.join("?"), line, ...!followEachOther && { lines } };
}

/** Tells whether an expression is `query`, `query.all`, `changes` or the same through a namespace. */
function queryForm(node: unknown, bindings: Bindings): QueryForm | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === "Identifier") {
    const name = String(node.name);
    if (bindings.changes.has(name)) return "changes";
    return bindings.query.has(name) ? "tracked" : undefined;
  }
  if (node.type !== "MemberExpression" || !isNode(node.object)) return undefined;
  const member = memberName(node);
  if (node.object.type === "Identifier" && bindings.namespace.has(String(node.object.name))) {
    if (member === "changes") return "changes";
    return member === "query" ? "tracked" : undefined;
  }
  if (queryForm(node.object, bindings) !== "tracked") return undefined;
  return member === "all" ? "all" : undefined;
}

function memberName(node: SyntaxNode): unknown {
  if (!isNode(node.property)) return undefined;
  return node.computed ? node.property.value : node.property.name;
}

/** Types are no code; what wraps an expression (`as`, `!`, `satisfies`) is. */
function isTypeSyntax(node: SyntaxNode): boolean {
  if (!node.type.startsWith("TS")) return false;
  return !/^TS(?:As|Satisfies|NonNull|Instantiation|TypeAssertion|Enum|Module|Export|Parameter|Declare)/
    .test(node.type);
}
