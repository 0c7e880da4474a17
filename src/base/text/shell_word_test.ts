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
    "",
  ];
  assert.deepEqual(await readBack("sh", words), words);
});

Deno.test("shellWord() writes out what cannot be seen, so that two words never look alike", async () => {
  const words = [
    "a\n'b",
    "a\\nb\\",
    "a\nb\\",
    "\x1b[31m7",
    "\x017",
    "tab\there",
    "end\r\n",
    "user\u202egpj",
    "\u009b31mü€",
  ];
  assert.deepEqual(await readBack("bash", words), words);
  assert.equal(shellWord("a\nb"), "$'a\\nb'");
  assert.equal(shellWord("a\\nb"), "'a\\nb'");
  assert.equal(shellWord("it's\x1b"), "$'it\\'s\\033'");
});

/** What a shell makes of the words. */
async function readBack(shell: string, words: readonly string[]): Promise<string[]> {
  const script = words.map((word) => `printf '%s\\0' ${shellWord(word)}`).join("\n");
  const { stdout } = await new Deno.Command(shell, { args: ["-c", script] }).output();
  return new TextDecoder().decode(stdout).split("\0").slice(0, -1);
}

Deno.test("shellWord() quotes so that people can read it", () => {
  assert.equal(shellWord("'7'"), `"'7'"`);
  assert.equal(shellWord("a b"), "'a b'");
});
