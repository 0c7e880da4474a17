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
import { openStateReadOnly } from "~/store/file/open_state.ts";
import { besideState } from "~/store/file/sent_mark.ts";
import { PROJECT_ID, readMeta } from "~/store/meta.ts";

const NONE = "Without that file everything would be sent again.";
const ANOTHER = "What that file does not know would be sent again.";

/**
 * Call before a state is opened, which would make one where there is none, and bring an older one up to date.
 *
 * @param purpose For the message: `run`.
 * @throws {UserError} There is no state, or it is that of another project.
 */
export function refuseUnexpectedState(
  path: string,
  expected: ExpectedProject | undefined,
  purpose: string,
): void {
  if (!expected) return;
  using db = openStateReadOnly(path);
  const id = db && readMeta(db, PROJECT_ID);
  // Of one without an id is said, where it is opened, what is wrong with it.
  if (id === expected.id || (db && !id)) return;
  const file = besideState(path);
  const state = db ? `${file} is that of project ${id}` : `there is no ${file}`;
  throw new UserError(
    `Cannot ${purpose}: ${state}, and spoor.yaml expects that of ${expected.id}`,
    {
      at: expected.at,
      details: [`Nothing was sent. ${db ? ANOTHER : NONE}`],
      hint:
        "Put the file that is expected, or a backup of it, in its place; or, to begin anew, take " +
        '"project_id" out of spoor.yaml: "spoor plan" then shows what a run would send. To try the models, ' +
        "use --practice",
    },
  );
}
