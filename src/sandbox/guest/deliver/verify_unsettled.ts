/**
 * A model's own `verify`: asks the far side whether a request arrived of which no answer is known.
 *
 * It is called when the model has come to its end, change by change. What it throws settles nothing.
 *
 * @module
 */
import type { Unsettled } from "~/sandbox/guest/api.ts";
import { formatValue, nameKind } from "~/sandbox/guest/format_value.ts";
import { modelError } from "~/sandbox/guest/host_error.ts";
import type { GuestMessage, GuestStart, UnsettledMessage } from "~/sandbox/protocol.ts";
import { newChange, workOn } from "./change_context.ts";

/** What verifying needs of its guest. */
export interface VerifyContext {
  start: GuestStart;
  send: (message: GuestMessage) => void;
  /** The message of what was thrown. */
  explain: (error: unknown) => string;
  isStopped: () => boolean;
}

/**
 * @param verify What the model exports under this name, if it does.
 * @throws {Error} In a tracked model, where that is no function: nobody would be asked, and nobody told.
 */
export async function verifyUnsettled(verify: unknown, context: VerifyContext): Promise<void> {
  const { start, send, isStopped } = context;
  if (verify === undefined || (typeof verify !== "function" && start.kind !== "tracked")) return;
  if (typeof verify !== "function") {
    throw modelError(`Cannot ask verify: it is ${nameKind(verify)}, and not a function`, {
      at: { path: start.modules.at(-1)?.path ?? start.model },
      hint: "Export a function of that name, or give what is exported another name.",
    });
  }
  let warnings = 0;
  const warn = (message: string) => {
    if (++warnings <= WARNINGS_SHOWN) send({ type: "log", level: "warn", message });
  };
  for (const one of start.unsettled ?? []) {
    if (isStopped()) break;
    const told = start.asksNothing ? UNASKED : await workOn(
      { ...newChange([]), verifies: one.change },
      () => ask(verify as Verify, toUnsettled(one, start), context, warn),
    );
    send({ type: "verified", change: one.change, ...told });
  }
  const more = warnings - WARNINGS_SHOWN;
  if (more <= 0) return;
  const message = `verify() did not settle ${more} more in the same way, which stay unknown`;
  send({ type: "log", level: "warn", message });
}

/** A far side that is down answers no question: that is not said a thousand times. */
const WARNINGS_SHOWN = 10;

/** An answer; where it is none, why. */
interface Told {
  answer: boolean | null;
  why?: string;
}

const UNASKED: Told = { answer: null };

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
  { explain }: VerifyContext,
  warn: (message: string) => void,
): Promise<Told> {
  const stays = (what: string) => {
    const name = Object.entries(change.key).map(([column, value]) => `${column} = ${value}`);
    warn(`verify() ${what} for ${name.join(", ")}, which stays unknown`);
    return { answer: null, why: what };
  };
  try {
    const answer = await verify(change);
    if (typeof answer === "boolean") return { answer };
    if (answer === undefined) return { answer: null, why: "could not tell" };
    return stays(`gave ${formatValue(answer)} instead of true, false or undefined`);
  } catch (error) {
    return stays(`failed (${explain(error)})`);
  }
}
