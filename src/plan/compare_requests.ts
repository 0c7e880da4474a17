/**
 * Tells by what the requests of a group differ, between a plan and the same plan made anew: what somebody who made
 * a value anew each time (a random number, the present time) has to find in the model.
 *
 * @module
 */
import { missingFrom } from "~/base/lists/missing_from.ts";
import { countOf } from "~/base/text/counts.ts";
import { shortenText } from "~/base/text/cut_text.ts";
import type { PlannedRequest } from "./plan_document.ts";
import { countedHeaders, withoutBoundary } from "./request_identity.ts";

/** Of a value that differs. */
const MAX_VALUE = 60;

/** Begins what differs by a header or the body. */
export const SENT_WITH_ANOTHER = "would be sent with another";

/** The first difference, as what follows a group's key. Undefined: there is none. */
export function requestsMoved(
  was: readonly PlannedRequest[] = [],
  is: readonly PlannedRequest[] = [],
): string | undefined {
  if (was.length !== is.length) {
    return `would be sent by ${countOf(is.length, "request")} now, by ${was.length} then`;
  }
  const nameOf = ({ identity, groups }: PlannedRequest) => `${identity} ${groups.length}`;
  const [old, now] = [missingFrom(is, was, nameOf), missingFrom(was, is, nameOf)];
  const [first] = old;
  // That which is most alike: in which order they came is free.
  const other = now.find(({ method, url }) => method === first?.method && url === first.url) ??
    now[0];
  return first && other ? requestMoved(first, other) : undefined;
}

function requestMoved(was: PlannedRequest, is: PlannedRequest): string {
  if (was.method !== is.method || was.url !== is.url) {
    return `would be sent by ${is.method} ${is.url} now, by ${was.method} ${was.url} then`;
  }
  if (was.groups.length !== is.groups.length) {
    return `would be sent with ${others(is)} now, with ${others(was)} then`;
  }
  return headerMoved(was, is) ?? bodyMoved(was, is) ?? "would be sent by another request";
}

function others({ groups }: PlannedRequest): string {
  return countOf(groups.length - 1, "other group");
}

function headerMoved(was: PlannedRequest, is: PlannedRequest): string | undefined {
  const [old, now] = [was, is].map(({ headers }) => new Headers(countedHeaders(headers)));
  const names = new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])]);
  for (const name of names) {
    const [then, today] = [old?.get(name) ?? undefined, now?.get(name) ?? undefined];
    if (then !== today) return `${SENT_WITH_ANOTHER} header ${name}: ${thenAndNow(then, today)}`;
  }
}

function bodyMoved(was: PlannedRequest, is: PlannedRequest): string | undefined {
  const [old, now] = [was, is].map(({ headers, body }) => withoutBoundary(headers)(body ?? ""));
  if (old === undefined || now === undefined || old === now) return undefined;
  const difference = firstDifference(parse(old), parse(now));
  return `${SENT_WITH_ANOTHER} body${difference === undefined ? "" : `: ${difference}`}`;
}

/** Where two JSON values differ first, and what stands there. */
function firstDifference(was: unknown, is: unknown, path = ""): string | undefined {
  if (!isObject(was) || !isObject(is)) {
    if (JSON.stringify(was) === JSON.stringify(is) || path === "") return undefined;
    return `${path} is ${thenAndNow(was, is)}`;
  }
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const at = Array.isArray(is) ? `${path}[${name}]` : path === "" ? name : `${path}.${name}`;
    const difference = firstDifference(was[name], is[name], at);
    if (difference !== undefined) return difference;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // No JSON: then it is told only that it differs.
  }
}

function thenAndNow(was: unknown, is: unknown): string {
  const [then, now] = [was, is].map((value) =>
    value === undefined ? "not there" : shortenText(JSON.stringify(value), MAX_VALUE)
  );
  return `${then} then, ${now} now`;
}
