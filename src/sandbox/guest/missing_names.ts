/**
 * What a model uses in the place of names that it does not have, because they reach out of its sandbox, or because rows
 * are no array before they are awaited.
 *
 * @module
 */
import { SPOOR_VALUES } from "~/sandbox/protocol.ts";

const REQUESTS =
  `Use http.get(…), http.post(…) … from "spoor", and "// @allow_net: host" in the header.`;
const MODULES =
  `Write a static import: of "spoor", or of a file of the project by its relative path.`;
const VARIABLES = `env("NAME") with "// @allow_env: NAME" for a variable, secret("NAME") with ` +
  `"// @secrets: NAME" for a secret, all from "spoor"`;
const FILES =
  `Use files("…") with "// @allow_read: path" for files, ${VARIABLES}, and http for requests.`;
const BYTES = "Use Uint8Array, TextEncoder and TextDecoder, atob and btoa.";
const CODE = "A model runs the code of its files alone: write it there.";
const NO_PAGE = "A model runs outside of any browser.";
const ONE_THREAD =
  `Nothing runs beside a model; ".each(…)" with "// @concurrency: n" has several groups in flight.`;

/** By name; each a full sentence. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ["fetch", REQUESTS],
  ["XMLHttpRequest", REQUESTS],
  ["WebSocket", REQUESTS],
  ["EventSource", REQUESTS],
  ["Request", REQUESTS],
  ["Response", REQUESTS],
  ["Deno", FILES],
  ["Bun", FILES],
  ["process", `Use ${VARIABLES}.`],
  ["require", MODULES],
  ["module", `${MODULES} A file exports by "export".`],
  ["exports", `${MODULES} A file exports by "export".`],
  ["Buffer", BYTES],
  ["eval", CODE],
  ["Function", CODE],
  ["WebAssembly", CODE],
  ["Worker", ONE_THREAD],
  ["SharedArrayBuffer", ONE_THREAD],
  ["Atomics", ONE_THREAD],
  ["setImmediate", "Use setTimeout or queueMicrotask."],
  ["window", `${NO_PAGE} What is global is on globalThis.`],
  ["self", `${NO_PAGE} What is global is on globalThis.`],
  ["global", "What is global is on globalThis."],
  ["document", NO_PAGE],
  ["localStorage", `${NO_PAGE} What a model is to keep, it saves as rows.`],
  ["sessionStorage", `${NO_PAGE} What a model is to keep, it saves as rows.`],
  ["caches", `${NO_PAGE} What a model is to keep, it saves as rows.`],
  ["__dirname", `Paths of files("…") are those of the project.`],
  ["__filename", `Paths of files("…") are those of the project.`],
  ...SPOOR_VALUES.map((name): [string, string] => [name, `Write import { ${name} } from "spoor".`]),
]);

const EACH_GROUP =
  "query(…).each((row, group) => …) runs a function for each group, whose rows are group.rows; " +
  "of groups() and batches(n) a for await takes one after the other.";

/** What to write, where a message says that one of them is not defined, or is no function of rows. */
export function insteadOfMissing(message: string): string | undefined {
  const name = /^ReferenceError: (\w+) is not defined$/.exec(message)?.[1];
  if (name !== undefined) return INSTEAD.get(name);
  const rows =
    /^TypeError: (query(?:\.all)?|changes)\(\.\.\.\)(\.\w+\(\.\.\.\))?\.(\w+) is not a function$/;
  const [, source, parts, method] = rows.exec(message) ?? [];
  if (source === undefined) return undefined;
  if (parts !== undefined) return method === "each" ? EACH_GROUP : undefined;
  return `Rows are read by for await, by each(…), or all at once: (await ${source}(…)).${method}(…).`;
}
