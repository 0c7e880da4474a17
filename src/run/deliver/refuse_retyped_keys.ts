/**
 * Refuses to send groups that are new only because their keys are of another type than before.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { countOf } from "~/base/text/counts.ts";
import { UserError } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";
import { placeOfDirective } from "~/model/place_of_directive.ts";
import type { ChangeSet } from "~/tracked/compare/find_changes.ts";
import { findRetypedKeys } from "~/tracked/compare/retyped_keys.ts";
import { cutKeyText } from "~/tracked/group_key.ts";

/**
 * Call before any of the changes is written down.
 *
 * @param stateOption What the commands in a hint need to be about this state.
 * @throws {UserError} There are such groups.
 */
export function refuseRetypedKeys(
  db: DatabaseSync,
  model: Model,
  changes: ChangeSet,
  stateOption: string,
): void {
  const retyped = findRetypedKeys(db, changes);
  if (!retyped) return;
  const { name } = model;
  const { groups, example } = retyped;
  const casts = example.map(({ column, was }) => `CAST(${column} AS ${was.toUpperCase()})`);
  throw new UserError(
    `Cannot send ${name}: the key of ${countOf(groups, "group")} is of another type now, ` +
      "so that they would go out as new ones, and those that they were would count as removed",
    {
      at: placeOfDirective(model, "unique_key"),
      details: [
        ...example.map(({ column, value, was, is }) =>
          `${column} = ${cutKeyText(value)} was ${was.toUpperCase()}, and is ${is.toUpperCase()}`
        ),
        "Nothing was sent.",
      ],
      hint: `Give it the type that it had, by ${casts.join(" and ")} in the query; ` +
        `or record it as it is now as sent: spoor run ${name} --adopt ${name}${stateOption}`,
    },
  );
}
