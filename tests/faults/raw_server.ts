/**
 * A server on the loopback address that writes its answers byte by byte, so that it can break one anywhere,
 * say what is not true of it, or never end it. Every request has a connection of its own, but where a script
 * keeps it.
 *
 * @module
 */
import { closeOnce, serveConnections } from "./serve_connections.ts";

/** One request as it arrived. */
export interface RawRequest {
  method: string;
  path: string;
  /** Its first line and its headers. */
  head: string;
  /** Its `Idempotency-Key`. */
  key: string | undefined;
  body: string;
  /** `performance.now()` of its arrival. */
  atMs: number;
  /** How many requests came before it on its connection. */
  before: number;
}

/**
 * What is written: texts and bytes, and waits between them. `hang`: the end never comes. `keep`, as the last: the
 * connection is kept for another request.
 */
export type Script = readonly (string | Uint8Array | { waitMs: number } | "hang" | "keep")[];

/** See the module's comment. */
export interface RawServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** `127.0.0.1:PORT` */
  readonly host: string;
  requests: RawRequest[];
  /** Answers from now on. */
  respond: (request: RawRequest) => Script;
}

/** Starts a server; when a script is over, its connection is closed. */
export function rawServer(respond: (request: RawRequest) => Script): RawServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const server: RawServer = {
    origin: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    requests: [],
    respond,
    [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose](),
  };
  const serving = serveConnections(
    listener,
    (connection) => serve(connection, server).finally(() => closeOnce(connection)),
  );
  return server;
}

async function serve(connection: Deno.Conn, server: RawServer): Promise<void> {
  for (let before = 0;; before++) {
    const request = await receive(connection, before);
    if (!request) return;
    server.requests.push(request);
    const script = server.respond(request);
    for (const step of script) await take(step, connection);
    if (script.at(-1) !== "keep") return;
  }
}

async function take(step: Script[number], connection: Deno.Conn): Promise<void> {
  if (step === "keep") return;
  if (step === "hang") return void await connection.read(new Uint8Array(1));
  if (typeof step === "object" && "waitMs" in step) {
    return await new Promise((resolve) => setTimeout(resolve, step.waitMs));
  }
  await writeAll(connection, typeof step === "string" ? new TextEncoder().encode(step) : step);
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await connection.write(bytes.subarray(written));
  }
}

/** Reads to the end of a request; `undefined`: there is none. */
async function receive(connection: Deno.Conn, before: number): Promise<RawRequest | undefined> {
  const buffer = new Uint8Array(64 * 1_024);
  let text = "";
  while (true) {
    const head = text.indexOf("\r\n\r\n");
    const length = Number(/^content-length: (\d+)/im.exec(text.slice(0, head))?.[1] ?? 0);
    if (head >= 0 && text.length >= head + 4 + length) return parse(text, head, before);
    const read = await connection.read(buffer);
    if (read === null) return undefined;
    text += new TextDecoder("latin1").decode(buffer.subarray(0, read));
  }
}

function parse(text: string, head: number, before: number): RawRequest {
  const [method = "", path = ""] = text.split(" ", 2);
  const key = /^idempotency-key: (.+?)\r?$/im.exec(text.slice(0, head))?.[1];
  return {
    method,
    path,
    head: text.slice(0, head),
    key,
    body: text.slice(head + 4),
    atMs: performance.now(),
    before,
  };
}
