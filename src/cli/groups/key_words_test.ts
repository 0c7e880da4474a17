import fc from "fast-check";
import assert from "node:assert/strict";
import { encodeGroupKey } from "~/tracked/group_key.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import { readKeyWords, toKeyWords } from "./key_words.ts";

function read(words: string[], columns = ["id"]): string[] {
  return readKeyWords(words, columns).flat().map(encodeGroupKey);
}

Deno.test("a number on the command line is the number or its text", () => {
  assert.deepEqual(read(["7"]), ["[7]", `["7"]`]);
  assert.deepEqual(read(["-1.5"]), ["[-1.5]", `["-1.5"]`]);
  assert.deepEqual(read(["9007199254740993"]), [
    `[{"int":"9007199254740993"}]`,
    `["9007199254740993"]`,
  ]);
  assert.equal(read(["9223372036854776000"])[0], "[9223372036854776000]");
});

Deno.test("a number that is written otherwise than it is shown is the text, where there is one", () => {
  assert.deepEqual(read(["007"]), [`["007"]`, "[7]"]);
  assert.deepEqual(read(["9.50"]), [`["9.50"]`, "[9.5]"]);
  assert.equal(read(["9223372036854775808"])[1], "[9223372036854776000]");
});

Deno.test("quotes make it the text alone, and x'…' is bytes", () => {
  assert.deepEqual(read(["'7'"]), [`["7"]`, `["'7'"]`]);
  assert.equal(read(["x'0aFF'"])[0], `[{"hex":"0aff"}]`);
});

Deno.test("a word that names a column may be a value too, where the words are as many as the columns", () => {
  const columns = ["region", "id"];
  assert.deepEqual(read(["id=x", "y"], columns), [`["y","x"]`, `["id=x","y"]`]);
  assert.deepEqual(read(["region=x", "id=y"], columns), [`["x","y"]`, `["region=x","id=y"]`]);
  assert.deepEqual(read(["id=5"]), ["[5]", `["5"]`, `["id=5"]`]);
});

Deno.test("a key of columns is given in their order, or by their names in any order and case", () => {
  const columns = ["region", "id"];
  assert.deepEqual(read(["EU", "x"], columns), [`["EU","x"]`]);
  assert.equal(read(["ID=x", "region = EU"], columns)[0], `["EU","x"]`);
  assert.equal(read(["id=x", "EU"], columns)[0], `["EU","x"]`);
  assert.equal(read(["EU", "42"], columns).length, 2);
});

Deno.test("a text with an equals sign is a value where no column has that name", () => {
  assert.deepEqual(read(["a=b"]), [`["a=b"]`]);
});

Deno.test("too few words, too many, or a column twice: a wrong call that shows the form", () => {
  for (const words of [["EU"], ["EU", "1", "2"], ["id=1", "id=2"]]) {
    assert.throws(() => read(words, ["region", "id"]), {
      message: /is not a key of region, id/,
      hint: `Write it as "region=… id=…".`,
    });
  }
});

Deno.test("toKeyWords() writes what readKeyWords() reads, quoted for a shell", () => {
  assert.equal(toKeyWords(["id"], [7]), "7");
  assert.equal(toKeyWords(["region", "id"], ["E U", 42]), "'region=E U' id=42");
  assert.equal(toKeyWords(["id"], [-5]), "-- -5");
  assert.equal(toKeyWords(["name"], ["O'Hara"]), `"O'Hara"`);
  assert.equal(toKeyWords(["id"], ["7"]), `"'7'"`);
  assert.equal(toKeyWords(["region", "id"], ["EU", "7"]), `region=EU "id='7'"`);
});

/** The words that a shell makes of a line, without the `--` that says that no option follows. */
function shellWords(line: string): string[] {
  const words = line.replace(/^-- /, "").matchAll(/(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+/g);
  return [...words].map(([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"|\\(.)/g, (_, a, b, c) => a ?? b ?? c)
  );
}

Deno.test("toKeyWords() names any key so that it is found again", () => {
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom("id", "region", "=", " ", "'", "x", "7", "-", "\\", "é"))
      .map((parts) => parts.join("")),
  );
  const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
  const value: fc.Arbitrary<SqlValue> = fc.oneof(text, number, fc.uint8Array({ maxLength: 3 }));
  const find = (columns: string[], key: SqlValue[]) => {
    const words = shellWords(toKeyWords(columns, key));
    // The first of the first reading: it is meant, whatever else is there.
    assert.equal(read(words, columns)[0], encodeGroupKey(key), words.join("|"));
  };
  fc.assert(
    fc.property(value, value, (a, b) => {
      find(["id"], [a]);
      find(["region", "id"], [a, b]);
    }),
    { numRuns: 2_000, examples: [[" 7", " "], ["id=5", "region=x"], [2 ** 63, 2 ** 60]] },
  );
});
