/**
 * How writes about groups were answered that these are not to be saved by.
 *
 * An answer 207 (Multi-Status), and a success that says no in its body: what of a request was accepted stands there.
 * What it was about is not saved before the model has read that, or the same request was answered otherwise. Nor is
 * what was refused, or had no answer, before the model has looked at that.
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

/** A success that does not say that all was accepted. */
export interface UnclearAnswer {
  /** Method and URL, masked. */
  readonly request: string;
  /** `answered 207 (Multi-Status)` */
  readonly how: string;
  /** Of many items some may have been accepted: to have read it is not to have said which. */
  readonly isInParts: boolean;
  /** Its place in the order of answers. */
  readonly at: number;
  /** The number of the last group that its request may hold; 0: it holds no others than it is about. */
  readonly mayHoldUpTo: number;
  isRead: boolean;
}

/** Of what is worked on, by request: the last answer, where that is unclear. */
export type UnclearAnswers = Map<string, UnclearAnswer>;

/** A request that has ended, however. */
export interface AnsweredRequest {
  change: Change;
  about: () => string;
  isWrite: boolean;
  mayHoldUpTo: number;
}

let lastAt = 0;
/** Those that may be about more than can be seen, in their order. */
let loose: UnclearAnswer[] = [];

/** Notes an answer that does not say that all was accepted. */
export function noteUnclear(
  { change, about, isWrite, mayHoldUpTo }: AnsweredRequest,
  { how, isInParts }: Pick<UnclearAnswer, "how" | "isInParts">,
): UnclearAnswer {
  const unclear = {
    request: about(),
    how,
    isInParts,
    at: ++lastAt,
    mayHoldUpTo,
    isRead: false,
  };
  // What only reads is accepted by nobody.
  if (!isWrite) return unclear;
  for (const each of [change, ...change.given]) {
    (each.unclear ??= new Map()).set(unclear.request, unclear);
  }
  if (mayHoldUpTo > 0) loose = [...loose.filter(({ isRead }) => !isRead), unclear];
  return unclear;
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
export function refuseUnlooked({ key, refused, answeredAt, unclear }: GivenGroup): void {
  if (!refused || refused.isRead || answeredAt > 0 || unclear) return;
  const { request, how } = refused;
  throw modelError(
    `Cannot save ${describeKey(key)}: ${request} ${how}, and the model has not looked at that`,
    {
      hint:
        "Let the error be thrown; or look at its status, and save the row only if the far side has it all the same.",
    },
  );
}

/** Notes another answer: that of a request whose answer was unclear before makes it right. */
export function noteWhole({ change, about, isWrite }: AnsweredRequest): void {
  const at = ++lastAt;
  for (const each of [change, ...change.given]) each.unclear?.delete(about());
  if (isWrite) { for (const group of change.given) group.answeredAt = at; }
}

/** One that the model has not read. */
export function findUnread(unclear: UnclearAnswers | undefined): UnclearAnswer | undefined {
  return unclear && [...unclear.values()].find(({ isRead }) => !isRead);
}

/** One of which the model has not said what was accepted, where it has returned nothing. */
export function findUndecided(unclear: UnclearAnswers | undefined): UnclearAnswer | undefined {
  return unclear && [...unclear.values()].find(({ isInParts, isRead }) => isInParts || !isRead);
}

/**
 * Call before the model saves a group by itself.
 *
 * @throws {Error} What was accepted of it is not known.
 */
export function refuseUnread(group: GivenGroup): void {
  refuseUnlooked(group);
  const own = findUnread(group.unclear);
  const unread = own ?? looseAbout(group);
  if (!unread) return;
  const about = own ? "" : ", may be about it";
  throw modelError(
    `Cannot save ${describeKey(group.key)}: ${unread.request} ${unread.how}${about}, ` +
      "and the model has not read what was accepted",
    {
      hint:
        "Read the answer (json, text or bytes), save what was accepted and reject the others; or use " +
        "batches(n, fn) and return { accepted, rejected }.",
    },
  );
}

function looseAbout({ number, answeredAt }: GivenGroup): UnclearAnswer | undefined {
  for (let i = loose.length - 1; i >= 0; i--) {
    const each = loose[i];
    if (!each || each.at < answeredAt) return undefined;
    if (!each.isRead && number <= each.mayHoldUpTo) return each;
  }
  return undefined;
}
