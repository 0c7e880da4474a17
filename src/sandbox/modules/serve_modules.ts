/**
 * Makes a model's modules ready for its guest worker, and is the gate of the sandbox for imports.
 *
 * Deno loads a module that is imported by a literal without asking for a permission, and compiled
 * programs load computed ones too. So what a guest runs is parsed here once more, *after* its
 * types are gone, exactly as it will run: it may hold no `import()` at all and only static imports
 * that the project has resolved. The guest then puts its own URLs in their place.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import type { ModelModule } from "~/model/model.ts";
import type { ServedModule } from "~/sandbox/protocol.ts";
import { languageOf } from "./analyse_module.ts";
import { stripTypes } from "./strip_types.ts";
import { isNode, nodesOf, parseModule, type SyntaxNode, walkTree } from "./syntax_tree.ts";

/**
 * Serves a model's modules: imported ones before those that import them, the model itself last.
 *
 * @param modules The model's own module first, as in `Model.modules`.
 * @throws {UserError} When a module cannot be read, imports what was not resolved, or imports
 * itself by way of others.
 */
export async function serveModules(modules: readonly ModelModule[]): Promise<ServedModule[]> {
  return await Promise.all(inLoadOrder(modules).map(serveModule));
}

async function serveModule(module: ModelModule): Promise<ServedModule> {
  if (module.path.endsWith(".json")) {
    return { path: module.path, code: module.source, imports: [] };
  }
  const code = languageOf(module.path) === "typescript"
    ? await stripTypes(module.path, module.source)
    : module.source;
  const program = await parseModule(module.path, code, "javascript");
  refuseDynamicImports(module.path, program);
  return { path: module.path, ...resolveImports(module, code, program) };
}

function refuseDynamicImports(path: string, program: SyntaxNode): void {
  walkTree(program, (node) => {
    if (node.type !== "ImportExpression" && node.type !== "Import") return;
    throw refused(path, node, `Cannot import at run time: "import()" is not there in a model`);
  });
}

function resolveImports(
  module: ModelModule,
  code: string,
  program: SyntaxNode,
): Pick<ServedModule, "code" | "imports"> {
  let served = code;
  const imports: { start: number; end: number; target: string }[] = [];
  for (const node of nodesOf(program.body)) {
    const source = node.source;
    if (!isNode(source)) continue;
    const specifier = String(source.value);
    const target = Object.hasOwn(module.imports, specifier) ? module.imports[specifier] : undefined;
    if (target === undefined || isDeferred(node)) {
      throw refused(module.path, source, `Cannot import "${specifier}": it was not resolved`);
    }
    imports.push({ start: source.start, end: source.end, target });
    served = withoutAttributes(served, source.end, node.end);
  }
  return { code: served, imports };
}

/** `import defer` and `import source`: nothing that a model needs, and other ways to load. */
function isDeferred(node: SyntaxNode): boolean {
  return node.phase !== undefined && node.phase !== null;
}

/** A served JSON file is JavaScript by then; `with { type: "json" }` would refuse it. */
function withoutAttributes(code: string, start: number, end: number): string {
  const blanks = code.slice(start, end).replace(/[^\n;]/g, " ");
  return code.slice(0, start) + blanks + code.slice(end);
}

function refused(path: string, node: SyntaxNode, message: string): UserError {
  const { line, column } = node.loc.start;
  return new UserError(message, {
    at: { path, line, column: column + 1 },
    hint: `A model may import "spoor" and relative .ts, .js and .json files inside the project.`,
  });
}

/** Imported modules before those that import them. A cycle has no such order. */
function inLoadOrder(modules: readonly ModelModule[]): ModelModule[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const done = new Set<ModelModule>();
  const trail: string[] = [];
  const place = (module: ModelModule) => {
    if (done.has(module)) return;
    if (trail.includes(module.path)) throw importCycle([...trail, module.path]);
    trail.push(module.path);
    for (const target of Object.values(module.imports)) {
      const imported = byPath.get(target);
      if (imported) place(imported);
    }
    trail.pop();
    done.add(module);
  };
  const [model, ...others] = modules;
  for (const module of others) place(module);
  if (model) place(model);
  return [...done];
}

function importCycle(trail: readonly string[]): UserError {
  const path = trail.at(-1) ?? "";
  const cycle = trail.slice(trail.indexOf(path));
  return new UserError(`Cannot load the model: its modules import each other in a circle`, {
    at: { path },
    details: [cycle.join(" → ")],
    hint: "Move what they share into a file of its own that imports none of them.",
  });
}
