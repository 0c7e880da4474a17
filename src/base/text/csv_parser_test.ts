import assert from "node:assert/strict";
import fc from "fast-check";
import Papa from "papaparse";
import { CsvMistake, CsvParser } from "./csv_parser.ts";

function parseAll(text: string, pieceLength = text.length || 1, delimiter = ","): string[][] {
  const parser = new CsvParser(delimiter);
  const rows: string[][] = [];
  for (let at = 0; at < text.length || at === 0; at += pieceLength) {
    const isLast = at + pieceLength >= text.length;
    rows.push(
      ...parser.parse(text.slice(at, at + pieceLength), isLast).map(({ fields }) => fields),
    );
  }
  return rows;
}

function mistakeOf(text: string, pieceLength?: number): [string, number] | undefined {
  try {
    parseAll(text, pieceLength);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof CsvMistake);
    return [error.message, error.line];
  }
}

Deno.test("CsvParser reads fields, quotes and both line ends", () => {
  assert.deepEqual(parseAll('a,b\r\n1,"x, ""y"""\n"",\n"line\nend",3'), [
    ["a", "b"],
    ["1", 'x, "y"'],
    ["", ""],
    ["line\nend", "3"],
  ]);
  assert.deepEqual(parseAll("a;b\n1;2\n", undefined, ";"), [["a", "b"], ["1", "2"]]);
  assert.deepEqual(parseAll(""), []);
});

Deno.test("CsvParser tells the line on which a record begins", () => {
  const records = new CsvParser().parse('a\n"x\ny\nz"\nb\n', true);

  assert.deepEqual(records.map(({ line }) => line), [1, 2, 5]);
});

Deno.test("CsvParser tells the line of a mistake", () => {
  assert.deepEqual(mistakeOf('a,b\n1,2\n3,"open\n\n'), ["a quote is not closed", 3]);
  assert.deepEqual(mistakeOf('a\n"x\ny"z\n'), ['text follows a closing quote: "z\\n"', 3]);
  assert.deepEqual(mistakeOf('a,b\n1,"2"'), undefined);
});

Deno.test("CsvParser reads back what was written, however it is cut, as papaparse does", () => {
  const field = fc.string({
    unit: fc.constantFrom("a", "é", "😀", '"', ",", "\n", "\r\n", " ", ""),
  });
  const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(
      rows,
      fc.constantFrom("\n", "\r\n"),
      fc.integer({ min: 1, max: 9 }),
      (rows, newline, length) => {
        const text = Papa.unparse(rows, { newline }) + newline;
        assert.deepEqual(parseAll(text, length), rows);
        assert.deepEqual(Papa.parse(text.slice(0, -newline.length), { newline }).data, rows);
      },
    ),
    { numRuns: 300 },
  );
});
