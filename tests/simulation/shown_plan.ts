/**
 * A plan as it is made of a run that is to come: with the core's own recorder, on a state that nobody keeps.
 * And what the run does, held against it.
 *
 * @module
 */
import { findMoved } from "~/plan/compare_plans.ts";
import type { ModelPlan } from "~/plan/model_plan.ts";
import type { PlanDocument, PlannedModel } from "~/plan/plan_document.ts";
import { PlanRecorder } from "~/plan/plan_recorder.ts";
import { PlannedRequests } from "~/plan/planned_requests.ts";
import { requestIdentity } from "~/plan/request_identity.ts";
import type { AdoptedGroups, DeliveryCounts } from "~/run/run_event.ts";
import type { PlayedModel } from "./played_model.ts";
import { itemsOf, type OutgoingRequest } from "./scripted_model.ts";
import type { RunDraft } from "./setting.ts";
import { type BeginEnd, type ModelEnd, type RunPlace, SimulatedRun } from "./simulated_run.ts";
import { expect } from "./wrong.ts";

/** A request by what it is about and what is in it. */
type Request = Pick<OutgoingRequest, "groups" | "ordinal">;

/** Makes the plan of a run. The place's state file is to be a copy. */
export async function makePlan(
  place: Omit<RunPlace, "plan" | "limit">,
  draft: RunDraft,
  { runId, madeAt }: { runId: number; madeAt: string },
): Promise<ShownPlan> {
  const { models } = place;
  const recorder = new PlanRecorder({
    models: new Map(models.map(({ name, model }) => [name, model])),
    order: models.map(({ name }) => name),
    above: () => [],
    warning: () => undefined,
    states: new Map(),
    sending: () => ({ concurrency: 1 }),
    listed: Infinity,
  });
  const keys = new Map<string, string>();
  const calm: RunDraft = {
    ...draft,
    models: draft.models.map((run) => ({ ...run, throwAfterMs: undefined })),
    cutAt: Infinity,
    commitFault: undefined,
    stopAfterMs: undefined,
    clock: undefined,
  };
  const run = new SimulatedRun({ ...place, limit: undefined, plan: recorder }, calm, runId, {
    onSending: () => {},
    onBegin: () => {},
    mayLeave: () => true,
    onAnswer: () => {},
    onSaved: () => {},
    onCounts: () => {},
    onVerified: () => {},
    onLeave: (model, request) => {
      note(recorder.of(model.name), request);
      keys.set(nameOf(model, request), request.key);
    },
  });
  const ends = await run.play();
  for (const { name } of models) {
    recorder.ended({ model: name, status: "ok", reason: "", changed: true });
  }
  return new ShownPlan(recorder.models(), keys, ends, madeAt);
}

function note(plan: ModelPlan, request: Request): void {
  const numbers = request.groups.map(({ number }) => number);
  plan.requested(numbers, { ...contentOf(request), identity: identityOf(request) });
}

function contentOf({ groups, ordinal }: Request) {
  const body = JSON.stringify(itemsOf(groups));
  return { method: "PUT", url: `https://crm.example/${ordinal}`, headers: [], body };
}

function identityOf(request: Request): string {
  return requestIdentity(contentOf(request), (text) => text);
}

function groupKeys({ groups }: Request): string[] {
  return groups.map(({ key }) => key);
}

function nameOf({ name }: PlayedModel, request: Request): string {
  return `${name} ${request.ordinal} ${groupKeys(request).join(",")}`;
}

/** See the module's comment. */
export class ShownPlan {
  readonly #requests: PlannedRequests;

  /** @param keys The idempotency key of each request. */
  constructor(
    readonly models: readonly PlannedModel[],
    private readonly keys: ReadonlyMap<string, string>,
    private readonly ends: ReadonlyMap<PlayedModel, ModelEnd>,
    /** ISO 8601, UTC. */
    readonly madeAt: string,
  ) {
    this.#requests = new PlannedRequests({
      models: models.map((model) => ({
        ...model,
        requests: model.requests.map((request) => ({
          ...request,
          groups: request.groups.map((key) => String(JSON.parse(key)[0])),
        })),
      })),
    });
  }

  /** Takes a request that is about to leave out of the plan; `false`: the plan does not have it. */
  take(model: PlayedModel, request: Request): boolean {
    return this.#requests.take(model.name, groupKeys(request), identityOf(request));
  }

  /** What differs in a plan of the same run that was made later. */
  moved(later: ShownPlan): string[] {
    return findMoved(asDocument(this), asDocument(later));
  }

  /** Where nothing else can take a change's number first, the run gives the planned one. */
  checkKey(model: PlayedModel, request: OutgoingRequest): void {
    const key = this.keys.get(nameOf(model, request));
    expect(key === request.key, `a request of group ${request.groups[0]?.key} has another key`);
  }

  /** A budget holds in the plan where it holds in the run. */
  checkBegin(model: PlayedModel, end: BeginEnd, told: AdoptedGroups | undefined): void {
    const { status, groups } = this.#of(model);
    const plannedEnd = this.ends.get(model);
    const planned = plannedEnd === "blocked" || plannedEnd === "refused" ? plannedEnd : "begun";
    expect(planned === end, `${model.name} was planned to be ${planned}, and has ${end}`);
    const isBlocked = status === "budget";
    expect(isBlocked === (planned === "blocked"), "a plan does not say that a budget blocks it");
    const adopted = JSON.stringify(groups?.adopted);
    expect(adopted === JSON.stringify(told), `${adopted} was planned to be adopted`);
  }

  checkCounts(model: PlayedModel, counts: DeliveryCounts): void {
    const { groups } = this.#of(model);
    expect(groups !== undefined, `the plan has no groups of ${model.name}`);
    if (!groups || groups.adopt) return;
    const planned = [groups.create, groups.update, groups.unchanged, groups.removed, groups.held];
    const { new: added, changed, unchanged, removed, held_back: held = 0 } = counts;
    const found = [added, changed, unchanged, removed, held];
    expect(String(planned) === String(found), `groups ${found} were planned as ${planned}`);
  }

  /** A run in which all had its turn has sent all that hangs on no answer. */
  checkAllSent(): void {
    const { left } = this.#requests;
    expect(left === 0, `${left} requests were planned, and not sent`);
  }

  #of({ name }: PlayedModel): PlannedModel {
    const found = this.models.find(({ model }) => model === name);
    if (!found) throw new Error(`The plan does not have ${name}`);
    return found;
  }
}

function asDocument({ models }: ShownPlan): PlanDocument {
  return { models, based_on: { last_run: null, data_versions: {} } } as unknown as PlanDocument;
}
