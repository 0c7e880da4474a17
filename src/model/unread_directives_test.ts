import assert from "node:assert/strict";
import { readHeader } from "./header.ts";
import {
  findUnreadInHead,
  findUnreadInSql,
  findUnreadInTypescript,
  findUnreadInYaml,
} from "./unread_directives.ts";

/** Tags of JSDoc, TSDoc and TypeDoc, and words that people put behind an `@` in comments. */
const WORDS =
  ("abstract access alias alpha api async augments author beta borrows callback category class " +
    "classdesc constant constructs copyright date default deprecated desc enum event example exports " +
    "external file fires fixme function generator global group hack hidden hideconstructor ignore import " +
    "inheritdoc inner instance interface internal kind_of lends license link linkcode listens login " +
    "member memberof mixes mixin module name namespace note online order other override overload package " +
    "param preserve privateRemarks private property protected public readonly remarks requires returns " +
    "satisfies see sealed since static summary task team template this throws time todo trigger tutorial " +
    "type typedef typeParam user variation version virtual who yields media charset font-face supports " +
    "keyframes layer container joe").split(" ");

const START = { path: "models/a/b.ts", line: 1, column: 1 };

Deno.test("tags of other tools are no directives, wherever they stand and with a colon too", () => {
  for (const word of WORDS) {
    const tag = `@${word}: x`;
    const found = [
      ...findUnreadInHead(`/**\n * ${tag}\n */`, START, "//"),
      ...findUnreadInHead(`/// ${tag}`, START, "//"),
      ...findUnreadInHead(`// ${word}: x`, START, "//"),
      ...findUnreadInTypescript(
        `\n// ${tag}\n/**\n * ${tag}\n */\nf(); // ${tag}\n`,
        1,
        START.path,
      ),
      ...findUnreadInSql(`SELECT 1 -- ${tag}\n-- ${tag}\n/* ${tag} */`, 7, START.path),
    ];
    assert.deepEqual(found.map(({ message }) => message), []);
  }
});

Deno.test("what a comment only mentions is no directive", () => {
  const texts = [
    "// as @kind: tracked would",
    '// "@kind: tracked" sends what changed',
    "// (@kind: tracked)",
    "// `@kind: tracked`",
    "// [@kind: tracked]",
    "// kind: a table of all there is",
    "// owner: Ada",
    "// // @kind: tracked",
    "/* @description what it is for */",
    "/* @owner Ada */",
  ];
  for (const text of texts) {
    assert.deepEqual(findUnreadInHead(text, START, "//").map(({ message }) => message), []);
  }
});

Deno.test("a directive in a comment at the end of a line of TypeScript is found, in a text it is not", () => {
  const places = (code: string) =>
    findUnreadInTypescript(code, 0, START.path).map(({ at }) => `${at?.line}:${at?.column}`);

  assert.deepEqual(places("f();\nf(); // @kind: tracked"), ["2:9"]);
  assert.deepEqual(places('f("https://@kind:x@host");'), []);
  assert.deepEqual(places("f(`\n  -- @kind: view\n  SELECT 1 -- @kind: view`);"), []);
});

Deno.test("a directive in a string of SQL is none", () => {
  assert.deepEqual(
    findUnreadInSql("SELECT '\n-- @kind: view\n' AS [/* @kind: view */]", 0, "a"),
    [],
  );
});

Deno.test("notes to people, documentation of columns and of a far side are no directives", () => {
  const sql = `-- @Kim: please check
-- @Ken: why?
--   secrets: text
-- unique_key: integer
/** timeout: 30s
 * rate_limit: 10/s
 * @kind module
 */
SELECT * FROM raw.c -- @Kim: why
`;
  assert.deepEqual(readHeader(sql, "models/a/b.sql", "--").errors.map(String), []);
});

Deno.test("findUnreadInYaml() finds a misspelt directive in a line of its own, and passes over one that ends a line", () => {
  const found = (text: string) =>
    findUnreadInYaml({ text, line: 4 }, "models/a/b.yaml").map(({ at }) => at?.line);

  assert.deepEqual(found("SELECT 1 AS id\n-- @kinds: view"), [5]);
  assert.deepEqual(found("SELECT 1 AS id -- @kinds: why two?"), []);
  assert.deepEqual(found("SELECT 1 AS id -- @kind: view"), [4]);
});
