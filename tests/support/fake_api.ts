/**
 * An HTTP server on the loopback address that answers as a test says, and remembers what it got.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as it arrived, whatever was answered. */
export interface ReceivedRequest {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: string;
  /** The body, if it is JSON. */
  json: unknown;
  /** Its `Idempotency-Key`. */
  key: string | undefined;
  /** `performance.now()` of its arrival. */
  atMs: number;
}

/** What the server does with a request: an answer, or a fault. */
export interface Answer {
  /** @default 200 */
  status?: number;
  headers?: Readonly<Record<string, string>>;
  json?: unknown;
  body?: string | Uint8Array | ReadableStream<Uint8Array>;
  /** Waits before it answers. */
  delayMs?: number;
  /** Cuts the connection instead of answering: the request has arrived, the answer is lost. */
  drop?: boolean;
  /** Never answers. */
  hang?: boolean;
}

export type Answerer = (request: ReceivedRequest, index: number) => Answer | Promise<Answer>;

export interface FakeApi extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** `127.0.0.1:PORT`, as `@allow_net` takes it. */
  readonly host: string;
  readonly port: number;
  readonly requests: readonly ReceivedRequest[];
  /** TCP connections, those that never became a request included. */
  readonly connections: number;
  /** Most requests that were open at one time. */
  readonly mostAtOnce: number;
  /** Answers from now on. */
  answer(answerer: Answerer): void;
  /** Resolves when this many requests have arrived. */
  received(count: number): Promise<void>;
  /** Forgets what it has received. */
  clear(): void;
}

/**
 * Starts a server.
 *
 * @param answers One answer for each request in turn, the last one for all that follow; or a
 * function of the request. @default 200 with `{}`
 */
export async function fakeApi(
  answers: readonly Answer[] | Answerer = [{ json: {} }],
  hostname = "127.0.0.1",
): Promise<FakeApi> {
  const api = new Api(typeof answers === "function" ? answers : inTurn(answers));
  await api.listen(hostname);
  return api;
}

function inTurn(answers: readonly Answer[]): Answerer {
  return (_, index) => answers[Math.min(index, answers.length - 1)] ?? {};
}

class Api implements FakeApi {
  requests: ReceivedRequest[] = [];
  connections = 0;
  mostAtOnce = 0;
  port = 0;
  #server: Server;
  #answerer: Answerer;
  #open = 0;
  #served = 0;
  #waiting: { count: number; resolve: () => void }[] = [];

  constructor(answerer: Answerer) {
    this.#answerer = answerer;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    this.#server.on("connection", () => this.connections++);
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  get origin(): string {
    return `http://${this.host}`;
  }

  async listen(hostname: string): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, hostname, resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  answer(answerer: Answerer): void {
    this.#answerer = answerer;
  }

  clear(): void {
    this.requests = [];
    this.connections = 0;
    this.mostAtOnce = 0;
    this.#served = 0;
  }

  async received(count: number): Promise<void> {
    if (this.requests.length >= count) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ count, resolve });
    await promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#open++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#open);
    try {
      const request = await receive(message);
      this.requests.push(request);
      this.#wake();
      const answer = await this.#answerer(request, this.#served++);
      if (answer.delayMs) await new Promise((resolve) => setTimeout(resolve, answer.delayMs));
      if (answer.hang) return;
      if (answer.drop) return void message.socket.destroy();
      await send(answer, response);
    } finally {
      this.#open--;
    }
  }

  #wake(): void {
    for (const { count, resolve } of this.#waiting) {
      if (this.requests.length >= count) resolve();
    }
  }
}

async function receive(message: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString("utf8");
  const url = new URL(message.url ?? "/", "http://server");
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [name, String(value)]),
  );
  return {
    method: message.method ?? "",
    path: url.pathname,
    query: url.searchParams,
    headers,
    body,
    json: parseJson(body),
    key: headers["idempotency-key"],
    atMs: performance.now(),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not every body is JSON.
  }
}

async function send(answer: Answer, response: ServerResponse): Promise<void> {
  const isJson = answer.json !== undefined;
  response.writeHead(answer.status ?? 200, {
    ...(isJson && { "content-type": "application/json" }),
    ...answer.headers,
  });
  if (isJson) return void response.end(JSON.stringify(answer.json));
  if (!(answer.body instanceof ReadableStream)) return void response.end(answer.body ?? "");
  for await (const chunk of answer.body) {
    if (response.destroyed) return;
    if (!response.write(chunk)) {
      await new Promise<void>((resolve) => {
        response.once("drain", resolve);
        response.once("close", resolve);
      });
    }
  }
  response.end();
}
