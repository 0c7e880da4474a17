/**
 * A path or a glob, as `@allow_read` and `files` have it.
 *
 * Only what was written is a glob, never the path of the project; and what bears the name as it was written, with
 * its brackets and braces, is meant by it.
 *
 * @module
 */
import { isAbsolute, join, matchesGlob, normalize, parse, relative, sep } from "node:path";
import { isInside } from "~/base/files/is_inside.ts";
import { isThere } from "~/base/files/is_there.ts";

const GLOB_CHARACTERS = /[*?[\]{}]/;
/** No file is named after these on purpose. */
const SURE_GLOB_CHARACTERS = /[*?]/;

/** See the module's comment. */
export class PathPattern {
  /** The folder that its globs begin in; of one without globs, all of it. Absolute. */
  readonly base: string;
  /** The globs from its base on: the first part, the first two, and so on to the whole. */
  readonly #globs: readonly string[];

  constructor(root: string, written: string) {
    const start = isAbsolute(written) ? parse(written).root : root;
    const parts = normalize(written).slice(isAbsolute(written) ? start.length : 0).split(sep)
      .filter((part) => part !== "");
    let base = start;
    while (parts[0] !== undefined && isName(base, parts[0])) base = join(base, parts.shift() ?? "");
    this.base = base;
    this.#globs = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
  }

  get isGlob(): boolean {
    return this.#globs.length > 0;
  }

  /** Whether a glob means this very path. */
  matches(path: string): boolean {
    const glob = this.#globs.at(-1);
    return glob !== undefined && isInside(path, this.base) &&
      matchesGlob(this.#fromBase(path), glob);
  }

  /** Whether something that is meant may be in a folder, or below it. */
  mayBeIn(folder: string): boolean {
    if (isInside(this.base, folder)) return true;
    if (!isInside(folder, this.base)) return false;
    // Braces may have a `/`, so that their parts are none.
    if (!this.isGlob || this.#globs.at(-1)?.includes("{")) return true;
    const path = this.#fromBase(folder);
    return this.#globs.some((glob) => matchesGlob(path, glob));
  }

  #fromBase(path: string): string {
    return relative(this.base, path).replaceAll(sep, "/");
  }
}

/** Whether a part of a path is no glob: it has nothing of one, or there is what has this name. */
function isName(folder: string, part: string): boolean {
  if (!GLOB_CHARACTERS.test(part)) return true;
  if (SURE_GLOB_CHARACTERS.test(part)) return false;
  try {
    return isThere(join(folder, part));
  } catch {
    return false; // It cannot be looked at, which whoever reads the folder is told.
  }
}
