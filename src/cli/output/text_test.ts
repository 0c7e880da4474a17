import assert from "node:assert/strict";
import { countOf, renderCount } from "~/base/text/counts.ts";
import { shellWord } from "~/base/text/shell_word.ts";
import { renderLocalTime } from "./local_time.ts";
import { cutToWidth, renderTable } from "./table.ts";
import { visibleLine, visibleText } from "./visible_text.ts";

Deno.test("renderCount() puts commas between thousands", () => {
  const counts = [0, 999, 1_000, 12_345, 1_234_567, -1_000, 12_345_678_901_234_567_890n];
  assert.deepEqual(counts.map(renderCount), [
    "0",
    "999",
    "1,000",
    "12,345",
    "1,234,567",
    "-1,000",
    "12,345,678,901,234,567,890",
  ]);
});

Deno.test("countOf() speaks of one and of many", () => {
  assert.equal(countOf(1, "row"), "1 row");
  assert.equal(countOf(0, "row"), "0 rows");
  assert.equal(countOf(2_000, "retry", "retries"), "2,000 retries");
});

Deno.test("visibleText() takes the power over the terminal from a text", () => {
  assert.equal(visibleText("a\x1b[2Jb\x07\u009b31mc\r"), "a\\x1b[2Jb\\x07\\x9b31mc\\x0d");
  assert.equal(visibleText("user\u202egpj.exe"), "user\\u202egpj.exe");
  assert.equal(visibleText("two\r\nlines\tand a tab"), "two\nlines\tand a tab");
  assert.equal(visibleLine("two\nlines\t"), "two\\nlines\\t");
});

Deno.test("visibleLine() leaves a word as a shell takes it back", () => {
  const characters = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code));
  const changed = characters.map((one) => shellWord(`a${one}`)).filter((word) =>
    visibleLine(word) !== word
  );
  assert.deepEqual(changed, []);
});

Deno.test("renderTable() aligns wide letters by what they take on the screen", () => {
  const lines = renderTable(
    [{ title: "name" }, { title: "n", align: "right" }],
    [["日本", "1"], ["é", "1,000"], ["abcd", ""]],
  );
  assert.deepEqual(lines, [
    "name      n",
    "日本      1",
    "é     1,000",
    "abcd",
  ]);
});

Deno.test("renderTable() paints a cell without moving its column", () => {
  const paint = (text: string) => `<${text}>`;
  assert.deepEqual(
    renderTable([{ title: "a" }, { title: "b" }], [[{ text: "x", paint }, "y"]]),
    ["a  b", "<x>  y"],
  );
});

Deno.test("cutToWidth() marks what it cuts and leaves the rest alone", () => {
  assert.equal(cutToWidth("short", 5), "short");
  assert.equal(cutToWidth("longer", 5), "long…");
  assert.equal(cutToWidth("日本語文", 5), "日本…");
});

Deno.test("renderLocalTime() shows what is no time as it is", () => {
  assert.match(renderLocalTime("2026-01-31T14:05:09.123Z"), /^2026-0[12]-\d\d \d\d:\d\d:09$/);
  assert.equal(renderLocalTime("soon"), "soon");
});
