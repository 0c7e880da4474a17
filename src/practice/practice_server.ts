/**
 * Serves the practice API on the loopback address.
 *
 * All requests of one turn of the event loop are answered in one transaction, and no answer goes
 * out before its commit. Nothing is kept in memory: it does not grow with the requests.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers";
import { messageOf } from "~/base/message_of.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { type Fault, FaultPlay, serverErrorStatus } from "./fault.ts";
import { openPractice } from "./open_practice.ts";
import { type PracticeAnswer, problem, toResponse } from "./practice_answer.ts";
import { answerPractice } from "./practice_api.ts";
import { type PracticeRequest, readPracticeRequest } from "./practice_request.ts";
import { PracticeStore } from "./practice_store.ts";

/**
 * A request that is never answered is held no longer than this. That its client has left cannot be
 * seen: Deno 2.9 prints a warning when `request.signal` is listened to.
 */
const LONGEST_HOLD_MS = 5 * 60_000;

/** What a client gets: an answer, a broken connection, or nothing. */
type Reply = PracticeAnswer | "drop" | "timeout";

interface Waiting {
  request: PracticeRequest;
  resolve: (reply: { reply: Reply; delayMs: number }) => void;
  reject: (error: unknown) => void;
}

/** A practice API that listens. */
export class PracticeServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  #db: DatabaseSync;
  #store: PracticeStore;
  #play: FaultPlay;
  #server: Deno.HttpServer<Deno.NetAddr>;
  #waiting: Waiting[] = [];
  #stopped = new AbortController();

  /**
   * @param dbPath The practice file; created if it is not there.
   * @throws {UserError} If the file is something else.
   */
  constructor(dbPath: string, faults: readonly Fault[]) {
    this.#db = openPractice(dbPath);
    this.#store = new PracticeStore(this.#db);
    this.#play = new FaultPlay(faults);
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {}, onError: toErrorResponse },
      (request) => this.#serve(request),
    );
    this.origin = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Lets what is being answered end, but for what would never end; then closes the file. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#server.shutdown();
    this.#db.close();
  }

  async #serve(request: Request): Promise<Response> {
    const read = await readPracticeRequest(request);
    const { reply, delayMs } = await this.#enqueue(read);
    if (delayMs > 0) await this.#pause(delayMs);
    if (reply === "timeout") await this.#pause(LONGEST_HOLD_MS);
    if (reply === "drop" || reply === "timeout") return brokenResponse();
    return toResponse(reply, request.method === "HEAD");
  }

  #enqueue(request: PracticeRequest): Promise<{ reply: Reply; delayMs: number }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ reply: Reply; delayMs: number }>();
    if (this.#waiting.length === 0) setImmediate(() => this.#answerAll());
    this.#waiting.push({ request, resolve, reject });
    return promise;
  }

  #answerAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      const replies = inTransaction(
        this.#db,
        () => waiting.map((each) => this.#answer(each.request)),
      );
      for (const [i, { resolve }] of waiting.entries()) {
        const reply = replies[i];
        if (reply) resolve(reply);
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  #answer(request: PracticeRequest): { reply: Reply; delayMs: number } {
    const earlier = this.#play.needsEarlier ? this.#store.countEarlier(request.identity) : 0;
    const hits = this.#play.strike(request, earlier);
    const at = new Date().toISOString();
    const reply = this.#reply(request, hits, earlier, at);
    const answer = typeof reply === "string" ? undefined : reply;
    this.#store.logRequest(request, {
      at,
      status: answer?.status,
      replayed: answer?.replayed ?? false,
      fault: hits.length === 0 ? undefined : hits.map((hit) => hit.text).join(" "),
    });
    return { reply, delayMs: hits.reduce((sum, hit) => sum + delayOf(hit), 0) };
  }

  #reply(request: PracticeRequest, hits: readonly Fault[], earlier: number, at: string): Reply {
    const action = hits.find((hit) => hit.action.name !== "slow")?.action;
    switch (action?.name) {
      case undefined:
      case "slow":
        return answerPractice(request, this.#store, at);
      case "lost":
        answerPractice(request, this.#store, at);
        return "drop";
      case "drop":
      case "timeout":
        return action.name;
      case "refuse":
        return problem(422, "Practice refuses this record, as it was told to");
      case "5xx":
        return problem(serverErrorStatus(request, earlier), "Practice fails, as it was told to");
      case "status":
        return {
          ...problem(action.status, "Practice fails, as it was told to"),
          retryAfterS: action.retryAfterS,
        };
    }
  }

  /** Ends early when the server stops. */
  #pause(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, delayMs);
    const { signal } = this.#stopped;
    const end = () => resolve();
    if (signal.aborted) end();
    signal.addEventListener("abort", end);
    return promise.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
    });
  }
}

function delayOf({ action }: Fault): number {
  return action.name === "slow" ? action.delayMs : 0;
}

/** A body that fails as soon as it is read: the server closes the connection in its midst. */
function brokenResponse(): Response {
  const body = new ReadableStream({
    pull: (controller) => controller.error(new Error("broken on purpose")),
  });
  return new Response(body, { status: 200, headers: { "content-length": "1" } });
}

/** A full disk, say: the request was not taken, and whoever sent it is told so. */
function toErrorResponse(error: unknown): Response {
  const state = messageOf(error);
  return toResponse(problem(507, `Practice cannot keep this request: ${state}`), false);
}
