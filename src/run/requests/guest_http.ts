/**
 * A model's requests: from the guest through the ledger to the egress worker and back.
 *
 * A write about groups of a tracked query leaves only after their intents are durable. Every write
 * has an `Idempotency-Key` made of the change it belongs to and its place in it, so that a
 * try in a later run, after a crash, has the same key.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { isSafeMethod } from "~/base/http/safe_methods.ts";
import { UserError } from "~/base/user_error.ts";
import { isFarSides } from "~/delivery/whose_failure.ts";
import { LetThrough } from "~/plan/let_through.ts";
import type { ModelPlan } from "~/plan/model_plan.ts";
import { requestIdentity } from "~/plan/request_identity.ts";
import type { BegunRequest, GroupRequests } from "~/run/deliver/group_requests.ts";
import { changeKey, FIRST, requestKey } from "~/run/deliver/idempotency_key.ts";
import type { EngineWorker } from "~/run/engine/engine_workers.ts";
import type { RequestCounts } from "~/run/run_event.ts";
import { BatchedPort } from "~/sandbox/batched_port.ts";
import {
  type AssumedAnswer,
  type EgressError,
  type EgressRequest,
  type EgressResponse,
  type EgressStart,
  type FromEgress,
  type GuestRequest,
  type RecordedRequest,
  type ToEgress,
  UNKNOWN_UNSENT,
} from "~/sandbox/protocol.ts";
import type { StatePlace } from "~/store/state_place.ts";
import { checkRequest } from "./check_request.ts";
import type { EarlierAnswers } from "./earlier_answers.ts";
import { GuestTokens, type TokenMessage } from "./guest_tokens.ts";
import type { RateLimiter } from "./rate_limits.ts";
import { endOf, isAccepted, isUnbegun } from "./request_end.ts";
import { RequestPermits } from "./request_permits.ts";
import { RequestRecord, type RequestRecordContext } from "./request_record.ts";
import type { TokenKeeper } from "./token_keeper.ts";

/** What requests need from their run. */
export interface GuestHttpContext extends RequestRecordContext {
  start: EgressStart;
  startWorker: (onFailure: (message: string) => void) => EngineWorker;
  tokens: TokenKeeper;
  /** Lets tries through, where the model has a limit. */
  rateLimiter?: RateLimiter;
  /** Aborted by Ctrl-C. */
  stop: AbortSignal;
  /** Where the state file must be found: what is sent would else not be known any more. */
  place?: StatePlace | undefined;
  /** Makes keys differ between projects. */
  projectId: string;
  /** Makes keys of requests that belong to no group differ between runs. */
  runId: number;
  /** `--adopt`: nothing may change at the far side. */
  readsOnly: boolean;
  /** A plan is made: what would be sent is noted here. */
  plan?: ModelPlan;
  /** What it is assumed to be answered with, where that is no plain success. */
  earlierAnswers?: EarlierAnswers;
  /** What commands need to be about this state: ` --practice`, ` --project DIR`, or nothing. */
  stateOption: string;
  /** A plan is applied: whether a request is in it, and then takes it out. */
  isPlanned?: (method: string, groups: readonly string[], identity: string) => boolean;
  /** ISO 8601, UTC. */
  now: () => string;
}

/** A request that the plan does not have was about to leave. */
export class NotPlanned extends UserError {}

/** How the record of such a request says so. */
const NOT_IN_PLAN = "not sent: it is not in the plan";

/** So long the worker may take to cut off what is out: it answers at once, where it is not busy. */
const END_GRACE_MS = 2_000;
const NO_ANSWER_KNOWN = "The model ended, and no answer is known";

/** See the module's comment. */
export class GuestHttp {
  readonly counts: RequestCounts = { sent: 0, accepted: 0, refused: 0, retries: 0 };
  /** `http.oauth`. */
  readonly tokens: GuestTokens;
  #nextId = 1;
  /** Of the next request that is asked for. */
  #nextNumber = 1;
  #worker: EngineWorker | undefined;
  #port: BatchedPort<FromEgress, ToEgress> | undefined;
  #waiting = new Map<number, (response: EgressResponse) => void>();
  #permits: RequestPermits | undefined;
  readonly #letThrough = new LetThrough<EgressResponse>();
  #down: EgressError | undefined;
  /** Why the worker is no more: nothing would answer a request. */
  #stopped: string | undefined;
  /** Set when the model has ended: called once nothing waits any more. */
  #ending: (() => void) | undefined;
  /** Guest's number of a request → ours. */
  #ids = new Map<number, number>();

  constructor(private readonly context: GuestHttpContext) {
    this.tokens = new GuestTokens(context.tokens);
    const { rateLimiter, stop } = context;
    stop.addEventListener("abort", () => this.#port?.send({ type: "stop" }));
    if (!rateLimiter) return;
    this.#permits = new RequestPermits(rateLimiter, stop, (id, refusal) => {
      this.#port?.send({ type: "permit", id, ...(refusal !== undefined && { refusal }) });
    });
  }

  /** Why no request is sent any more: the far side does not work. */
  get down(): EgressError | undefined {
    return this.#down;
  }

  /**
   * Sends a request and gives its end.
   *
   * @param guestId The guest's number of it, by which it may be aborted.
   * @param tracked Requests of the tracked query that the groups belong to, if the model has one.
   * @param question What it is recorded as a request of where it is about no group: what `verify` asks.
   */
  async send(
    guestId: number,
    request: GuestRequest,
    tracked: GroupRequests | undefined,
    question?: number,
  ): Promise<EgressResponse> {
    checkRequest(request);
    const lost = this.#findLostState();
    if (lost) return lost;
    const isWrite = !isSafeMethod(request.method);
    if (isWrite && this.context.readsOnly) throw refuseWrite(this.context, request);
    this.#refuseUnplanned(request, tracked);
    const { groups, isByLoop } = request;
    const intent = isWrite && groups.length > 0 ? tracked?.begin(groups, isByLoop) : undefined;
    const begun: BegunRequest = intent ?? { changes: [], place: FIRST, subject: question };
    const { changes } = begun;
    const { plan, now } = this.context;
    const isShown = plan?.shows(groups) ?? true;
    const number = this.#nextNumber++;
    const idempotencyKey = isWrite && isShown ? this.#key(begun, number) : "";
    const record = plan ? undefined : new RequestRecord(this.context, request, {
      number,
      at: now(),
      begun,
      idempotencyKey,
    });
    if (isWrite) record?.open();
    if (intent) {
      await intent.mayLeave.catch((error) => {
        record?.withdraw();
        throw error;
      });
    }
    const assumed = isWrite ? this.#findEarlierAnswer(request, tracked) : undefined;
    const answer = (isShown || assumed ? undefined : this.#letThrough.answer(request)) ??
      await this.#exchange(guestId, {
        ...toEgress(request),
        idempotencyKey,
        isShown,
        ...(assumed && { assumed }),
        isRepeat: tracked?.areUnanswered(groups) ?? false,
      });
    const { recorded, ...response } = answer;
    // It has not left, and nobody is there who would be told.
    if (this.#ending && response.attempts === 0) {
      if (changes.length > 0) tracked?.withdraw(groups);
      record?.withdraw();
      return response;
    }
    if (plan) this.#notePlanned(plan, request, response, { recorded, assumed });
    if (response.error?.kind === "down" && !this.#ending) this.#down ??= response.error;
    const isMalformed = response.error?.kind === "invalid";
    const refusedWith = isAccepted(response) ? undefined : response.status ?? response.answered;
    tracked?.answered(groups, !isMalformed && isFarSides(response.status), refusedWith);
    if (changes.length > 0) {
      if (isUnbegun(response)) tracked?.withdraw(groups);
      else tracked?.end(groups, endOf(response, this.context.start.atMostOnce ?? false));
    }
    this.#count(response);
    record?.end(response);
    return response;
  }

  /** Nothing of a request was written down yet. */
  #findLostState(): EgressResponse | undefined {
    const { place } = this.context;
    const why = this.#nextNumber === 1 ? place?.look() : place?.lookSometimes();
    if (!why) return undefined;
    const { message, hint = "" } = why;
    const error = { kind: "down" as const, message, hint };
    this.#down ??= error;
    return withoutAnswer(0, error);
  }

  /** A plan that is applied lets nothing else through; nothing of the request was written down yet. */
  #refuseUnplanned(request: GuestRequest, tracked: GroupRequests | undefined): void {
    const { isPlanned, mask, start, stateOption } = this.context;
    if (!isPlanned) return;
    const groups = tracked?.openKeys(request.groups) ?? [];
    if (isPlanned(request.method, groups, requestIdentity(request, mask))) return;
    tracked?.notPlanned(request.groups);
    const subject = tracked?.outAs(request.groups);
    this.#recordUnplanned(request, subject);
    const isNextPlanned = subject !== undefined && !isSafeMethod(request.method);
    throw new NotPlanned(
      `Cannot ${request.method} ${
        mask(request.url).slice(0, 200)
      } for ${start.model}: it is not in the plan`,
      {
        hint: isNextPlanned
          ? `It was not sent. The next plan assumes what was answered, and has it: spoor plan -o plan.json${stateOption}`
          : `It was not sent. Where a new plan does not show it, send without one by spoor run${stateOption}`,
      },
    );
  }

  /**
   * What the model goes on to after an answer: by this the next plan of these groups knows that what was answered
   * leads there.
   */
  #recordUnplanned(request: GuestRequest, subject: number | undefined): void {
    if (subject === undefined) return;
    const { context } = this;
    const begun = { changes: [], place: FIRST, subject };
    // Its number tells apart those that are out, which it never is.
    new RequestRecord(context, request, { number: 0, at: context.now(), begun, idempotencyKey: "" })
      .end(withoutAnswer(0, { kind: "unsent", message: NOT_IN_PLAN }));
  }

  #findEarlierAnswer(
    request: GuestRequest,
    tracked: GroupRequests | undefined,
  ): AssumedAnswer | undefined {
    const { earlierAnswers } = this.context;
    const tried = earlierAnswers && tracked?.lastTry(request.groups);
    return tried && earlierAnswers.take(tried, request);
  }

  #notePlanned(
    plan: ModelPlan,
    request: GuestRequest,
    response: EgressResponse,
    { recorded, assumed }: {
      recorded: RecordedRequest | undefined;
      assumed: AssumedAnswer | undefined;
    },
  ): void {
    const { error } = response;
    const { groups } = request;
    if (error === undefined && this.context.start.plan === "record") {
      if (!assumed) this.#letThrough.note(request, response);
      plan.requested(
        groups,
        recorded && {
          ...recorded,
          identity: requestIdentity(request, this.context.mask),
        },
        assumed?.status,
      );
    } else if (error?.kind === "unsent" && error.message.startsWith(UNKNOWN_UNSENT)) {
      plan.asked(groups, error.message);
    } else if (response.attempts > 0) plan.readSent();
  }

  /** Nobody waits for a request any more. */
  abort(guestId: number): void {
    const id = this.#ids.get(guestId);
    if (id !== undefined) this.#port?.send({ type: "abort", id });
  }

  /** Starts the worker, which takes a moment: there will be requests. */
  warm(): void {
    this.#open();
  }

  /**
   * The model has ended: nothing leaves any more. What is out is cut off, and is in the record like all that
   * has left: the far side has it. Not so in a plan, where nothing leaves. A token that is being renewed is
   * waited for: many services have taken back the old one by then.
   */
  async end(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ending = resolve;
    this.#permits?.dispose();
    if (this.#waiting.size > 0 && !this.context.plan) {
      this.#port?.send({ type: "end" });
      const timer = setTimeout(() => this.#settleAll(NO_ANSWER_KNOWN), END_GRACE_MS);
      await promise;
      clearTimeout(timer);
    }
    await this.tokens.end();
    this.dispose();
  }

  dispose(): void {
    this.tokens.dispose();
    this.#permits?.dispose();
    this.#port?.close();
    this.#worker?.end();
  }

  #exchange(guestId: number, request: EgressRequest): Promise<EgressResponse> {
    const stopped = this.#ending ? "The model had ended" : this.#stopped;
    if (stopped !== undefined) return Promise.resolve(stoppedBefore(stopped));
    const port = this.#open();
    const id = this.#nextId++;
    this.#ids.set(guestId, id);
    return new Promise<EgressResponse>((resolve) => {
      this.#waiting.set(id, (response) => {
        this.#ids.delete(guestId);
        resolve(response);
      });
      port.send({ type: "request", id, request });
    });
  }

  /** The worker is started when it is known to be needed: a run in which nothing changed needs none. */
  #open(): BatchedPort<FromEgress, ToEgress> {
    if (this.#port) return this.#port;
    this.#worker = this.context.startWorker((message) => this.#handleFailure(message));
    this.#port = new BatchedPort<FromEgress, ToEgress>(this.#worker.port, (messages) => {
      for (const message of messages) {
        if (message.type === "permit") this.#ask(message.id);
        else if (message.type === "sent") this.#permits?.sent(message.id);
        else if (message.type === "response") this.#settle(message.id, message.response);
        else this.#receiveToken(message);
      }
    });
    const port = this.#port;
    const needsPermits = this.#permits !== undefined;
    port.send({
      type: "start",
      start: { ...this.context.start, ...(needsPermits && { needsPermits }) },
    });
    this.tokens.connect((message) => port.send(message));
    return port;
  }

  #ask(id: number): void {
    if (!this.#ending) this.#permits?.ask(id);
  }

  /** A failure here is one of the state file: every request that waits ends with it. */
  #receiveToken(message: TokenMessage): void {
    this.tokens.receive(message).catch((error) => this.#handleFailure(String(error)));
  }

  #settle(id: number, response: EgressResponse): void {
    this.#permits?.end(id);
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    resolve?.(response);
    // After all that was just set going has been written down.
    if (this.#waiting.size === 0 && this.#ending) setImmediate(this.#ending);
  }

  #handleFailure(message: string): void {
    this.#stopped ??= `The worker that sends requests has stopped: ${message}`;
    this.tokens.dispose();
    this.#settleAll(this.#stopped);
  }

  /** Nothing more will be heard of what waits, and it may have left. */
  #settleAll(message: string): void {
    for (const id of [...this.#waiting.keys()]) {
      this.#settle(id, withoutAnswer(1, { kind: "broken", message }));
    }
  }

  #key({ changes, place }: BegunRequest, number: number): string {
    const { projectId, runId, start, keyNames: { nameOf, contentFrom } } = this.context;
    const [change] = changes;
    if (change === undefined) {
      return requestKey({ projectId, model: start.model, runId, number });
    }
    const model = nameOf(change.id);
    return changeKey({ projectId, model, changes, place, contentFrom });
  }

  #count(response: EgressResponse): void {
    const { attempts, neverLeft } = response;
    if (attempts === 0) return;
    this.counts.sent += 1;
    this.counts.retries += attempts - 1;
    if (isAccepted(response)) this.counts.accepted += 1;
    else this.counts.refused += 1;
    const status = response.status ?? response.answered;
    if (status === undefined) this.counts.unanswered = (this.counts.unanswered ?? 0) + 1;
    if (neverLeft) this.counts.unreached = (this.counts.unreached ?? 0) + 1;
  }
}

/** What is known of a request, and nothing that a guest may have added. */
function toEgress(
  { method, url, headers, body, timeoutMs, retries }: GuestRequest,
): Omit<EgressRequest, "idempotencyKey"> {
  return { method, url, headers, body, timeoutMs, retries };
}

/** Nothing was sent, and nothing will be: the model ends. */
function stoppedBefore(message: string): EgressResponse {
  const hint = "Run again: what was not sent comes with the next run.";
  return withoutAnswer(0, { kind: "down", message, hint });
}

function withoutAnswer(attempts: number, error: EgressError): EgressResponse {
  return { url: "", headers: [], body: "", attempts, elapsedMs: 0, error };
}

function refuseWrite(
  { start: { model }, mask }: GuestHttpContext,
  { method, url }: GuestRequest,
): UserError {
  const shown = mask(url).slice(0, 200);
  return new UserError(`Cannot ${method} ${shown}: --adopt ${model} sends nothing`, {
    hint: "Run it without --adopt to send",
  });
}
