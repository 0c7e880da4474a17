/**
 * One history: edits of the sources, runs with all that may go wrong, and what people do in between; drawn
 * from one seed, and played to a good end.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { recordDeadRequests } from "~/store/changes/open_requests.ts";
import { noteLeavesMark, renewLedgerIds } from "~/store/changes/ledger.ts";
import { finishRun, startRun } from "~/store/runs.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { type ModelMark, PlayedModel } from "./played_model.ts";
import { Random } from "./random.ts";
import type { Before } from "./referee.ts";
import type { OutgoingRequest } from "./scripted_model.ts";
import { calmRun, drawRun, drawSetting, type RunDraft, type Setting, shapeOf } from "./setting.ts";
import { makePlan, type ShownPlan } from "./shown_plan.ts";
import { SimulatedLimit, WallClock } from "./simulated_limit.ts";
import { type ModelEnd, type RunPlace, SimulatedRun } from "./simulated_run.ts";
import { SimulatedTime } from "./simulated_time.ts";
import { StateBackup } from "./state_backup.ts";
import { World } from "./world.ts";
import { expect } from "./wrong.ts";

/** What became of a history. */
export interface HistoryResult {
  requests: number;
  crashes: number;
  runs: number;
  plans: number;
  /** What happened, step by step; where it is told. */
  story: readonly string[];
  /** What must not have happened. */
  wrong?: Error;
}

/** How a history is played; what happens in it is the same. */
export interface HistoryOptions {
  /** Its story is told, which takes time. */
  tells?: boolean;
  /** On a connection of its own, as it is. */
  isPlain?: boolean;
}

/** With no faults, a history comes to rest in fewer runs. */
const MOST_LAST_RUNS = 6;
/** Who puts a backup back takes his time: whatever limit there is, it is over. */
const TO_PUT_BACK_MS = 120_000;
const NAMES = ["sync.crm", "sync.mail"];

/** Plays the history of a seed. */
export async function playHistory(
  seed: number,
  { tells = false, isPlain = false }: HistoryOptions = {},
): Promise<HistoryResult> {
  const random = new Random(seed);
  const setting = drawSetting(random);
  using world = new World({ shape: shapeOf(setting), isPlain });
  const history = new History(random, setting, world, tells);
  try {
    await history.play();
    return history.told();
  } catch (error) {
    world.keepOffShelf();
    const wrong = error instanceof Error ? error : new Error(String(error));
    return { ...history.told(), wrong };
  }
}

/** A backup, and what was known when it was made. */
interface Backup {
  state: StateBackup;
  marks: ReadonlyMap<PlayedModel, ModelMark>;
}

class History {
  readonly #time = new SimulatedTime();
  readonly #wall = new WallClock(this.#time);
  readonly #limit: SimulatedLimit | undefined;
  readonly #models: readonly PlayedModel[];
  #story: string[] = [];
  #crashes = 0;
  #runs = 0;
  #plans = 0;
  #backup: Backup | undefined;
  /** What it does not know was sent since. */
  #isOutdated = false;
  /** The mark beside the state file, which says that the project has sent. */
  #hasMark = true;

  constructor(
    private readonly random: Random,
    private readonly setting: Setting,
    private readonly world: World,
    private readonly tells: boolean,
  ) {
    const { limit, models } = setting;
    this.#limit = limit && new SimulatedLimit(limit, this.#time, this.#wall);
    this.#models = models.map((each, i) =>
      new PlayedModel(
        world.db,
        random,
        each,
        NAMES[i] ?? "",
        (words) => this.#tell(words),
        () => this.#now(),
      )
    );
    this.#tell(() => `setting ${JSON.stringify(setting)}`);
  }

  told(): HistoryResult {
    return {
      requests: this.#requests,
      crashes: this.#crashes,
      runs: this.#runs,
      plans: this.#plans,
      story: this.#story,
    };
  }

  async play(): Promise<void> {
    for (const model of this.#models) model.edit(model.setting.groups);
    const mostSteps = this.setting.hasBackups ? 9 : 6;
    for (let step = this.random.between(2, mostSteps); step > 0; step--) {
      await this.#step(drawRun(this.random, this.setting));
      for (const model of this.#models) {
        if (this.random.chance(0.5)) model.intervene();
        if (model.setting.isEdited && this.random.chance(0.4)) model.rewrite();
        model.edit(this.random.between(0, 5));
      }
      if (this.setting.hasBackups) this.#lookAfterBackups();
    }
    await this.#comeToRest();
    for (const { referee, state } of this.#models) {
      referee.finally();
      // The next history finds the tables where it would make them.
      state.rename(state.firstName);
    }
  }

  #lookAfterBackups(): void {
    if (this.#backup && this.random.chance(0.5)) this.#putBack(this.#backup);
    else if (this.#runs > 0 && this.random.chance(0.6)) this.#backUp();
  }

  #backUp(): void {
    const marks = new Map(this.#models.map((model) => [model, model.mark()]));
    this.#backup = { state: new StateBackup(this.world.db), marks };
    this.#isOutdated = false;
    this.#tell(() => "a backup is made");
  }

  /** Where something was sent since, a person has deleted the mark to go on from it. */
  #putBack({ state, marks }: Backup): void {
    // What may have arrived is repeated with its key, by which the far side does nothing: what came after it stays.
    const isOver = [...marks].some(([model, mark]) => {
      const touched = model.touchedSince(mark);
      return mark.unknown.some((key) => touched.has(key));
    });
    if (isOver) return;
    this.#time.pass(TO_PUT_BACK_MS);
    state.putBack();
    for (const [model, mark] of marks) model.putBack(mark);
    if (this.#isOutdated) this.#hasMark = false;
    this.#tell(() => `the backup is put back, ${this.#hasMark ? "with" : "without"} the mark`);
  }

  get #requests(): number {
    return this.#models.reduce((sum, { state }) => sum + state.farSide.requests, 0);
  }

  /** No faults, and people settle what is held: then all that can be sent is. */
  async #comeToRest(): Promise<void> {
    this.#tell(() => "from here on nothing goes wrong");
    for (let left = MOST_LAST_RUNS; left > 0; left--) {
      for (const model of this.#models) model.letThrough();
      const requests = this.#requests;
      await this.#step(calmRun(this.random, this.setting));
      const isQuiet = this.#requests === requests;
      const open = this.#models.flatMap(({ state }) => state.ledger());
      if (isQuiet && open.every(({ state }) => state === "rejected")) return;
    }
  }

  /** A run; or a plan of it first, which may be held against the run, or be all that it may do. */
  async #step(draft: RunDraft): Promise<void> {
    for (const [i, { wrongExport }] of draft.models.entries()) {
      if (wrongExport !== undefined) this.#models[i]?.exportFarSide(wrongExport);
    }
    if (draft.plan === "none") return await this.#run(draft);
    const plan = await this.#plan(draft);
    if (draft.plan === "first") return await this.#run(draft, plan);
    const edits = this.random.pick([0, 0, 1, 2]);
    if (edits > 0) { for (const model of this.#models) model.edit(edits); }
    const later = await this.#plan(draft, plan.madeAt);
    const moved = plan.moved(later);
    this.#tell(() => `moved since the plan: ${moved.join("; ") || "nothing"}`);
    expect(edits > 0 || moved.length === 0, "where nothing was edited, something has moved");
    if (moved.length === 0) await this.#run(draft, plan, later);
  }

  /** @param madeAt When the plan was made that is to be applied. */
  async #plan(draft: RunDraft, madeAt = this.#now()): Promise<ShownPlan> {
    this.#plans += 1;
    const before = JSON.stringify(this.#state());
    const plan = await this.world.onCopy(async (db) => {
      const place = { ...this.#place(), db };
      return await makePlan(place, draft, { runId: this.#start(db, "spoor plan", madeAt), madeAt });
    });
    expect(JSON.stringify(this.#state()) === before, "a plan has changed the state");
    this.#tell(() => `plan ${JSON.stringify(plan.models.map(({ groups }) => groups))}`);
    return plan;
  }

  /** What must be as before where nothing was sent. */
  #state(): unknown {
    return this.#models.map(({ state }) => [
      [...state.accepted()],
      state.ledger(),
      state.farSide.requests,
    ]);
  }

  #place(): Omit<RunPlace, "plan"> {
    return {
      db: this.world.db,
      time: this.#time,
      wall: this.#wall,
      random: this.random,
      limit: this.#limit,
      models: this.#models,
    };
  }

  /**
   * @param plan What it may send.
   * @param later What it is to find, where that is another plan.
   */
  async #run(draft: RunDraft, plan?: ShownPlan, later = plan): Promise<void> {
    this.#runs += 1;
    const { db } = this.world;
    const runId = inTransaction(db, () => {
      return this.#start(db, "spoor run", plan?.madeAt ?? this.#now());
    });
    this.#tell(() => `run ${runId} ${JSON.stringify(draft)}`);
    const befores = new Map(this.#models.map((model, i) => {
      const { resend = false } = draft.models[i] ?? {};
      const before = model.referee.begin(runId, resend);
      // A person wants all of it to be done again.
      if (resend) model.state.farSide.done.clear();
      return [model, before] as const;
    }));
    const run = this.#watched(draft, runId, plan, later, befores);
    const ends = await run.play();
    this.#tell(() => `run ${runId} ${[...ends.values()].join(", ")}`);
    const isKilled = [...ends.values()].includes("killed");
    if (isKilled) this.#crashes += 1;
    else finishRun(db, runId, areAll(ends, "ended") ? "ok" : "failed", this.#now());
    this.world.forgetConnection();
    // Where what became of a group could not be written, it stands as it stood then, as after a kill.
    const isCut = isKilled || draft.commitFault !== undefined;
    for (const [i, { referee }] of this.#models.entries()) {
      referee.after(isCut, draft.models[i]?.concurrency ?? 1);
    }
    expect(!this.#limit?.wrongs.length, `at the limit ${this.#limit?.wrongs[0]}`);
    const hadAllTime = draft.stopAfterMs === undefined && areAll(ends, "ended", "blocked");
    if (hadAllTime) plan?.checkAllSent();
  }

  /**
   * As a run begins.
   *
   * @param plannedAt When the plan was made that it applies.
   */
  #start(db: DatabaseSync, command: string, plannedAt: string): number {
    if (!this.#hasMark) renewLedgerIds(db, plannedAt);
    noteLeavesMark(db);
    recordDeadRequests(db);
    return startRun(db, command, "simulation", this.#now());
  }

  #watched(
    draft: RunDraft,
    runId: number,
    plan: ShownPlan | undefined,
    later: ShownPlan | undefined,
    befores: ReadonlyMap<PlayedModel, Before>,
  ): SimulatedRun {
    const isOneByOne = draft.models.length === 1 && draft.models[0]?.concurrency === 1;
    return new SimulatedRun(this.#place(), draft, runId, {
      onSending: () => {
        this.#isOutdated = true;
        this.#hasMark = true;
      },
      onBegin: (model, wishes, end, adoption) => {
        later?.checkBegin(model, end, adoption?.told);
        const before = befores.get(model);
        if (before) model.referee.begun(before, wishes, end);
        if (adoption?.told) model.adoptedByExport(adoption.told);
        else if (adoption) model.adopted();
      },
      mayLeave: (model, request) => {
        if (!plan) return true;
        const isShown = plan.take(model, request);
        // Where a batch is refused, the plan cannot know its parts.
        expect(isShown || request.isPart, `the plan does not show group ${keysOf(request)}`);
        return isShown || draft.plan !== "apply";
      },
      onLeave: (model, request) => {
        const { changes, key } = request;
        this.#tell(() => `  sends ${keysOf(request)} as ${changes} (${key.slice(0, 6)})`);
        if (isOneByOne && !request.isPart) later?.checkKey(model, request);
        model.referee.leaves(request);
      },
      onAnswer: (model, groups, answer) => model.referee.answered(groups, answer),
      onSaved: (model, groups) => model.referee.saved(groups),
      onVerified: (model, change, isSent) => {
        this.#tell(() => `verify says of ${change}: ${isSent ? "sent" : "not sent"}`);
        model.referee.verified(change, isSent);
      },
      onCounts: (model, counts) => {
        this.#tell(() => `run ${runId} ${model.name} counts ${JSON.stringify(counts)}`);
        later?.checkCounts(model, counts);
        const { adopt, wrongExport } = draft.models[this.#models.indexOf(model)] ?? {};
        const isAllAdopted = adopt && wrongExport === undefined;
        if (!draft.commitFault && !isAllAdopted) model.referee.counted(counts);
      },
    });
  }

  #now(): string {
    return new Date(this.#wall.nowMs).toISOString();
  }

  #tell(words: () => string): void {
    if (this.tells) this.#story.push(words());
  }
}

function areAll(ends: ReadonlyMap<PlayedModel, ModelEnd>, ...wanted: ModelEnd[]): boolean {
  return [...ends.values()].every((end) => wanted.includes(end));
}

function keysOf({ groups }: Pick<OutgoingRequest, "groups">): string {
  return groups.map(({ key }) => key).join(" ");
}
