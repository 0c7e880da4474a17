/**
 * The state file that a reading command looks at: that of the runs that count, or that of the
 * practice runs.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { UserError } from "~/base/user_error.ts";
import { namedProjectOf, projectOf } from "~/cli/find_project.ts";
import { type ExpectedProject, loadSettings } from "~/project/settings/settings.ts";
import { stateOption } from "~/run/command_text.ts";
import { openStateReadOnly, stateFilePath } from "~/store/file/open_state.ts";
import { refuseLostFile } from "~/store/file/sent_mark.ts";

/** `--practice` of the reading commands. */
export const PRACTICE_OPTION = {
  type: "boolean",
  help: "Look at what practice runs have made, not at the real state",
} as const;

/** Which project's which state a call is about. */
export interface ChosenState {
  root: string;
  /** It is that of practice runs: by `--practice` or by the project's settings. */
  practice: boolean;
  /** What commands need to be about this state: ` --practice`, ` --project DIR`, or nothing. */
  option: string;
  /** Whose state the settings expect, where they say so and it is not that of practice runs. */
  expected?: ExpectedProject | undefined;
}

/** Reads it off a call's options. */
export async function chooseState(
  options: { readonly project: string | undefined; readonly practice: boolean },
): Promise<ChosenState> {
  const root = projectOf(options);
  const option = stateOption(options.practice, namedProjectOf(options));
  if (options.practice) return { root, practice: true, option };
  const { practice, project } = (await loadSettings(root)).settings;
  return { root, practice, option, expected: practice ? undefined : project };
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
export function openProjectState(chosen: ChosenState, purpose: string): DatabaseSync {
  return findProjectState(chosen.root, chosen.practice) ?? refuse(chosen, purpose);
}

function refuse(chosen: ChosenState, purpose: string): never {
  const { state, hint } = whatHasRun(chosen, purpose);
  throw new UserError(`Cannot ${purpose}: ${state}`, { hint });
}

/**
 * Why there is no state, and what to do; `undefined`: there is one.
 *
 * @throws {UserError} The state file got lost.
 */
export function whyNoState(
  chosen: ChosenState,
  purpose: string,
): { state: string; hint: string } | undefined {
  return hasState(chosen.root, chosen.practice) ? undefined : whatHasRun(chosen, purpose);
}

function whatHasRun(
  { root, practice, option }: ChosenState,
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
    hint: `Run "spoor run${option}" first.`,
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
