/**
 * A module's syntax tree: parsing it, and walking over it.
 *
 * The parser is loaded when the first module is parsed: a run without TypeScript models does
 * not pay for it.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";

/** A node of Babel's tree, known only as far as this folder looks at it. */
export interface SyntaxNode {
  type: string;
  /** UTF-16 offset in the source. */
  start: number;
  end: number;
  loc: { start: { line: number; column: number } };
  [field: string]: unknown;
}

/** How a file is written; told by the end of its name. */
export type ModuleLanguage = "typescript" | "javascript";

let parser: Promise<typeof import("@babel/parser")> | undefined;

/**
 * Parses a module.
 *
 * @throws {UserError} With the place, when the text is not a module of that language.
 */
export async function parseModule(
  path: string,
  source: string,
  language: ModuleLanguage,
): Promise<SyntaxNode> {
  parser ??= import("@babel/parser");
  const { parse } = await parser;
  try {
    const file = parse(source, {
      sourceType: "module",
      plugins: language === "typescript" ? ["typescript"] : [],
    });
    return file.program as unknown as SyntaxNode;
  } catch (error) {
    throw syntaxError(path, error);
  }
}

/** Calls `visit` for every node, parents first; `false` leaves out what is below a node. */
export function walkTree(node: SyntaxNode, visit: (node: SyntaxNode) => boolean | void): void {
  if (visit(node) === false) return;
  for (const field in node) {
    if (field === "loc" || field.endsWith("omments")) continue;
    for (const child of childrenOf(node[field])) walkTree(child, visit);
  }
}

/** True when a field holds a node. */
export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null &&
    typeof (value as SyntaxNode).type === "string" &&
    typeof (value as SyntaxNode).start === "number";
}

/** The nodes of a field that holds a list. */
export function nodesOf(value: unknown): SyntaxNode[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The name that an identifier has, or a key that is written as a text. */
export function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  const name = node.name ?? node.value;
  return typeof name === "string" ? name : undefined;
}

function childrenOf(value: unknown): SyntaxNode[] {
  return isNode(value) ? [value] : nodesOf(value);
}

function syntaxError(path: string, error: unknown): unknown {
  const loc = (error as { loc?: { line: number; column: number } }).loc;
  if (!(error instanceof SyntaxError) || !loc) return error;
  const message = error.message.replace(/\s*\(\d+:\d+\)$/, "").replace(/\.$/, "");
  return new UserError(`Cannot read the module: ${message}`, {
    at: { path, line: loc.line, column: loc.column + 1 },
    hint:
      "Look there, and at what stands just before: a bracket, a comma or a quote may be missing, or " +
      "one too many",
    cause: error,
  });
}
