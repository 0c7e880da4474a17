/**
 * The note of a change whose run died while a request of it was out. The next run writes it, as its own.
 *
 * @module
 */
import { isRepeatedInVain } from "~/delivery/earlier_try.ts";
import type { LedgerRow } from "./group_story.ts";

/** What the ledger says of such a change. */
export const CUT_OFF = "The run ended while a request was out";

/**
 * Whether its run died while a request was out, be that noted or not: that says nothing of the far side.
 */
export function isCutOff({ state, error }: Pick<LedgerRow, "state" | "error">): boolean {
  return state === "sent" || error === CUT_OFF;
}

/** Whether what is unknown is repeated after all others, and not before them; of a batch, if all of it is so. */
export function isRepeatedLast(row: LedgerRow): boolean {
  return !isCutOff(row) && isRepeatedInVain(row);
}

/** The note. */
export function cutOffNote(runId: number): string {
  return `Run ${runId} ended while a request was out`;
}

/** The run that died, where a record has such a note. */
export function runCutOff(error: string | null): number | undefined {
  const died = /^Run (\d+) ended while a request was out$/.exec(error ?? "");
  return died ? Number(died[1]) : undefined;
}
