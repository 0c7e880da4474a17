/**
 * Attacks on time and memory. `spoor.yaml` gives a model 256 MB here, each has a `@model_timeout`.
 *
 * @module
 */
import type { Attack } from "../attack.ts";

const TWO_SECONDS = "// @model_timeout: 2s";

function wasting(name: string, source: string, more: Partial<Attack> = {}): Attack {
  return { name, header: [TWO_SECONDS], source, ...more };
}

/** A memory bomb may take longer than two seconds to come to its limit on a slow machine. */
const TEN_SECONDS = "// @model_timeout: 10s";

function exploding(name: string, source: string): Attack {
  return wasting(name, source, { header: [TEN_SECONDS] });
}

export const timeAttacks: readonly Attack[] = [
  wasting("loops forever", `for (;;);`, { says: /2 ?s|model_timeout/ }),
  wasting("waits forever", `await new Promise(() => {});`),
  wasting("waits forever with a timer", `setInterval(() => {}, 100); await new Promise(() => {});`),
  wasting(
    "waits on a lock forever",
    `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`,
  ),
  wasting(
    "makes promises forever",
    `(function again() { Promise.resolve().then(again); })(); await new Promise(() => {});`,
  ),
  wasting(
    "matches a regular expression forever",
    `/^(a+)+$/.test("a".repeat(60) + "b"); for (;;) /^(a+)+$/.test("a".repeat(60) + "b");`,
  ),
  wasting("computes a number forever", `let n = 3n; for (;;) n = n * n % (1n << 4_000_000n) + 1n;`),
  wasting(
    "is caught in a catch",
    `function again(): void { try { for (;;); } finally { again(); } } again();`,
  ),
  wasting(
    "loops forever after it has saved",
    `import { save } from "spoor"; await save.row({ id: 1 }); for (;;);`,
  ),
  wasting(
    "waits for a server that never answers",
    `import { http } from "spoor"; await http.get("$ALLOWED/hang", { timeout: 600_000, retries: 0 });`,
    { header: [TWO_SECONDS, "// @allow_net: $ALLOWEDHOST"] },
  ),
  wasting(
    "reads an answer that drips forever",
    `import { http } from "spoor"; await http.get("$ALLOWED/drip", { timeout: 600_000, retries: 0 });`,
    { header: [TWO_SECONDS, "// @allow_net: $ALLOWEDHOST"] },
  ),
  wasting(
    "floods the log",
    `import { log } from "spoor"; for (let i = 0; ; i++) { log.info("flood " + i + "x".repeat(1000)); if (i % 100 === 0) await new Promise((done) => setTimeout(done, 0)); }`,
  ),
  wasting(
    "floods the host with messages that it does not wait for",
    `import { save } from "spoor"; for (let i = 0; ; i++) { save.row({ i }).catch(() => {}); if (i % 1000 === 0) await new Promise((done) => setTimeout(done, 0)); }`,
  ),
];

export const memoryAttacks: readonly Attack[] = [
  exploding(
    "fills the heap with arrays",
    `const all: unknown[] = []; for (;;) all.push(new Array(1000).fill(all.length));`,
  ),
  exploding(
    "fills the heap with strings",
    `const all: string[] = []; for (let i = 0; ; i++) all.push(("x" + i).repeat(100_000).split("").reverse().join(""));`,
  ),
  exploding(
    "fills the memory with buffers",
    `const all: Uint8Array[] = []; for (;;) all.push(new Uint8Array(10_000_000).fill(1));`,
  ),
  exploding(
    "fills the memory with one buffer",
    `new Uint8Array(4_000_000_000).fill(1); new Uint8Array(4_000_000_000).fill(1); throw new Error("filled");`,
  ),
  exploding(
    "fills the memory through WebAssembly",
    `const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 }); for (;;) { memory.grow(100); new Uint8Array(memory.buffer).fill(1); }`,
  ),
  exploding(
    "fills the memory with a map",
    `const all = new Map(); for (let i = 0; ; i++) all.set("key" + i, { i, text: "value" + i });`,
  ),
  exploding(
    "fills the memory with blobs",
    `const all: Blob[] = []; for (;;) all.push(new Blob([new Uint8Array(10_000_000).fill(1)]));`,
  ),
  exploding(
    "fills the log",
    `import { log } from "spoor"; for (let i = 0; ; i++) log.info("x".repeat(1_000_000) + i);`,
  ),
  exploding(
    "saves a row of 600 MB",
    `import { save } from "spoor"; const parts: string[] = []; for (let i = 0; i < 60; i++) parts.push(String(i % 10).repeat(10_000_000)); await save.row({ huge: parts.join("") });`,
  ),
  exploding(
    "saves rows without waiting and without an end",
    `import { save } from "spoor"; for (let i = 0; ; i++) void save.row({ i, text: "x".repeat(10_000) + i }).catch(() => {});`,
  ),
  exploding(
    "saves a row of 100,000 columns",
    `import { save } from "spoor"; await save.row(Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => ["c" + i, i])));`,
  ),
  {
    ...exploding(
      "reads an answer without an end",
      `import { http } from "spoor"; await http.get("$ALLOWED/endless", { timeout: 60_000, retries: 0 }); throw new Error("read");`,
    ),
    header: [TEN_SECONDS, "// @allow_net: $ALLOWEDHOST"],
  },
  {
    ...exploding(
      "reads an answer that unpacks to 10 GB",
      `import { http } from "spoor"; await http.get("$ALLOWED/bomb", { timeout: 60_000, retries: 0 }); throw new Error("read");`,
    ),
    header: [TEN_SECONDS, "// @allow_net: $ALLOWEDHOST"],
  },
  {
    ...exploding(
      "reads a header of 10 MB",
      `import { http } from "spoor"; await http.get("$ALLOWED/wide", { timeout: 5_000, retries: 0 }); throw new Error("read");`,
    ),
    header: [TEN_SECONDS, "// @allow_net: $ALLOWEDHOST"],
  },
];

/** One statement that never ends, inside SQLite, where nothing in JavaScript can stop it. */
export const endlessSql: Attack = wasting(
  "runs a statement without an end",
  `import { query } from "spoor";
   await query.all("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n");`,
);
