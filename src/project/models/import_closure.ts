/**
 * All the modules that a model is made of: its own file and what it imports, directly or not.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import type { LoadedModule, ModuleStore } from "./module_store.ts";
import { resolveImport, SPOOR_MODULE } from "./resolve_import.ts";

/** A module and where its imports lead: specifier as written → project path, or `"spoor"`. */
export interface ClosureModule extends LoadedModule {
  imports: Record<string, string>;
}

/** The model's own module first, then its imports, each once. */
export interface ImportClosure {
  modules: ClosureModule[];
  errors: UserError[];
}

/**
 * Follows the imports of a module.
 *
 * @throws {UserError} The module itself cannot be read. All else is in `errors`.
 */
export async function loadImportClosure(store: ModuleStore, path: string): Promise<ImportClosure> {
  const walk = new ClosureWalk(store);
  await walk.visit(path);
  return { modules: [...walk.modules.values()], errors: walk.errors };
}

class ClosureWalk {
  readonly modules = new Map<string, ClosureModule>();
  readonly errors: UserError[] = [];
  /** The modules between the model and where the walk is, to find cycles. */
  readonly #way: string[] = [];

  constructor(private readonly store: ModuleStore) {}

  async visit(path: string): Promise<void> {
    const module: ClosureModule = { ...await this.store.load(path), imports: {} };
    this.modules.set(path, module);
    this.errors.push(...module.analysis.problems);
    this.#way.push(path);
    for (const each of module.analysis.imports) {
      if (!each.typeOnly) await this.#follow(module, each.specifier, each.line);
    }
    this.#way.pop();
  }

  async #follow(module: ClosureModule, specifier: string, line: number): Promise<void> {
    const at = { path: module.path, line };
    const resolved = resolveImport(this.store.root, module.path, specifier);
    if ("state" in resolved) {
      const message = `Cannot import "${specifier}": ${resolved.state}`;
      this.errors.push(new UserError(message, { at, hint: resolved.hint }));
      return;
    }
    const { target } = resolved;
    module.imports[specifier] = target;
    if (target === SPOOR_MODULE) return;
    const begin = this.#way.indexOf(target);
    if (begin !== -1) {
      const cycle = [...this.#way.slice(begin), target].join(" → ");
      this.errors.push(
        new UserError(`Cannot import "${specifier}": "${cycle}" is a cycle`, {
          at,
          hint: "Move what the files share into a file that imports none of them.",
        }),
      );
    } else if (!this.modules.has(target)) await this.#visitImport(target);
  }

  /** A file that cannot be read is told as it is; the walk goes on beside it. */
  async #visitImport(target: string): Promise<void> {
    try {
      await this.visit(target);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.errors.push(error);
    }
  }
}
