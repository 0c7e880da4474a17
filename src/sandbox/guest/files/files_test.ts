import assert from "node:assert/strict";
import { runGuest } from "~/sandbox/testing/run_guest.ts";

const run = (code: string, files: Record<string, string | Uint8Array>) =>
  runGuest(`import { files, log, save } from "spoor";\nconst [file] = await files("*");\n${code}`, {
    files,
  });

Deno.test("files gives what is known of each file, and its content in several forms", async () => {
  const { logs, error } = await run(
    `log.info(file.path, file.name, file.size, file.modified);
log.info(await file.text(), await file.bytes(), await file.json());
for await (const each of files("*")) log.info(each.path);`,
    { "in/a.json": `{"a":1}`, "in/b.txt": "x" },
  );

  assert.equal(error, undefined);
  assert.deepEqual(logs, [
    "info: in/a.json a.json 7 2024-05-06T07:08:09.000Z",
    'info: {"a":1} Uint8Array(7 bytes) { a: 1 }',
    "info: in/a.json",
    "info: in/b.txt",
  ]);
});

Deno.test("lines() takes line ends off, and has no line after the last", async () => {
  const { logs } = await run(`log.info(await file.lines());`, {
    "a.txt": "\ufeffone\r\n\ntwo\nthree",
  });

  assert.deepEqual(logs, ['info: ["one", "", "two", "three"]']);
});

Deno.test("csv() gives rows by the names of the header", async () => {
  const { saved, error } = await run(`await save.rows(file.csv());`, {
    "a.csv": '\ufeffid,name,note\r\n1,"Ada, ""the first""",\r\n\r\n2,Bob,"two\r\nlines"\r\n',
  });

  assert.equal(error, undefined);
  assert.deepEqual(saved, [
    { id: "1", name: 'Ada, "the first"', note: "" },
    { id: "2", name: "Bob", note: "two\r\nlines" },
  ]);
});

Deno.test("csv() takes a delimiter, column names, and files without header", async () => {
  const { logs, error } = await run(
    `log.info(await file.csv({ delimiter: ";", columns: ["a", "b"] }));
log.info(await file.csv({ delimiter: ";", columns: ["a", "b"], header: true }));
log.info(await file.csv({ delimiter: ";", header: false }));`,
    { "a.csv": "1;2\n3;4\n" },
  );

  assert.equal(error, undefined);
  assert.deepEqual(logs, [
    'info: [{ a: "1", b: "2" }, { a: "3", b: "4" }]',
    'info: [{ a: "3", b: "4" }]',
    'info: [{ column1: "1", column2: "2" }, { column1: "3", column2: "4" }]',
  ]);
});

Deno.test("a broken CSV is an error with the file's line", async () => {
  const mistake = async (csv: string, options = "") => {
    const { error } = await run(`await file.csv(${options});`, { "in/a.csv": csv });
    return [error?.message, error?.at?.line, ...error?.hint ? [error.hint] : []];
  };

  assert.deepEqual(await mistake("a,b\n1,2\n1,2,3\n"), [
    "Cannot read in/a.csv: the row has 3 fields, and not 2",
    3,
  ]);
  assert.deepEqual(await mistake("a,b\n\n1\n"), [
    "Cannot read in/a.csv: the row has 1 field, and not 2",
    3,
  ]);
  assert.deepEqual(await mistake('a,b\n1,"2\n'), [
    "Cannot read in/a.csv: a quote is not closed",
    2,
  ]);
  assert.deepEqual(await mistake("a,b,a\n"), [
    'Cannot read in/a.csv: columns 1 and 3 are both named "a"',
    1,
  ]);
  assert.deepEqual(await mistake("a,,b\n"), ["Cannot read in/a.csv: column 2 has no name", 1]);
  assert.match(String((await mistake("a", `{ delimiter: "::" }`))[0]), /with the delimiter "::"/);
  assert.deepEqual(await mistake("id,name\r1,x\r2,y\r"), [
    "Cannot read in/a.csv: its lines end with CR alone",
    1,
    "Save it with the line ends of Windows or Unix.",
  ]);
  assert.deepEqual(await mistake("id;price\n1;2,50\n"), [
    "Cannot read in/a.csv: the row has 2 fields, and not 1",
    2,
    'Is it another delimiter? csv({ delimiter: ";" })',
  ]);
  assert.deepEqual(await mistake('"a\r\nb",c\r\n1,2\r\n'), [undefined, undefined]);
});

Deno.test("text that is not UTF-8 is an error with file and line", async () => {
  const latin = (lines: number) => {
    const good = new TextEncoder().encode("é,x\n".repeat(lines));
    return new Uint8Array([...good, 0x63, 0xe9, 0x2c, 0x0a, 0x61]);
  };
  const { error } = await run(`await file.csv();`, { "a.csv": latin(2) });

  assert.equal(error?.message, "Cannot read a.csv: line 3 is not UTF-8 text");
  assert.deepEqual(error?.at, { path: "a.csv", line: 3 });

  const far = await run(`await file.text();`, { "a.csv": latin(300_000) });
  assert.equal(far.error?.message, "Cannot read a.csv: line 300001 is not UTF-8 text");

  const cut = await run(`await file.text();`, { "a.txt": new Uint8Array([0x61, 0x0a, 0xc3]) });
  assert.equal(cut.error?.message, "Cannot read a.txt: line 2 is not UTF-8 text");
});

Deno.test("a file larger than a piece is read in pieces, characters and quotes cut or not", async () => {
  const rows = Array.from(
    { length: 60_000 },
    (_, i) => `${i},"é😀 ""${i}""\nx",${"y".repeat(i % 40)}`,
  );
  const { logs, messages, error } = await run(
    `let n = 0, wrong = 0;
for await (const row of file.csv()) {
  if (row.id !== String(n) || row.text !== \`é😀 "\${n}"\\nx\` || row.tail.length !== n % 40) wrong++;
  n++;
}
log.info(n, wrong);`,
    { "a.csv": "id,text,tail\n" + rows.join("\n") },
  );

  assert.equal(error, undefined);
  assert.deepEqual(logs, ["info: 60000 0"]);
  assert.ok(messages.filter((message) => message.type === "read").length > 2);
});

Deno.test("leaving the rows of a file early reads no further", async () => {
  const { messages } = await run(`for await (const row of file.csv()) break;`, {
    "a.csv": "a,b\n" + "1,2\n".repeat(2_000_000),
  });

  assert.ok(messages.filter((message) => message.type === "read").length <= 4);
});

Deno.test("a pattern is a text that is not empty", async () => {
  const messageOf = async (pattern: string) =>
    (await runGuest(`import { files } from "spoor"; await files(${pattern});`)).error?.message;

  assert.equal(await messageOf("7"), "Cannot find files: the pattern is a number, and not text");
  assert.equal(await messageOf('""'), "Cannot find files: the pattern is empty");
});

Deno.test("a refusal of the host names the line of the model", async () => {
  const run = await runGuest(
    `import { files } from "spoor";\n\nfor await (const file of files("/etc/*"));`,
    {
      intercept(message, reply) {
        if (message.type !== "files") return false;
        reply({
          type: "error",
          id: message.id,
          error: { message: "Cannot read /etc", hint: "Add @allow_read." },
        });
        return true;
      },
    },
  );

  assert.deepEqual(run.error, {
    message: "Cannot read /etc",
    hint: "Add @allow_read.",
    at: { path: "models/test.ts", line: 3, column: 26 },
  });
});
