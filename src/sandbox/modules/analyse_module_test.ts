import assert from "node:assert/strict";
import { analyseModule } from "./analyse_module.ts";

const queriesOf = async (source: string) =>
  (await analyseModule("models/a.ts", source)).queries.map((
    { sql, line, all },
  ) => [sql, line, all]);

const problemsOf = async (source: string, path = "models/a.ts") =>
  (await analyseModule(path, source)).problems.map((
    { message, at },
  ) => [message, at?.line, at?.column]);

Deno.test("analyseModule() finds imports with their offsets", async () => {
  const source = `import { query } from "spoor";
import type { A } from './types.ts';
export * from "./b.ts";
export { c } from "./c.ts";
import "./side.ts";
import data from "./d.json" with { type: "json" };
export const x: number = 1;
`;
  const { imports, problems } = await analyseModule("models/a.ts", source);

  assert.deepEqual(problems, []);
  assert.deepEqual(imports.map(({ specifier, line, typeOnly }) => [specifier, line, typeOnly]), [
    ["spoor", 1, false],
    ["./types.ts", 2, true],
    ["./b.ts", 3, false],
    ["./c.ts", 4, false],
    ["./side.ts", 5, false],
    ["./d.json", 6, false],
  ]);
});

Deno.test("analyseModule() finds the SQL of query in all its forms", async () => {
  assert.deepEqual(
    await queriesOf(`import { query, save } from "spoor";
const a = query("SELECT 1");
const b = query<Row>(\`
  SELECT 2\`, [a]);
query.all('SELECT 3').each(async () => { await query("SELECT 4"); });
query\`SELECT \${a} AND \${query.all\`SELECT 5\`}\`;
query.all<Row>\`SELECT 6\`;
`),
    [
      ["SELECT 1", 2, false],
      ["\n  SELECT 2", 3, false],
      ["SELECT 3", 5, true],
      ["SELECT 4", 5, false],
      ["SELECT ? AND ?", 6, false],
      ["SELECT 5", 6, true],
      ["SELECT 6", 7, true],
    ],
  );
});

Deno.test("analyseModule() knows query under another name and through a namespace", async () => {
  assert.deepEqual(
    await queriesOf(`import { query as q } from "spoor";
import * as spoor from "spoor";
q("a"); spoor.query("b"); spoor.query.all("c"); spoor["query"]("d"); spoor.save;`),
    [["a", 3, false], ["b", 3, false], ["c", 3, true], ["d", 3, false]],
  );
});

Deno.test("analyseModule() finds the SQL of changes as it does that of query", async () => {
  assert.deepEqual(
    await queriesOf(`import { changes, query as q } from "spoor";
import { changes as moved } from "spoor";
import * as spoor from "spoor";
changes("SELECT 1").each(() => q.all("SELECT 2"));
moved\`SELECT \${a}\`; changes<Row>(\`SELECT 3\`); spoor.changes("SELECT 4");
changes(text); run(changes); spoor.changes.x;
export { changes } from "spoor";`),
    [
      [undefined, 7, false],
      ["SELECT 1", 4, false],
      ["SELECT 2", 4, true],
      ["SELECT ?", 5, false],
      ["SELECT 3", 5, false],
      ["SELECT 4", 5, false],
      [undefined, 6, false],
      [undefined, 6, false],
      [undefined, 6, false],
    ],
  );
  assert.deepEqual(await queriesOf(`import { changes } from "./own.ts"; changes("a");`), []);
});

Deno.test("analyseModule() reports SQL that is not written out as a query without text", async () => {
  assert.deepEqual(
    await queriesOf(`import { query } from "spoor";
query(text);
query(\`SELECT \${column}\`);
run(query);
query("SELECT " + name);
export { query as again } from "spoor";
(query as any)("x");
export { query };`),
    [
      [undefined, 6, false],
      [undefined, 2, false],
      [undefined, 3, false],
      [undefined, 4, false],
      [undefined, 5, false],
      [undefined, 7, false],
      [undefined, 8, false],
    ],
  );
});

Deno.test("analyseModule() leaves alone what is only named query", async () => {
  assert.deepEqual(await queriesOf(`import { query } from "./own.ts"; query("a");`), []);
  assert.deepEqual(await queriesOf(`const query = (x: string) => x; query("a");`), []);
  assert.deepEqual(
    await queriesOf(`import { query } from "spoor";
type Q = typeof query; const o = { query: 1 }; o.query; class A { query() {} }`),
    [],
  );
});

Deno.test("analyseModule() reports what a model may not do, at its place", async () => {
  assert.deepEqual(await problemsOf("const a = 1;\nconst b = ;"), [
    ["Cannot read the module: Unexpected token", 2, 11],
  ]);
  assert.deepEqual(await problemsOf(`\nconst m = await import("./a.ts");`), [
    [`Cannot import at run time: "import()" is not there in a model`, 2, 17],
  ]);
  assert.deepEqual(await problemsOf(`import t from "./a.txt" with { type: "text" };`), [
    [`Cannot import "./a.txt" with { type: "text" }`, 1, 32],
  ]);
  assert.deepEqual(await problemsOf(`import t from "./a.txt" with { type: "json" };`), [
    [`Cannot import "./a.txt" with { type: "json" }`, 1, 32],
  ]);
  assert.deepEqual(await problemsOf(`import x = require("fs"); export = x;`), [
    [`Cannot use "import … = require(…)"`, 1, 1],
    [`Cannot use "export ="`, 1, 27],
  ]);
  assert.equal((await problemsOf(`import defer * as x from "./a.ts";`)).length, 1);
  assert.equal((await problemsOf(`const x: number = 1;`, "models/a.js")).length, 1);
  assert.equal((await problemsOf(`{ "a": }`, "models/a.json")).length, 1);
});

Deno.test("analyseModule() refuses a namespace, which cannot be stripped", async () => {
  assert.deepEqual(await problemsOf(`const a = 1;\nnamespace N { export const x = 1 }`), [
    ["Cannot use a namespace", 2, 1],
  ]);
});

Deno.test("analyseModule() reads the whole of TypeScript", async () => {
  assert.deepEqual(
    await problemsOf(`enum E { A } declare namespace N { const x: number }
class A<T> { constructor(private readonly x: T) {} }
using r = open(); const z = <const T,>(a: T) => a satisfies unknown as T;
await Promise.resolve(); import.meta.url;`),
    [],
  );
});
