/**
 * `http`: puts a model's requests into messages, and answers into responses or errors.
 *
 * The guest reaches nothing itself: the egress worker sends, retries and puts secrets in.
 *
 * @module
 */
import { hideInText } from "~/base/secrets/hide_credentials.ts";
import { closestWord } from "~/base/text/closest_word.ts";
import { parseDurationMs } from "~/base/time/duration.ts";
import type { Http, RequestOptions, UploadOptions } from "~/sandbox/guest/api.ts";
import {
  changeOfRequest,
  isWrite,
  refuseAboutNone,
  type RequestSubject,
} from "~/sandbox/guest/deliver/change_of_request.ts";
import { InFlight } from "~/sandbox/guest/deliver/in_flight.ts";
import type { Delivery } from "~/sandbox/guest/deliver/delivery.ts";
import {
  type AnsweredRequest,
  noteRefused,
  noteUnclear,
  noteWhole,
  type UnclearAnswer,
} from "~/sandbox/guest/deliver/unclear_answers.ts";
import { nameKind } from "~/sandbox/guest/format_value.ts";
import { atSite, hostError, modelError, rememberError } from "~/sandbox/guest/host_error.ts";
import type { HostPort } from "~/sandbox/guest/host_port.ts";
import type { EgressError, EgressResponse, GuestRequest, GuestStart } from "~/sandbox/protocol.ts";
import { maskHmacs } from "./hmac.ts";
import { describeRefusal, HttpError, HttpResponse, isSuccess } from "./http_response.ts";
import { makeOAuth } from "./oauth.ts";
import { refusalInBody } from "./refusal_in_body.ts";
import { encodeBody, encodeUpload, type RequestBody } from "./request_body.ts";

const METHODS = ["get", "head", "post", "put", "patch", "delete"] as const;

/** What requests need of their model. */
export interface HttpContext {
  port: HostPort;
  start: GuestStart;
  delivery(): Delivery | undefined;
  isStopped(): boolean;
  /** Notes work that the model may not await. */
  track<T>(work: Promise<T>): Promise<T>;
}

/** The same, with what is out of it. */
interface SendingContext extends HttpContext {
  inFlight: InFlight;
}

/** Makes `http` for one model. */
export function makeHttp(given: HttpContext): Http {
  const inFlight = new InFlight(given.start.concurrency, given);
  const context: SendingContext = { ...given, inFlight };
  const send = (method: string, url: string | URL, options: RequestOptions, body: RequestBody) => {
    const subject = subjectOf(context, method, url, options, [options.json, options.form], body);
    return request(context, method, url, options, body, subject);
  };
  const methods = METHODS.map((name) => [
    name,
    async (url: string | URL, options: RequestOptions = {}) => {
      expectOptions(name, options, OPTIONS);
      return await send(name.toUpperCase(), url, options, encodeBody(options));
    },
  ]);
  const upload = async (url: string | URL, options: UploadOptions) => {
    expectOptions("upload", options, UPLOAD_OPTIONS);
    const { form, ...rest } = options;
    // Taken before the files are read: by then a plain loop may be at its next row.
    const subject = subjectOf(context, "POST", url, rest, [form]);
    const body = await encodeUpload(form);
    return await request(context, "POST", url, rest, body, subject);
  };
  return { ...Object.fromEntries(methods), upload, oauth: makeOAuth(context.port) } as Http;
}

const UPLOAD_OPTIONS = ["headers", "params", "form", "timeout", "retries", "throwOnError"];
const OPTIONS = [...UPLOAD_OPTIONS, "json", "body"];

/**
 * What is passed over in silence would be sent without: a row that is given for the options, or the body itself, as an
 * empty body.
 */
function expectOptions(name: string, options: unknown, known: readonly string[]): void {
  const wrong = `Cannot call http.${name}`;
  const hint =
    "Give the URL and one object: { json: … }, { form: … } or { body: … }, and headers beside it.";
  if (typeof options !== "object" || options === null || isOtherObject(options)) {
    throw modelError(`${wrong} with ${nameKind(options)} for its options`, { hint });
  }
  const stranger = Object.keys(options).find((key) => !known.includes(key));
  if (stranger === undefined) return;
  const meant = closestWord(stranger, known);
  throw modelError(`${wrong}: "${stranger}" is not one of its options`, {
    hint: meant ? `Did you mean "${meant}"?` : hint,
  });
}

/** A list, a `URLSearchParams`, a `Map`: they have none of their values under names. */
function isOtherObject(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype !== null && prototype !== Object.prototype && Object.keys(value).length === 0;
}

function subjectOf(
  { delivery }: HttpContext,
  method: string,
  url: string | URL,
  { headers, params }: RequestOptions,
  values: readonly unknown[],
  body?: RequestBody,
): RequestSubject {
  const texts = [withParams(String(url), params), ...headersOf(headers, undefined).flat()];
  if (typeof body?.content === "string") texts.push(body.content);
  return changeOfRequest({ method, values, texts }, delivery());
}

async function request(
  { port, start, delivery, track, inFlight }: SendingContext,
  method: string,
  target: string | URL,
  options: RequestOptions,
  body: RequestBody,
  { change, mayHoldUpTo }: RequestSubject,
): Promise<HttpResponse> {
  const site = callSites.note();
  const url = withParams(String(target), options.params);
  // Only errors say it.
  const about = () => `${method} ${hideInText(maskSecrets(url, start.secrets))}`;
  if (start.atMostOnce) refuseAboutNone(method, about, change, delivery());
  const message: GuestRequest = {
    method,
    url,
    headers: headersOf(options.headers, body.contentType),
    body: body.content,
    timeoutMs: timeoutOf(options.timeout) ?? start.timeoutMs,
    retries: retriesOf(options.retries) ?? start.retries,
    groups: change.groups,
    ...(change.groups.length > 1 && !change.isInLane && { isByLoop: true }),
    ...(change.verifies !== undefined && { verifies: change.verifies }),
  };
  const call = () => port.call("response", { type: "http", request: message });
  const mayBeMany = isWrite(method) && change.groups.length > 0 && !change.isInLane;
  const { response: answer } = await (mayBeMany ? track(inFlight.send(change, call)) : call());
  const answered = { change, about, isWrite: isWrite(method), mayHoldUpTo };
  if (answer.error) throw callSites.add(failure(answered, answer.error, answer), site);
  const { response, onLook } = toResponse(answered, answer, body.content);
  if (isSuccess(answer.status ?? 0) || options.throwOnError === false) return response;
  const refused = new HttpError(describeRefusal(about(), response, answer), response, onLook);
  const hint = answer.note ?? redirectHint(method, response);
  if (hint !== undefined) rememberError(refused, { hint });
  throw callSites.add(refused, site);
}

function toResponse(
  request: AnsweredRequest,
  answer: EgressResponse,
  sent: RequestBody["content"],
): { response: HttpResponse; onLook?: (() => void) | undefined } {
  const { about } = request;
  const { status = 0 } = answer;
  if (!isSuccess(status)) {
    const onLook = noteRefused(request, `answered ${status}`);
    return { response: new HttpResponse(about, answer, { onLook }), onLook };
  }
  const doubt = doubtOf(request, answer, sent);
  if (!doubt) {
    noteWhole(request);
    return { response: new HttpResponse(about, answer) };
  }
  const unclear = noteUnclear(request, doubt);
  return { response: new HttpResponse(about, answer, { onRead: () => unclear.isRead = true }) };
}

/** Why a success does not say that all was accepted; undefined: it does. */
function doubtOf(
  { isWrite }: AnsweredRequest,
  { status, body }: EgressResponse,
  sent: RequestBody["content"],
): Pick<UnclearAnswer, "how" | "isInParts"> | undefined {
  if (status === 207) return { how: "answered 207 (Multi-Status)", isInParts: true };
  const refusal = isWrite ? refusalInBody(body, sent) : undefined;
  return refusal === undefined
    ? undefined
    : { how: `answered ${status} with ${refusal}`, isInParts: false };
}

/**
 * A write comes back redirected where it would have become a GET, for what that finds is no acceptance, and where
 * it must not be made twice.
 */
function redirectHint(method: string, response: HttpResponse): string | undefined {
  const { status, headers } = HttpResponse.ours(
    response,
    ({ status, headers }) => ({ status, headers }),
  );
  const location = headers.get("location");
  if (!isWrite(method) || status < 300 || status > 399 || location === null) return undefined;
  const place = `It leads to "${location.slice(0, 200)}"`;
  const check = "see whether the address and the login are right.";
  return status === 303 || method === "POST"
    ? `${place}, to be read by GET, which would not be this ${method} any more: ${check}`
    : `${place}. This ${method} may have been done by then, and must not be done twice: ${check}`;
}

/** Of a far side that takes so many requests, not each one's place is noted: that is a fifth of its cost here. */
const FIRST_CALLS = 500;

/**
 * Where the model asked for a request. Its error's own stack does not lead there where a function returns the
 * promise without awaiting it.
 */
class CallSites {
  #calls = 0;
  #hasFailed = false;

  /** Call where the request is asked for. */
  note(): Error | undefined {
    return this.#hasFailed || this.#calls++ < FIRST_CALLS ? new Error() : undefined;
  }

  /** Adds its place to a request's error; from the first error on every request's place is noted. */
  add(error: Error, site: Error | undefined): unknown {
    this.#hasFailed = true;
    return site === undefined ? error : atSite(error, site);
  }
}

const callSites = new CallSites();

/** What the sandbox refuses ends the model; what the network does is an `HttpError`. */
function failure(
  request: AnsweredRequest,
  error: EgressError,
  { isRedirected }: EgressResponse,
): Error {
  if (error.kind === "denied" || error.kind === "down") return hostError(error, true);
  if (error.kind === "invalid") return hostError(error);
  // Where a redirect led it was another request.
  const state = hideInText(isRedirected ? error.message : withoutRequest(error.message));
  const onLook = noteRefused(request, "had no answer");
  const failed = new HttpError(`${request.about()} failed: ${state}`, undefined, onLook);
  rememberError(failed, { hint: error.hint, details: error.details });
  return failed;
}

/** What the request was has just been said: `its answer did not come within 30 s`. */
function withoutRequest(message: string): string {
  return message.replace(/^Cannot read the answer of [A-Z]+ \S+: /, "")
    .replace(/^it did not come/, "its answer did not come");
}

function withParams(url: string, params: RequestOptions["params"]): string {
  if (params === undefined || params === null) return url;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== null && each !== undefined) search.append(name, String(each));
    }
  }
  const added = search.toString();
  if (added === "") return url;
  const [, before = "", fragment = ""] = /^([^#]*)(#.*)?$/s.exec(url) ?? [];
  return `${before}${before.includes("?") ? "&" : "?"}${added}${fragment}`;
}

function headersOf(
  given: RequestOptions["headers"],
  contentType: string | undefined,
): [string, string][] {
  const entries: Iterable<[string, unknown]> = given instanceof Headers
    ? given.entries()
    : Object.entries(given ?? {});
  const headers = [...entries].map(([name, value]): [string, string] => {
    if (value !== null && value !== undefined) return [name, String(value)];
    throw modelError(`Cannot send the request: the header "${name}" is ${value}`);
  });
  const isTyped = headers.some(([name]) => name.toLowerCase() === "content-type");
  if (contentType !== undefined && !isTyped) headers.push(["content-type", contentType]);
  return headers;
}

function timeoutOf(timeout: RequestOptions["timeout"]): number | undefined {
  if (timeout === undefined) return undefined;
  const ms = typeof timeout === "number" ? timeout : parseDurationMs(timeout);
  if (ms !== undefined && ms > 0 && Number.isFinite(ms)) return ms;
  throw modelError(`Cannot use the timeout ${JSON.stringify(timeout)}`, {
    hint: `Give milliseconds, or a text such as "30s".`,
  });
}

/** As many as `@retries` takes. */
const MAX_RETRIES = 100;

function retriesOf(retries: number | undefined): number | undefined {
  const isCount = Number.isInteger(retries) && Number(retries) >= 0 &&
    Number(retries) <= MAX_RETRIES;
  if (retries === undefined || isCount) return retries;
  throw modelError(`Cannot use ${retries} retries`, {
    hint: `Give an integer from 0 to ${MAX_RETRIES}.`,
  });
}

function maskSecrets(url: string, secrets: GuestStart["secrets"]): string {
  let masked = maskHmacs(url, secrets);
  for (const [name, standIn] of Object.entries(secrets)) {
    masked = masked.replaceAll(standIn, `[${name}]`);
    masked = masked.replaceAll(encodeURIComponent(standIn), `[${name}]`);
  }
  return masked;
}
