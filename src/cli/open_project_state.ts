/**
 * The state file that a reading command looks at: that of the runs that count, or that of the
 * practice runs.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { UserError } from "~/base/user_error.ts";
import { loadSettings } from "~/project/settings/settings.ts";
import { practiceOption } from "~/run/command_text.ts";
import { openStateReadOnly, stateFilePath } from "~/store/open_state.ts";
import { refuseLostFile } from "~/store/sent_mark.ts";

/** `--practice` of the reading commands. */
export const PRACTICE_OPTION = {
  type: "boolean",
  help: "Look at what practice runs have made, not at the real state",
} as const;

/** Whether a project's state is that of practice runs: by `--practice` or by its settings. */
export async function readsPracticeState(root: string, practice: boolean): Promise<boolean> {
  return practice || (await loadSettings(root)).settings.practice;
}

/** Opens the state for reading; `undefined` when nothing has run. */
export function findProjectState(root: string, practice: boolean): DatabaseSync | undefined {
  return openStateReadOnly(stateFilePath(root, practice));
}

/**
 * Opens the state for reading.
 *
 * @param purpose For the message: `query mart.customers`.
 * @throws {UserError} Nothing has run, or the state file got lost.
 */
export function openProjectState(root: string, practice: boolean, purpose: string): DatabaseSync {
  return findProjectState(root, practice) ?? refuse(root, practice, purpose);
}

function refuse(root: string, practice: boolean, purpose: string): never {
  const { state, hint } = whatHasRun(root, practice, purpose);
  throw new UserError(`Cannot ${purpose}: ${state}`, { hint });
}

/**
 * Why there is no state, and what to do; `undefined`: there is one.
 *
 * @throws {UserError} The state file got lost.
 */
export function whyNoState(
  root: string,
  practice: boolean,
  purpose: string,
): { state: string; hint: string } | undefined {
  return hasState(root, practice) ? undefined : whatHasRun(root, practice, purpose);
}

function whatHasRun(
  root: string,
  practice: boolean,
  purpose: string,
): { state: string; hint: string } {
  refuseLost(root, practice, purpose);
  if (!practice && hasState(root, true)) {
    return {
      state: "only practice runs have run here yet",
      hint: "Add --practice to look at what they have made.",
    };
  }
  return {
    state: "nothing has run here yet",
    hint: `Run "spoor run${practiceOption(practice)}" first.`,
  };
}

/**
 * For a command that has found no state.
 *
 * @throws {UserError} Not because nothing has run: the state file got lost.
 */
export function refuseLost(root: string, practice: boolean, purpose: string): void {
  if (!practice) refuseLostFile(stateFilePath(root, practice), purpose);
}

/** Whether anything has run. */
export function hasState(root: string, practice: boolean): boolean {
  using state = findProjectState(root, practice);
  return state !== undefined;
}
