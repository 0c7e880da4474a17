import assert from "node:assert/strict";
import { UserError } from "~/base/user_error.ts";
import type { ModelModule } from "~/model/model.ts";
import { serveModules } from "./serve_modules.ts";
import { stripTypes } from "./strip_types.ts";

const module = (
  path: string,
  source: string,
  imports: Record<string, string> = {},
): ModelModule => ({
  path,
  source,
  imports: { spoor: "spoor", ...imports },
});

Deno.test("serveModules() strips types, keeps lines, and puts imported modules first", async () => {
  const served = await serveModules([
    module(
      "models/a.ts",
      `import { b } from "./b.ts";\ninterface X {\n  a: 1\n}\nexport const a: number = b;`,
      {
        "./b.ts": "models/b.ts",
      },
    ),
    module(
      "models/b.ts",
      `import c from "./c.json" with { type: "json" };\nexport const b: number = c;`,
      {
        "./c.json": "models/c.json",
      },
    ),
    module("models/c.json", "1"),
  ]);

  assert.deepEqual(served.map(({ path }) => path), ["models/c.json", "models/b.ts", "models/a.ts"]);
  const [, b, a] = served;
  assert.ok(a && b);
  assert.deepEqual(a.imports.map(({ start, end, target }) => [a.code.slice(start, end), target]), [
    [`"./b.ts"`, "models/b.ts"],
  ]);
  assert.match(a.code.split("\n")[4] ?? "", /^export const a\s+= b;$/);
  assert.deepEqual(b.imports.map(({ start, end, target }) => [b.code.slice(start, end), target]), [
    [`"./c.json"`, "models/c.json"],
  ]);
  assert.doesNotMatch(b.code, /with/);
});

Deno.test("serveModules() keeps the lines of enums and parameter properties", async () => {
  const [served] = await serveModules([
    module(
      "models/a.ts",
      "enum E {\n  A,\n}\nclass B { constructor(private x: number) {} }\nthrow 1;",
    ),
  ]);

  assert.match(served?.code.split("\n")[4] ?? "", /^throw 1;/);
});

Deno.test("serveModules() lets no import through that was not resolved", async () => {
  const refused = [
    `import "node:fs";`,
    `import fs from "npm:fs-extra";`,
    `export * from "file:///etc/passwd";`,
    `export { a } from "https://evil.test/";`,
    `import x from "./other.json" with { type: "json" };`,
    `import x from "toString";`,
    `await import("./b.ts");`,
    `const f = (x: string) => import(x);`,
    `import(\`./b.ts\`);`,
    `import/**/("./b.ts");`,
    `new (class { x = import("./b.ts") })();`,
    `\`\${import("./b.ts")}\``,
    `import defer * as b from "./b.ts";`,
    `import source b from "./b.ts";`,
    `import.defer("./b.ts");`,
    `import.source("./b.ts");`,
  ];
  for (const source of refused) {
    const modules = [
      module("models/a.ts", source, { "./b.ts": "models/b.ts" }),
      module("models/b.ts", ""),
    ];
    await assert.rejects(serveModules(modules), UserError, source);
  }
});

Deno.test("serveModules() finds no import where there only seems to be one", async () => {
  const source =
    `const a = 'import("x")'; // import("y")\nconst b = /import("z")/; a.import; ({ import: 1 });`;

  assert.equal((await serveModules([module("models/a.ts", source)]))[0]?.code, source);
});

Deno.test("serveModules() prints a circle of imports", async () => {
  const modules = [
    module("models/a.ts", `import "./b.ts";`, { "./b.ts": "models/b.ts" }),
    module("models/b.ts", `import "./a.ts";`, { "./a.ts": "models/a.ts" }),
  ];

  await assert.rejects(serveModules(modules), (error: UserError) => {
    assert.match(error.details[0] ?? "", /^models\/\w\.ts → models\/\w\.ts → models\/\w\.ts$/);
    return true;
  });
});

Deno.test("stripTypes() names the place of what it cannot read", async () => {
  await assert.rejects(stripTypes("models/a.ts", "const a: = 1;"), (error: UserError) => {
    assert.equal(error.at?.path, "models/a.ts");
    assert.equal(error.at?.line, 1);
    return true;
  });
});
