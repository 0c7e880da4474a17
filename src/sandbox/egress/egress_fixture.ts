/**
 * For tests only: a real egress worker with the permission it has in a run, and far sides on the
 * loopback address that do what they are told.
 *
 * @module
 */
import { BatchedPort } from "~/sandbox/batched_port.ts";
import type {
  EgressRequest,
  EgressResponse,
  EgressStart,
  FromEgress,
  ToEgress,
} from "~/sandbox/protocol.ts";

/** A response, its body always as bytes. */
export type ResponseInBytes = Omit<EgressResponse, "body"> & { body: Uint8Array<ArrayBuffer> };

/** An egress worker under test. */
export interface EgressFixture extends Disposable {
  /** Sends one request; whatever is not given is that of a plain GET without retries. */
  send(request: Partial<EgressRequest> & { url: string }): Promise<ResponseInBytes>;
  /** Sends one request and aborts it once `when` resolves. */
  sendAndAbort(
    request: Partial<EgressRequest> & { url: string },
    when: Promise<unknown>,
  ): Promise<ResponseInBytes>;
  /** Sends any other message. */
  post(message: ToEgress): void;
  /** Requests that asked for a permit, in order. */
  readonly asked: readonly number[];
  /** Grants or refuses what was asked. */
  permit(id: number, refusal?: string): void;
  /** Tells it that the run stops. */
  stop(): void;
  /** How many arrays of messages the worker has posted. */
  readonly posts: number;
}

/**
 * Starts a worker.
 *
 * @param net Its net permission. @default `allowNet`, or the practice API's address
 * @param onMessage Plays the engine for what is no response.
 */
export function startEgress(
  start: Partial<EgressStart> & { allowNet: string[] },
  net: string[] = start.practiceOrigin ? [new URL(start.practiceOrigin).host] : start.allowNet,
  onMessage: (message: FromEgress, answer: (message: ToEgress) => void) => void = () => {},
): EgressFixture {
  const worker = new Worker(new URL("./entry.ts", import.meta.url), {
    type: "module",
    deno: { permissions: { net } },
    // deno-lint-ignore no-explicit-any -- `deno` is an unstable option that the DOM types lack.
  } as any);
  const { port1, port2 } = new MessageChannel();
  const waiting = new Map<number, (response: ResponseInBytes) => void>();
  const asked: number[] = [];
  let posts = 0;
  let lastId = 0;

  const port = new BatchedPort<FromEgress, ToEgress>(port1, (messages) => {
    posts++;
    for (const message of messages) {
      if (message.type === "permit") asked.push(message.id);
      else if (message.type !== "response") onMessage(message, (answer) => port.send(answer));
      else {
        waiting.get(message.id)?.(inBytes(message.response));
        waiting.delete(message.id);
      }
    }
  });
  const send = (request: Partial<EgressRequest> & { url: string }) => {
    const id = ++lastId;
    const { promise, resolve } = Promise.withResolvers<ResponseInBytes>();
    waiting.set(id, resolve);
    port.send({ type: "request", id, request: { ...DEFAULTS, ...request } });
    return { id, promise };
  };

  worker.postMessage({ port: port2 }, [port2]);
  port.send({ type: "start", start: { model: "sync.test", secrets: [], ...start } });
  return {
    post: (message) => port.send(message),
    send: (request) => send(request).promise,
    sendAndAbort: async (request, when) => {
      const { id, promise } = send(request);
      await when;
      port.send({ type: "abort", id });
      return await promise;
    },
    asked,
    stop: () => port.send({ type: "stop" }),
    permit: (id, refusal) =>
      port.send({ type: "permit", id, ...(refusal !== undefined && { refusal }) }),
    get posts() {
      return posts;
    },
    [Symbol.dispose]: () => {
      port.close();
      worker.terminate();
    },
  };
}

function inBytes(response: EgressResponse): ResponseInBytes {
  const { body } = response;
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : new Uint8Array(body);
  return { ...response, body: bytes };
}

const DEFAULTS: Omit<EgressRequest, "url"> = {
  method: "GET",
  headers: [],
  body: null,
  timeoutMs: 5_000,
  retries: 0,
  idempotencyKey: "",
};

/** A far side that speaks HTTP. */
export interface FarSide extends AsyncDisposable {
  origin: string;
  /** `127.0.0.1:PORT` */
  host: string;
  /** What it has received, in order. */
  received: ReceivedRequest[];
}

/** One request as a far side saw it. */
export interface ReceivedRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
  text: string;
}

/** Serves HTTP; `answer` is given the request and how many came before it. */
export function serveFarSide(
  answer: (request: ReceivedRequest, earlier: number) => Response | Promise<Response>,
): FarSide {
  const received: ReceivedRequest[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const body = await request.bytes();
      const { pathname, search } = new URL(request.url);
      const text = new TextDecoder().decode(body);
      const seen = { method: request.method, headers: request.headers, body, text };
      const count = received.push({ ...seen, path: pathname + search });
      return await answer({ ...seen, path: pathname + search }, count - 1);
    },
  );
  const host = `127.0.0.1:${server.addr.port}`;
  return {
    origin: `http://${host}`,
    host,
    received,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/**
 * Serves bytes: what `answer` gives is written, and then the connection is closed.
 *
 * @param answer Given how many connections came before; `undefined` leaves the connection open.
 */
export function serveBytes(
  answer: (earlier: number) => string | undefined,
): Disposable & { origin: string; host: string; connections: number } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const host = `127.0.0.1:${listener.addr.port}`;
  const open = new Set<Deno.Conn>();
  const side = {
    origin: `http://${host}`,
    host,
    connections: 0,
    [Symbol.dispose]() {
      for (const connection of open) connection.close();
      listener.close();
    },
  };
  const serve = async (connection: Deno.Conn) => {
    open.add(connection);
    const text = answer(side.connections++);
    try {
      await connection.read(new Uint8Array(65_536));
      if (text === undefined) return;
      await connection.write(new TextEncoder().encode(text));
    } catch {
      // Closed while it was waited for: the test is over, or the other side has left.
      return;
    }
    open.delete(connection);
    connection.close();
  };
  (async () => {
    for await (const connection of listener) serve(connection);
  })();
  return side;
}
