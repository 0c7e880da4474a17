import assert from "node:assert/strict";
import { shellWord } from "./shell_word.ts";

Deno.test("shellWord() gives a word that a shell takes back as it is", async () => {
  const words = [
    "a-b",
    "a b",
    "'7'",
    "it's",
    `"it's"`,
    "$HOME's",
    "`date`'",
    "\\'",
    "hi!'",
    "*",
    "a\n'b",
    "",
  ];
  const script = words.map((word) => `printf '%s\\0' ${shellWord(word)}`).join("\n");

  const { stdout } = await new Deno.Command("sh", { args: ["-c", script] }).output();

  assert.deepEqual(new TextDecoder().decode(stdout).split("\0").slice(0, -1), words);
});

Deno.test("shellWord() quotes so that people can read it", () => {
  assert.equal(shellWord("'7'"), `"'7'"`);
  assert.equal(shellWord("a b"), "'a b'");
});
