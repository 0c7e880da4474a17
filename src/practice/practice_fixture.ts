/**
 * For tests only: a real practice worker on a file in a temporary folder.
 *
 * @module
 */
import type { ErrorReport } from "~/base/user_error.ts";
import type { Fault } from "./fault.ts";
import { parseFaults } from "./parse_faults.ts";
import type { FromPractice, ToPractice } from "./protocol.ts";
import { type PracticeReader, readPractice } from "./read_practice.ts";

/** A practice API under test. */
export interface PracticeFixture extends AsyncDisposable {
  origin: string;
  dbPath: string;
  /** Sends a request as the egress worker does, for `https://api.example`; the body is read whole. */
  send(method: string, path: string, init?: SendInit): Promise<Response>;
  /** Reads what was received; the caller closes it. */
  read(): PracticeReader;
  stop(): Promise<void>;
}

interface SendInit {
  json?: unknown;
  body?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
  key?: string;
  origin?: string;
}

/**
 * Starts a practice worker.
 *
 * @param faults As a user writes them.
 * @throws {Error} What the worker says when it cannot begin.
 */
export async function startPractice(faults = "", dbPath?: string): Promise<PracticeFixture> {
  const folder = dbPath === undefined ? Deno.makeTempDirSync({ prefix: "practice" }) : undefined;
  const path = dbPath ?? `${folder}/practice.db`;
  const worker = new Worker(new URL("./entry.ts", import.meta.url), { type: "module" });
  const { port1, port2 } = new MessageChannel();
  const heard = (message: ToPractice) => {
    const { promise, resolve } = Promise.withResolvers<FromPractice>();
    port1.onmessage = ({ data }) => resolve(data);
    port1.postMessage(message);
    return promise;
  };
  const end = () => {
    port1.close();
    worker.terminate();
    if (folder) Deno.removeSync(folder, { recursive: true });
  };

  worker.postMessage({ port: port2 }, [port2]);
  const started = await heard({ type: "start", dbPath: path, faults: faultsOf(faults) });
  if (started.type !== "started") {
    end();
    throw toError(started.type === "failed" ? started.error : { message: started.type });
  }
  const { origin } = started;
  let isRunning = true;
  const stop = async () => {
    if (isRunning) await heard({ type: "stop" });
    isRunning = false;
  };
  return {
    origin,
    dbPath: path,
    stop,
    send: async (method, path, init = {}) => {
      const response = await fetch(origin + path, toInit(method, init));
      const body = await response.bytes();
      return new Response(body.length === 0 ? null : body, response);
    },
    read: () => readPractice(path) ?? failToRead(path),
    [Symbol.asyncDispose]: async () => {
      await stop();
      end();
    },
  };
}

function faultsOf(text: string): readonly Fault[] {
  const faults = parseFaults(text);
  if (faults instanceof Error) throw faults;
  return faults;
}

function toError(report: ErrorReport): Error {
  return Object.assign(new Error(report.message), { hint: report.hint });
}

function failToRead(path: string): never {
  throw new Error(`There is no practice file at ${path}`);
}

function toInit(method: string, { json, body, headers, key, origin }: SendInit): RequestInit {
  return {
    method,
    body: json === undefined ? body ?? null : JSON.stringify(json),
    headers: {
      ...(json !== undefined && { "content-type": "application/json" }),
      ...(key !== undefined && { "idempotency-key": key }),
      "spoor-practice-origin": origin ?? "https://api.example",
      ...headers,
    },
  };
}
