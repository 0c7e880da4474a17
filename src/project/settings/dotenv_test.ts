import assert from "node:assert/strict";
import { tempProject } from "../../../tests/support/temp_project.ts";
import { loadDotenv, parseDotenv, variableLookup } from "./dotenv.ts";

const READ: [name: string, text: string, values: Record<string, string>][] = [
  ["plain values", "A=1\nB_2 = two words \n", { A: "1", B_2: "two words" }],
  ["empty values and comments", "# c\n\n  A=\nB= # none\n", { A: "", B: "" }],
  ["a comment after a value", "A=x # y\nB=x#y\n", { A: "x", B: "x#y" }],
  ["export", "export A=1\n", { A: "1" }],
  ["single quotes, as they are", `A='a # "\\n$B' # c`, { A: `a # "\\n$B` }],
  ["double quotes with escapes", `A="a\\n\\"b\\" \\\\ \\$x"`, { A: `a\n"b" \\ $x` }],
  ["values over several lines", `A="-----BEGIN\n# x\n-----"\nB='1\n2'`, {
    A: "-----BEGIN\n# x\n-----",
    B: "1\n2",
  }],
  ["lines of Windows", `A=1\r\nB="2\r\n3"\r\n`, { A: "1", B: "2\n3" }],
  ["values with =", "A=b=c==\n", { A: "b=c==" }],
  ["the last of two", "A=1\nA=2\n", { A: "2" }],
  ["dollars that mean nothing", "A=$HOME\n", { A: "$HOME" }],
];

for (const [name, text, values] of READ) {
  Deno.test(`.env has ${name}`, () => {
    const dotenv = parseDotenv(text);
    assert.deepEqual(dotenv.errors, []);
    assert.deepEqual(Object.fromEntries(dotenv.values), values);
  });
}

const SECRET = "hunter2";

const REFUSED: [name: string, text: string, message: string][] = [
  ["a line without =", `A=1\n${SECRET}\n`, "Cannot read the variables: the line is not NAME=value"],
  ["a bad name", `A=1\nMY-KEY=${SECRET}`, "Cannot read the variables: the line is not NAME=value"],
  [
    "a quote that is open",
    `A=1\nB="${SECRET}\n`,
    `Cannot read the variable "B": its quote is not closed`,
  ],
  [
    "text after a quote",
    `A=1\nB='x'${SECRET}`,
    `Cannot read the variable "B": text follows the closing quote`,
  ],
];

for (const [name, text, message] of REFUSED) {
  Deno.test(`.env with ${name} is told by its line, without its value`, () => {
    const { errors, values } = parseDotenv(text);
    assert.deepEqual(errors.map((error) => error.message), [message]);
    assert.deepEqual(errors[0]?.at, { path: ".env", line: 2 });
    assert.ok(!JSON.stringify([errors[0], errors[0]?.hint, errors[0]?.details]).includes(SECRET));
    assert.deepEqual([...values], [["A", "1"]]);
  });
}

Deno.test("the process's environment wins over .env, also with an empty value", async () => {
  await using project = await tempProject({ ".env": "A=file\nB=file\nC=file\n" });
  const environment: Record<string, string> = { A: "process", B: "" };
  const lookUp = variableLookup(loadDotenv(project.root), (name) => environment[name]);
  assert.deepEqual(["A", "B", "C", "D"].map(lookUp), ["process", "", "file", undefined]);
});

Deno.test("a project without .env has no variables there", async () => {
  await using project = await tempProject({});
  assert.deepEqual(loadDotenv(project.root), { values: new Map(), errors: [] });
});

Deno.test("a .env that is not UTF-8 is told", async () => {
  await using project = await tempProject({ ".env": new Uint8Array([0x41, 0x3d, 0xe4]) });
  assert.match(loadDotenv(project.root).errors.join(), /Cannot read the file: it is not UTF-8/);
});
