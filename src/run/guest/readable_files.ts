/**
 * The files that a model may read: those that `@allow_read` covers, and no others, wherever a link leads.
 *
 * @module
 */
import {
  dirname,
  extname,
  isAbsolute,
  join,
  matchesGlob,
  normalize,
  relative,
  sep,
} from "node:path";
import { compareText } from "~/base/compare_text.ts";
import { ContentDigester } from "~/base/content_digest.ts";
import { headerHint } from "~/base/header_hint.ts";
import { isInside } from "~/base/is_inside.ts";
import { statOf } from "~/base/stat_of.ts";
import { UserError } from "~/base/user_error.ts";
import type { FileState } from "~/store/file_states.ts";

/** A file that may be read. */
export interface ReadableFile {
  /** As the model and the state file name it: relative to the project, with `/`, or absolute. */
  path: string;
  absolutePath: string;
  sizeBytes: number;
  modifiedMs: number;
}

const GLOB_CHARACTERS = /[*?[\]{}]/;
const HASH_BLOCK_BYTES = 1 << 20;

/** See the module's comment. */
export class ReadableFiles {
  readonly #entries: readonly string[];

  /** @param allowRead Paths of `@allow_read`: files, folders or globs. */
  constructor(private readonly root: string, private readonly allowRead: readonly string[]) {
    this.#entries = allowRead.map((entry) => this.#absolute(entry));
  }

  /**
   * Finds files by a glob or a path, sorted by path.
   *
   * @throws {UserError} `@allow_read` does not cover it, or the path names no file.
   */
  find(pattern: string): ReadableFile[] {
    const absolute = this.#absolute(pattern);
    if (!GLOB_CHARACTERS.test(pattern)) return [this.get(pattern)];
    const start = folderOf(absolute);
    const isRelated = this.#entries.some((entry) =>
      isInside(folderOf(entry), start) || isInside(start, folderOf(entry))
    );
    if (!isRelated) throw this.#notAllowed(pattern);
    return this.#walk(start).filter((path) => matchesGlob(path, absolute) && this.#covers(path))
      .map((path) => this.#stat(path)).sort(byPath);
  }

  /** One file by its path. */
  get(path: string): ReadableFile {
    const absolute = this.#absolute(path);
    if (!this.#isNamed(absolute)) throw this.#notAllowed(path);
    let isFile: boolean;
    try {
      isFile = Deno.statSync(absolute).isFile;
    } catch (error) {
      throw new UserError(`Cannot read "${path}": there is no such file`, {
        hint:
          `A path is one inside the project's folder, unless it is absolute; where the file may be ` +
          `missing, give a pattern, as in files("${dirname(path)}/*${extname(path)}")`,
        cause: error,
      });
    }
    if (!this.#covers(absolute)) throw this.#notAllowed(path);
    if (!isFile) throw new UserError(`Cannot read "${path}": it is a folder`);
    return this.#stat(absolute);
  }

  /** Every file that the model could read. */
  all(): ReadableFile[] {
    const found = new Map<string, ReadableFile>();
    for (const entry of this.#entries) {
      for (const path of this.#filesOf(entry)) {
        if (this.#covers(path)) found.set(path, this.#stat(path));
      }
    }
    return [...found.values()].sort(byPath);
  }

  #filesOf(entry: string): string[] {
    if (GLOB_CHARACTERS.test(entry)) {
      return this.#walk(folderOf(entry)).filter((path) => matchesGlob(path, entry));
    }
    try {
      return Deno.statSync(entry).isDirectory ? this.#walk(entry) : [entry];
    } catch {
      // It is not there yet: nothing to read is a state like any other.
      return [];
    }
  }

  /** All files below a folder. Links to folders are not followed; a link to a file is a file. */
  #walk(folder: string): string[] {
    let entries: Deno.DirEntry[];
    try {
      entries = [...Deno.readDirSync(folder)];
    } catch {
      // Not there, or not to be read: it has no files for this model.
      return [];
    }
    return entries.flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory) return this.#walk(path);
      return statOf(path)?.isFile ? [path] : [];
    });
  }

  #absolute(path: string): string {
    return normalize(isAbsolute(path) ? path : join(this.root, path));
  }

  /** By its name alone. */
  #isNamed(absolute: string): boolean {
    return this.#entries.some((entry) =>
      GLOB_CHARACTERS.test(entry) ? matchesGlob(absolute, entry) : isInside(absolute, entry)
    );
  }

  /** By its name, and by where it really is. */
  #covers(absolute: string): boolean {
    if (!this.#isNamed(absolute)) return false;
    const real = Deno.realPathSync(absolute);
    if (this.#isPrivate(real)) return false;
    return real === absolute ||
      this.#entries.some((entry) => isInside(real, realPathOf(folderOrFile(entry))));
  }

  /** Secrets and the state are nobody's to read, whatever covers them. */
  #isPrivate(real: string): boolean {
    const [first = "", second] = relative(this.root, real).split(sep);
    return first === ".spoor" || (second === undefined && first.startsWith(".env"));
  }

  #stat(absolutePath: string): ReadableFile {
    const { size, mtime } = Deno.statSync(absolutePath);
    const fromRoot = relative(this.root, absolutePath);
    const isOutside = fromRoot.startsWith("..") || isAbsolute(fromRoot);
    return {
      path: (isOutside ? absolutePath : fromRoot).replaceAll(sep, "/"),
      absolutePath,
      sizeBytes: size,
      modifiedMs: mtime?.getTime() ?? 0,
    };
  }

  #notAllowed(path: string): UserError {
    if (this.#isPrivate(this.#absolute(path))) {
      return new UserError(
        `Cannot read "${path}": it holds secrets or Spoor's own state, which no model may read`,
        { hint: "Put what the model is to read in another folder, or use @allow_env" },
      );
    }
    return new UserError(`Cannot read "${path}": it is not in @allow_read`, {
      hint: headerHint("allow_read", this.allowRead, path),
    });
  }
}

/** The hash of a file's bytes; the file is read in blocks. */
function hashFile(path: string): string {
  const digester = new ContentDigester();
  const block = new Uint8Array(HASH_BLOCK_BYTES);
  using file = Deno.openSync(path);
  for (let read = file.readSync(block); read !== null; read = file.readSync(block)) {
    digester.update(block.subarray(0, read));
  }
  return digester.digest();
}

/**
 * Tells which files are not as they were: size and time first, content where those moved. A file
 * with another time and the same content is as it was.
 */
export function findMovedFiles(
  files: readonly ReadableFile[],
  before: ReadonlyMap<string, FileState>,
): string[] {
  const gone = new Set(before.keys());
  const moved: string[] = [];
  for (const file of files) {
    gone.delete(file.path);
    if (!isAsBefore(file, before.get(file.path))) moved.push(file.path);
  }
  return [...moved, ...gone];
}

function isAsBefore(file: ReadableFile, before: FileState | undefined): boolean {
  if (!before || before.sizeBytes !== file.sizeBytes) return false;
  return before.modifiedMs === file.modifiedMs || before.contentHash === hashOnce(file);
}

/** Hashes of this process, so that a file is read once for comparing and for remembering it. */
const hashes = new Map<string, string>();

function hashOnce(file: ReadableFile): string {
  const key = `${file.absolutePath}\0${file.sizeBytes}\0${file.modifiedMs}`;
  let hash = hashes.get(key);
  if (hash === undefined) hashes.set(key, hash = hashFile(file.absolutePath));
  return hash;
}

/**
 * Files as they are to be remembered; content that did not move is not read again. A file that
 * changed since it was looked at is left out, so that the next run reads it.
 */
export function toFileStates(
  files: readonly ReadableFile[],
  before: ReadonlyMap<string, FileState>,
): FileState[] {
  return files.flatMap((file) => {
    const { path, sizeBytes, modifiedMs } = file;
    const known = before.get(path);
    if (known?.sizeBytes === sizeBytes && known.modifiedMs === modifiedMs) return [known];
    try {
      const contentHash = hashOnce(file);
      return isUntouched(file) ? [{ path, sizeBytes, modifiedMs, contentHash }] : [];
    } catch {
      // It is gone by now; the next run sees that.
      return [];
    }
  });
}

function isUntouched({ absolutePath, sizeBytes, modifiedMs }: ReadableFile): boolean {
  const { size, mtime } = Deno.statSync(absolutePath);
  return size === sizeBytes && (mtime?.getTime() ?? 0) === modifiedMs;
}

function byPath(a: ReadableFile, b: ReadableFile): number {
  return compareText(a.path, b.path);
}

/** The folder above the first glob character; of a path without one, its own folder. */
function folderOf(path: string): string {
  const glob = path.search(GLOB_CHARACTERS);
  const end = (glob === -1 ? path : path.slice(0, glob)).lastIndexOf(sep);
  return path.slice(0, Math.max(end, 1));
}

/** What an entry without globs names, or the folder that its globs begin in. */
function folderOrFile(entry: string): string {
  return GLOB_CHARACTERS.test(entry) ? folderOf(entry) : entry;
}

function realPathOf(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    // It is not there, so nothing is inside it.
    return path;
  }
}
