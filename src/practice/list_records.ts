/**
 * Lists a collection's records: filtered by fields, page by page.
 *
 * @module
 */
import { type PracticeAnswer, problem } from "./practice_answer.ts";
import type { PracticeRecord, PracticeRequest } from "./practice_request.ts";
import type { PracticeStore } from "./practice_store.ts";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** Answers with `{data: [...], next}`; `next`, and the `Link` header, lead to the next page. */
export function listRecords(request: PracticeRequest, store: PracticeStore): PracticeAnswer {
  const params = new URLSearchParams(request.query);
  const limit = readCount(params.get("limit"), DEFAULT_LIMIT);
  const after = readCount(params.get("after"), 0);
  if (limit === undefined || limit === 0 || after === undefined) {
    return problem(400, `"limit" is a number from 1 to ${MAX_LIMIT}, "after" one from 0`);
  }
  const shown = Math.min(limit, MAX_LIMIT);
  const filters = [...params].filter(([name]) => name !== "limit" && name !== "after");
  const data: PracticeRecord[] = [];
  let seen = 0;
  let hasMore = false;
  for (const record of store.records(request.host, request.path)) {
    if (!matches(record, filters) || seen++ < after) continue;
    hasMore = data.length === shown;
    if (hasMore) break;
    data.push(record);
  }
  if (!hasMore) return { status: 200, body: JSON.stringify({ data, next: null }) };
  params.set("after", String(after + shown));
  const next = `${request.scheme}://${request.host}${request.path}?${params}`;
  return { status: 200, body: JSON.stringify({ data, next }), link: `<${next}>; rel="next"` };
}

function matches(record: PracticeRecord, filters: readonly [string, string][]): boolean {
  return filters.every(([name, value]) =>
    Object.hasOwn(record, name) && String(record[name]) === value
  );
}

function readCount(text: string | null, missing: number): number | undefined {
  if (text === null) return missing;
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
