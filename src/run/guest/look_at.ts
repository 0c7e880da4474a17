/**
 * Looks at files. Only what the system says is not there counts as not there; all else that keeps one from looking
 * is told, so that nobody takes it for nothing.
 *
 * @module
 */
import { isAbsolute, relative, sep } from "node:path";
import { systemWords } from "~/base/files/system_words.ts";
import { UserError } from "~/base/user_error.ts";

/**
 * What is there, once all links are followed.
 *
 * @param root The project, by which a path is shown.
 */
export function lookAt(root: string, path: string): Deno.FileInfo | undefined {
  return looking(root, path, () => Deno.statSync(path));
}

/** Where it is, once all links are followed. */
export function realPathOf(root: string, path: string): string | undefined {
  return looking(root, path, () => Deno.realPathSync(path));
}

/** What is in a folder, by its name; links are not followed. */
export function entriesOf(root: string, folder: string): Deno.DirEntry[] {
  return looking(root, folder, () => [...Deno.readDirSync(folder)]) ?? [];
}

/**
 * Whether it can be reached by its name: Deno 2.9 reads a name that is not UTF-8 with U+FFFD in it. (2.6 leaves such a
 * name out of what is in a folder.)
 */
export function isReachable(root: string, path: string): boolean {
  return !path.includes("\uFFFD") || looking(root, path, () => Deno.lstatSync(path)) !== undefined;
}

function looking<T>(root: string, path: string, look: () => T): T | undefined {
  try {
    return look();
  } catch (cause) {
    const { NotFound, NotADirectory } = Deno.errors;
    if (cause instanceof NotFound || cause instanceof NotADirectory) return undefined;
    throw cannotRead(nameOf(root, path), cause);
  }
}

/** Explains what the system says of a file or a folder. */
export function cannotRead(name: string, cause: unknown): UserError {
  const isDenied = cause instanceof Deno.errors.PermissionDenied;
  return new UserError(`Cannot read "${name}": ${systemWords(cause)}`, {
    hint: isDenied
      ? `Let them read it, or name in @allow_read only what the model is to read`
      : `It does not count as missing or empty: run again once it can be read`,
    cause,
  });
}

/** As the model and the state file name it: relative to the project, with `/`, or absolute. */
export function nameOf(root: string, path: string): string {
  const fromRoot = relative(root, path);
  const isOutside = fromRoot.startsWith("..") || isAbsolute(fromRoot);
  return (isOutside ? path : fromRoot).replaceAll(sep, "/");
}
