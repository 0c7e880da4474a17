/**
 * A model's own `verify`: asks the far side whether a request arrived of which no answer is known.
 *
 * It is called when the model has come to its end, change by change. What it throws settles nothing.
 *
 * @module
 */
import type { GuestMessage, GuestStart, UnsettledMessage } from "~/sandbox/protocol.ts";
import type { Unsettled } from "./api.ts";
import { formatMessage } from "./format_value.ts";

/** What verifying needs of its guest. */
export interface VerifyContext {
  start: GuestStart;
  send: (message: GuestMessage) => void;
  /** The message of what was thrown. */
  explain: (error: unknown) => string;
  isStopped: () => boolean;
}

/** @param verify What the model exports under this name; nothing is done where that is no function. */
export async function verifyUnsettled(verify: unknown, context: VerifyContext): Promise<void> {
  const { start, send, isStopped } = context;
  if (typeof verify !== "function") return;
  for (const one of start.unsettled ?? []) {
    if (isStopped()) return;
    const answer = await ask(verify as Verify, toUnsettled(one, start), context);
    send({ type: "verified", change: one.change, answer });
  }
}

type Verify = (change: Unsettled) => unknown;

function toUnsettled(
  { action, key, idempotencyKey }: UnsettledMessage,
  { uniqueKey }: GuestStart,
): Unsettled {
  const named = uniqueKey.map((column, i) => [column, key[i] ?? null] as const);
  return { action, key: Object.fromEntries(named), idempotencyKey };
}

async function ask(
  verify: Verify,
  change: Unsettled,
  { send, explain }: VerifyContext,
): Promise<boolean | null> {
  const warn = (what: string) => {
    const name = Object.entries(change.key).map(([column, value]) => `${column} = ${value}`);
    const message = `verify() ${what} for ${name.join(", ")}, which stays unknown`;
    send({ type: "log", level: "warn", message });
    return null;
  };
  try {
    const answer = await verify(change);
    if (typeof answer === "boolean") return answer;
    if (answer === undefined) return null;
    return warn(`gave ${formatMessage([answer])} instead of true, false or undefined`);
  } catch (error) {
    return warn(`failed (${explain(error)})`);
  }
}
