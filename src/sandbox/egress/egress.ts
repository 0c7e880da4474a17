/**
 * Takes requests from the port, sends each on its own, and answers when it has ended.
 *
 * Every request gets exactly one answer, whatever happens: the host has written down that it is
 * out, and waits for its end.
 *
 * @module
 */
import { Deadlines } from "~/base/time/deadlines.ts";
import { BatchedPort } from "~/sandbox/batched_port.ts";
import type {
  EgressRequest,
  EgressResponse,
  EgressStart,
  FromEgress,
  ToEgress,
} from "~/sandbox/protocol.ts";
import { AllowedHosts } from "./allowed_hosts.ts";
import { EgressFailure } from "./egress_failure.ts";
import { type OAuthContext, OAuthTokens } from "./oauth/oauth_tokens.ts";
import { prepareRequest } from "./prepare_request.ts";
import { recordRequest, refuseWrite } from "./record_request.ts";
import { SecretMask } from "~/base/secrets/secret_mask.ts";
import { prepareSigning, SigningUnprepared } from "./secrets/signatures.ts";
import { StandIns } from "./secrets/stand_ins.ts";
import { timed } from "./send/begin_try.ts";
import { MODEL_ENDED } from "./send/fetch_failure.ts";
import { Pacer } from "./send/pacer.ts";
import { Permits } from "./send/permits.ts";
import { textOfBody } from "./send/read_body.ts";
import {
  type FinalAnswer,
  newProgress,
  type Outlet,
  type Progress,
  sendWithRetries,
} from "./send/send_with_retries.ts";
import type { Trail } from "./send/trail.ts";

/** What a worker knows once it has been told its model. */
interface Started {
  mask: SecretMask;
  outlet: Outlet;
  plan: EgressStart["plan"];
  tokens: OAuthTokens;
  needsPermits: boolean;
}

/** See the module's comment. */
export class Egress {
  #port: BatchedPort<ToEgress, FromEgress>;
  #started: Started | undefined;
  #inFlight = new Map<number, AbortController>();
  #permits = new Permits((id) => this.#port.send({ type: "permit", id }));
  #hasEnded = false;

  constructor(port: MessagePort, private readonly random: () => number) {
    this.#port = new BatchedPort(port, (messages) => {
      // What comes with it has not left, and does not.
      if (messages.some(({ type }) => type === "end")) this.#end();
      for (const message of messages) this.#take(message);
    });
  }

  #end(): void {
    this.#hasEnded = true;
    for (const abort of this.#inFlight.values()) abort.abort(MODEL_ENDED);
  }

  #take(message: ToEgress): void {
    if (message.type === "start") this.#started = this.#start(message.start);
    else if (message.type === "oauth") {
      this.#started?.tokens.register(message.standIn, message.grant);
    } else if (message.type === "token") {
      this.#started?.tokens.receive(message.provider, message.answer);
    } else if (message.type === "abort") this.#inFlight.get(message.id)?.abort();
    else if (message.type === "stop") this.#started?.outlet.pacer.stop();
    else if (message.type === "permit") this.#permits.grant(message.id, message.refusal);
    else if (message.type === "request") this.#send(message.id, message.request);
  }

  async #send(id: number, request: EgressRequest): Promise<void> {
    if (this.#hasEnded) return this.#answer(id, notBegun(request));
    const startedAt = performance.now();
    const abort = new AbortController();
    this.#inFlight.set(id, abort);
    const progress = newProgress();
    const ended = await this.#finish(id, request, abort.signal, progress);
    this.#inFlight.delete(id);
    this.#answer(id, { ...ended, elapsedMs: performance.now() - startedAt - progress.waitedMs });
  }

  /** Never throws: what cannot be sent is an answer too. */
  async #finish(
    id: number,
    request: EgressRequest,
    signal: AbortSignal,
    progress: Progress,
  ): Promise<Omit<EgressResponse, "elapsedMs">> {
    const started = this.#started;
    let mask = started?.mask;
    try {
      if (!started) throw new Error("The egress worker has not been told its model");
      const { tokens, outlet: unlimited } = started;
      const outlet = started.needsPermits ? this.#limited(unlimited, id, progress) : unlimited;
      if (started.plan === "record") return await this.#record(request, started);
      const answer = await tokens.send(request, signal, async (standIns) => {
        const outgoing = prepareRequest(request, standIns, outlet.allowedHosts);
        // Its tries before a new token are told too, and may have been signed otherwise.
        mask = (mask ?? started.mask).with(outgoing.signatures);
        if (started.plan === "read") refuseWrite(outgoing);
        if (progress.attempts > 0) progress.log.waited("token", progress.log.sinceEndMs);
        return await sendWithRetries(outgoing, outlet, signal, progress);
      });
      return { ...maskAnswer(answer, mask ?? started.mask), ...triesOf(progress, mask) };
    } catch (error) {
      if (error instanceof SigningUnprepared) {
        await prepareSigning();
        return await this.#finish(id, request, signal, progress);
      }
      const failure = EgressFailure.from(error);
      const masked = (text: string) => mask?.text(text) ?? text;
      return {
        ...lastAnswer(failure, request, mask),
        ...triesOf(progress, mask),
        ...toldOf(failure.trail),
        ...(progress.attempts > 0 && progress.unsent === progress.attempts && { neverLeft: true }),
        error: failure.report(masked),
      };
    }
  }

  /** In a plan nothing is sent, no token is asked for. */
  async #record(
    request: EgressRequest,
    { tokens, outlet, mask }: Started,
  ): Promise<Omit<EgressResponse, "elapsedMs">> {
    const standIns = await tokens.maskedIn(request);
    const outgoing = prepareRequest(request, standIns, outlet.allowedHosts);
    return recordRequest(outgoing, request, standIns, mask.with(outgoing.signatures));
  }

  #start(given: EgressStart): Started {
    const { secrets, allowNet, practiceOrigin, plan, needsPermits = false, atMostOnce = false } =
      given;
    const standIns = new StandIns(secrets);
    const mask = new SecretMask(secrets.map((secret) => secret.value));
    const outlet = {
      allowedHosts: new AllowedHosts(allowNet),
      practiceOrigin,
      proxies: given.proxies,
      atMostOnce,
      deadlines: new Deadlines(),
      pacer: new Pacer(this.random),
      random: this.random,
    };
    const tokens = new OAuthTokens({
      standIns,
      mask,
      outlet,
      secrets,
      asking: askingOf(given),
      post: (message) => this.#port.send(message),
      now: () => performance.now(),
    });
    return { mask, outlet, tokens, needsPermits, plan };
  }

  #limited(outlet: Outlet, id: number, progress: Progress): Outlet {
    const permit = async (signal: AbortSignal) => {
      await timed(this.#permits.take(id, signal), progress, "rate_limit");
      // Goes out when this turn ends, in which the try is begun: not before it.
      this.#port.send({ type: "sent", id });
    };
    return { ...outlet, permit };
  }

  #answer(id: number, response: EgressResponse): void {
    const buffer = typeof response.body === "string" ? undefined : response.body.buffer;
    const moving = buffer instanceof ArrayBuffer ? [buffer] : [];
    this.#port.send({ type: "response", id, response }, moving);
  }
}

function askingOf({ plan, practiceOrigin }: EgressStart): OAuthContext["asking"] {
  if (plan === undefined || practiceOrigin !== undefined) return "allowed";
  return plan === "record" ? "looked_for" : "refused";
}

/** The model had ended when it came. */
function notBegun({ url }: EgressRequest): EgressResponse {
  const error = { kind: "down" as const, message: "The model had ended before it was sent" };
  return { url, headers: [], body: "", attempts: 0, elapsedMs: 0, error };
}

/** How often it was tried, and what each try came to where one was not enough. */
function triesOf(
  { attempts, log }: Progress,
  mask: SecretMask | undefined,
): Pick<EgressResponse, "attempts" | "tries"> {
  const tries = log.told((text) => mask?.text(text) ?? text);
  return { attempts, ...tries && { tries } };
}

/** What was answered before a request failed. */
function lastAnswer(
  { answer }: EgressFailure,
  { url }: EgressRequest,
  mask: SecretMask | undefined,
): Pick<EgressResponse, "answered" | "url" | "headers" | "body"> {
  if (!answer || !mask) {
    return { url: mask?.text(String(url)) ?? String(url), headers: [], body: "" };
  }
  const { status: answered, ...told } = maskAnswer(answer, mask);
  return { ...told, ...(answered !== undefined && { answered }) };
}

/** An answer as the engine is told it, without the secrets: a far side may echo what it was sent. */
function maskAnswer(
  { status, url, headers, body, note, trail }: FinalAnswer,
  mask: SecretMask,
): Omit<EgressResponse, "attempts" | "elapsedMs"> {
  const text = textOfBody(body);
  return {
    status,
    url: mask.text(url),
    headers: mask.isEmpty
      ? headers
      : headers.map(([name, value]) => [name, mask.text(value)] as const),
    body: text === undefined ? mask.bytes(body) : mask.text(text),
    ...toldOf(trail),
    ...(note !== undefined && { note }),
  };
}

/** What the engine is told of redirects: nothing, mostly. */
function toldOf(trail: Trail | undefined): Pick<EgressResponse, "isRedirected" | "mayHaveActed"> {
  return {
    ...(trail?.isRedirected && { isRedirected: true }),
    ...(trail?.mayHaveActed && { mayHaveActed: true }),
  };
}
