/**
 * One run, of one model or of two side by side: each begins its delivery as the core does, plays its model,
 * and records its end, until all have ended or the process is killed.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { UserError } from "~/base/user_error.ts";
import type { PlanRecorder } from "~/plan/plan_recorder.ts";
import type { Adoption } from "~/run/adopt/adopt_changes.ts";
import { heldAdopter } from "~/run/adopt/adopt_held.ts";
import { beginDelivery, BudgetExceeded } from "~/run/deliver/begin_delivery.ts";
import type { Delivery } from "~/run/deliver/delivery.ts";
import { VerifiedChanges } from "~/run/earlier/verified_changes.ts";
import type { RateLimits } from "~/run/requests/rate_limits.ts";
import type { RequestRecordContext } from "~/run/requests/request_record.ts";
import type { DeliveryCounts } from "~/run/run_event.ts";
import { nextBatchId } from "~/store/changes/batch_ids.ts";
import { loadKeyNames } from "~/store/changes/key_names.ts";
import { nextLedgerId } from "~/store/changes/ledger.ts";
import { OpenRequests } from "~/store/changes/open_requests.ts";
import { RequestLog } from "~/store/changes/request_log.ts";
import type { DurableCommits } from "~/store/commits/group_commit.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import type { PlayedModel } from "./played_model.ts";
import type { Random } from "./random.ts";
import { RemovalOrder } from "./removal_order.ts";
import { FarSideDown, type OutgoingRequest, ScriptedModel } from "./scripted_model.ts";
import type { ModelRun, RunDraft } from "./setting.ts";
import { DiskFull, SimulatedCommits } from "./simulated_commits.ts";
import type { Permits, SimulatedLimit, WallClock } from "./simulated_limit.ts";
import {
  type Answer,
  AssumedNetwork,
  type Network,
  SimulatedNetwork,
} from "./simulated_network.ts";
import type { SimulatedTime } from "./simulated_time.ts";

/** How a model's part of a run ended. */
export type ModelEnd =
  | "ended"
  | "killed"
  | "blocked"
  | "refused"
  | "down"
  | "disk full"
  | "nothing more written"
  | "threw";

/** How the beginning of a delivery ends. */
export type BeginEnd = "begun" | "blocked" | "refused";

/** What is looked at while a run goes on. */
export interface RunWatch {
  /** More will be known as sent than before: a state file of before is out of date. */
  onSending(): void;
  /** A model's delivery has begun, or not: a budget has blocked it, or nothing could be adopted. */
  onBegin(model: PlayedModel, run: ModelRun, end: BeginEnd, adoption?: Adoption): void;
  mayLeave(model: PlayedModel, request: Omit<OutgoingRequest, "key" | "changes">): boolean;
  onLeave(model: PlayedModel, request: OutgoingRequest): void;
  onAnswer(model: PlayedModel, groups: OutgoingRequest["groups"], answer: Answer): void;
  onSaved(model: PlayedModel, groups: OutgoingRequest["groups"]): void;
  onCounts(model: PlayedModel, counts: DeliveryCounts): void;
  /** The model was asked, and has said whether a request of this change has arrived. */
  onVerified(model: PlayedModel, change: number, isSent: boolean): void;
}

/** What a run takes place in. */
export interface RunPlace {
  db: DatabaseSync;
  time: SimulatedTime;
  wall: WallClock;
  random: Random;
  limit: SimulatedLimit | undefined;
  models: readonly PlayedModel[];
  /** Where a plan is made instead. */
  plan?: PlanRecorder;
}

const NO_COMMITS: DurableCommits = { add: () => Promise.resolve(), addUnawaited: () => {} };

const PROJECT = "00000000-0000-4000-8000-000000000000";

/** See the module's comment. */
export class SimulatedRun {
  readonly #commits: SimulatedCommits;
  readonly #limits: RateLimits | undefined;
  readonly #stop = new AbortController();
  readonly #networks: SimulatedNetwork[] = [];
  readonly #ends = new Map<PlayedModel, ModelEnd>();
  readonly #verified = new Map<PlayedModel, VerifiedChanges>();
  #nextId: number;
  #nextBatchId: number;

  constructor(
    private readonly place: RunPlace,
    private readonly draft: RunDraft,
    private readonly runId: number,
    private readonly watch: RunWatch,
  ) {
    const { db, time, random, limit } = place;
    this.#commits = new SimulatedCommits(db, time, random, draft.commitFault);
    this.#limits = limit?.ofRun(db, this.#commits);
    this.#nextId = nextLedgerId(db);
    this.#nextBatchId = nextBatchId(db);
  }

  #now = (): string => new Date(this.place.wall.nowMs).toISOString();

  /** How each model ended. */
  async play(): Promise<ReadonlyMap<PlayedModel, ModelEnd>> {
    const { time, wall, limit, models } = this.place;
    const { stopAfterMs, clock, cutAt } = this.draft;
    const deliveries = models.map((model, i) => this.#begin(model, this.#runOf(i)));
    if (stopAfterMs !== undefined) time.after(stopAfterMs, () => this.#stop.abort());
    if (clock) {
      time.after(clock.afterMs, () => {
        wall.move(clock.byMs);
        limit?.clockMoved();
      });
    }
    const work = models.map((model, i) => this.#playModel(model, this.#runOf(i), deliveries[i]));
    const end = await time.play(Promise.all(work).then(() => {}), cutAt);
    for (const network of this.#networks) network.cutOff();
    if (end === "cut") { for (const model of models) this.#ends.set(model, "killed"); }
    return this.#ends;
  }

  #runOf(index: number): ModelRun {
    const run = this.draft.models[index];
    if (!run) throw new Error("A model without its part of the run");
    return run;
  }

  #begin(model: PlayedModel, run: ModelRun): Delivery | undefined {
    const { db, plan } = this.place;
    const { state, setting, farExport } = model;
    if (setting.verifies) this.#verified.set(model, this.#toVerify(model, run));
    try {
      const delivery = beginDelivery(
        {
          db,
          commits: this.#commits,
          runId: this.runId,
          projectId: PROJECT,
          stateOption: "",
          ...(plan && { plan }),
          now: this.#now,
          nextChangeId: () => this.#nextId++,
          nextBatchId: () => this.#nextBatchId--,
        },
        model.model,
        run.wrongExport === undefined ? run : { ...run, held: heldAdopter(farExport.source) },
        { select: state.select, columns: state.columns, params: [] },
        setting.readsChanges,
      );
      if (delivery.marksSent) this.watch.onSending();
      this.watch.onBegin(model, run, "begun", delivery.adoption);
      return delivery;
    } catch (error) {
      const isRefused = run.wrongExport !== undefined && error instanceof UserError;
      if (!isRefused && !(error instanceof BudgetExceeded)) throw error;
      const end = isRefused ? "refused" : "blocked";
      this.#ends.set(model, end);
      this.watch.onBegin(model, run, end);
      return undefined;
    }
  }

  async #playModel(
    model: PlayedModel,
    run: ModelRun,
    delivery: Delivery | undefined,
  ): Promise<void> {
    if (!delivery) return;
    let isOver = false;
    const { permits, network } = this.#way(model, run);
    const scripted = this.#script(model, run, delivery, network, () => isOver);
    let end = await this.#endOf(scripted, run);
    if (end === "ended") this.#verify(model);
    isOver = true;
    delivery.requests.close();
    permits?.dispose();
    if (network instanceof SimulatedNetwork) network.cutOff();
    // Acknowledgements that are on their way are kept.
    await this.#commits.add(() => {}).catch(() => end = "nothing more written");
    this.#ends.set(model, end);
    if (end === "nothing more written") return;
    const counts = inTransaction(this.place.db, () => delivery.finish());
    delivery.dispose();
    this.watch.onCounts(model, counts);
  }

  /** What the model is asked about once it has come to its end. */
  #toVerify(model: PlayedModel, run: ModelRun): VerifiedChanges {
    const { db, plan } = this.place;
    const context = {
      db,
      commits: this.#commits,
      runId: this.runId,
      projectId: PROJECT,
      ...(plan && { plan }),
      nextBatchId: () => this.#nextBatchId--,
      now: this.#now,
    };
    return new VerifiedChanges(context, model.model, run, (text) => text);
  }

  /** What is kept of its requests; of those of a plan nothing. */
  #records({ name }: PlayedModel): RequestRecordContext {
    const { db, plan } = this.place;
    return {
      commits: plan ? NO_COMMITS : this.#commits,
      log: new RequestLog(db, this.runId, name),
      open: new OpenRequests(db, this.runId, name),
      keyNames: loadKeyNames(db, name),
      mask: (text) => text,
    };
  }

  /** The model asks the far side, which does not always tell. Where a plan is applied it is not asked. */
  #verify(model: PlayedModel): void {
    const { random, plan } = this.place;
    const verified = this.#verified.get(model);
    if (!verified || this.draft.plan === "apply") return;
    for (const { change } of verified.messages) {
      const answer = random.chance(0.2) ? null : model.state.farSide.hasDone(change);
      verified.take({ type: "verified", change, answer });
      if (!plan && answer !== null) this.watch.onVerified(model, change, answer);
    }
  }

  async #endOf(scripted: ScriptedModel, { throwAfterMs }: ModelRun): Promise<ModelEnd> {
    const work = scripted.run().then((): ModelEnd => "ended");
    const thrown = new Promise<ModelEnd>((resolve) => {
      if (throwAfterMs !== undefined) this.place.time.after(throwAfterMs, () => resolve("threw"));
    });
    try {
      return await Promise.race([work, thrown]);
    } catch (error) {
      if (error instanceof FarSideDown) return "down";
      if (error instanceof DiskFull) return "disk full";
      throw error;
    }
  }

  #way(
    { state: { farSide }, setting }: PlayedModel,
    { faults, retries, downAfter }: ModelRun,
  ): { permits: Permits | undefined; network: Network } {
    const { time, random, limit, plan } = this.place;
    if (plan) return { permits: undefined, network: new AssumedNetwork(time, random) };
    const permits = this.#limits && limit?.permits(this.#limits, this.#stop.signal);
    const network = new SimulatedNetwork(farSide, time, random, {
      faults,
      retries,
      downAfter,
      permits,
      isOnce: setting.promise === "at_most_once",
      onArrival: () => limit?.arrived(),
    });
    this.#networks.push(network);
    return { permits, network };
  }

  #script(
    model: PlayedModel,
    { concurrency, batch, haste }: ModelRun,
    delivery: Delivery,
    network: Network,
    isOver: () => boolean,
  ): ScriptedModel {
    const { time, random } = this.place;
    const order = new RemovalOrder(model.state.ledger());
    return new ScriptedModel({
      delivery,
      network,
      time,
      random,
      isOver,
      projectId: PROJECT,
      now: this.#now,
      records: this.#records(model),
      isStopped: () => this.#stop.signal.aborted,
      style: { ...model.setting, concurrency, batch, haste },
      mayLeave: (request) => this.watch.mayLeave(model, request),
      onLeave: (request) => {
        order.leaves(request.groups);
        this.watch.onLeave(model, request);
      },
      onAnswer: (groups, answer) => this.watch.onAnswer(model, groups, answer),
      onSaved: (groups) => this.watch.onSaved(model, groups),
    });
  }
}
