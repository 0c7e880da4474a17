/**
 * Who may import whom: the folder table of ARCHITECTURE.md as data, and the function that holds
 * an import against it. `lint_plugin.ts` runs it over every file.
 *
 * A folder may import itself (`./x.ts`) and what its row lists (`~/folder/x.ts`). Type imports
 * count. Tests may import everything; nothing imports tests or scripts.
 *
 * @module
 */

/** What is wrong with an import, in the words of a lint diagnostic. */
export interface ImportViolation {
  message: string;
  hint: string;
}

/** What the run is made of. */
const BELOW_RUN: readonly string[] = [
  "base",
  "sql",
  "model",
  "dag",
  "warehouse",
  "store",
  "kinds",
  "tracked",
  "sandbox",
  "delivery",
  "practice",
  "plan",
  "project",
  "state",
];

/** Folder under `src/` → the folders it may import beside itself. Lower rows use upper ones. */
export const ALLOWED_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  "base": [],
  "sql": ["base"],
  "model": ["base", "sql"],
  "dag": ["base", "model"],
  "warehouse": ["base", "sql"],
  "store": ["base", "warehouse", "delivery"],
  "kinds": ["base", "sql", "model", "warehouse", "tracked"],
  "tracked": ["base", "sql", "warehouse", "store", "delivery"],
  "state": ["base", "sql", "model", "warehouse", "store", "tracked"],
  "sandbox": ["base", "model"],
  "sandbox/guest": ["base", "sandbox/protocol.ts", "sandbox/guest_frames.ts"],
  "sandbox/egress": ["base", "delivery", "sandbox/protocol.ts", "sandbox/batched_port.ts"],
  "delivery": ["base", "model"],
  "practice": ["base", "warehouse"],
  "plan": ["base", "model", "warehouse", "store", "tracked", "delivery"],
  "project": ["base", "sql", "model", "dag", "sandbox"],
  "run": BELOW_RUN,
  "cli": [...BELOW_RUN, "run"],
};

/** Code of other threads: known by its URL only, imported by nobody. */
const ISLANDS = ["sandbox/guest", "sandbox/egress"];

/** Files that are alternatives of each other, and so never import each other. */
const ALTERNATIVES: readonly RegExp[] = [
  /^src\/kinds\/(?:table|view|tracked)\.ts$/,
  /^src\/cli\/commands\/(?!registry\.ts$)[^/]+\.ts$/,
];

/**
 * Tells what is wrong with one import.
 *
 * @example
 * ```ts
 * import { checkImport } from "./import_rules.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(checkImport("src/run/plan_run.ts", "~/dag/order.ts"), undefined);
 * assert.deepEqual(checkImport("src/base/bad.ts", "~/store/runs.ts"), {
 *   message: "src/base may not import from src/store",
 *   hint: "Allowed: nothing",
 * });
 * ```
 *
 * @param fromPath The importing file, from the repository's root, with `/` or `\`.
 * @param specifier What the import says, as written.
 */
export function checkImport(fromPath: string, specifier: string): ImportViolation | undefined {
  const from = fromPath.replaceAll("\\", "/");
  if (from !== "main.ts" && !from.startsWith("src/")) return undefined;
  const wanted = specifier.replaceAll("\\", "/");
  if (/^(?:npm|jsr|https?):/.test(wanted)) return unlistedDependency(wanted);

  const to = resolveImport(from, wanted);
  if (to === undefined || to === "deno.json") return undefined;
  if (isTest(from)) return undefined;
  if (!to.startsWith("src/")) return outsideOfSource(from, to);
  if (from === "main.ts") return checkMain(to);
  return checkSiblings(from, to) ?? checkFolders(from, to) ?? checkStyle(from, to, wanted);
}

function isTest(path: string): boolean {
  return path.endsWith("_test.ts");
}

/** The imported file from the repository's root; `undefined` for a package or a built-in module. */
function resolveImport(from: string, specifier: string): string | undefined {
  if (specifier.startsWith("~/")) return normalize(`src/${specifier.slice(2)}`);
  if (!/^\.{0,2}\//.test(specifier)) return undefined;
  return normalize(`${from.slice(0, from.lastIndexOf("/") + 1)}${specifier}`);
}

function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}

/** The row of the table that a file belongs to: an island, else its folder right under `src/`. */
function folderOf(path: string): string {
  const inside = path.slice("src/".length);
  return ISLANDS.find((island) => inside.startsWith(`${island}/`)) ?? inside.split("/")[0] ?? "";
}

function checkMain(to: string): ImportViolation | undefined {
  if (to.startsWith("src/cli/")) return undefined;
  return { message: `main.ts may not import from src/${folderOf(to)}`, hint: "Allowed: cli" };
}

function checkFolders(from: string, to: string): ImportViolation | undefined {
  const folder = folderOf(from);
  const target = folderOf(to);
  if (folder === target) return undefined;
  const allowed = ALLOWED_IMPORTS[folder];
  if (allowed === undefined) {
    return {
      message: `src/${folder} is not in the table of folders`,
      hint: "Add its row to ARCHITECTURE.md and to scripts/import_rules.ts",
    };
  }
  if (allowed.includes(target) && !ISLANDS.includes(target)) return undefined;
  if (allowed.includes(to.slice("src/".length))) return undefined;
  return {
    message: `src/${folder} may not import from src/${target}`,
    hint: `Allowed: ${allowed.join(", ") || "nothing"}`,
  };
}

function checkSiblings(from: string, to: string): ImportViolation | undefined {
  if (from === to || !ALTERNATIVES.some((group) => group.test(from) && group.test(to))) {
    return undefined;
  }
  return {
    message: `${from} may not import ${to}: they are alternatives of each other`,
    hint: "Move what both need to a file of its own, named after what it does",
  };
}

/** Inside a folder `./x.ts`, to another one `~/folder/x.ts`: the direction shows in the line. */
function checkStyle(from: string, to: string, specifier: string): ImportViolation | undefined {
  if (specifier.startsWith("../") || specifier.startsWith("./../") || specifier.startsWith("/")) {
    return { message: `"${specifier}" leaves its folder`, hint: `Write "${aliasOf(to)}"` };
  }
  if (specifier.startsWith("./") && folderOf(from) !== folderOf(to)) {
    return { message: `"${specifier}" leads to another folder`, hint: `Write "${aliasOf(to)}"` };
  }
  return undefined;
}

function aliasOf(to: string): string {
  return `~/${to.slice("src/".length)}`;
}

function outsideOfSource(from: string, to: string): ImportViolation {
  return {
    message: `${from} may not import ${to}`,
    hint: "The program consists of main.ts and src/; tests and scripts are imported by nothing",
  };
}

function unlistedDependency(specifier: string): ImportViolation {
  return {
    message: `"${specifier}" is not imported through the import map`,
    hint: `Add it to "imports" of deno.json, with an exact version`,
  };
}
