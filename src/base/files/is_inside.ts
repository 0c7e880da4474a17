/**
 * Whether one path is below another, by their names alone.
 *
 * @module
 */
import { sep } from "node:path";

/** Whether a path is a folder or below it; both absolute, without `..`. */
export function isInside(path: string, folder: string): boolean {
  const base = folder.endsWith(sep) ? folder.slice(0, -1) : folder;
  return path === base || path.startsWith(base + sep);
}
