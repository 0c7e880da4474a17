/**
 * Finds files below a folder.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { isInside } from "~/base/files/is_inside.ts";
import { entriesOf, isReachable, lookAt, realPathOf } from "./look_at.ts";

/** What is looked for. */
export interface FileSearch {
  /** The project, by which paths are shown. */
  root: string;
  /** Whether a folder is to be looked through. */
  enters(folder: string): boolean;
  wants(file: string): boolean;
  /** Whether a link to a folder is followed. */
  follows(link: string): boolean;
  /** Told of a name that is not UTF-8, where what bears it may be wanted. */
  onUnreachable(path: string): void;
}

/** Paths by their own way, and by links to folders: a file may be among both. */
export interface FoundFiles {
  direct: string[];
  linked: string[];
}

/**
 * Looks through a folder and those below it. A link to a file is a file.
 *
 * @throws {UserError} A folder, or what a link leads to, cannot be looked at.
 */
export function findFiles(folder: string, search: FileSearch): FoundFiles {
  const found: FoundFiles = { direct: [], linked: [] };
  walk(folder, search, found, []);
  return found;
}

/** @param links Real paths of the linked folders on the way here, against links that go in circles. */
function walk(folder: string, search: FileSearch, into: FoundFiles, links: string[]): void {
  for (const entry of entriesOf(search.root, folder)) {
    const path = join(folder, entry.name);
    const mayBeFile = !entry.isDirectory && search.wants(path);
    const mayBeFolder = !entry.isFile && search.enters(path);
    if (!mayBeFile && !mayBeFolder) continue;
    if (!isReachable(search.root, path)) {
      search.onUnreachable(path);
      continue;
    }
    const there = entry.isSymlink ? lookAt(search.root, path) : entry;
    if (there?.isFile && mayBeFile) (links.length === 0 ? into.direct : into.linked).push(path);
    if (!there?.isDirectory || !mayBeFolder) continue;
    if (!entry.isSymlink) walk(path, search, into, links);
    else if (search.follows(path)) walkLink(path, search, into, links);
  }
}

function walkLink(path: string, search: FileSearch, into: FoundFiles, links: string[]): void {
  const target = realPathOf(search.root, path);
  const folder = realPathOf(search.root, dirname(path));
  if (target === undefined || folder === undefined) return;
  if (!links.includes(target) && !isInside(folder, target)) {
    walk(path, search, into, [...links, target]);
  }
}
