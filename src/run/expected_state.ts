/**
 * Refuses a state that is not the one which the settings name.
 *
 * The mark beside the state file (`sent_mark.ts`) goes wherever the file goes: a cache of CI that was thrown out,
 * a volume that was not mounted, a clone on another machine have neither. `project_id` in `spoor.yaml` lies
 * with the models, and stays.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import type { ExpectedProject } from "~/project/settings/settings.ts";
import { besideState, holdsSomething } from "~/store/sent_mark.ts";

/**
 * Call before a state is made where there is none.
 *
 * @param purpose For the message: `run`.
 * @throws {UserError} There is no state file.
 */
export function refuseMissingState(
  path: string,
  expected: ExpectedProject | undefined,
  purpose: string,
): void {
  if (!expected || holdsSomething(path)) return;
  const state = `there is no ${besideState(path)}, and spoor.yaml expects that of ${expected.id}`;
  throw refusal(purpose, state, expected, [
    "Nothing was sent. Without that file everything would be sent again.",
  ]);
}

/**
 * The same of one that is there.
 *
 * @param projectId Of the state.
 * @throws {UserError} It is that of another project.
 */
export function refuseOtherState(
  path: string,
  projectId: string,
  expected: ExpectedProject | undefined,
  purpose: string,
): void {
  if (!expected || expected.id === projectId) return;
  const state = `${besideState(path)} is that of project ${projectId}, ` +
    `and spoor.yaml expects that of ${expected.id}`;
  throw refusal(purpose, state, expected, [
    "Nothing was sent. What that file does not know would be sent again.",
  ]);
}

function refusal(
  purpose: string,
  state: string,
  { at }: ExpectedProject,
  details: readonly string[],
): UserError {
  return new UserError(`Cannot ${purpose}: ${state}`, {
    at,
    details,
    hint:
      "Put the file that is expected, or a backup of it, in its place; or, to begin anew, take " +
      '"project_id" out of spoor.yaml: "spoor plan" then shows what a run would send. To try the models, ' +
      "use --practice",
  });
}
