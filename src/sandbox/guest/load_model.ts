/**
 * Loads a model: each of its modules becomes a module under a URL of its own, imported ones first, with the URLs
 * of those in the place of its specifiers.
 *
 * The one `import()` of the guest is here, and it is not handed out. `"spoor"` is such a module
 * as well; it takes the API from a global that exists only while it is evaluated.
 *
 * @module
 */
import type { ServedModule } from "~/sandbox/protocol.ts";
import type { ModulePaths } from "./error_report.ts";
import { moduleUrl, revokeModuleUrl } from "./module_url.ts";

/**
 * Makes the module that `import … from "spoor"` stands for.
 *
 * @param beforeClosing Called once the API is in place; closes the global object.
 * @returns Its URL.
 */
export async function provideApi(api: object, beforeClosing: () => void): Promise<string> {
  const key = crypto.randomUUID();
  const names = Object.keys(api).join(", ");
  const url = moduleUrl(`export const { ${names} } = globalThis[${JSON.stringify(key)}];`);
  Object.defineProperty(globalThis, key, { value: api, configurable: true });
  await import(url);
  Reflect.deleteProperty(globalThis, key);
  beforeClosing();
  return url;
}

/**
 * Runs a model to the end of its top level.
 *
 * @param modules In the order of loading, the model last.
 * @param apiUrl What `provideApi` gave.
 * @param paths Learns which file each URL stands for.
 * @returns What the model exports.
 * @throws What the model throws.
 */
export async function runModules(
  modules: readonly ServedModule[],
  apiUrl: string,
  paths: ModulePaths,
): Promise<{ exports: Readonly<Record<string, unknown>> }> {
  const urls = new Map<string, string>([["spoor", apiUrl]]);
  let url = apiUrl;
  paths.set(apiUrl, "spoor");
  for (const module of modules) {
    url = moduleUrl(codeOf(module, urls));
    urls.set(module.path, url);
    paths.set(url, module.path);
  }
  try {
    // Wrapped: exports that have a "then" would be taken for a promise.
    return { exports: await import(url) };
  } finally {
    for (const each of urls.values()) revokeModuleUrl(each);
  }
}

function codeOf(module: ServedModule, urls: ReadonlyMap<string, string>): string {
  if (module.path.endsWith(".json")) {
    // Parsed, and not written as an object literal, where "__proto__" would mean something else.
    return `export default JSON.parse(${JSON.stringify(module.code)});`;
  }
  let code = "";
  let from = 0;
  for (const { start, end, target } of module.imports) {
    const url = urls.get(target);
    if (url === undefined) throw new Error(`Cannot load ${module.path}: ${target} was not served`);
    code += module.code.slice(from, start) + JSON.stringify(url);
    from = end;
  }
  return code + module.code.slice(from);
}
