/**
 * Lists the files below a folder of the project.
 *
 * Names that begin with `_` or `.` are passed over. Symbolic links are followed as long as they
 * stay in the project.
 *
 * @module
 */
import { isInside } from "~/base/files/is_inside.ts";
import { UserError } from "~/base/user_error.ts";
import { unreadable } from "~/project/read_text.ts";

/** Files with their paths relative to the root, with `/`, sorted. */
export interface WalkedFiles {
  paths: string[];
  /** Links to files that lead out of the project or nowhere, and what is to be said of each. */
  badLinks: Map<string, UserError>;
  /** Folders that cannot be read. */
  errors: UserError[];
}

/** Lists the files below `folder`; a folder that does not exist has none. */
export function walkFiles(root: string, folder: string): WalkedFiles {
  const walked: WalkedFiles = { paths: [], badLinks: new Map(), errors: [] };
  walkFolder(root, folder, walked, []);
  walked.paths.sort();
  return walked;
}

/** @param links Real paths of the linked folders on the way here, against links that go in circles. */
function walkFolder(root: string, folder: string, into: WalkedFiles, links: string[]): void {
  for (const entry of readFolder(root, folder, into.errors)) {
    if (entry.name.startsWith("_") || entry.name.startsWith(".")) continue;
    const path = `${folder}/${entry.name}`;
    if (entry.isFile) into.paths.push(path);
    else if (entry.isDirectory) walkFolder(root, path, into, links);
    else if (entry.isSymlink) walkLink(root, path, into, links);
  }
}

function readFolder(root: string, folder: string, errors: UserError[]): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(`${root}/${folder}`)];
  } catch (cause) {
    const isAbsentRoot = cause instanceof Deno.errors.NotFound && !folder.includes("/");
    if (!isAbsentRoot) errors.push(unreadable("folder", folder, cause));
    return [];
  }
}

function walkLink(root: string, path: string, into: WalkedFiles, links: string[]): void {
  const target = realPathOf(root, path);
  if (target === undefined) {
    into.badLinks.set(path, unreadable("file", path, new Deno.errors.NotFound()));
  } else if (!isInside(target, Deno.realPathSync(root))) {
    const error = leadsOutside(path);
    if (Deno.statSync(target).isFile) into.badLinks.set(path, error);
    else into.errors.push(error);
  } else if (Deno.statSync(target).isFile) {
    into.paths.push(path);
  } else if (!links.includes(target) && !isInside(realPathOf(root, parentOf(path)) ?? "", target)) {
    walkFolder(root, path, into, [...links, target]);
  }
}

function leadsOutside(path: string): UserError {
  return new UserError(`Cannot read "${path}": it is a link that leads out of the project`, {
    at: { path },
    hint: "Copy what is there into the project.",
  });
}

/** Where a path leads once all links are followed; `undefined` where it leads nowhere. */
export function realPathOf(root: string, path: string): string | undefined {
  try {
    return Deno.realPathSync(`${root}/${path}`);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw unreadable("file", path, cause);
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
