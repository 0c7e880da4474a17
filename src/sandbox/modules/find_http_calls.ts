/**
 * Finds what a module does with `http`, as far as its text tells: whether it sends, and which services of
 * `spoor.yaml` it wants tokens of.
 *
 * Only calls on the name that is imported from `"spoor"` count. What is handed on, or taken apart, is not found.
 *
 * @module
 */
import { isNode, nameOf, nodesOf, type SyntaxNode, walkTree } from "./syntax_tree.ts";

/** A service that `http.oauth` is given by name. */
export interface NamedService {
  name: string;
  /** Counted from 1. */
  line: number;
}

/** See the module's comment. */
export interface HttpCalls {
  /** Line of the first call that writes at the far side. */
  sendsAt?: number;
  services?: readonly NamedService[];
}

const WRITING: readonly string[] = ["post", "put", "patch", "delete", "upload"];

/** Finds them in a parsed module. */
export function findHttpCalls(program: SyntaxNode): HttpCalls {
  const names = importedNames(program);
  if (names.http.size + names.namespaces.size === 0) return {};
  let sendsAt: number | undefined;
  const services: NamedService[] = [];
  walkTree(program, (node) => {
    if (node.type !== "CallExpression" && node.type !== "OptionalCallExpression") return;
    const method = isNode(node.callee) ? methodOfHttp(node.callee, names) : undefined;
    if (method === undefined) return;
    if (WRITING.includes(method)) sendsAt ??= node.loc.start.line;
    const name = method === "oauth" ? serviceName(nodesOf(node.arguments)[0]) : undefined;
    if (name !== undefined) services.push({ name, line: node.loc.start.line });
  });
  return {
    ...sendsAt !== undefined && { sendsAt },
    ...services.length > 0 && { services },
  };
}

interface Names {
  /** Under which the module knows `http`. */
  http: Set<string>;
  /** Under which it knows all of `"spoor"`. */
  namespaces: Set<string>;
}

function importedNames(program: SyntaxNode): Names {
  const names: Names = { http: new Set(), namespaces: new Set() };
  for (const { type, source, specifiers } of nodesOf(program.body)) {
    if (type !== "ImportDeclaration" || !isNode(source) || source.value !== "spoor") continue;
    for (const each of nodesOf(specifiers)) {
      const local = nameOf(each.local) ?? "";
      if (each.type === "ImportNamespaceSpecifier") names.namespaces.add(local);
      else if (nameOf(each.imported) === "http") names.http.add(local);
    }
  }
  return names;
}

/** `post` of `http.post`, of `spoor.http.post` too. */
function methodOfHttp(callee: SyntaxNode, names: Names): string | undefined {
  if (!/^(?:Optional)?MemberExpression$/.test(callee.type) || !isNode(callee.object)) {
    return undefined;
  }
  const { object } = callee;
  const isHttp = object.type === "Identifier"
    ? names.http.has(nameOf(object) ?? "")
    : nameOf(object.property) === "http" && names.namespaces.has(nameOf(object.object) ?? "");
  return isHttp ? nameOf(callee.property) : undefined;
}

/** `"crm"`, or `{ provider: "crm" }`. */
function serviceName(given: SyntaxNode | undefined): string | undefined {
  if (given?.type === "StringLiteral") return String(given.value);
  if (given?.type !== "ObjectExpression") return undefined;
  const provider = nodesOf(given.properties).find(({ key }) => nameOf(key) === "provider");
  const value = provider?.value;
  return isNode(value) && value.type === "StringLiteral" ? String(value.value) : undefined;
}
