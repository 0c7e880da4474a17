import assert from "node:assert/strict";
import { readHeader } from "./header.ts";
import type { CommentSign } from "./unread_directives.ts";

function entriesOf(text: string, sign: CommentSign = "--"): string[] {
  const { entries, errors } = readHeader(text, "models/a/b.sql", sign);
  assert.deepEqual(errors.map((error) => error.message), []);
  return entries.map(({ name, value, line, column }) => `${line}:${column} ${name}=${value}`);
}

function mistakesOf(text: string, sign: CommentSign = "--"): string[] {
  const { errors } = readHeader(text, "models/a/b.sql", sign);
  return errors.map(({ at, message, hint }) => `${at?.line}:${at?.column} ${message} | ${hint}`);
}

Deno.test("a header has one directive a line, among text and blank lines", () => {
  assert.deepEqual(
    entriesOf(`-- Customers, see a@b.c.

      --@kind: tracked
-- @unique_key :  a, b
--
-- @description: with: colons -- and dashes
SELECT 1 -- no header any more
`),
    ["3:9 kind=tracked", "4:4 unique_key=a, b", "6:4 description=with: colons -- and dashes"],
  );
});

Deno.test("a header ends where the first statement begins", () => {
  assert.deepEqual(entriesOf("-- @kind: view\nSELECT 1\n-- @mine: x"), ["1:4 kind=view"]);
  assert.deepEqual(entriesOf("SELECT 1"), []);
  assert.deepEqual(entriesOf(""), []);
  assert.deepEqual(entriesOf("-- @kind: view"), ["1:4 kind=view"]);
});

Deno.test("block comments are skipped", () => {
  assert.deepEqual(
    entriesOf("/* A view.\n*/ -- @owner: me\n/**/\n-- @tags: a\nSELECT 1"),
    ["2:7 owner=me", "4:4 tags=a"],
  );
  assert.deepEqual(entriesOf("/* no end"), []);
});

Deno.test("a directive in a block comment is a mistake, at its own line and column", () => {
  const state = '"@kind" stands in a block comment, where no directive is read';
  const told = (place: string) =>
    `${place} Cannot read the model header: ${state} | ` +
    'Write "-- @kind: view" as a line of its own.';
  assert.deepEqual(mistakesOf("-- @owner: me\n  /* @kind: view */\nSELECT 1"), [told("2:6")]);
  assert.deepEqual(mistakesOf("/*\n * @kind: view */\nSELECT 1"), [told("2:4")]);
  assert.deepEqual(mistakesOf("/* no end\n-- @kind: view"), [told("2:4")]);
});

Deno.test("lines may end as Windows ends them", () => {
  assert.deepEqual(entriesOf("-- @kind: view\r\n\r\n-- @owner: me\r\nSELECT 1\r\n"), [
    "1:4 kind=view",
    "3:4 owner=me",
  ]);
});

Deno.test("a TypeScript header has // comments, and may begin with a shebang", () => {
  const text = "#!/usr/bin/env spoor\n/** @module */\n//@kind: table\n/// @x\nimport 'spoor';\n";
  assert.deepEqual(entriesOf(text, "//"), ["3:3 kind=table"]);
});

Deno.test("comments of other tools in a TypeScript header are no directives", () => {
  const text = '// @ts-nocheck\n// @deno-types="./x.d.ts"\n// @jsx h\n// @kind: table\n';
  assert.deepEqual(entriesOf(text, "//"), ["4:4 kind=table"]);
});

Deno.test("a directive without its colon is a mistake", () => {
  assert.deepEqual(mistakesOf("-- text\n-- @kind view\nSELECT 1"), [
    `2:4 Cannot read the model header: "@kind view" has no colon after the name | Write "@kind: view".`,
  ]);
  assert.match(mistakesOf("-- @kind = view\n")[0] ?? "", /Write "@kind: view"\./);
  assert.match(mistakesOf("-- @kind\n")[0] ?? "", /Write "@kind: value"\./);
});

Deno.test("a comment that begins with @ and is no directive is a mistake", () => {
  assert.deepEqual(mistakesOf("-- @joe look at this\nSELECT 1"), [
    `1:4 Cannot read the model header: "@joe look at this" has no colon after the name | ` +
    `Write a directive as "@name: value", or begin the comment with another sign than "@".`,
  ]);
  assert.match(mistakesOf("-- @: x")[0] ?? "", /"@: x" has no name after "@"/);
});

Deno.test("a directive below the first statement is a mistake, in a string of code too", () => {
  assert.deepEqual(mistakesOf("-- @owner: me\nSELECT 1\n  -- @kind: tracked\n"), [
    `3:6 Cannot read the model header: "@kind" stands below the first statement | ` +
    'Write "-- @kind: tracked" as a line of its own at the top of the file.',
  ]);
  const typescript = `import { save } from "spoor";\n// @allow_net: a.example\n// @other: x\n`;
  assert.match(mistakesOf(typescript, "//").join(), /^2:4 .*"@allow_net" stands below/);
  assert.equal(mistakesOf(typescript, "//").length, 1);
});
