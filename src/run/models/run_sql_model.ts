/**
 * Runs a SQL model: its rows, its data version and its checks commit together or not at all.
 *
 * @module
 */
import { messageOf } from "~/base/message_of.ts";
import { placing, type SourceLocation, UserError } from "~/base/user_error.ts";
import { KINDS } from "~/kinds/registry.ts";
import type { Model } from "~/model/model.ts";
import type { RunContext } from "~/run/run_context.ts";
import type { JointTransaction } from "~/store/commits/joint_transaction.ts";
import { explainStateError } from "~/store/file/open_state.ts";
import { ensureLookup } from "~/tracked/accept/target_view.ts";
import { prepareFileSelect } from "~/warehouse/statements/prepare_select.ts";
import type { Step, StepOutcome } from "./step.ts";

/**
 * Writes a model's rows. Its record is the caller's, in the same transaction.
 *
 * @throws {UserError} The query cannot be run; nothing was written.
 */
export function runSqlModel(
  context: RunContext,
  { model, tracked }: Step,
  joint: JointTransaction,
): StepOutcome {
  const { sql = "", fileSql = "" } = model;
  const at = placeOfSql(model);
  const select = prepareFileSelect(context.db, fileSql, {
    sql,
    name: model.name,
    at,
    readable: model.references.map((reference) => reference.table),
    stateOption: context.stateOption,
  });
  const uniqueKey = model.directives.uniqueKey ?? [];
  const target = { db: context.db, model: model.name, uniqueKey };
  try {
    const result = joint.run(() => {
      for (const table of tracked) ensureLookup(context.db, table);
      return placing(at, () => KINDS[model.kind].writeSelect(target, select.sql));
    });
    return { status: "ok", ...result };
  } catch (error) {
    // SQLite finds some mistakes only while it computes.
    if (error instanceof UserError) throw error;
    throw explainStateError(context.statePath, error) ??
      new UserError(`Cannot run ${model.name}: ${messageOf(error)}`, { at, cause: error });
  }
}

function placeOfSql({ path, sqlLine }: Model): SourceLocation {
  return { path, ...(sqlLine !== undefined && { line: sqlLine }) };
}
