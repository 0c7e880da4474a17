/**
 * One try of a request: sent, redirects followed, answer read.
 *
 * @module
 */
import type { Deadlines } from "~/base/deadlines.ts";
import { isSafeMethod } from "~/base/safe_methods.ts";
import type { AllowedHosts } from "~/sandbox/egress/allowed_hosts.ts";
import { EgressFailure } from "~/sandbox/egress/egress_failure.ts";
import type { OutgoingRequest } from "~/sandbox/egress/prepare_request.ts";
import { timeoutFailure, toFailure } from "./fetch_failure.ts";
import { readBody } from "./read_body.ts";
import { MAX_REDIRECTS, redirected } from "./redirect.ts";
import { TryLimit } from "./try_limit.ts";

/** What came back; nothing is masked yet. */
export interface Answer {
  status: number;
  /** After redirects. */
  url: string;
  headers: readonly (readonly [string, string])[];
  body: Uint8Array;
}

/** Where one try may go. */
export interface Way {
  allowedHosts: AllowedHosts;
  /** Practice: where every request goes instead. */
  practiceOrigin: string | undefined;
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
  // One signal for both ends of a try, because each costs; the reason tells them apart.
  const ended = new AbortController();
  const limit = new TryLimit(
    way.deadlines,
    request.timeoutMs,
    () => ended.abort(timeoutFailure(request)),
  );
  const abort = () => ended.abort();
  signal.addEventListener("abort", abort);
  try {
    return await follow(request, way, limit, ended.signal);
  } catch (error) {
    const { reason } = ended.signal;
    throw reason instanceof EgressFailure ? reason : toFailure(error, request, way.allowedHosts);
  } finally {
    limit.stop();
    signal.removeEventListener("abort", abort);
  }
}

async function follow(
  first: OutgoingRequest,
  way: Way,
  limit: TryLimit,
  signal: AbortSignal,
): Promise<Answer> {
  let request = first;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await send(request, way, signal);
    const mayLead = response.status >= 300 && first.followsRedirects !== false;
    const next = mayLead ? await nextHop(request, response, way.allowedHosts) : undefined;
    if (next === undefined) return await toAnswer(response, request);
    // A page to log in at, read with success, would be no acceptance of what was sent.
    if (next.method !== request.method) return await toAnswer(response, request);
    await response.body?.cancel();
    request = next;
    if (way.permit === undefined) continue;
    limit.stop();
    await way.permit(signal);
    signal.throwIfAborted();
    limit.go();
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
    throw error.after(answerOf(response, request, new Uint8Array()));
  }
}

function send(request: OutgoingRequest, way: Way, signal: AbortSignal): Promise<Response> {
  const { method, url, body } = request;
  const init = {
    method,
    body,
    redirect: "manual" as const,
    signal,
    ...(mustNotRepeat(request, way) && { client: ownConnection() }),
  };
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

let unpooled: Deno.HttpClient | undefined;

/**
 * Deno's `fetch` by itself repeats a request when the connection that it took from its pool breaks, though
 * it may have arrived (denoland/deno#35610). On a connection of its own a request goes out once.
 */
function ownConnection(): Deno.HttpClient {
  return unpooled ??= Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
}

async function toAnswer(response: Response, request: OutgoingRequest): Promise<Answer> {
  const body = await readBody(response, request.method).catch((error) => {
    // The far side has said no. What it wanted to add is lost, which makes no yes of it, and no doubt.
    if (response.ok) throw error;
    return new Uint8Array();
  });
  return answerOf(response, request, body);
}

function answerOf(response: Response, { url }: OutgoingRequest, body: Uint8Array): Answer {
  const headers: [string, string][] = [];
  // Five times as fast as the iterator.
  response.headers.forEach((value, name) => headers.push([name, value]));
  return { status: response.status, url: url.href, headers, body };
}
