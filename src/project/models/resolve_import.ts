/**
 * Where an import of a model leads: to a `.ts`, `.js` or `.json` file of the project, or to `"spoor"`.
 *
 * @module
 */
import { isInside } from "~/base/files/is_inside.ts";
import { closestWord } from "~/base/text/closest_word.ts";
import { realPathOf } from "./walk_files.ts";

/** The one name that is no path: what Spoor gives to models. */
export const SPOOR_MODULE = "spoor";

/** A path of the project, or why there is none; `state` completes `Cannot import "…": `. */
export type ResolvedImport = { target: string } | { state: string; hint: string };

const EXTENSIONS = /\.(ts|js|json)$/;

const ALLOWED =
  `A model may import "spoor" and, by relative paths, .ts, .js and .json files of the project.`;

/**
 * Resolves a specifier.
 *
 * @param root The project, absolute.
 * @param importer The importing file, relative to `root`.
 */
export function resolveImport(root: string, importer: string, specifier: string): ResolvedImport {
  if (specifier === SPOOR_MODULE) return { target: SPOOR_MODULE };
  if (!/^\.\.?\//.test(specifier)) return refuseForeign(root, importer, specifier);
  const path = joinPath(importer, specifier);
  if (path === undefined) {
    return { state: "it is outside of the project", hint: `Copy it into "lib/". ${ALLOWED}` };
  }
  if (!EXTENSIONS.test(path)) return refuseExtension(root, path, specifier);
  return checkFile(root, path, specifier);
}

function checkFile(root: string, path: string, specifier: string): ResolvedImport {
  const real = realPathOf(root, path);
  if (real === undefined || !Deno.statSync(real).isFile) {
    return { state: "there is no such file", hint: missingHint(root, path, specifier) };
  }
  if (isInside(real, Deno.realPathSync(root))) return { target: path };
  return {
    state: "it is a link that leads out of the project",
    hint: "Copy the file into the project.",
  };
}

/** Joins a relative specifier to the importing file; `undefined` where that leaves the project. */
function joinPath(importer: string, specifier: string): string | undefined {
  const parts = importer.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "." || part === "") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join("/");
}

function refuseForeign(root: string, importer: string, specifier: string): ResolvedImport {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(specifier)?.[1]?.toLowerCase();
  if (scheme === "node") {
    return { state: "models have no Node modules", hint: ALLOWED };
  }
  if (scheme === "npm" || scheme === "jsr") {
    return {
      state: "models have no packages",
      hint: `Copy what is needed into "lib/". ${ALLOWED}`,
    };
  }
  if (scheme !== undefined) {
    return { state: "models import nothing by URL", hint: `Copy the file into "lib/". ${ALLOWED}` };
  }
  if (specifier.startsWith("/")) {
    return { state: "it is an absolute path", hint: ALLOWED };
  }
  if (closestWord(specifier, [SPOOR_MODULE])) {
    return { state: "models have no packages", hint: `Did you mean "${SPOOR_MODULE}"?` };
  }
  if (EXTENSIONS.test(specifier)) {
    const relative = toRelative(importer, specifier);
    if (realPathOf(root, specifier)) {
      return { state: "it is not a relative path", hint: `Did you mean "${relative}"?` };
    }
    return { state: "it is not a relative path", hint: `Did you mean "./${specifier}"?` };
  }
  return { state: "models have no packages", hint: `Copy what is needed into "lib/". ${ALLOWED}` };
}

function toRelative(importer: string, path: string): string {
  return "../".repeat(importer.split("/").length - 1) + path;
}

function refuseExtension(root: string, path: string, specifier: string): ResolvedImport {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const full = filesBeside(root, path).find((file) => file.replace(EXTENSIONS, "") === name);
  return {
    state: "its extension is none of .ts, .js, .json",
    hint: full ? `Did you mean "${replaceName(specifier, full)}"?` : ALLOWED,
  };
}

function missingHint(root: string, path: string, specifier: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const beside = filesBeside(root, path);
  const stem = name.replace(EXTENSIONS, "");
  const meant = beside.find((file) => file.replace(EXTENSIONS, "") === stem) ??
    closestWord(name, beside);
  return meant
    ? `Did you mean "${replaceName(specifier, meant)}"?`
    : `The file would be "${path}"; paths are relative to the importing file.`;
}

function filesBeside(root: string, path: string): string[] {
  try {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    const names = [...Deno.readDirSync(`${root}/${folder}`)].map((entry) => entry.name);
    return names.filter((name) => EXTENSIONS.test(name)).sort();
  } catch {
    // The list is only for the hint; a folder that cannot be read has no names to offer.
    return [];
  }
}

function replaceName(specifier: string, name: string): string {
  return specifier.slice(0, specifier.lastIndexOf("/") + 1) + name;
}
