/**
 * Turns TypeScript into JavaScript whose lines stay where they were, so that a model's errors
 * need no source map.
 *
 * The runtime's own stripper is used where there is one: it puts blanks where types stood, so
 * columns stay too. It refuses what types alone cannot explain (enums, namespaces, parameter
 * properties); for these, and on runtimes without it, sucrase keeps the lines.
 *
 * @module
 */
import { messageOf } from "~/base/message_of.ts";
import { UserError } from "~/base/user_error.ts";

type Strip = (source: string) => string;

let builtin: Promise<Strip | undefined> | undefined;

/**
 * Strips the types off a module that has been parsed before. Imports stay, unused ones too.
 *
 * @param path As messages are to show it.
 * @throws {UserError} When the text cannot be turned into JavaScript.
 */
export async function stripTypes(path: string, source: string): Promise<string> {
  builtin ??= findBuiltin();
  const strip = await builtin;
  if (strip) {
    try {
      return strip(source);
    } catch {
      // It refuses syntax that is more than types. Whatever else is wrong, sucrase says as well.
    }
  }
  return await stripWithSucrase(path, source);
}

async function findBuiltin(): Promise<Strip | undefined> {
  const { stripTypeScriptTypes } = await import("node:module") as {
    stripTypeScriptTypes?: (source: string, options: { mode: "strip" }) => string;
  };
  if (!stripTypeScriptTypes) return undefined;
  return (source) => stripTypeScriptTypes(source, { mode: "strip" });
}

async function stripWithSucrase(path: string, source: string): Promise<string> {
  const { transform } = await import("sucrase");
  try {
    const { code } = transform(source, {
      transforms: ["typescript"],
      disableESTransforms: true,
      preserveDynamicImport: true,
      keepUnusedImports: true,
    });
    return code;
  } catch (error) {
    const loc = (error as { loc?: { line: number; column: number } }).loc;
    const reason = messageOf(error);
    throw new UserError(`Cannot turn the module into JavaScript: ${reason}`, {
      at: { path, ...(loc && { line: loc.line, column: loc.column }) },
      cause: error,
    });
  }
}
