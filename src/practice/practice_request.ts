/**
 * A request as the practice API understands it, whatever host it was meant for.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** One record of a request's body: an object of JSON, or what comes nearest to it. */
export type PracticeRecord = Readonly<Record<string, unknown>>;

/** See the module's comment. */
export interface PracticeRequest {
  method: string;
  /** Host and port of the far side that practice stands in for. */
  host: string;
  scheme: string;
  path: string;
  /** With its `?`, or empty. */
  query: string;
  headers: Headers;
  idempotencyKey: string;
  body: Uint8Array;
  /** The records that the body holds; none without a body. */
  records: readonly PracticeRecord[];
  /** How several records were sent in one body, so that the answer has the same shape. */
  batch: "none" | "array" | "inputs";
  /** The body claims to be JSON and is not. */
  isMalformed: boolean;
  /** Hash of method, place and body: equal for the tries of one request. */
  identity: string;
}

/** Tells which origin the request was for; set by the egress worker. */
const ORIGIN_HEADER = "spoor-practice-origin";

/** Reads a request, its body included. */
export async function readPracticeRequest(request: Request): Promise<PracticeRequest> {
  const url = new URL(request.url);
  const origin = URL.parse(request.headers.get(ORIGIN_HEADER) ?? "") ?? url;
  const body = request.body === null ? new Uint8Array() : await request.bytes();
  const { method, headers } = request;
  const place = `${method} ${origin.host}${url.pathname}${url.search}`;
  return {
    method,
    headers,
    body,
    host: origin.host,
    scheme: origin.protocol.slice(0, -1),
    path: url.pathname,
    query: url.search,
    idempotencyKey: headers.get("idempotency-key") ?? "",
    ...readRecords(body, headers.get("content-type") ?? ""),
    identity: createHash("sha1").update(place).update("\0").update(body).digest("base64"),
  };
}

type Records = Pick<PracticeRequest, "records" | "batch" | "isMalformed">;

function readRecords(body: Uint8Array, contentType: string): Records {
  if (body.length === 0) return one();
  if (contentType.startsWith("application/x-www-form-urlencoded")) {
    return one(Object.fromEntries(new URLSearchParams(new TextDecoder().decode(body))));
  }
  if (contentType.startsWith("multipart/")) {
    return one({ content_type: contentType.split(";", 1)[0], size_bytes: body.length });
  }
  try {
    return ofJson(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
  } catch {
    // No JSON. Whoever said that it was is told so; anything else is kept as text.
    if (/[/+]json/.test(contentType)) return { ...one(), isMalformed: true };
    return one({ text: new TextDecoder().decode(body.subarray(0, 65_536)) });
  }
}

function ofJson(value: unknown): Records {
  if (Array.isArray(value)) {
    return { records: value.map(toRecord), batch: "array", isMalformed: false };
  }
  const record = toRecord(value);
  if (Array.isArray(record["inputs"])) {
    return { records: record["inputs"].map(toRecord), batch: "inputs", isMalformed: false };
  }
  return one(record);
}

function one(record?: PracticeRecord): Records {
  return { records: record ? [record] : [], batch: "none", isMalformed: false };
}

function toRecord(value: unknown): PracticeRecord {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as PracticeRecord;
  }
  return { value };
}
