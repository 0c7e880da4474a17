/**
 * One try of a request: sent, redirects followed, answer read.
 *
 * @module
 */
import type { Proxies } from "~/base/http/proxies.ts";
import { isSafeMethod } from "~/base/http/safe_methods.ts";
import type { Deadlines } from "~/base/time/deadlines.ts";
import type { AllowedHosts } from "~/sandbox/egress/allowed_hosts.ts";
import { EgressFailure } from "~/sandbox/egress/egress_failure.ts";
import type { OutgoingRequest } from "~/sandbox/egress/prepare_request.ts";
import { keptConnections, ownConnection } from "./connections.ts";
import { earlyTimeoutFailure, untilSentWhole } from "./early_answer.ts";
import { timeoutFailure, toFailure } from "./fetch_failure.ts";
import { OnceBody, type Pieces } from "./once_body.ts";
import { readBody } from "./read_body.ts";
import { MAX_REDIRECTS, mayFollowAct, redirected } from "./redirect.ts";
import type { Trail } from "./trail.ts";
import { TryLimit } from "./try_limit.ts";

/** What came back; nothing is masked yet. */
export interface Answer {
  status: number;
  /** After redirects. */
  url: string;
  headers: readonly (readonly [string, string])[];
  body: Uint8Array;
  trail: Trail;
}

/** Where one try may go. */
export interface Way {
  allowedHosts: AllowedHosts;
  /** Practice: where every request goes instead. */
  practiceOrigin: string | undefined;
  /** By which it goes. */
  proxies?: Proxies | undefined;
  /** A write that may have arrived is not sent again. */
  atMostOnce: boolean;
  deadlines: Deadlines;
  /** Resolves when one request more may go out; absent: without a rate limit. */
  permit?: (signal: AbortSignal) => Promise<void>;
}

/** Tells the practice API which origin it stands in for. */
const PRACTICE_ORIGIN_HEADER = "spoor-practice-origin";

/**
 * Sends a request once. Its first hop has its permit already.
 *
 * @param signal Ends the try at once.
 * @throws {EgressFailure} There is no answer.
 */
export async function sendOnce(
  request: OutgoingRequest,
  way: Way,
  signal: AbortSignal,
): Promise<Answer> {
  const trail: Trail = { url: request.url, isRedirected: false, mayHaveActed: false };
  const reached = () => ({ ...request, url: trail.url });
  // One signal for both ends of a try, because each costs; the reason tells them apart.
  const ended = new AbortController();
  const limit = new TryLimit(
    way.deadlines,
    request.timeoutMs,
    () =>
      ended.abort(
        trail.earlyStatus === undefined
          ? timeoutFailure(reached())
          : earlyTimeoutFailure(reached(), trail.earlyStatus),
      ),
  );
  const abort = () => ended.abort();
  signal.addEventListener("abort", abort);
  try {
    return await follow(request, trail, way, limit, ended.signal);
  } catch (error) {
    const { reason } = ended.signal;
    const failure = reason instanceof EgressFailure ? reason : toFailure(error, reached(), way);
    failure.trail = trail;
    throw failure;
  } finally {
    limit.stop();
    signal.removeEventListener("abort", abort);
  }
}

async function follow(
  first: OutgoingRequest,
  trail: Trail,
  way: Way,
  limit: TryLimit,
  signal: AbortSignal,
): Promise<Answer> {
  let request = first;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const outgoing = sentOnce(request, way);
    const response = await send(request, outgoing, way, signal);
    const unsent = response.ok ? unsentOf(outgoing.body) : undefined;
    trail.mayHaveActed ||= !isSafeMethod(request.method) && mayFollowAct(response.status);
    // A second time, though elsewhere, would be once more.
    const isOver = trail.mayHaveActed && mustNotRepeat(request, way);
    const mayLead = response.status >= 300 && first.followsRedirects !== false && !isOver;
    const next = mayLead ? await nextHop(request, response, trail, way.allowedHosts) : undefined;
    if (next === undefined) {
      const answer = await toAnswer(response, request, trail);
      if (unsent) await untilSentWhole(unsent, request, trail, response.status, signal);
      return answer;
    }
    await response.body?.cancel();
    if (way.permit !== undefined) {
      limit.stop();
      await way.permit(signal);
      signal.throwIfAborted();
      limit.go();
    }
    request = next;
    Object.assign(trail, { url: next.url, isRedirected: true });
  }
  throw new EgressFailure(
    "broken",
    `Cannot follow the redirects of "${first.url.host}": there are more than ${MAX_REDIRECTS}`,
    { hint: "See whether the service sends the request round in a circle." },
  );
}

/**
 * Where a redirect leads; nowhere: what was answered is none.
 *
 * @throws {EgressFailure} It leads to where no request may go.
 */
async function nextHop(
  request: OutgoingRequest,
  response: Response,
  trail: Trail,
  allowedHosts: AllowedHosts,
): Promise<OutgoingRequest | undefined> {
  const { status, headers } = response;
  try {
    const next = redirected(request, status, headers.get("location"));
    if (next && !allowedHosts.permits(next.url)) throw allowedHosts.refusal(next.url, request.url);
    return next;
  } catch (error) {
    await response.body?.cancel();
    if (!(error instanceof EgressFailure)) throw error;
    // Its body is not waited for: it may be slow, and the end is known.
    throw error.after(answerOf(response, request, trail, new Uint8Array()));
  }
}

function send(
  request: OutgoingRequest,
  outgoing: SentOnce,
  way: Way,
  signal: AbortSignal,
): Promise<Response> {
  const { method, url } = request;
  const init = { method, redirect: "manual" as const, signal, ...outgoing };
  // Pairs cost `fetch` half of what a Headers object does.
  const headers = request.headers as [string, string][];
  if (way.practiceOrigin === undefined) return fetch(url.href, { ...init, headers });
  return fetch(way.practiceOrigin + url.pathname + url.search, {
    ...init,
    headers: [...headers, [PRACTICE_ORIGIN_HEADER, url.origin]],
  });
}

/** Whether a try that may have arrived must not be made once more: a write whose model says so. */
export function mustNotRepeat(
  { method, retries }: OutgoingRequest,
  { atMostOnce }: Pick<Way, "atMostOnce">,
): boolean {
  return (retries === 0 || atMostOnce) && !isSafeMethod(method);
}

interface SentOnce {
  body: OutgoingRequest["body"] | OnceBody;
  client: Deno.HttpClient;
}

/**
 * What keeps `fetch` from sending a request twice by itself: a body that it has once, or a connection of its own,
 * which does not come from the pool. The latter costs more, and makes it sure as well that no connection is used
 * which the far side is just closing. Only a read that nobody counts may go out twice.
 */
function sentOnce(request: OutgoingRequest, way: Way): SentOnce {
  const { body } = request;
  if (isSafeMethod(request.method) && way.permit === undefined) {
    return { body, client: keptConnections() };
  }
  if (body === null || body.length === 0) return { body, client: ownConnection() };
  const once = new OnceBody(body);
  return { body: once, client: mustNotRepeat(request, way) ? ownConnection() : keptConnections() };
}

/** A body of which pieces wait here. */
function unsentOf(body: SentOnce["body"]): Pieces | undefined {
  if (!(body instanceof OnceBody) || body.pieces?.areTaken) return undefined;
  return body.pieces;
}

async function toAnswer(
  response: Response,
  request: OutgoingRequest,
  trail: Trail,
): Promise<Answer> {
  const body = await readBody(response, request.method).catch((error) => {
    // The far side has said no. What it wanted to add is lost, which makes no yes of it, and no doubt.
    if (response.ok) throw error;
    return new Uint8Array();
  });
  return answerOf(response, request, trail, body);
}

function answerOf(
  response: Response,
  { url }: OutgoingRequest,
  trail: Trail,
  body: Uint8Array,
): Answer {
  const headers: [string, string][] = [];
  // Five times as fast as the iterator.
  response.headers.forEach((value, name) => headers.push([name, value]));
  return { status: response.status, url: url.href, headers, body, trail };
}
