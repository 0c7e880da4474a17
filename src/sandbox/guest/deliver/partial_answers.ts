/**
 * How writes about groups were answered that these are not to be saved by.
 *
 * Answers 207 (Multi-Status): which of what was sent was accepted stands in their bodies. What one of them was
 * about is not saved before the model has read it, or the same request was answered otherwise. Nor is what was
 * refused, or had no answer, before the model has looked at that.
 *
 * A request that the model makes in a loop of its own may hold more than can be seen of it, as copies of rows:
 * what has not been answered by itself since may have been in it.
 *
 * @module
 */
import { modelError } from "~/sandbox/guest/host_error.ts";
import { describeKey } from "~/sandbox/guest/rows/row_values.ts";
import type { Change } from "./change_context.ts";
import type { GivenGroup } from "./delivery.ts";

/** An answer 207. */
export interface PartialAnswer {
  /** Method and URL, masked. */
  readonly request: string;
  /** Its place in the order of answers. */
  readonly at: number;
  /** The number of the last group that its request may hold; 0: it holds no others than it is about. */
  readonly mayHoldUpTo: number;
  isRead: boolean;
}

/** Of what is worked on, by request: the last answer, where that is a 207. */
export type PartialAnswers = Map<string, PartialAnswer>;

/** A request that has ended, however. */
export interface AnsweredRequest {
  change: Change;
  about: () => string;
  isWrite: boolean;
  mayHoldUpTo: number;
}

let lastAt = 0;
/** Those that may be about more than can be seen, in their order. */
let loose: PartialAnswer[] = [];

/** Notes an answer 207. */
export function notePartial(
  { change, about, isWrite, mayHoldUpTo }: AnsweredRequest,
): PartialAnswer {
  const partial = { request: about(), at: ++lastAt, mayHoldUpTo, isRead: false };
  // What only reads is accepted by nobody.
  if (!isWrite) return partial;
  for (const each of [change, ...change.given]) {
    (each.partial ??= new Map()).set(partial.request, partial);
  }
  if (mayHoldUpTo > 0) loose = [...loose.filter(({ isRead }) => !isRead), partial];
  return partial;
}

/** A write that the far side has not taken. */
export interface RefusedWrite {
  /** Method and URL, masked. */
  readonly request: string;
  /** `answered 422` */
  readonly how: string;
  /** The model has looked at that. */
  isRead: boolean;
}

/**
 * Notes a write that was refused, or had no answer.
 *
 * @returns What is to be called when the model looks at that; undefined: it is no write.
 */
export function noteRefused(
  { change, about, isWrite }: AnsweredRequest,
  how: string,
): (() => void) | undefined {
  if (!isWrite) return undefined;
  const refused: RefusedWrite = { request: about(), how, isRead: false };
  for (const group of change.given) group.refused = refused;
  return () => refused.isRead = true;
}

/**
 * Call before a group is saved.
 *
 * @throws {Error} No write about it was taken, and the model has not looked at how the last one ended.
 */
export function refuseUnlooked({ key, refused, answeredAt, partial }: GivenGroup): void {
  if (!refused || refused.isRead || answeredAt > 0 || partial) return;
  const { request, how } = refused;
  throw modelError(
    `Cannot save ${describeKey(key)}: ${request} ${how}, and the model has not looked at that`,
    {
      hint:
        "Let the error be thrown; or look at its status, and save the row only if the far side has it all the same.",
    },
  );
}

/** Notes another answer: that of a request which was answered with 207 before makes it right. */
export function noteWhole({ change, about, isWrite }: AnsweredRequest): void {
  const at = ++lastAt;
  for (const each of [change, ...change.given]) each.partial?.delete(about());
  if (isWrite) { for (const group of change.given) group.answeredAt = at; }
}

/** One that the model has not read. */
export function findUnread(partial: PartialAnswers | undefined): PartialAnswer | undefined {
  return partial && [...partial.values()].find(({ isRead }) => !isRead);
}

/**
 * Call before the model saves a group by itself.
 *
 * @throws {Error} What was accepted of it is not known.
 */
export function refuseUnread(group: GivenGroup): void {
  refuseUnlooked(group);
  const own = findUnread(group.partial);
  const unread = own ?? looseAbout(group);
  if (!unread) return;
  const about = own ? "" : ", may be about it";
  throw modelError(
    `Cannot save ${
      describeKey(group.key)
    }: ${unread.request} answered 207 (Multi-Status)${about}, ` +
      "and the model has not read what was accepted",
    {
      hint:
        "Read the answer (json, text or bytes), save what was accepted and reject the others; or use " +
        "batches(n, fn) and return { accepted, rejected }.",
    },
  );
}

function looseAbout({ number, answeredAt }: GivenGroup): PartialAnswer | undefined {
  for (let i = loose.length - 1; i >= 0; i--) {
    const each = loose[i];
    if (!each || each.at < answeredAt) return undefined;
    if (!each.isRead && number <= each.mayHoldUpTo) return each;
  }
  return undefined;
}
