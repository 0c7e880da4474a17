import assert from "node:assert/strict";
import { DIRECTIVES } from "./directives.ts";
import type { Directives } from "./model.ts";
import { readDirectives } from "./read_directives.ts";

/** Reads one directive; the error's words when it is a mistake. */
function read(name: string, value: string | readonly string[]): Directives | string {
  const { directives, errors } = readDirectives(
    [{ name, value, line: 3, column: 4 }],
    "models/a/b.ts",
  );
  const [error] = errors;
  return error ? `${error.message} | ${error.hint}` : directives;
}

Deno.test("every directive reads its own example", () => {
  for (const directive of DIRECTIVES) {
    const [, name = "", value = ""] = /^@(\w+): (.*)$/.exec(directive.example) ?? [];
    assert.equal(name, directive.name);
    const directives = read(name, value);
    assert.ok(typeof directives !== "string", `${directive.example}: ${directives}`);
    assert.deepEqual(Object.keys(directives), [directive.key]);
  }
});

Deno.test("every directive that has a default reads it", () => {
  for (const directive of DIRECTIVES) {
    if (directive.default === undefined) continue;
    assert.equal(typeof read(directive.name, directive.default), "object", directive.name);
  }
});

const GOOD: [name: string, value: string | readonly string[], directives: Directives][] = [
  ["kind", "view", { kind: "view" }],
  ["unique_key", "a, b", { uniqueKey: ["a", "b"] }],
  ["unique_key", '"last, first", größe', { uniqueKey: ["last, first", "größe"] }],
  ["unique_key", ["a", "b"], { uniqueKey: ["a", "b"] }],
  ["allow_net", "api.example.com, [::1]:80", { allowNet: ["api.example.com", "[::1]:80"] }],
  ["secrets", "A_1, _b", { secrets: ["A_1", "_b"] }],
  ["allow_read", "data/, /srv/x", { allowRead: ["data/", "/srv/x"] }],
  ["allow_read", "inbox/*.csv, a/../b", { allowRead: ["inbox/*.csv", "a/../b"] }],
  ["concurrency", "64", { concurrency: 64 }],
  ["timeout", "1.5s", { timeoutMs: 1_500 }],
  ["model_timeout", "2h", { modelTimeoutMs: 7_200_000 }],
  ["retries", "0", { retries: 0 }],
  ["depends_on", "a.b,c.d", { dependsOn: ["a.b", "c.d"] }],
  ["volatile", "false", { volatile: false }],
  ["rate_limit", "10/min", { rateLimit: { rate: { count: 10, windowMs: 60_000 } } }],
  ["rate_limit", "hubspot", { rateLimit: { name: "hubspot" } }],
  ["description", "It's: a, text", { description: "It's: a, text" }],
  ["tags", "crm, a-b, größe", { tags: ["crm", "a-b", "größe"] }],
];

for (const [name, value, directives] of GOOD) {
  Deno.test(`@${name}: ${value} is read`, () => assert.deepEqual(read(name, value), directives));
}

const BAD: [name: string, value: string | readonly string[], words: RegExp][] = [
  ["kind", "tabel", /Cannot read "@kind": "tabel" is not a kind \| Did you mean "table"\?/],
  ["rate_limit", "100", /"100" does not say in which time \| Write requests per window: "100/],
  ["rate_limit", "0/s", /"0\/s" lets no request through/],
  ["rate_limit", "5/week", /"5\/week" is not a rate/],
  ["rate_limit", "5/0s", /"5\/0s" has a window of no length/],
  ["rate_limit", "5/30d", /"5\/30d" has too long a window \| Write a window of at most "24d"/],
  ["rate_limit", "2000000/s", /"2000000\/s" is too many/],
  ["kind", "Tracked", /"Tracked" is not a kind \| Did you mean "tracked"\?/],
  [
    "kind",
    "scd2",
    /the kind "scd2" is not there yet \| Those that are: "table", "view", "tracked"\./,
  ],
  ["kind", ["view"], /a list is not what it takes \| Write "@kind: tracked"\./],
  ["unique_key", "", /"@unique_key": it has no value \| Write a value, as in "@unique_key: cust/],
  ["unique_key", [], /"@unique_key": it has no value/],
  ["unique_key", "a,,b", /an item of the list is empty \| Remove the comma/],
  ["unique_key", "a b", /"a b" is not the name of a column \| Put commas between columns/],
  ["unique_key", "a-b", /"a-b" is not the name of a column \| Put double quotes/],
  ["unique_key", "a, a", /"a" is in the list twice \| Name it once\./],
  ["secrets", "TOKEN=abc", /\| Give only the name; its value belongs in "\.env"/],
  ["secrets", "MY-TOKEN", /"MY-TOKEN" is not the name of a variable \| A name has letters/],
  ["allow_env", "1A", /"1A" is not the name of a variable/],
  ["allow_read", "../x", /"\.\.\/x" leads out of the project \| Write an absolute path/],
  ["allow_read", "a/../../x", /leads out of the project/],
  ["allow_read", "~/x", /"~\/x" begins with "~" \| Write the absolute path/],
  ["allow_read", ".", /"\." is the whole project, with its secrets \| Name the folders/],
  ["allow_read", "a/..", /is the whole project/],
  ["allow_read", "./.env", /"\.\/\.env" holds secrets/],
  ["allow_read", ".spoor/spoor.db", /holds secrets or Spoor's own state/],
  ["concurrency", "many", /"many" is not a whole number \| Write a whole number from 1 to 1000\./],
  ["concurrency", "0", /0 is out of range/],
  ["concurrency", "1.5", /"1\.5" is not a whole number/],
  ["concurrency", "-1", /"-1" is not a whole number/],
  ["retries", "101", /101 is out of range \| Write a whole number from 0 to 100\./],
  ["timeout", "30", /"30" is not a duration \| Write a number and a unit: "500ms", "30s"/],
  ["timeout", "0s", /"0s" leaves no time at all/],
  ["model_timeout", "25d", /"25d" is too long \| Write at most "24d"/],
  ["depends_on", "customers", /"customers" is not the name of a model \| A model is named by/],
  ["volatile", "yes", /"yes" is neither true nor false \| Write "true" or "false"\./],
  ["tags", "a b", /"a b" is not a tag \| Put commas between tags/],
  ["tags", "a!", /"a!" is not a tag \| A tag has letters/],
];

for (const [name, value, words] of BAD) {
  Deno.test(`@${name}: ${value || "(nothing)"} is a mistake`, () => {
    const error = read(name, value);
    assert.ok(typeof error === "string", "it was read");
    assert.match(error, words);
  });
}

Deno.test("a mistake names file, line and column", () => {
  const { errors } = readDirectives([{ name: "kind", value: "x", line: 3, column: 4 }], "m/a.sql");
  assert.deepEqual(errors[0]?.at, { path: "m/a.sql", line: 3, column: 4 });
});

Deno.test("a directive that does not exist is told with the nearest name", () => {
  assert.equal(
    read("uniqe_key", "id"),
    `Cannot read the model header: "@uniqe_key" is not a directive | Did you mean "@unique_key"?`,
  );
  assert.match(
    String(read("Kind", "view")),
    /"@Kind" is not a directive \| Did you mean "@kind"\?/,
  );
  assert.match(String(read("zebra", "x")), /\| Run "spoor help directives" to see them all\./);
});

Deno.test("a name that is only near to a directive's is none", () => {
  assert.match(String(read("rate_limits", "x")), /is not a directive/);
});

Deno.test("names of JavaScript's own objects are no directives", () => {
  for (const name of ["constructor", "__proto__", "toString"]) {
    assert.match(String(read(name, "x")), /is not a directive/);
  }
});

Deno.test("a directive that is not there yet is called that, and no mistake", () => {
  for (const name of ["incremental", "constraint", "audit", "warning"]) {
    assert.equal(
      String(read(name, "not_null(id)")),
      `Cannot read the model header: "@${name}" is not there yet | ` +
        `Run "spoor help directives" to see those that are.`,
    );
  }
});

Deno.test("a directive that is given twice keeps its first value and is a mistake", () => {
  const entries = ["table", "view"].map((value, i) => ({
    name: "kind",
    value,
    line: i + 1,
    column: 4,
  }));
  const { directives, directiveLines, errors } = readDirectives(entries, "m/a.sql");
  assert.deepEqual(directives, { kind: "table" });
  assert.deepEqual(directiveLines, { kind: 1 });
  assert.equal(
    errors[0]?.message,
    `Cannot read the model header: "@kind" is given twice, first on line 1`,
  );
  assert.equal(errors[0]?.at?.line, 2);
});
