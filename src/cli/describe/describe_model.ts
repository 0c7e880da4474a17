/**
 * All that is known of one model, as plain values: what its file says, what it reads and who
 * reads it, what its table has, how its last run went.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { isSameName } from "~/base/text/same_name.ts";
import { typedDuration } from "~/base/time/duration.ts";
import { renderRate } from "~/base/time/rate.ts";
import { UserError } from "~/base/user_error.ts";
import { type PastStep, pastSteps } from "~/cli/past_steps.ts";
import type { Graph } from "~/dag/graph.ts";
import { NearestTable } from "~/dag/nearest_table.ts";
import { renderBudget } from "~/delivery/budget.ts";
import { DIRECTIVES } from "~/model/directives.ts";
import type { Budget, Directives, Model, ModelName } from "~/model/model.ts";
import { countWaitingChanges } from "~/store/changes/waiting_changes.ts";
import { canBeModel } from "~/sql/identifiers.ts";
import { loadModelStates, type ModelState } from "~/store/model_states.ts";
import { findTableType } from "~/warehouse/tables.ts";

/** A model, described; field names are those of `--json`. */
export interface ModelDescription {
  name: ModelName;
  kind: string;
  language: string;
  path: string;
  /** Directives as given, by name without `@`; values as a header writes them. */
  directives: Record<string, string>;
  reads: readonly string[];
  "read_by": readonly ModelName[];
  /** Files that it consists of. */
  files: readonly string[];
  sql?: string;
  /** Columns of its table; absent while there is none. */
  columns?: readonly { name: string; type: string }[];
  rows?: number;
  /** Groups that the next run sends, as far as they are known. */
  waiting?: number;
  "last_run"?: PastStep;
}

/**
 * Finds a model by its name, in any case.
 *
 * @param option What commands that are shown need to be about this project.
 * @throws {UserError} There is none.
 */
export function findModel(
  models: ReadonlyMap<ModelName, Model>,
  name: string,
  option: string,
): Model {
  for (const model of models.values()) {
    if (isSameName(model.name, name)) return model;
  }
  const meant = new NearestTable([...models.keys()]).find(name);
  throw new UserError(`Cannot describe "${name}": no model has this name`, {
    hint: meant ? `Did you mean "${meant}"?` : howToGoOn(name, option),
    exitCode: 2,
  });
}

function howToGoOn(name: string, option: string): string {
  if (canBeModel(name)) return `Run "spoor new ${name}${option}" to make one.`;
  return `Run "spoor query spoor.models${option}" to see those that have run.`;
}

/** The state file, and the run that is under way, if one is. */
export interface DescribedState {
  db: DatabaseSync;
  underWay: number | undefined;
}

/** Describes a model. */
export function describeModel(
  model: Model,
  graph: Graph,
  state: DescribedState | undefined,
): ModelDescription {
  const { name, kind, language, path, sql } = model;
  return {
    name,
    kind,
    language,
    path,
    directives: directivesOf(model),
    reads: model.references.map(({ table }) => table),
    read_by: (graph.below.get(name) ?? []).map(({ to }) => to),
    files: model.modules?.map((module) => module.path) ?? [path],
    ...(sql !== undefined && { sql }),
    ...(state && stateOf(state, model)),
  };
}

function directivesOf({ directives }: Model): Record<string, string> {
  const given: Record<string, string> = {};
  for (const { name, key } of DIRECTIVES) {
    const value = directives[key];
    if (value !== undefined) given[name] = toHeaderText(key, value);
  }
  return given;
}

function toHeaderText(key: keyof Directives, value: Directives[keyof Directives]): string {
  if (typeof value === "object" && "rate" in value && value.rate) {
    const rate = renderRate(value.rate);
    return value.name === undefined ? rate : `${value.name} (${rate})`;
  }
  if (Array.isArray(value)) return value.join(", ");
  if (key === "maxRemoved" || key === "maxChanges") return renderBudget(value as Budget);
  const isDuration = typeof value === "number" && key.endsWith("Ms");
  return isDuration ? typedDuration(value) : String(value);
}

function stateOf({ db, underWay }: DescribedState, model: Model): Partial<ModelDescription> {
  const { name } = model;
  // What a tracked table is told to have is how it keeps any value as it is; a view's column has BLOB for that.
  const columns = db.prepare("SELECT name, type FROM pragma_table_info(?)").all(name);
  const state = loadModelStates(db).get(name);
  const [lastRun] = pastSteps(db, name, { limit: 1, underWay });
  const waiting = countWaiting(db, model, state);
  return {
    ...(columns.length > 0 && {
      columns: columns.map((column) => ({
        name: String(column.name),
        type: state?.kind === "tracked" || column.type === "BLOB" ? "" : String(column.type),
      })),
    }),
    ...(state?.rows !== undefined && { rows: state.rows }),
    ...((state || waiting > 0) && { waiting }),
    ...(lastRun && { last_run: lastRun }),
  };
}

function countWaiting(
  db: DatabaseSync,
  { name, language, kind, directives }: Model,
  state: ModelState | undefined,
): number {
  // A file of an older version has no such view, and is read as it is.
  if (!findTableType(db, "spoor.changes")) return state?.waiting ?? 0;
  // What a model of another kind or language has waiting it had when it was one that sends.
  const isSending = language === "ts" && kind === "tracked";
  return isSending ? countWaitingChanges(db, name, directives) : 0;
}
