/**
 * Makes a plan of a run that goes on: hears its events, and describes it when it is over.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { countOf } from "~/base/counts.ts";
import { UserError } from "~/base/user_error.ts";
import { VERSION } from "~/base/version.ts";
import type { Graph } from "~/dag/graph.ts";
import { warnStandsStill } from "~/dag/stands_still.ts";
import type { ModelName } from "~/model/model.ts";
import { findMoved } from "~/plan/compare_plans.ts";
import { SENT_WITH_ANOTHER } from "~/plan/compare_requests.ts";
import { forecastShared } from "~/plan/forecast.ts";
import type { PlanDocument, PlannedModel } from "~/plan/plan_document.ts";
import { SCHEMA_VERSION, sealPlan } from "~/plan/plan_file.ts";
import { PlanRecorder, type PlanRecorderFacts, summarize } from "~/plan/plan_recorder.ts";
import { SETTINGS_FILE } from "~/project/find_root.ts";
import { countHeldChanges, type HeldChanges } from "~/store/changes/held_back.ts";
import { usualRequestMs } from "~/store/changes/request_log.ts";
import type { ModelState } from "~/store/model_states.ts";
import { lastRunId } from "~/store/runs.ts";
import type { SendingRun } from "~/store/sent_mark.ts";
import { digestTable } from "~/warehouse/digest_table.ts";
import { stateOption } from "./command_text.ts";
import { heldBackOf } from "./earlier/held_back.ts";
import type { RunEvent } from "./run_event.ts";
import type { RunRequest } from "./run_request.ts";

/** What is known of a plan before its run begins. */
export interface PlanBeginning {
  /** False: only the first groups of each model are kept. */
  complete: boolean;
  /** False: there was no state. */
  isOfState: boolean;
}

/** What a plan is made of. */
export interface PlannerParts {
  /** The copy, before its run begins. */
  db: DatabaseSync;
  request: RunRequest;
  practice: boolean;
  graph: Graph;
  /** In the order of the run. */
  selected: readonly ModelName[];
  states: ReadonlyMap<ModelName, ModelState>;
  projectId: string;
  asked: PlanBeginning;
  /** A run that has sent more than the state file knows of. */
  unknownSender: SendingRun | undefined;
  /** ISO 8601, UTC. */
  madeAt: string;
}

/** Groups and requests of each model that are kept where not all are asked for. */
const LISTED = 10;

/** See the module's comment. */
export class Planner {
  readonly recorder: PlanRecorder;
  readonly #before: ReadonlyMap<ModelName, ModelState>;
  readonly #lastRun: number | null;

  constructor(private readonly parts: PlannerParts) {
    const { db, graph, selected, states, asked } = parts;
    // All of this before the run, which goes on to change it.
    const sending = sendingOf(db, graph);
    this.#before = new Map(states);
    this.#lastRun = lastRunId(db);
    this.recorder = new PlanRecorder({
      models: graph.models,
      order: selected,
      above: (model) => (graph.above.get(model) ?? []).map(({ from }) => from),
      warning: (model) => warnStandsStill(model, graph),
      states: this.#before,
      sending: ({ name }) => sending.get(name) ?? { concurrency: 1 },
      listed: asked.complete ? Infinity : LISTED,
    });
  }

  see(event: RunEvent): void {
    if (event.type === "model_finished") this.recorder.ended(event);
  }

  /** The plan, once all models have ended. */
  finish(): PlanDocument {
    const { db, graph, request, practice, projectId, asked, unknownSender, madeAt } = this.parts;
    const held = countHeldChanges(db);
    const models = this.recorder.models().map((model) =>
      this.#withContent(this.#withHeld(model, held))
    );
    const shared = forecastShared(
      models,
      (model) => graph.models.get(model)?.directives.rateLimit,
    );
    return sealPlan({
      schema_version: SCHEMA_VERSION,
      type: "plan",
      spoor_version: VERSION,
      project_id: projectId,
      practice,
      made_at: madeAt,
      options: {
        selectors: request.selectors,
        full: request.full,
        resend: request.resend,
        adopt: request.adopt,
        ...(request.held && { held: request.held.text }),
        allow_removed: request.allowRemoved,
        allow_changes: request.allowChanges,
      },
      based_on: {
        last_run: asked.isOfState ? this.#lastRun : null,
        data_versions: Object.fromEntries(
          [...this.#before].map(([model, { dataVersion }]) => [model, dataVersion]),
        ),
      },
      complete: asked.complete,
      summary: summarize(models),
      models,
      ...(shared.length > 0 && { shared_limits: shared }),
      ...(unknownSender && {
        outdated_by: { run_id: unknownSender.runId, started_at: unknownSender.startedAt },
      }),
    });
  }

  /** What was parked before and is not looked at now is as little sent. */
  #withHeld(model: PlannedModel, held: readonly HeldChanges[]): PlannedModel {
    if (model.groups) return model;
    const own = held.filter((each) => each.model === model.model);
    const sums = heldBackOf(own, this.parts.graph.models);
    if (!sums) return model;
    return { ...model, held_back: sums.parked + sums.rejected + sums.to_settle };
  }

  /** For a plan that is applied later: what tables that move would hold. Groups have hashes of their own. */
  #withContent(model: PlannedModel): PlannedModel {
    const { db, asked } = this.parts;
    const isTable = model.kind !== "view" && model.groups === undefined;
    if (!asked.complete || !model.changed || !isTable) return model;
    const content = digestTable(db, model.model);
    return content === undefined ? model : { ...model, content };
  }
}

function sendingOf(db: DatabaseSync, { models }: Graph): Map<ModelName, SendingFacts> {
  const senders = [...models.values()].filter(({ directives }) => directives.allowNet);
  return new Map(senders.map(({ name, directives }) => {
    const { concurrency = 1, rateLimit } = directives;
    const rate = rateLimit?.rate;
    return [name, { concurrency, rate, usualRequestMs: usualRequestMs(db, name) }];
  }));
}

type SendingFacts = ReturnType<PlanRecorderFacts["sending"]>;

/**
 * What a practice run has sent is of another state, in which nothing of the plan is so.
 *
 * @param practice What would be applied now is practice.
 * @throws {UserError} The plan sends, and the settings of the project say that nothing does.
 */
export function refuseInPractice(
  plan: PlanDocument,
  practice: boolean,
  namedProject: string | undefined,
): void {
  if (plan.practice || !practice) return;
  throw new UserError(
    `Cannot apply the plan: it is of a real run, and "${SETTINGS_FILE}" makes every run practice`,
    {
      at: { path: SETTINGS_FILE },
      hint: `Nothing was sent. Take "practice: true" out of it to send what the plan shows; ` +
        `or make a plan of practice: spoor plan -o plan.json${stateOption(false, namedProject)}`,
    },
  );
}

/** @throws {UserError} Something is not as it was when the plan was made. */
export function refuseMoved(
  plan: PlanDocument,
  now: PlanDocument,
  namedProject: string | undefined,
): void {
  if (plan.project_id !== now.project_id) {
    throw new UserError(
      "Cannot apply the plan: it is of another project, or of another state of it",
      {
        hint: `Nothing was sent. Make a plan of this one: spoor plan -o plan.json${
          stateOption(plan.practice, namedProject)
        }`,
      },
    );
  }
  refuseEarlierState(plan, now);
  const moved = findMoved(plan, now);
  if (moved.length === 0) return;
  const what = moved.length === 1 ? "something has" : `${countOf(moved.length, "thing")} have`;
  throw new UserError(`Cannot apply the plan: ${what} moved since it was made`, {
    details: moved,
    hint: moved.some((line) => line.includes(SENT_WITH_ANOTHER))
      ? "Nothing was sent. Make a new plan, look at it, and apply that one. What the model makes anew each time " +
        "(a random number, the present time) is never as planned"
      : "Nothing was sent. Make a new plan, look at it, and apply that one",
  });
}

/** What is not known here would go out again, and a new plan would say just that. */
function refuseEarlierState({ based_on: was }: PlanDocument, { based_on: is }: PlanDocument): void {
  if (was.last_run === null || (is.last_run ?? 0) >= was.last_run) return;
  const state = is.last_run === null
    ? "there is no state here now"
    : `the state here knows no run after run ${is.last_run}`;
  throw new UserError(
    `Cannot apply the plan: it was made on the state that run ${was.last_run} has left, and ${state}`,
    {
      hint: "Nothing was sent. Put the state file that it was made on in its place, or a newer one",
    },
  );
}

/** A plan that was stopped says nothing. */
export function planStopped(): UserError {
  return new UserError("Cannot finish the plan: it was stopped", {
    hint: "Nothing was sent, and nothing was changed",
  });
}
