/**
 * How the practice API answers: as a JSON API does, for any path of any host.
 *
 * | method | on a path | does |
 * | --- | --- | --- |
 * | POST | `/contacts` | creates a record of `/contacts`: 201 with its id; several from a JSON array or `{inputs: [...]}` |
 * | PUT | `/contacts/7` | replaces record 7 of `/contacts`, creates it if it is not there |
 * | PATCH | `/contacts/7` | changes the fields given, creates the record if it is not there |
 * | GET | `/contacts/7` | one record, or 404 |
 * | GET | `/contacts?email=…` | those with these fields; `limit` and `after` for pages, `Link` to the next |
 * | DELETE | `/contacts/7` | removes it: 204, or 404 |
 *
 * PUT and PATCH create, because the far side that practice stands in for may well know a record
 * that practice has never seen. A repeated `Idempotency-Key` changes nothing twice: the same request
 * gets the same answer, with `Idempotent-Replayed: true`; another one is refused with 422.
 *
 * @module
 */
import { listRecords } from "./list_records.ts";
import { type PracticeAnswer, problem } from "./practice_answer.ts";
import type { PracticeRecord, PracticeRequest } from "./practice_request.ts";
import type { PracticeStore, StoredRecord } from "./practice_store.ts";

/**
 * Answers a request and writes what it asks for.
 *
 * @param at The present, ISO 8601.
 */
export function answerPractice(
  request: PracticeRequest,
  store: PracticeStore,
  at: string,
): PracticeAnswer {
  if (request.isMalformed) return problem(400, "The body is not JSON, though its type says so");
  const isReading = request.method === "GET" || request.method === "HEAD";
  if (isReading || request.idempotencyKey === "") return answerOnce(request, store, at);

  const earlier = store.findAnswer(request.host, request.idempotencyKey);
  if (earlier && earlier.identity !== request.identity) {
    return problem(422, "This Idempotency-Key came before, with another request");
  }
  if (earlier) return { ...earlier, replayed: true };
  const answer = answerOnce(request, store, at);
  store.saveAnswer(request.host, request.idempotencyKey, {
    identity: request.identity,
    status: answer.status,
    location: answer.location,
    body: answer.body,
  });
  return answer;
}

function answerOnce(request: PracticeRequest, store: PracticeStore, at: string): PracticeAnswer {
  switch (request.method) {
    case "GET":
    case "HEAD":
      return read(request, store);
    case "POST":
      return create(request, store, at);
    case "PUT":
    case "PATCH":
      return change(request, store, at);
    case "DELETE":
      return remove(request, store);
    default:
      return problem(405, `Practice does not know the method ${request.method}`);
  }
}

function read(request: PracticeRequest, store: PracticeStore): PracticeAnswer {
  const { collection, id } = placeOf(request.path);
  const record = store.findRecord(request.host, collection, id);
  if (record) return { status: 200, body: JSON.stringify(record) };
  const all = { ...request, path: trimPath(request.path) };
  if (store.hasCollection(request.host, all.path)) return listRecords(all, store);
  const why = "nothing was sent there, or it is removed";
  return problem(404, `Practice holds nothing at ${request.path}: ${why}`);
}

function create(request: PracticeRequest, store: PracticeStore, at: string): PracticeAnswer {
  const path = trimPath(request.path);
  const records = request.batch === "none" && request.records.length === 0 ? [{}] : request.records;
  const created = records.map((body) => {
    const stored = withId(body, store);
    store.saveRecord(request.host, path, stored, at);
    return stored;
  });
  const bodies = created.map((each) => each.body);
  if (request.batch === "array") return { status: 201, body: JSON.stringify(bodies) };
  if (request.batch === "inputs") {
    return { status: 201, body: JSON.stringify({ status: "COMPLETE", results: bodies }) };
  }
  const id = encodeURIComponent(created[0]?.id ?? "");
  return {
    status: 201,
    body: JSON.stringify(bodies[0]),
    location: path === "/" ? `/${id}` : `${path}/${id}`,
  };
}

/** A record's own `id` is kept; sent again, it replaces. */
function withId(body: PracticeRecord, store: PracticeStore): StoredRecord {
  const own = body["id"];
  if (typeof own === "string" || typeof own === "number") return { id: String(own), body };
  const id = store.nextId();
  return { id: String(id), body: { ...body, id } };
}

function change(request: PracticeRequest, store: PracticeStore, at: string): PracticeAnswer {
  if (request.batch !== "none") return changeMany(request, store, at);
  const { collection, id } = placeOf(request.path);
  const before = store.findRecord(request.host, collection, id);
  const kept = request.method === "PATCH" ? before : { id: before?.["id"] ?? id };
  const body = { id, ...kept, ...request.records[0] };
  store.saveRecord(request.host, collection, { id, body }, at);
  return { status: before ? 200 : 201, body: JSON.stringify(body) };
}

/** Several at once, each found by its `id` in the collection that the path names. */
function changeMany(request: PracticeRequest, store: PracticeStore, at: string): PracticeAnswer {
  const collection = trimPath(request.path);
  const bodies = request.records.map((given) => {
    const { id, body } = withId(given, store);
    const before = store.findRecord(request.host, collection, id);
    const merged = request.method === "PATCH" ? { ...before, ...body } : body;
    store.saveRecord(request.host, collection, { id, body: merged }, at);
    return merged;
  });
  const answer = request.batch === "array" ? bodies : { status: "COMPLETE", results: bodies };
  return { status: 200, body: JSON.stringify(answer) };
}

function remove(request: PracticeRequest, store: PracticeStore): PracticeAnswer {
  const { collection, id } = placeOf(request.path);
  if (store.removeRecord(request.host, collection, id)) return { status: 204, body: "" };
  return problem(404, `Practice holds nothing at ${request.path}: there is nothing to remove`);
}

/** `/crm/contacts/7` → record `7` of `/crm/contacts`. */
function placeOf(path: string): { collection: string; id: string } {
  const trimmed = trimPath(path);
  const slash = trimmed.lastIndexOf("/");
  return { collection: trimmed.slice(0, slash) || "/", id: decode(trimmed.slice(slash + 1)) };
}

function trimPath(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone "%": then the text stands for itself.
    return text;
  }
}
