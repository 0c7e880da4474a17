/**
 * Faults: how the practice API misbehaves on request, and which request it does that to.
 *
 * Chance is a hash of the seed, the request and how often it has come before: the same run against
 * the same practice meets the same faults, whatever the order in which its requests arrive.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { PracticeRequest } from "./practice_request.ts";

/** What happens to a request that a fault hits. */
export type FaultAction =
  /** Answered with this status, and nothing is written. */
  | { name: "status"; status: number; retryAfterS?: number }
  /** Answered with one of 500, 502, 503 and 504, and nothing is written. */
  | { name: "5xx" }
  /** Refused for good: 422, and nothing is written. */
  | { name: "refuse" }
  /** Never answered, and nothing is written. */
  | { name: "timeout" }
  /** The connection breaks, and nothing is written. */
  | { name: "drop" }
  /** Written, and then the connection breaks: the answer is lost. */
  | { name: "lost" }
  /** Answered late, and otherwise as it should be. */
  | { name: "slow"; delayMs: number };

/** One fault; every condition that it names must hold. */
export interface Fault {
  /** As it was written; kept with each request it hit. */
  text: string;
  action: FaultAction;
  /** Of the requests that fit, from 0 to 1. @default 1 */
  share?: number;
  /** Only paths that begin so. */
  path?: string;
  host?: string;
  method?: string;
  /** Only requests with a record in which some field, or the end of the path, equals this. */
  key?: string;
  /** Only requests with a record whose fields (dotted for inner ones) equal these. */
  fields?: Readonly<Record<string, string>>;
  /** How often it may strike. @default without end */
  times?: number;
  /** Another seed, other chances. @default 0 */
  seed?: number;
}

/** Chooses faults for requests; remembers only how often each has struck. */
export class FaultPlay {
  #struck: number[];

  constructor(private readonly faults: readonly Fault[]) {
    this.#struck = faults.map(() => 0);
  }

  /** True: whether a request came before matters to some fault. */
  get needsEarlier(): boolean {
    return this.faults.some((fault) => fault.share !== undefined);
  }

  /**
   * The faults that hit a request: any number of `slow` ones, and at most one other, the first.
   *
   * @param earlier How often the same request has come before.
   */
  strike(request: PracticeRequest, earlier: number): Fault[] {
    const hits: Fault[] = [];
    for (const [i, fault] of this.faults.entries()) {
      const isTaken = fault.action.name !== "slow" &&
        hits.some((hit) => hit.action.name !== "slow");
      if (isTaken || (this.#struck[i] ?? 0) >= (fault.times ?? Infinity)) continue;
      if (!fits(fault, request)) continue;
      if (chance(fault, i, request, earlier) >= (fault.share ?? 1)) continue;
      this.#struck[i] = (this.#struck[i] ?? 0) + 1;
      hits.push(fault);
    }
    return hits;
  }
}

/** The status that a `5xx` answers with, by chance too. */
export function serverErrorStatus(request: PracticeRequest, earlier: number): number {
  const statuses = [500, 502, 503, 504];
  return statuses[Math.floor(chanceOf(`status|${request.identity}|${earlier}`) * 4)] ?? 500;
}

function fits(fault: Fault, request: PracticeRequest): boolean {
  if (fault.path !== undefined && !request.path.startsWith(fault.path)) return false;
  if (fault.host !== undefined && request.host !== fault.host) return false;
  if (fault.method !== undefined && request.method !== fault.method) return false;
  if (fault.key !== undefined && !hasKey(request, fault.key)) return false;
  const fields = Object.entries(fault.fields ?? {});
  return fields.length === 0 ||
    request.records.some((record) =>
      fields.every(([name, value]) => isText(fieldOf(record, name), value))
    );
}

function hasKey(request: PracticeRequest, key: string): boolean {
  return request.path.split("/").at(-1) === key ||
    request.records.some((record) => Object.values(record).some((value) => isText(value, key)));
}

function fieldOf(record: unknown, name: string): unknown {
  return name.split(".").reduce(
    (value: unknown, part) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string, unknown>)[part]
        : undefined,
    record,
  );
}

function isText(value: unknown, text: string): boolean {
  return value !== null && typeof value !== "object" && String(value) === text;
}

function chance(fault: Fault, index: number, request: PracticeRequest, earlier: number): number {
  if (fault.share === undefined || fault.share >= 1) return 0;
  return chanceOf(`${fault.seed ?? 0}|${index}|${request.identity}|${earlier}`);
}

/** A number from 0 to below 1 that depends on nothing but the text. */
function chanceOf(text: string): number {
  return createHash("sha1").update(text).digest().readUIntBE(0, 6) / 2 ** 48;
}
