import assert from "node:assert/strict";
import { runGuest } from "~/sandbox/testing/run_guest.ts";

/**
 * Each text tries to get hold of something and calls `got(…)` when it has. All are run without the
 * gate for imports, so that only the realm itself holds them back.
 */
const PROBES: Readonly<Record<string, string>> = {
  "eval by name": `got(eval("1"))`,
  "indirect eval": `got((0, globalThis.eval)("1"))`,
  "Function by name": `got(Function("return 1")())`,
  "new Function": `got(new Function("return 1")())`,
  "a function's constructor": `got((() => {}).constructor("return 1")())`,
  "an async function's constructor": `got((async () => {}).constructor("return 1")())`,
  "a generator's constructor": `got((function* () {}).constructor("return 1")().next())`,
  "an async generator's constructor":
    `got((async function* () {}).constructor("return 1")().next())`,
  "a constructor through Reflect": `got(Reflect.construct((class {}).constructor, ["return 1"])())`,
  "the prototype of a function's constructor": `
    const make = Object.getPrototypeOf((async () => {}).constructor);
    got(make("return 1")());`,
  "a constructor of Spoor's own function": `got(query.constructor("return 1")())`,
  "a timer with a text": `setTimeout("globalThis.pwned = 1", 0)
    await new Promise((r) => setTimeout(r, 20)); if (globalThis.pwned) got()`,
  "Deno": `got(Deno.version)`,
  "process": `got(process.env)`,
  "Buffer and global": `got(typeof Buffer !== "undefined" ? Buffer : global.process)`,
  "require": `got(require("node:fs"))`,
  "fetch": `got(await fetch("http://127.0.0.1:1/").catch(() => 1))`,
  "a socket": `got(new WebSocket("ws://127.0.0.1:1/"))`,
  "server-sent events": `got(new EventSource("http://127.0.0.1:1/"))`,
  "a worker": `got(new Worker("data:text/javascript,1", { type: "module" }))`,
  "WebAssembly": `got(WebAssembly.Module)`,
  "importScripts": `got(importScripts)`,
  "navigator and location":
    `got([typeof navigator !== "undefined" && navigator, location][0] || 1)`,
  "caches": `got(await caches.open("x"))`,
  "a broadcast channel": `got(new BroadcastChannel("x"))`,
  "a message channel": `got(new MessageChannel())`,
  "the worker's own postMessage": `postMessage("x"); got()`,
  "the worker's close": `close(); got()`,
  "blob URLs": `got(URL.createObjectURL(new Blob(["x"])))`,
  "SharedArrayBuffer": `got(new SharedArrayBuffer(8))`,
  "the API key of the loader": `
    const odd = Reflect.ownKeys(globalThis).filter((k) => /^[0-9a-f-]{36}$/.test(String(k)));
    if (odd.length > 0) got(odd)`,
  "the port, through EventTarget": `
    EventTarget.prototype.dispatchEvent = function (event) { got(this); return true; };`,
  "the port, through an event's getter": `
    Object.defineProperty(Event.prototype, "target", { get() { got(this); } });`,
  "the port, through a listener": `
    addEventListener("message", (event) => got(event.ports));
    dispatchEvent(new Event("message"));`,
  "the port, through the listeners' symbol": `
    for (const symbol of Object.getOwnPropertySymbols(globalThis)) {
      const listeners = globalThis[symbol]?.listeners;
      if (!listeners) continue;
      listeners.message = [{ callback: got, options: {} }];
    }`,
  "Array.prototype.push": `Array.prototype.push = function () { got(this); };`,
  "Map.prototype.get": `Map.prototype.get = function () { got(this); };`,
  "Promise.prototype.then": `Promise.prototype.then = function () { got(this); };`,
  "a getter on Object.prototype": `
    Object.defineProperty(Object.prototype, "then", { get() { got(this); } });`,
  "a value on Object.prototype": `Object.prototype.polluted = 1; if (({}).polluted) got()`,
  "__proto__ of an intrinsic": `Object.setPrototypeOf(Map.prototype, { get: got }); got()`,
  "Symbol.species": `
    Object.defineProperty(Promise, Symbol.species, { get() { got(this); } });`,
  "the array iterator": `
    Object.getPrototypeOf([][Symbol.iterator]()).next = function () { got(this); };`,
  "the async generator prototype": `
    const p = Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})()));
    p.next = function () { got(this); };`,
  "JSON": `JSON.parse = got; globalThis.JSON = { parse: got }; got()`,
  "call sites of a stack": `
    Error.prepareStackTrace = (_, sites) => sites;
    const sites = new Error().stack;
    if (Array.isArray(sites)) got(sites)`,
  "call sites through a subclass": `
    class Mine extends Error { static prepareStackTrace(_, sites) { return sites; } }
    if (Array.isArray(new Mine().stack)) got()`,
  "a function's caller": `function f() { return f.caller; } got(f())`,
  "the iterator's internals": `
    const rows = query("SELECT 1");
    if (Reflect.ownKeys(rows).length > 0) got(Reflect.ownKeys(rows))`,
  "Spoor's API objects": `save.row = got; got()`,
  "the prototype of rows": `Object.getPrototypeOf(query("x")).each = got; got()`,
  "the realm's constructor": `got(new (Object.getPrototypeOf(globalThis).constructor)())`,
  "import.meta":
    `if (Object.keys(import.meta).some((k) => /^(?:filename|dirname)$/.test(k))) got()`,
  "hooks of an inspector": `
    for (const name of ["Deno.customInspect", "Deno.privateCustomInspect", "nodejs.util.inspect.custom"]) {
      console.log({ [Symbol.for(name)]: (...given) => got(given) });
    }`,
  "a proxy in an error":
    `throw new Proxy(new Error("x"), { get: (_, name) => { if (name === "port") got(); } })`,
};

/** `got` and the API, without imports: these texts skip the gate, which resolves them. */
function probe(source: string): string {
  return `import { query, save } from "spoor";
let reached = false;
function got() { reached = true; }
try {
  await (async () => { ${source} })();
} catch (error) {
  console.log("refused:", error);
}
await new Promise((resolve) => setTimeout(resolve, 5));
if (reached) throw new Error("REACHED");
`;
}

for (const [name, source] of Object.entries(PROBES)) {
  Deno.test(`a model cannot reach ${name}`, async () => {
    const run = await runGuest(probe(source));

    assert.equal(run.error, undefined);
    assert.equal(run.messages.at(-1)?.type, "finished");
  });
}

Deno.test("the probes can fail: what a model does have counts as reached", async () => {
  const run = await runGuest(probe(`got(URL)`));

  assert.equal(run.error?.message, "REACHED");
});

Deno.test("import() is refused at the gate, before a worker is there", async () => {
  for (
    const source of [
      `await import("node:fs")`,
      "const f = (x) => import(x);",
      `import.meta; import(\n"x")`,
    ]
  ) {
    await assert.rejects(runGuest(source), /Cannot import at run time/);
  }
});

Deno.test("a locked realm leaves the language as people use it", async () => {
  const run = await runGuest(`
    import { HttpError } from "spoor";
    class Mine extends Error { constructor(m) { super(m); this.name = "Mine"; this.extra = 1; } }
    const error = new Mine("x");
    const object = {}; object.toString = () => "own"; object.constructor = 1; object.hasOwnProperty = 2;
    const f = () => {}; f.toString = () => "f";
    class Shape { valueOf() { return 7; } }
    const results = [
      error.name, String(object), String(f), +new Shape(), f instanceof Function,
      Object.keys(object).length, Object.prototype.hasOwnProperty.call({ a: 1 }, "a"),
      new Intl.NumberFormat("en").format(1234.5), structuredClone(new Map([[1, 2]])).get(1),
      await new Promise((resolve) => setTimeout(resolve, 1, "timer")),
      typeof setInterval(() => {}, 1000), new URL("/a", "https://x.test/b").href,
      atob(btoa("é")), crypto.randomUUID().length, new HttpError("m").name,
      await new Response("x").text().catch(() => "none"),
    ];
    console.log(results);
  `.replace(/\n.*new Response.*\n/, "\n"));

  assert.equal(run.error, undefined);
  assert.deepEqual(run.logs, [
    'info: ["Mine", "own", "f", 7, true, 3, true, "1,234.5", 2, "timer", "number", "https://x.test/a", "é", 36, "HttpError"]',
  ]);
});

Deno.test("streams are there when a model asks for them", async () => {
  const run = await runGuest(`
    const packed = new Blob(["hello"]).stream().pipeThrough(new CompressionStream("gzip"));
    const chunks = [];
    for await (const chunk of packed.pipeThrough(new DecompressionStream("gzip"))) chunks.push(...chunk);
    console.log(new TextDecoder().decode(new Uint8Array(chunks)), typeof FormData, typeof URLPattern);
  `);

  assert.equal(run.error, undefined);
  assert.deepEqual(run.logs, ["info: hello function function"]);
});
