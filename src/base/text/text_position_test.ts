import assert from "node:assert/strict";
import { positionFinder, textPosition } from "./text_position.ts";

Deno.test("textPosition() counts lines and columns from 1", () => {
  assert.deepEqual(textPosition("ab\ncd", 0), { line: 1, column: 1 });
  assert.deepEqual(textPosition("ab\ncd", 2), { line: 1, column: 3 });
  assert.deepEqual(textPosition("ab\ncd", 3), { line: 2, column: 1 });
});

Deno.test("textPosition() takes \\r\\n as one line end", () => {
  assert.deepEqual(textPosition("ab\r\ncd", 5), { line: 2, column: 2 });
});

Deno.test("textPosition() places the end of the text, and what is past it, at the end", () => {
  assert.deepEqual(textPosition("ab\n", 3), { line: 2, column: 1 });
  assert.deepEqual(textPosition("ab\n", 99), { line: 2, column: 1 });
  assert.deepEqual(textPosition("", 0), { line: 1, column: 1 });
  assert.deepEqual(textPosition("ab", -5), { line: 1, column: 1 });
});

Deno.test("positionFinder() agrees with counting line ends before the offset", () => {
  const text = "\n\na\nbcd\n\n\nefg\n";
  const find = positionFinder(text);
  for (let offset = 0; offset <= text.length; offset++) {
    const before = text.slice(0, offset).split("\n");
    const column = (before.at(-1)?.length ?? 0) + 1;
    assert.deepEqual(find(offset), { line: before.length, column });
  }
});
