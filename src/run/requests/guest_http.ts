/**
 * A model's requests: from the guest through the ledger to the egress worker and back.
 *
 * A write about groups of a tracked query leaves only after their intents are durable. Every write
 * has an `Idempotency-Key` made of the change it belongs to and its place in it, so that a
 * try in a later run, after a crash, has the same key.
 *
 * @module
 */
import { isSafeMethod } from "~/base/http/safe_methods.ts";
import { UserError } from "~/base/user_error.ts";
import { isFarSides } from "~/delivery/whose_failure.ts";
import type { BegunRequest, GroupRequests } from "~/run/deliver/group_requests.ts";
import { changeKey, FIRST, requestKey } from "~/run/deliver/idempotency_key.ts";
import type { RequestCounts } from "~/run/run_event.ts";
import type {
  AssumedAnswer,
  EgressError,
  EgressRequest,
  EgressResponse,
  GuestRequest,
} from "~/sandbox/protocol.ts";
import type { StatePlace } from "~/store/file/state_place.ts";
import { checkRequest } from "./check_request.ts";
import { EgressExchange, type EgressExchangeContext } from "./egress_exchange.ts";
import type { GuestTokens } from "./guest_tokens.ts";
import type { RequestPlanning } from "./request_planning.ts";
import { type PlanGate, refuseUnplanned } from "./refuse_unplanned.ts";
import { endOf, isAccepted, isUnbegun, withoutAnswer } from "./request_end.ts";
import { RequestRecord, type RequestRecordContext } from "./request_record.ts";

/** What requests need from their run. */
export interface GuestHttpContext extends EgressExchangeContext, RequestRecordContext {
  /** Where the state file must be found: what is sent would else not be known any more. */
  place?: StatePlace | undefined;
  /** Makes keys differ between projects. */
  projectId: string;
  /** Makes keys of requests that belong to no group differ between runs. */
  runId: number;
  /** `--adopt`: nothing may change at the far side. */
  readsOnly: boolean;
  /** A plan is made. */
  planning?: RequestPlanning;
  /** A plan is applied. */
  gate?: PlanGate;
  /** ISO 8601, UTC. */
  now: () => string;
}

/** A request that is about to leave: what of it is written down, and under which key it goes. */
interface Outgoing {
  begun: BegunRequest;
  idempotencyKey: string;
  /** Whether a plan that is made lists it; else it only counts it. */
  isShown: boolean;
  /** `undefined`: a plan is made, and has no record. */
  record: RequestRecord | undefined;
  /** Until its intent is durable; rejects where it is not to leave. Absent: there is none. */
  mayLeave: Promise<void> | undefined;
}

/** See the module's comment. */
export class GuestHttp {
  readonly counts: RequestCounts = { sent: 0, accepted: 0, refused: 0, retries: 0 };
  readonly #exchange: EgressExchange;
  /** Of the next request that is asked for. */
  #nextNumber = 1;
  #down: EgressError | undefined;

  constructor(private readonly context: GuestHttpContext) {
    this.#exchange = new EgressExchange(context);
  }

  /** `http.oauth`. */
  get tokens(): GuestTokens {
    return this.#exchange.tokens;
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
   * @throws {GuestError} It is no request.
   * @throws {UserError} It may not leave: `--adopt`, a plan that does not have it, a group that has ended.
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
    this.#refuse(request, tracked);
    const outgoing = this.#begin(request, tracked, question);
    if (outgoing.mayLeave) await outgoing.mayLeave;
    const { recorded, assumed, tries, ...response } = await this.#carry(
      guestId,
      request,
      outgoing,
      tracked,
    );
    // It has not left, and nobody is there who would be told.
    if (this.#exchange.hasEnded && response.attempts === 0) {
      if (outgoing.begun.changes.length > 0) tracked?.withdraw(request.groups);
      outgoing.record?.withdraw();
      return response;
    }
    this.context.planning?.note(request, response, recorded, assumed);
    if (response.error?.kind === "down" && !this.#exchange.hasEnded) this.#down ??= response.error;
    this.#tellGroups(request, outgoing.begun, response, tracked);
    this.#count(response);
    outgoing.record?.end({ ...response, ...tries && { tries } });
    return response;
  }

  /** Nobody waits for a request any more. */
  abort(guestId: number): void {
    this.#exchange.abort(guestId);
  }

  /** Starts the worker, which takes a moment: there will be requests. */
  warm(): void {
    this.#exchange.open();
  }

  /** The model has ended: what is out is cut off, and is in the record like all that has left. */
  end(): Promise<void> {
    return this.#exchange.end();
  }

  dispose(): void {
    this.#exchange.dispose();
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

  #refuse(request: GuestRequest, tracked: GroupRequests | undefined): void {
    const { readsOnly, gate } = this.context;
    if (readsOnly && !isSafeMethod(request.method)) throw refuseWrite(this.context, request);
    if (gate) refuseUnplanned(gate, request, tracked);
  }

  /** Writes down what must be known of it before it leaves: the intents of its groups, and what is out. */
  #begin(
    request: GuestRequest,
    tracked: GroupRequests | undefined,
    question: number | undefined,
  ): Outgoing {
    const { groups, isByLoop } = request;
    const isWrite = !isSafeMethod(request.method);
    const intent = isWrite && groups.length > 0 ? tracked?.begin(groups, isByLoop) : undefined;
    const begun: BegunRequest = intent ?? { changes: [], place: FIRST, subject: question };
    const number = this.#nextNumber++;
    const { planning, now } = this.context;
    const isShown = planning?.shows(groups) ?? true;
    const idempotencyKey = isWrite && isShown ? this.#key(begun, number) : "";
    const record = planning
      ? undefined
      : new RequestRecord(this.context, request, { number, at: now(), begun, idempotencyKey });
    if (isWrite) record?.open();
    const mayLeave = intent?.mayLeave.catch((error) => {
      record?.withdraw();
      throw error;
    });
    return { begun, idempotencyKey, isShown, record, mayLeave };
  }

  /** To the egress worker and back; where a plan is made, not all need to go there. */
  async #carry(
    guestId: number,
    request: GuestRequest,
    { idempotencyKey, isShown }: Outgoing,
    tracked: GroupRequests | undefined,
  ): Promise<EgressResponse & { assumed?: AssumedAnswer }> {
    const { planning } = this.context;
    const isWrite = !isSafeMethod(request.method);
    const assumed = isWrite ? planning?.takeEarlierAnswer(request, tracked) : undefined;
    const letThrough = isShown || assumed ? undefined : planning?.answerUnshown(request);
    const answer = letThrough ?? await this.#exchange.send(guestId, {
      ...toEgress(request),
      idempotencyKey,
      isShown,
      ...(assumed && { assumed }),
      isRepeat: tracked?.areUnanswered(request.groups) ?? false,
    });
    return { ...answer, ...(assumed && { assumed }) };
  }

  #tellGroups(
    { groups }: GuestRequest,
    { changes }: BegunRequest,
    response: EgressResponse,
    tracked: GroupRequests | undefined,
  ): void {
    const isMalformed = response.error?.kind === "invalid";
    const refusedWith = isAccepted(response) ? undefined : response.status ?? response.answered;
    tracked?.answered(groups, !isMalformed && isFarSides(response.status), refusedWith);
    if (changes.length === 0) return;
    if (isUnbegun(response)) tracked?.withdraw(groups);
    else tracked?.end(groups, endOf(response, this.context.start.atMostOnce ?? false));
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

function refuseWrite(
  { start: { model }, mask }: GuestHttpContext,
  { method, url }: GuestRequest,
): UserError {
  const shown = mask(url).slice(0, 200);
  return new UserError(`Cannot ${method} ${shown}: --adopt ${model} sends nothing`, {
    hint: "Run it without --adopt to send",
  });
}
