import assert from "node:assert/strict";
import fc from "fast-check";
import { tokenizeSql, tokenizeWithoutComments, type TokenKind } from "./tokens.ts";

/** `kind text` of each token. */
function shown(sql: string): string[] {
  return tokenizeSql(sql).map(({ kind, text }) => `${kind} ${text}`);
}

Deno.test("tokenizeSql() gives words, operators and their places", () => {
  assert.deepEqual(tokenizeSql("select a<=1"), [
    { kind: "word", start: 0, end: 6, text: "select", keyword: "SELECT" },
    { kind: "word", start: 7, end: 8, text: "a", keyword: "A" },
    { kind: "operator", start: 8, end: 10, text: "<=" },
    { kind: "number", start: 10, end: 11, text: "1" },
  ]);
});

Deno.test("tokenizeSql() reads a doubled quote as part of the text", () => {
  assert.deepEqual(shown(`'it''s' "a""b" \`c\`\`d\` [e]f]`), [
    "string 'it''s'",
    `quoted "a""b"`,
    "quoted `c``d`",
    "quoted [e]",
    "word f",
    "unknown ]",
  ]);
});

Deno.test("tokenizeSql() keeps comments, tokenizeWithoutComments() drops them", () => {
  const sql = "a -- b\n/* c\n*/ d --e";
  assert.deepEqual(shown(sql), [
    "word a",
    "comment -- b",
    "comment /* c\n*/",
    "word d",
    "comment --e",
  ]);
  assert.deepEqual(tokenizeWithoutComments(sql).map(({ text }) => text), ["a", "d"]);
});

Deno.test("tokenizeSql() finds no comment in a string and no string in a comment", () => {
  assert.deepEqual(shown("'--' -- '\n\"/*\" /* \" */"), [
    "string '--'",
    "comment -- '",
    `quoted "/*"`,
    `comment /* " */`,
  ]);
});

Deno.test("tokenizeSql() reads numbers as SQLite does", () => {
  assert.deepEqual(shown("1 .5 1. 1e-3 0xFF 1_000 1.5e+3 a.1 12ab"), [
    "number 1",
    "number .5",
    "number 1.",
    "number 1e-3",
    "number 0xFF",
    "number 1_000",
    "number 1.5e+3",
    "word a",
    "number .1",
    "number 12ab",
  ]);
});

Deno.test("tokenizeSql() tells blobs from names that begin with x", () => {
  assert.deepEqual(shown("x'00' X'' x '1' xy'2'"), [
    "blob x'00'",
    "blob X''",
    "word x",
    "string '1'",
    "word xy",
    "string '2'",
  ]);
});

Deno.test("tokenizeSql() reads all forms of parameters", () => {
  assert.deepEqual(shown("? ?12 :a @b $c $d::e $f(g) :h( :"), [
    "parameter ?",
    "parameter ?12",
    "parameter :a",
    "parameter @b",
    "parameter $c",
    "parameter $d::e",
    "parameter $f(g)",
    "unknown :h(",
    "unknown :",
  ]);
});

Deno.test("tokenizeSql() makes no keyword of letters outside of ASCII", () => {
  const [word] = tokenizeSql("ſELECT");
  assert.equal(word?.keyword, "ſELECT");
});

const UNTERMINATED: Record<string, TokenKind> = {
  "'abc": "string",
  "'abc''": "string",
  "'": "string",
  '"abc': "quoted",
  "`abc": "quoted",
  "[abc": "quoted",
  "x'00": "blob",
  "/* abc": "comment",
  "/*/": "comment",
};

for (const [text, kind] of Object.entries(UNTERMINATED)) {
  Deno.test(`tokenizeSql() marks what is not closed: ${text}`, () => {
    const token = tokenizeSql(`a ${text}`).at(-1);
    const end = text.length + 2;
    assert.deepEqual(token, { kind, start: 2, end, text, unterminated: true });
  });
}

Deno.test("tokenizeSql() covers every text without gaps but white space", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
    let at = 0;
    for (const token of tokenizeSql(text)) {
      assert.match(text.slice(at, token.start), /^[ \n\r\t\f\ufeff]*$/);
      assert.ok(token.end > token.start);
      assert.equal(token.text, text.slice(token.start, token.end));
      at = token.end;
    }
    assert.match(text.slice(at), /^[ \n\r\t\f\ufeff]*$/);
  }));
});
