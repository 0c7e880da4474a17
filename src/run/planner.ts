/**
 * Makes a plan of a run that goes on: hears its events, and describes it when it is over.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { UserError } from "~/base/user_error.ts";
import { VERSION } from "~/base/version.ts";
import type { Graph } from "~/dag/graph.ts";
import { warnStandsStill } from "~/dag/stands_still.ts";
import type { ModelName } from "~/model/model.ts";
import { forecastShared } from "~/plan/forecast.ts";
import type { PlanDocument, PlannedModel } from "~/plan/plan_document.ts";
import { SCHEMA_VERSION, sealPlan } from "~/plan/plan_file.ts";
import { PlanRecorder, type PlanRecorderFacts, summarize } from "~/plan/plan_recorder.ts";
import { countHeldBack, type HeldBackChanges } from "~/store/changes/held_back.ts";
import { usualRequestMs } from "~/store/changes/request_log.ts";
import type { SendingRun } from "~/store/file/sent_mark.ts";
import type { ModelState } from "~/store/model_states.ts";
import { lastRunId } from "~/store/runs.ts";
import { digestTable } from "~/warehouse/digest_table.ts";
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

  /**
   * The plan, once all models have ended.
   *
   * @throws {UserError} It was stopped, and says nothing.
   */
  finish(isStopped: boolean): PlanDocument {
    if (isStopped) throw planStopped();
    const { db, graph, request, practice, projectId, asked, unknownSender, madeAt } = this.parts;
    const held = countHeldBack(db);
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
  #withHeld(model: PlannedModel, held: readonly HeldBackChanges[]): PlannedModel {
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

function planStopped(): UserError {
  return new UserError("Cannot finish the plan: it was stopped", {
    hint: "Nothing was sent, and nothing was changed",
  });
}
