/**
 * The command of a run as text, for its record and for messages.
 *
 * @module
 */
import { shellWord } from "~/base/text/shell_word.ts";
import { typedDuration } from "~/base/time/duration.ts";
import type { RunRequest } from "./run_request.ts";

/** `spoor run sync.crm --resend sync.crm`: typed in again, it asks for the same. */
export function commandOf(request: RunRequest): string {
  const { selectors, practice, faults, full, resend, adopt, allowRemoved, allowChanges } = request;
  const { timeoutMs, plan, applyFile, held } = request;
  // All else is the plan's.
  if (applyFile !== undefined) return `spoor apply ${shellWord(applyFile)}`;
  return [
    plan ? "spoor plan" : "spoor run",
    ...selectors.map(shellWord),
    ...(practice ? ["--practice"] : []),
    ...(faults === undefined ? [] : [`--faults ${shellWord(faults)}`]),
    ...(full ? ["--full"] : []),
    ...resend.map((model) => `--resend ${shellWord(model)}`),
    ...adopt.map((model) => `--adopt ${shellWord(model)}`),
    ...(held ? [`--held ${shellWord(held.text)}`] : []),
    ...(allowRemoved ? ["--allow-removed"] : []),
    ...(allowChanges ? ["--allow-changes"] : []),
    ...(timeoutMs === undefined ? [] : [`--timeout ${typedDuration(timeoutMs)}`]),
  ].join(" ");
}

/** What a request is for, as errors of all kinds of it say: `Cannot make a plan: …` */
export function purposeOf({ plan, apply }: Pick<RunRequest, "plan" | "apply">): string {
  return plan ? "make a plan" : apply ? "apply the plan" : "run";
}

/**
 * What a command that a message names needs to be about the same state: ` --practice`, ` --project DIR`, both, or
 * nothing.
 *
 * @param practice `--practice` was given; where the settings say that all is practice, it is not needed.
 * @param namedProject The project's folder, absolute, where `--project` has to name it.
 */
export function stateOption(practice: boolean, namedProject: string | undefined): string {
  const project = namedProject === undefined ? "" : ` --project ${shellWord(namedProject)}`;
  return `${practice ? " --practice" : ""}${project}`;
}

/** A command that was recorded with what it needed then, with what it needs where it is shown now. */
export function withStateOption(command: string, option: string): string {
  return command.replace(/( --practice)?( --project [^]*)?$/, () => option);
}
