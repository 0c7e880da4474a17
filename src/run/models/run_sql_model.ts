/**
 * Runs a SQL model: its rows, its data version and its checks commit together or not at all.
 *
 * @module
 */
import { messageOf } from "~/base/message_of.ts";
import { UserError } from "~/base/user_error.ts";
import { KINDS } from "~/kinds/registry.ts";
import type { RunContext } from "~/run/run_context.ts";
import type { JointTransaction } from "~/store/commits/joint_transaction.ts";
import { explainStateError } from "~/store/open_state.ts";
import { ensureLookup } from "~/tracked/accept/target_view.ts";
import { prepareFileSelect } from "~/warehouse/prepare_select.ts";
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
  const select = prepareFileSelect(context.db, fileSql, {
    sql,
    name: model.name,
    at: { path: model.path, ...(model.sqlLine !== undefined && { line: model.sqlLine }) },
    readable: model.references.map((reference) => reference.table),
    practiceOption: context.practiceOption,
  });
  const uniqueKey = model.directives.uniqueKey ?? [];
  const target = { db: context.db, model: model.name, uniqueKey };
  const result = write(() =>
    joint.run(() => {
      for (const table of tracked) ensureLookup(context.db, table);
      return KINDS[model.kind].writeSelect(target, select.sql);
    })
  );
  return { status: "ok", ...result };

  /** SQLite finds some mistakes only while it computes. */
  function write<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof UserError) throw error;
      const explained = explainStateError(context.statePath, error);
      if (explained) throw explained;
      const message = messageOf(error);
      throw new UserError(`Cannot run ${model.name}: ${message}`, {
        at: { path: model.path, ...(model.sqlLine !== undefined && { line: model.sqlLine }) },
        cause: error,
      });
    }
  }
}
