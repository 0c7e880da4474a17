/**
 * What a run has to do: its project is read, and the models that its request names are found in it.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { UserErrors } from "~/base/user_error.ts";
import type { Graph } from "~/dag/graph.ts";
import { selectModels } from "~/dag/selectors.ts";
import type { ModelName } from "~/model/model.ts";
import { loadProject } from "~/project/load_project.ts";
import { buildProjectGraph } from "~/project/project_graph.ts";
import { loadDotenv, variableLookup } from "~/project/settings/dotenv.ts";
import type { HeldAdopter } from "~/run/adopt/adopt_held.ts";
import { stateOption } from "~/run/command_text.ts";
import { isSource } from "~/run/models/decide_step.ts";
import type { RunRequest } from "~/run/run_request.ts";
import { loadFingerprints } from "~/store/model_states.ts";
import type { ModuleAnalyses } from "~/store/module_analyses.ts";
import { listTables } from "~/warehouse/tables.ts";
import { refuseUselessOptions, selectTracked, takeHeld } from "./chosen_models.ts";
import { refuseTracing } from "./refuse_tracing.ts";

/** See the module's comment. */
export interface Work {
  graph: Graph;
  /** In the order of the run. */
  selected: readonly ModelName[];
  resend: ReadonlySet<ModelName>;
  adopt: ReadonlySet<ModelName>;
  held?: HeldAdopter;
  /** A variable of the process or of `.env`. */
  readVariable: (name: string) => string | undefined;
}

/**
 * See the module's comment.
 *
 * @param root The project's root: absolute, links resolved.
 * @throws {UserErrors} The project has mistakes, or the request names what is not there.
 */
export async function findWork(
  db: DatabaseSync,
  request: RunRequest,
  root: string,
  analyses: ModuleAnalyses,
): Promise<Work> {
  const project = await loadProject({ root, analysisCache: analyses });
  const { graph: read, order, errors } = buildProjectGraph(project, {
    existingTables: listTables(db),
    ranBefore: loadFingerprints(db),
  });
  const dotenv = loadDotenv(root);
  const mistakes = [...errors, ...dotenv.errors];
  if (mistakes.length > 0) throw new UserErrors(mistakes);
  const selected = selectModels(request.selectors, read, order.models);
  const resend = selectTracked("--resend", request.resend, read, order.models);
  const adopt = selectTracked("--adopt", request.adopt, read, order.models);
  const chosen = selected.flatMap((name) => read.models.get(name) ?? []);
  refuseTracing(request.plan ? chosen.filter(isSource) : chosen, (name) => Deno.env.get(name));
  refuseUselessOptions(
    resend,
    adopt,
    selected,
    stateOption(request.practice, request.namedProject),
  );
  const { graph, held } = await takeHeld(request, adopt, read, listTables(db));
  const readVariable = variableLookup(dotenv, (name) => Deno.env.get(name));
  return { graph, selected, resend, adopt, ...(held && { held }), readVariable };
}
