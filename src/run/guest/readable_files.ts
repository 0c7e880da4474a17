/**
 * The files that a model may read: those that `@allow_read` covers, and no others, wherever a link leads.
 *
 * @module
 */
import { dirname, extname, isAbsolute, join, normalize, relative, sep } from "node:path";
import { ContentDigester } from "~/base/content_digest.ts";
import { isInside } from "~/base/files/is_inside.ts";
import { headerHint } from "~/base/header_hint.ts";
import { compareText } from "~/base/text/compare_text.ts";
import { UserError } from "~/base/user_error.ts";
import type { FileState } from "~/store/file_states.ts";
import { findFiles } from "./find_files.ts";
import { lookAt, nameOf, realPathOf } from "./look_at.ts";
import { PathPattern } from "./path_pattern.ts";

/** A file that may be read. */
export interface ReadableFile {
  /** As the model and the state file name it: relative to the project, with `/`, or absolute. */
  path: string;
  absolutePath: string;
  sizeBytes: number;
  modifiedMs: number;
  /** It is there, and a model that asks for it is refused: news all the same when it was not there before. */
  isRefused?: true;
}

/** Told of each that bears a name that is looked for, and that the model may not or cannot read. */
type Refuse = (path: string, error: UserError) => void;

const HASH_BLOCK_BYTES = 1 << 20;

/** See the module's comment. */
export class ReadableFiles {
  readonly #entries: readonly PathPattern[];

  /** @param allowRead Paths of `@allow_read`: files, folders or globs. */
  constructor(private readonly root: string, private readonly allowRead: readonly string[]) {
    this.#entries = allowRead.map((entry) => new PathPattern(root, entry));
  }

  /**
   * Finds files by a glob or a path, sorted by path.
   *
   * @throws {UserError} `@allow_read` does not cover it, the path names no file, or something that the glob may mean
   * cannot be read.
   */
  find(written: string): ReadableFile[] {
    const pattern = new PathPattern(this.root, written);
    if (!pattern.isGlob) return [this.get(written)];
    const { base } = pattern;
    const isRelated = this.#entries.some((entry) => areRelated(entry.base, base));
    if (!isRelated || this.#isPrivate(base)) throw this.#notAllowed(written);
    const real = realPathOf(this.root, base);
    if (real !== undefined && real !== base) this.#refuseLinkedAway(base, real);
    return this.#search(pattern, (_, error) => {
      throw error;
    });
  }

  /** One file by its path. */
  get(path: string): ReadableFile {
    const absolute = this.#absolute(path);
    if (!this.#isNamed(absolute)) throw this.#notAllowed(path);
    const file = lookAt(this.root, absolute);
    const real = realPathOf(this.root, absolute);
    if (!file || real === undefined) {
      throw new UserError(`Cannot read "${path}": there is no such file`, {
        hint:
          `A path is one inside the project's folder, unless it is absolute; where the file may be ` +
          `missing, give a pattern, as in files("${dirname(path)}/*${extname(path)}")`,
      });
    }
    if (this.#isPrivate(real)) throw this.#notAllowed(path);
    if (!this.#covers(absolute, real)) throw this.#leadsAway(absolute, real);
    if (!file.isFile) {
      throw new UserError(`Cannot read "${path}": it is a folder`, {
        hint: `What is in it is found by a pattern, as in files("${path.replace(/\/+$/, "")}/*")`,
      });
    }
    return this.#describe(absolute, file);
  }

  /**
   * Every file that the model could read.
   *
   * @throws {UserError} Something in `@allow_read` cannot be looked at.
   */
  all(): ReadableFile[] {
    const found = new Map<string, ReadableFile>();
    for (const entry of this.#entries) {
      for (const file of this.#filesOf(entry)) found.set(file.path, file);
    }
    return [...found.values()].sort(byPath);
  }

  #filesOf(entry: PathPattern): ReadableFile[] {
    const refused: ReadableFile[] = [];
    const refuse = (absolutePath: string) => {
      const path = nameOf(this.root, absolutePath);
      refused.push({ path, absolutePath, sizeBytes: 0, modifiedMs: 0, isRefused: true });
    };
    const isFile = !entry.isGlob && !lookAt(this.root, entry.base)?.isDirectory;
    const files = isFile ? this.#readable([entry.base], refuse) : this.#search(entry, refuse);
    return [...files, ...refused];
  }

  #search(pattern: PathPattern, refuse: Refuse): ReadableFile[] {
    const { direct, linked } = findFiles(pattern.base, {
      root: this.root,
      enters: (folder) =>
        pattern.mayBeIn(folder) && this.#entries.some((entry) => entry.mayBeIn(folder)),
      wants: (file) => (!pattern.isGlob || pattern.matches(file)) && this.#isNamed(file),
      follows: (link) => this.#readableAt(link, refuse) !== undefined,
      onUnreachable: (path) => refuse(path, notUtf8(nameOf(this.root, path))),
    });
    const known = linked.length > 0
      ? new Set(direct.map((path) => realPathOf(this.root, path)))
      : undefined;
    const others = linked.filter((path) => !known?.has(realPathOf(this.root, path)));
    return this.#readable([...direct, ...others], refuse).sort(byPath);
  }

  #readable(paths: readonly string[], refuse: Refuse): ReadableFile[] {
    return paths.flatMap((path) => {
      const file = this.#readableAt(path, refuse);
      return file?.isFile ? [this.#describe(path, file)] : [];
    });
  }

  /** What is there, if this model may have it. */
  #readableAt(path: string, refuse: Refuse): Deno.FileInfo | undefined {
    const there = lookAt(this.root, path);
    const real = realPathOf(this.root, path);
    if (!there || real === undefined || this.#isPrivate(real)) return undefined;
    if (this.#covers(path, real)) return there;
    refuse(path, this.#leadsAway(path, real));
    return undefined;
  }

  #absolute(path: string): string {
    return normalize(isAbsolute(path) ? path : join(this.root, path));
  }

  /** By its name alone. */
  #isNamed(absolute: string): boolean {
    return this.#entries.some((entry) =>
      entry.isGlob ? entry.matches(absolute) : isInside(absolute, entry.base)
    );
  }

  /** By where it really is. */
  #covers(absolute: string, real: string): boolean {
    return real === absolute || this.#realBases().some((base) => isInside(real, base));
  }

  #refuseLinkedAway(folder: string, real: string): void {
    if (!this.#realBases().some((base) => areRelated(real, base))) {
      throw this.#leadsAway(folder, real);
    }
  }

  #realBases(): string[] {
    return this.#entries.map(({ base }) => realPathOf(this.root, base) ?? base);
  }

  /** Secrets and the state are nobody's to read, whatever covers them. */
  #isPrivate(real: string): boolean {
    const [first = "", second] = relative(this.root, real).split(sep);
    return first === ".spoor" || (second === undefined && first.startsWith(".env"));
  }

  #describe(absolutePath: string, { size, mtime }: Deno.FileInfo): ReadableFile {
    return {
      path: nameOf(this.root, absolutePath),
      absolutePath,
      sizeBytes: size,
      modifiedMs: mtime?.getTime() ?? 0,
    };
  }

  #leadsAway(link: string, real: string): UserError {
    const [name, target] = [nameOf(this.root, link), nameOf(this.root, real)];
    return new UserError(`Cannot read "${name}": a link leads to ${target}, not in @allow_read`, {
      hint: headerHint("allow_read", this.allowRead, target),
    });
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

function notUtf8(path: string): UserError {
  return new UserError(`Cannot read "${path}": its name is not UTF-8`, {
    hint: "Give it another name; � stands where the bytes are that are no text",
  });
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
 * with another time and the same content is as it was; of one that cannot be read it cannot be told.
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
  return before.modifiedMs === file.modifiedMs || before.contentHash === tryHash(file);
}

function tryHash(file: ReadableFile): string | undefined {
  try {
    return hashOnce(file);
  } catch {
    return undefined; // Whoever reads it is told why, and names it.
  }
}

/** Hashes of this process, so that a file is read once for comparing and for remembering it. */
const hashes = new Map<string, string>();

function hashOnce(file: ReadableFile): string {
  if (file.isRefused) return "";
  const key = `${file.absolutePath}\0${file.sizeBytes}\0${file.modifiedMs}`;
  let hash = hashes.get(key);
  if (hash === undefined) hashes.set(key, hash = hashFile(file.absolutePath));
  return hash;
}

/**
 * Files as they are to be remembered; content that did not move is not read again. A file that
 * changed since it was looked at, or cannot be read, is left out, so that the next run looks again.
 */
export function toFileStates(
  files: readonly ReadableFile[],
  before: ReadonlyMap<string, FileState>,
): FileState[] {
  return files.flatMap((file) => {
    const { path, sizeBytes, modifiedMs } = file;
    const known = before.get(path);
    if (known?.sizeBytes === sizeBytes && known.modifiedMs === modifiedMs) return [known];
    const contentHash = tryHash(file);
    return contentHash !== undefined && isUntouched(file)
      ? [{ path, sizeBytes, modifiedMs, contentHash }]
      : [];
  });
}

function isUntouched(file: ReadableFile): boolean {
  const { absolutePath, sizeBytes, modifiedMs, isRefused } = file;
  if (isRefused) return true;
  try {
    const { size, mtime } = Deno.statSync(absolutePath);
    return size === sizeBytes && (mtime?.getTime() ?? 0) === modifiedMs;
  } catch {
    return false; // It is gone by now; the next run sees that.
  }
}

function byPath(a: ReadableFile, b: ReadableFile): number {
  return compareText(a.path, b.path);
}

function areRelated(one: string, other: string): boolean {
  return isInside(one, other) || isInside(other, one);
}
