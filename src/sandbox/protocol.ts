/**
 * What crosses between the host, a model's guest worker and its egress worker.
 *
 * The guest is not trusted: the host checks every message of a guest as if it had been forged.
 * Each port carries arrays of messages, one `postMessage` for all that one turn of the event loop
 * produced (one message a post costs more than what it carries). Values are what structured
 * cloning keeps: number, bigint, string, null, Uint8Array. To and from a guest they go as JSON where there is
 * neither bigint nor bytes (`json_messages.ts`).
 *
 * @module
 */
import type { ClientAuth, GrantedToken } from "~/base/http/oauth.ts";
import type { Proxies } from "~/base/http/proxies.ts";
import type { ErrorReport } from "~/base/user_error.ts";

/** One SQL value as a model sees it. INTEGER is a number, or a bigint past 2^53. */
export type Value = null | number | bigint | string | Uint8Array;

/** Rows in one flat array, row after row: cloned about twice as fast as an array of arrays. */
export interface RowBlock {
  columns: readonly string[];
  /** `columns.length` values a row. */
  values: readonly Value[];
}

// ── what the guest is told when it starts ────────────────────────────────────────────────────────

/** A module of the model, checked and stripped of types; served to the guest as a blob. */
export interface ServedModule {
  /** Project path; what stack traces show. */
  path: string;
  /** JavaScript; or JSON text where `path` ends in `.json`. */
  code: string;
  /**
   * Where each import's specifier stands in `code` (UTF-16 offsets, quotes included) and what it
   * leads to: a project path that comes earlier in `modules`, or `"spoor"`.
   */
  imports: readonly { start: number; end: number; target: string }[];
}

/** All that a guest knows when its model begins. */
export interface GuestStart {
  model: string;
  kind: string;
  /** Imported modules before those that import them; the model itself last. */
  modules: readonly ServedModule[];
  uniqueKey: readonly string[];
  concurrency: number;
  /** `@timeout`: one request. */
  timeoutMs: number;
  retries: number;
  /** Values of `@allow_env`; a variable that is not set is absent. */
  env: Readonly<Record<string, string>>;
  /** What `@allow_env` lists, to tell "not set" from "not allowed". */
  allowedEnv: readonly string[];
  /** Secret name → the stand-in text that `secret(name)` gives. */
  secrets: Readonly<Record<string, string>>;
  /** `@delivery: at_most_once`: what may have to be sent again must be known of. */
  atMostOnce?: boolean;
  /** Changes whose request may have arrived, for the model's `verify`; absent: there are none. */
  unsettled?: readonly UnsettledMessage[];
  /** They are not asked about: a plan asks the far side nothing, and is applied without any question. */
  asksNothing?: boolean;
}

/** A change that waits to be settled. */
export interface UnsettledMessage {
  change: number;
  action: "create" | "update" | "remove";
  /** In the order of the unique key. */
  key: readonly Value[];
  /** Absent for a part of a batch: its key is that of all parts together. */
  idempotencyKey?: string;
}

// ── guest → host ─────────────────────────────────────────────────────────────────────────────────

/** Ids are chosen by the guest, unique for its life; a reply carries the id of what it answers. */
export type GuestMessage =
  /**
   * Opens rows. `tracked`: only rows of new and changed groups, grouped; `all`: everything; `changes`:
   * whole changes, with what was accepted before, and removed groups where `@on_removed` says `deliver`.
   */
  | {
    type: "query";
    id: number;
    sql: string;
    params: readonly Value[];
    all: boolean;
    changes?: boolean;
  }
  /** Asks for about `rows` more rows of an opened query; groups are never split. */
  | { type: "pull"; id: number; query: number; rows: number }
  | { type: "close"; query: number }
  /** Rows of a model that keeps what it saves by itself (`table`, inbound `tracked`). */
  | { type: "save"; id: number; block: RowBlock }
  /** Acknowledges whole groups of a tracked query: every row of each, as it is to be stored. */
  | { type: "acknowledge"; id: number; groups: readonly AcknowledgedGroup[] }
  /** The far side refuses these groups for good; answered by `saved` when that is durable. */
  | { type: "reject"; id: number; groups: readonly number[]; reason: string }
  /** What the model last wanted to keep of these groups cannot be kept. */
  | { type: "unfit"; groups: readonly number[] }
  /** A group was tried and not accepted. */
  | { type: "group_failed"; group: number; error: ErrorReport }
  | { type: "http"; id: number; request: GuestRequest }
  /** What the model's `verify` says of an unsettled change: it is there, it is not, or why it cannot tell. */
  | { type: "verified"; change: number; answer: boolean | null; why?: string }
  /** Aborts a request that nobody waits for any more. */
  | { type: "abort"; request: number }
  /** `standIn` in a request is to stand for an access token. */
  | { type: "oauth"; standIn: string; grant: OAuthGrant }
  | { type: "files"; id: number; pattern: string }
  | { type: "read"; id: number; path: string; offset: number; sizeBytes: number }
  /** The model's loop was given this file; one that it was not given comes with the next run. */
  | { type: "take"; path: string }
  | { type: "log"; level: "debug" | "info" | "warn" | "error"; message: string }
  | { type: "finished" }
  | { type: "failed"; error: ErrorReport };

/** A group that the model has had accepted, and its rows as they are to be kept. */
export interface AcknowledgedGroup {
  /** The number under which the host delivered the group. */
  group: number;
  /** Its rows; `null`: as they were read. Without rows and columns for a group that was removed. */
  block: RowBlock | null;
}

/** A request that a model makes. */
export interface GuestRequest {
  method: string;
  url: string;
  headers: readonly (readonly [string, string])[];
  /** Text, bytes or nothing; `json`, `form` and `upload` are encoded by the guest. */
  body: string | Uint8Array | null;
  timeoutMs: number;
  retries: number;
  /** The groups this request is about; empty where it belongs to none. */
  groups: readonly number[];
  /** It is about several that a loop of the model's own has put together. */
  isByLoop?: boolean;
  /** The unsettled change that `verify` asks about. */
  verifies?: number;
}

/** What `http.oauth` was given: a provider of `spoor.yaml`, or all that a token request needs. */
export type OAuthGrant = { provider: string } | OAuthClient;

/** All that a token request needs. Texts may hold stand-ins of secrets; an empty one is none. */
export interface OAuthClient {
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  clientAuth: ClientAuth;
  scope: string;
  audience: string;
  /** Empty: client credentials. */
  refreshToken: string;
}

// ── host → guest ─────────────────────────────────────────────────────────────────────────────────

/** All that a guest is told. */
export type HostMessage =
  | { type: "start"; start: GuestStart }
  /** `groups`: of a tracked query, how many groups are to come; else undefined. */
  | { type: "opened"; id: number; columns: readonly string[]; groups?: number }
  /**
   * Rows of a query. For a tracked query `groups` gives, group after group, its number, how many
   * of the block's rows are its own, and the batch it was sent in before a crash (0: none).
   */
  | {
    type: "rows";
    id: number;
    block: RowBlock;
    groups?: readonly DeliveredGroup[];
    /** Of `changes`: what was accepted last, group after group, a block for rows of the same columns. */
    previous?: readonly RowBlock[];
    done: boolean;
  }
  | { type: "saved"; id: number }
  | { type: "response"; id: number; response: EgressResponse }
  | { type: "file_list"; id: number; files: readonly FileEntry[] }
  /** `bytes` is shorter than asked for (or empty) at the end of the file. */
  | { type: "bytes"; id: number; bytes: Uint8Array }
  /** The call that `id` names has failed; thrown in the model where it waits. */
  | { type: "error"; id: number; error: ErrorReport }
  /** Ctrl-C: begin nothing new; `query` iterators end, `each` stops taking groups. */
  | { type: "stop" };

/** A group on its way to the model. */
export interface DeliveredGroup {
  group: number;
  rows: number;
  batch: number;
  /** What was sent of it was refused in an earlier run. @default false */
  failedBefore?: boolean;
  /** Of `changes` only, as are the fields below. A removed group has no rows, only previous ones. */
  action?: "create" | "update" | "remove";
  /** How many of the rows in `previous` are its own. */
  previousRows?: number;
  /** Of a removed group of which nothing was ever accepted, so that no row tells its key. */
  key?: readonly Value[];
  /** What the first write of this change has as its `Idempotency-Key`. */
  idempotencyKey?: string;
}

/** A file that a pattern has found. */
export interface FileEntry {
  /** As the model sees it: relative to the project, with `/`, or absolute. */
  path: string;
  sizeBytes: number;
  /** ISO 8601, UTC. */
  modified: string;
}

// ── host ↔ egress ────────────────────────────────────────────────────────────────────────────────

/** All that an egress worker knows when its model begins. */
export interface EgressStart {
  model: string;
  /** `@allow_net`, as the worker's net permission has it; for redirects and for clear words. */
  allowNet: readonly string[];
  /** Stand-in text → real value; the only place where both are together. */
  secrets: readonly { name: string; standIn: string; value: string }[];
  /** Practice: where every request goes instead; the net permission is just this. */
  practiceOrigin?: string;
  /**
   * A plan. `record`: nothing is sent, a write is answered by an assumed success; `read`: only GET and HEAD
   * are sent.
   */
  plan?: "record" | "read";
  /** The model has a rate limit: each try, redirects included, waits for a permit. */
  needsPermits?: boolean;
  /** `@delivery: at_most_once`: a write that may have arrived is not tried again. */
  atMostOnce?: boolean;
  /** By which requests go, for clear words. */
  proxies?: Proxies;
}

/** All that an egress worker is told. */
export type ToEgress =
  | { type: "start"; start: EgressStart }
  | { type: "request"; id: number; request: EgressRequest }
  | { type: "abort"; id: number }
  /** The model has ended: nothing leaves any more, what is out is cut off. Each request is answered all the same. */
  | { type: "end" }
  /** Ctrl-C: no long wait for a far side that asks for one. */
  | { type: "stop" }
  /** The request may try once. `refusal`: it may not, and why; nothing is sent. */
  | { type: "permit"; id: number; refusal?: string }
  | { type: "oauth"; standIn: string; grant: OAuthGrant }
  /** Answers `token_wanted` and `token_granted`. */
  | { type: "token"; provider: string; answer: ProviderToken };

/**
 * A provider's access token, how to get one (the asker alone is to do it), or why there is none. `authCommand`:
 * authorises the provider anew.
 */
export type ProviderToken =
  | { accessToken: string; renewInMs?: number }
  | { renew: OAuthClient; authCommand: string }
  | { error: ErrorReport };

/** An answer that a plan gives in the far side's place. */
export interface AssumedAnswer {
  status: number;
  headers: readonly (readonly [string, string])[];
  body: string;
}

/** A model's request, as the host lets it go. */
export interface EgressRequest extends Omit<GuestRequest, "groups"> {
  /** Sent as `Idempotency-Key` with every try, unless the model set that header itself or it is empty. */
  idempotencyKey: string;
  /** Plan: false where it is only counted, and `recorded` would be thrown away. @default true */
  isShown?: boolean;
  /** Plan: what a write is answered with. Absent: 200 and an empty JSON object. */
  assumed?: AssumedAnswer;
  /** All that it is about had no answer in an earlier run: that it fails again does not say that its host is down. */
  isRepeat?: boolean;
}

/** All that an egress worker tells. */
export type FromEgress =
  | { type: "response"; id: number; response: EgressResponse }
  /** The request asks for its next try. Its `response` takes the question back. */
  | { type: "permit"; id: number }
  /** The try that was let through is being sent. */
  | { type: "sent"; id: number }
  /** `rejected`: an access token that a far side has answered with 401. */
  | { type: "token_wanted"; provider: string; rejected?: string }
  /**
   * How the renewal that `ProviderToken` asked for has ended. A new token is used once it was kept.
   * `isOver`: the service has ended the authorisation.
   */
  | { type: "token_granted"; provider: string; token: GrantedToken }
  | { type: "token_refused"; provider: string; isOver?: boolean };

/** How a request ended. Exactly one of `status` and `error` is there. */
export interface EgressResponse {
  status?: number;
  /**
   * Beside an `error`: the far side has answered this, and the request did not end by it. It is known that it
   * came there, and what else is here is of that answer.
   */
  answered?: number;
  /** After redirects; secrets masked. */
  url: string;
  headers: readonly (readonly [string, string])[];
  /** As text where it is short and UTF-8; that is the same bytes. */
  body: string | Uint8Array;
  /** Tries made, the first included; 0 when the request was refused before any. */
  attempts: number;
  /** Of its tries, and between them; not what it waited for the rate limit, or while the far side made all wait. */
  elapsedMs: number;
  /** It ended where a redirect led. */
  isRedirected?: true;
  /**
   * Its last try met a redirect that does not say that nothing was done, whatever came after it. Of a write only.
   */
  mayHaveActed?: true;
  /** There were tries, and for none of them a connection. */
  neverLeft?: true;
  /** No answer that can be relied on: refused by the sandbox, timed out, broken, too large. */
  error?: EgressError;
  /** Why an answer such as 503 was not tried again though a try was left; the hint of its error. */
  note?: string;
  /** Plan: what would have been sent; the answer is assumed. */
  recorded?: RecordedRequest;
  /** There were several: for the record. */
  tries?: RequestTries;
}

/** Several tries of one request. */
export interface RequestTries {
  /** In their order; of very many the first and the last. */
  told: readonly RequestTry[];
  /** Of those between: a status or an error's kind → how many ended so. */
  leftOut?: Readonly<Record<string, number>>;
}

/** One of several tries. Exactly one of `status` and `error` is there. */
export interface RequestTry {
  /** The first is 1. */
  nth: number;
  /** When it began; as `Date.now()`. */
  atMs: number;
  elapsedMs: number;
  status?: number;
  /** What the answer's `Retry-After` asks for. */
  retryAfterMs?: number;
  error?: EgressError;
  /** What was waited for after it, in milliseconds. */
  waitedMs: Readonly<Partial<Record<WaitCause, number>>>;
}

/**
 * What a further try waits for. `slow_down`: the far side has said "too fast", and all requests of the model wait.
 * `token`: a new access token, after a 401.
 */
export type WaitCause = "back_off" | "retry_after" | "slow_down" | "rate_limit" | "token";

/** A request as it would have gone out; secrets masked. */
export interface RecordedRequest {
  method: string;
  url: string;
  headers: readonly (readonly [string, string])[];
  /** Text; of bytes only how many. */
  body: string | null;
}

/** Why there is no answer. */
export interface EgressError extends ErrorReport {
  /**
   * `denied`: not sent, the model may not (the model fails). `invalid`: not sent, the request is
   * malformed. `down`: not sent, the far side does not work, or the run stops (the model ends). `unsent`:
   * the connection could not be made. `timeout`, `broken`: it may have arrived.
   */
  kind: "denied" | "invalid" | "down" | "unsent" | "timeout" | "broken";
}

/** How the refusal of a request begins that a plan does not send: what it asks stays unknown. */
export const UNKNOWN_UNSENT = "cannot be known without sending";

/** How what stands for a signature begins. */
export const HMAC_SIGN = "spoor-hmac";
/** What a signature may be made by. */
export const HMAC_ALGORITHMS = ["sha256", "sha512", "sha1"] as const;
/** How a signature may be written. */
export const HMAC_ENCODINGS = ["hex", "base64", "base64url"] as const;

/** What `"spoor"` gives to models, by name; its types are gone when they run. */
export const SPOOR_VALUES: readonly string[] = [
  "query",
  "changes",
  "save",
  "reject",
  "http",
  "HttpError",
  "secret",
  "hmac",
  "env",
  "files",
  "log",
];
