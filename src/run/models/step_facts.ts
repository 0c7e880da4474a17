/**
 * Gathers what is known of a model when its turn comes, for `decideStep` to decide by.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import type { Graph } from "~/dag/graph.ts";
import type { Model, ModelName } from "~/model/model.ts";
import type { RunContext } from "~/run/run_context.ts";
import { countUnacknowledged } from "~/store/changes/waiting_changes.ts";
import type { ModelState } from "~/store/model_states.ts";
import { findTableType } from "~/warehouse/tables.ts";
import type { StepFacts } from "./decide_step.ts";
import {
  findMovedInputs,
  hasOtherInputs,
  type MovedInputs,
  readOtherInputs,
  rememberInputs,
} from "./other_inputs.ts";

/** The models of a run, and what they are by now. */
export interface KnownModels {
  graph: Graph;
  states: ReadonlyMap<ModelName, ModelState>;
}

/**
 * See the module's comment.
 *
 * @param forcedBy The option that makes it run.
 * @param record Takes what is to be written with the model's end.
 */
export function gatherFacts(
  context: RunContext,
  known: KnownModels,
  model: Model,
  forcedBy: string | undefined,
  record: (write: () => void) => void,
): StepFacts {
  const { db } = context;
  const state = known.states.get(model.name);
  return {
    model,
    state,
    hasTarget: state !== undefined && findTableType(db, model.name) !== undefined,
    inputs: inputsOf(known, model),
    ...state?.waiting && { unacknowledged: countUnacknowledged(db, model.name) },
    forcedBy,
    ...(state && hasOtherInputs(model) && lookAtInputs(context, model, record)),
  };
}

/** What cannot be looked at makes the model run, and fail when it does not look better then. */
function lookAtInputs(
  context: RunContext,
  model: Model,
  record: (write: () => void) => void,
): Partial<StepFacts> | undefined {
  try {
    return movedInputs(context, model, record);
  } catch (error) {
    if (error instanceof UserError) return { areFilesUnknown: true };
    throw error;
  }
}

/** What a state of before knows nothing of has not moved, and is remembered from now on. */
function movedInputs(
  context: RunContext,
  model: Model,
  record: (write: () => void) => void,
): MovedInputs | undefined {
  const now = readOtherInputs(context, model);
  const moved = findMovedInputs(context, model, now);
  if (!moved) record(() => rememberInputs(context, model, now));
  return moved;
}

function inputsOf(known: KnownModels, model: Model): Record<string, number | undefined> {
  const inputs = knownInputs(known, model) as Record<string, number | undefined>;
  for (const table of known.graph.external.get(model.name) ?? []) inputs[table] = undefined;
  return inputs;
}

/**
 * Data versions of the models that one reads.
 *
 * Without a prototype: V8 then makes no shape of each set of names, which cost more than all else.
 */
export function knownInputs({ graph, states }: KnownModels, model: Model): Record<string, number> {
  const inputs: Record<string, number> = Object.create(null);
  for (const edge of graph.above.get(model.name) ?? []) {
    inputs[edge.from] = states.get(edge.from)?.dataVersion ?? 0;
  }
  return inputs;
}
