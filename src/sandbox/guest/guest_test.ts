import assert from "node:assert/strict";
import { runGuest } from "~/sandbox/testing/run_guest.ts";

Deno.test("a model's exception is reported at its line and column in the TypeScript file", async () => {
  const run = await runGuest(`import { log } from "spoor";
interface Thing { a: number }
function fail(thing: Thing): never {
  throw new TypeError("thing " + thing.a);
}
log.info("before");
fail({ a: 1 });
`);

  assert.deepEqual(run.error, {
    message: "TypeError: thing 1",
    at: { path: "models/test.ts", line: 4, column: 9 },
  });
  assert.deepEqual(run.logs, ["info: before"]);
});

Deno.test("an exception in an imported file is reported in that file", async () => {
  const run = await runGuest(`import { f } from "./_lib/f.ts";\nf();`, {
    modules: { "models/_lib/f.ts": `\nexport function f() { throw new Error("inside"); }` },
  });

  assert.equal(run.error?.message, "inside");
  assert.deepEqual(run.error?.at && [run.error.at.path, run.error.at.line], [
    "models/_lib/f.ts",
    2,
  ]);
});

Deno.test("an error of the host is thrown where the model waits, and keeps its hint", async () => {
  const run = await runGuest(`import { query } from "spoor";\n\nawait query("SELECT 1");`, {
    intercept(message, reply) {
      if (message.type !== "query") return false;
      const error = { message: "no such table: x", hint: "Look again.", details: ["sql"] };
      reply({ type: "error", id: message.id, error });
      return true;
    },
  });

  assert.equal(run.error?.message, "no such table: x");
  assert.equal(run.error?.hint, "Look again.");
  assert.deepEqual(run.error?.details, ["sql"]);
  assert.equal(run.error?.at?.line, 3);
});

Deno.test("a rejection that nothing handles fails the model, with its place", async () => {
  const run = await runGuest(`import "spoor";\nPromise.reject(new Error("left alone"));`);

  assert.equal(run.error?.message, "left alone");
  assert.equal(run.error?.at?.line, 2);
});

Deno.test("an exception in a timer fails the model, with its place", async () => {
  const run = await runGuest(`setTimeout(() => { throw new Error("late"); }, 1);
await new Promise((resolve) => setTimeout(resolve, 1000));`);

  assert.equal(run.error?.message, "late");
  assert.equal(run.error?.at?.line, 1);
});

Deno.test("whatever a model throws is reported", async () => {
  const messages = [];
  for (
    const thrown of [
      `"text"`,
      "null",
      "undefined",
      "{ a: 1 }",
      `new Proxy(new Error("x"), { get() { throw 1; }, getPrototypeOf() { throw 1; } })`,
      `new AggregateError([new TypeError("a"), 1], "all failed")`,
      `new Proxy({}, { get() { throw 1; }, ownKeys() { throw 1; } })`,
      `new Error("outer", { cause: new Error("inner") })`,
    ]
  ) {
    const { error } = await runGuest(`throw ${thrown};`);
    messages.push([error?.message, ...error?.details ?? []]);
  }

  assert.deepEqual(messages, [
    ['The model threw "text"'],
    ["The model threw null"],
    ["The model threw undefined"],
    ["The model threw { a: 1 }"],
    ["The model threw [object that cannot be shown]"],
    ["AggregateError: all failed", "TypeError: a", "The model threw 1"],
    ["The model threw [object that cannot be shown]"],
    ["outer", "caused by: inner"],
  ]);
});

// Deno 2.6 panics over such an error before any code of Spoor's sees it.
Deno.test({
  name: "an error whose message throws is reported",
  ignore: Deno.version.deno.startsWith("2.6."),
  async fn() {
    const { error } = await runGuest(
      `throw Object.defineProperty(new Error("x"), "message", { get() { throw 1; } });`,
    );

    assert.equal(error?.message, "The model threw an Error");
  },
});

Deno.test("a type imported as a value is explained", async () => {
  const run = await runGuest(`import { query, Row } from "spoor";`);

  assert.match(run.error?.message ?? "", /does not provide an export named 'Row'/);
  assert.match(run.error?.hint ?? "", /write "import type"/);
});

Deno.test("a model imports TypeScript, JavaScript and JSON files", async () => {
  const run = await runGuest(
    `import { twice } from "./_lib/twice.ts";
import { one } from "./_lib/one.js";
import data from "./_lib/data.json" with { type: "json" };
import { log } from "spoor";
enum Size { Small = 1, Large }
log.info(twice(one), data, Size.Large);`,
    {
      modules: {
        "models/_lib/twice.ts":
          `import { one } from "./one.js"; export const twice = (n: number): number => n * 2 * one;`,
        "models/_lib/one.js": `export const one = 1;`,
        "models/_lib/data.json": `{ "__proto__": { "x": 1 }, "b": [1, null] }`,
      },
    },
  );

  assert.equal(run.error, undefined);
  assert.deepEqual(run.logs, ["info: 2 { __proto__: { x: 1 }, b: [1, null] } 2"]);
});

Deno.test("each that nobody awaits is waited for, saves too", async () => {
  const run = await runGuest(
    `import { http, query, save } from "spoor";
query("SELECT 1").each(async (row) => { await http.post("https://a.test/", { json: row }); });`,
    { kind: "tracked", uniqueKey: ["id"], rows: [{ id: 1 }, { id: 2 }] },
  );

  assert.deepEqual(run.acknowledged.map(({ group }) => group), [1, 2]);
  assert.equal(run.messages.at(-1)?.type, "finished");
});

Deno.test("nothing leaves a guest after its last message", async () => {
  const run = await runGuest(`import { log, save } from "spoor";
save.row({ a: 1 });
queueMicrotask(() => { throw new Error("x"); });
await new Promise(() => {});`);

  assert.equal(run.messages.at(-1)?.type, "failed");
});

Deno.test("a stop ends the loop over a query between two groups, and the model ends as usual", async () => {
  const rows = Array.from({ length: 5_000 }, (_, i) => ({ id: i }));
  const run = await runGuest(
    `import { query, save, log } from "spoor";
let n = 0;
for await (const row of query("SELECT 1")) { n++; await save.row(row); }
log.info(n);`,
    {
      kind: "tracked",
      uniqueKey: ["id"],
      rows,
      intercept(message, reply) {
        if (message.type === "acknowledge" && message.groups[0]?.group === 10) {
          reply({ type: "stop" });
        }
      },
    },
  );

  assert.equal(run.error, undefined);
  assert.equal(run.acknowledged.length, 10);
  assert.deepEqual(run.logs, ["info: 10"]);
});

Deno.test("log and console format values, cut long ones and stop a flood", async () => {
  const run = await runGuest(`import { log } from "spoor";
log.warn("a", 1, 2n, null, undefined, [1, { b: "c" }], new Map([[1, new Set(["x"])]]), new Date(0));
console.log("x".repeat(20000));
console.log({ get secret() { return 1; } }, () => {}, Symbol("s"), new Uint8Array(3));
const loop = {}; loop.self = loop; console.log(loop);
for (let i = 0; i < 20000; i++) console.debug(i);`);

  assert.equal(
    run.logs[0],
    'warn: a 1 2n null undefined [1, { b: "c" }] Map { 1 => Set { "x" } } 1970-01-01T00:00:00.000Z',
  );
  assert.equal(run.logs[1]?.length, "info: ".length + 10_001);
  assert.equal(
    run.logs[2],
    "info: { secret: [getter] } [function without name] Symbol(s) Uint8Array(3 bytes)",
  );
  assert.equal(run.logs[3], "info: { self: [circular] }");
  assert.equal(run.logs.length, 10_001);
  assert.match(run.logs.at(-1) ?? "", /^warn: More than 10000 messages/);
});

Deno.test("secret and env give what is listed and name the directive for what is not", async () => {
  const host = {
    secrets: { TOKEN: "stand-in" },
    env: { REGION: "eu" },
    allowedEnv: ["REGION", "UNSET"],
  };
  const run = await runGuest(
    `import { env, log, secret } from "spoor";
const attempt = (f) => { try { return f(); } catch (error) { return error.message; } };
log.info(secret("TOKEN"), env("REGION"), env("UNSET", "fallback"));
log.info(attempt(() => secret("OTHER")));
log.info(attempt(() => env("HOME")));
log.info(attempt(() => env("UNSET")));
log.info(attempt(() => env()));
log.info(attempt(() => secret("")));
secret("toString");`,
    host,
  );

  assert.deepEqual(run.logs, [
    "info: stand-in eu fallback",
    'info: Cannot use the secret "OTHER": @secrets does not list it',
    'info: Cannot read the environment variable "HOME": @allow_env does not list it',
    'info: Cannot read the environment variable "UNSET": it is not set',
    "info: Cannot call env: the name is undefined",
    "info: Cannot call secret: the name is empty",
  ]);
  assert.equal(run.error?.message, 'Cannot use the secret "toString": @secrets does not list it');
  assert.match(run.error?.hint ?? "", /^Write "\/\/ @secrets: TOKEN, toString" into the header/);
  assert.equal(run.error?.at?.line, 9);
});
