import assert from "node:assert/strict";
import plugin from "./lint_plugin.ts";

/** Messages of the plugin for a file's text. */
function lint(path: string, text: string): string[] {
  const url = new URL(`../${path}`, import.meta.url);
  return Deno.lint.runPlugin(plugin, url.pathname, text).map((found) => found.message);
}

const REFUSED = ["src/base may not import from src/store"];

Deno.test("the plugin finds an import", () => {
  assert.deepEqual(lint("src/base/a.ts", `import { x } from "~/store/runs.ts";`), REFUSED);
});

Deno.test("the plugin finds a type import", () => {
  assert.deepEqual(lint("src/base/a.ts", `import type { X } from "~/store/runs.ts";`), REFUSED);
});

Deno.test("the plugin finds export … from", () => {
  assert.deepEqual(lint("src/base/a.ts", `export { x } from "~/store/runs.ts";`), REFUSED);
  assert.deepEqual(lint("src/base/a.ts", `export * from "~/store/runs.ts";`), REFUSED);
});

Deno.test("the plugin finds import(), in a template too", () => {
  assert.deepEqual(lint("src/base/a.ts", `await import("~/store/runs.ts");`), REFUSED);
  assert.deepEqual(lint("src/base/a.ts", "await import(`~/store/runs.ts`);"), REFUSED);
});

Deno.test("the plugin finds import() in a type", () => {
  assert.deepEqual(lint("src/base/a.ts", `let x: import("~/store/runs.ts").Runs;`), REFUSED);
});

Deno.test("the plugin leaves allowed imports alone", () => {
  assert.deepEqual(lint("src/run/a.ts", `import { x } from "~/store/runs.ts";`), []);
  assert.deepEqual(lint("src/base/a.ts", `export const x = 1;`), []);
});
