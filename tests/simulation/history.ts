/**
 * One history: edits of the source, runs with all that may go wrong, and what people do in between; drawn
 * from one seed, and played to a good end.
 *
 * @module
 */
import type { Directives } from "~/model/model.ts";
import { beginDelivery, BudgetExceeded } from "~/run/begin_delivery.ts";
import type { Delivery } from "~/run/deliveries.ts";
import type { Value } from "~/sandbox/protocol.ts";
import { nextLedgerId } from "~/store/ledger.ts";
import { finishRun, startRun } from "~/store/runs.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { Random } from "./random.ts";
import { type Before, expect, Referee, Wrong } from "./referee.ts";
import { FarSideDown, type ModelStyle, ScriptedModel } from "./scripted_model.ts";
import { type CommitFault, DiskFull, SimulatedCommits } from "./simulated_commits.ts";
import { SimulatedNetwork } from "./simulated_network.ts";
import { SimulatedTime } from "./simulated_time.ts";
import { MODEL, World } from "./world.ts";

/** What became of a history. */
export interface HistoryResult {
  requests: number;
  crashes: number;
  runs: number;
  /** What happened, step by step. */
  story: readonly string[];
  /** What must not have happened. */
  wrong?: Error;
}

/** What is the same in all runs of a history. */
interface Setting {
  promise: "at_least_once" | "at_most_once";
  onRemoved: "forget" | "keep" | "deliver";
  maxAttempts: number;
  maxRemoved: Directives["maxRemoved"];
  maxChanges: Directives["maxChanges"];
  readsChanges: boolean;
  isBatched: boolean;
  requestsPerChange: number;
  rejects: boolean;
  answersInParts: boolean;
  hasTextKeys: boolean;
  groups: number;
  mostRows: number;
}

/** One run as it is to be. */
interface RunPlan {
  concurrency: number;
  batch: number;
  retries: number;
  faults: number;
  resend: boolean;
  adopt: boolean;
  allowRemoved: boolean;
  allowChanges: boolean;
  /** Killed before this event. */
  cutAt: number;
  commitFault: CommitFault | undefined;
  /** Ctrl-C after so long. */
  stopAfterMs: number | undefined;
  /** Taken for down after so many requests. */
  downAfter: number;
  /** The model throws after so long. */
  throwAfterMs: number | undefined;
}

/** How a run ended. */
type RunEnd =
  | "ended"
  | "killed"
  | "blocked"
  | "down"
  | "disk full"
  | "nothing more written"
  | "threw";

const PROJECT = "00000000-0000-4000-8000-000000000000";
const NEVER = Number.POSITIVE_INFINITY;
/** With no faults, a history comes to rest in fewer runs. */
const MOST_LAST_RUNS = 6;

/** Plays the history of a seed. */
export async function playHistory(seed: number): Promise<HistoryResult> {
  const random = new Random(seed);
  const setting = drawSetting(random);
  using world = new World({
    honoursKeys: setting.promise === "at_least_once",
    answersInParts: setting.answersInParts,
  });
  const history = new History(random, setting, world);
  const { farSide } = world;
  try {
    await history.play();
    return { requests: farSide.requests, ...history.told() };
  } catch (error) {
    const wrong = error instanceof Error ? error : new Error(String(error));
    return { requests: farSide.requests, ...history.told(), wrong };
  }
}

function drawSetting(random: Random): Setting {
  const promise = random.pick<Setting["promise"]>([
    "at_least_once",
    "at_least_once",
    "at_most_once",
  ]);
  const onRemoved = random.pick<Setting["onRemoved"]>(["forget", "keep", "deliver"]);
  // Where nothing tells repeated requests apart, half a change done would be done twice.
  const requestsPerChange = promise === "at_least_once" ? random.pick([1, 1, 2]) : 1;
  const readsChanges = onRemoved === "deliver" || random.chance(0.3);
  return {
    promise,
    onRemoved,
    readsChanges,
    isBatched: !readsChanges && random.chance(0.5),
    maxAttempts: random.between(1, 4),
    maxRemoved: random.pick([undefined, { percent: 50 }, { groups: 3 }]),
    maxChanges: random.pick([undefined, undefined, { groups: 6 }]),
    requestsPerChange,
    rejects: random.chance(0.5),
    answersInParts: requestsPerChange === 1 && random.chance(0.3),
    hasTextKeys: random.chance(0.3),
    groups: random.pick([3, 8, 16, 30]),
    mostRows: random.pick([1, 1, 3]),
  };
}

class History {
  readonly #time = new SimulatedTime();
  readonly #referee: Referee;
  #story: string[] = [];
  #crashes = 0;
  #runs = 0;
  /** Earlier contents, to go back to. */
  #past = new Map<Value, string[][]>();

  constructor(
    private readonly random: Random,
    private readonly setting: Setting,
    private readonly world: World,
  ) {
    this.#referee = new Referee(world, setting);
    this.#tell(`setting ${JSON.stringify(setting)}`);
  }

  told(): Pick<HistoryResult, "crashes" | "runs" | "story"> {
    return { crashes: this.#crashes, runs: this.#runs, story: this.#story };
  }

  async play(): Promise<void> {
    this.#edit(this.setting.groups);
    for (let step = this.random.between(2, 6); step > 0; step--) {
      await this.#run(this.#drawRun());
      if (this.random.chance(0.3)) this.#intervene();
      this.#edit(this.random.between(0, 5));
    }
    await this.#comeToRest();
    this.#referee.finally();
  }

  // ── the source and the people ────────────────────────────────────────────────────────────────

  #edit(edits: number): void {
    for (let i = 0; i < edits; i++) this.#editOne();
    if (this.random.chance(0.05)) {
      this.world.isWide = !this.world.isWide;
      this.#tell(`the query is ${this.world.isWide ? "wide" : "narrow"}`);
    }
    if (this.random.chance(0.03)) {
      this.world.db.exec(`DELETE FROM "src"`);
      this.#tell("the source is empty");
    }
  }

  #editOne(): void {
    const number = this.random.between(1, this.setting.groups);
    const id = this.setting.hasTextKeys ? `k${number}` : BigInt(number);
    const past = this.#past.get(id) ?? [];
    this.#past.set(id, past);
    if (this.random.chance(0.15)) {
      this.world.removeGroup(id);
      return this.#tell(`edit ${id}: removed`);
    }
    const goesBack = past.length > 0 && this.random.chance(0.35);
    const values = goesBack
      ? past[this.random.between(0, past.length - 1)] ?? []
      : this.#newValues();
    if (!goesBack) past.push(values);
    this.world.setGroup(id, values);
    this.#tell(`edit ${id}: ${JSON.stringify(values)}${goesBack ? " again" : ""}`);
  }

  #newValues(): string[] {
    const kind = this.random.chance(0.12) ? this.random.pick(["refused", "unfit", "quiet"]) : "fit";
    const rows = this.random.between(1, this.setting.mostRows);
    return Array.from({ length: rows }, () => `${kind} ${this.random.between(0, 999)}`);
  }

  /** A person looks at what is held back, and decides. */
  #intervene(): void {
    for (const row of this.world.ledger()) {
      if (row.parked && this.random.chance(0.5)) this.#retry(row.id);
      const isUnknown = row.state === "unknown" || row.state === "sent";
      if (isUnknown && this.setting.requestsPerChange === 1 && this.random.chance(0.4)) {
        this.#settle(row.id);
      }
    }
  }

  #retry(id: number): void {
    this.world.db.prepare(`UPDATE "spoor.ledger" SET parked = 0, attempts = 0 WHERE id = ?`)
      .run(BigInt(id));
    this.#tell(`retry of ${id}`);
  }

  /** As it is: the person has asked the far side. */
  #settle(id: number): void {
    const state = this.world.farSide.hasDone(id) ? "settled" : "failed";
    this.world.db.prepare(`UPDATE "spoor.ledger" SET state = ? WHERE id = ?`).run(
      state,
      BigInt(id),
    );
    this.#tell(`${id} is settled as ${state === "settled" ? "sent" : "not sent"}`);
  }

  // ── runs ─────────────────────────────────────────────────────────────────────────────────────

  #drawRun(): RunPlan {
    const { random } = this;
    const fate = random.pick(["well", "well", "cut", "cut", "commit", "stop", "throw"]);
    const wish = random.next();
    const isCommit = fate === "commit";
    return {
      ...this.#calmRun(),
      retries: random.pick([0, 0, 2]),
      faults: random.pick([0, 0.1, 0.4]),
      resend: wish < 0.08,
      adopt: wish > 0.95,
      allowRemoved: random.chance(0.7),
      allowChanges: random.chance(0.7),
      cutAt: fate === "cut" ? random.between(1, 120) : NEVER,
      commitFault: isCommit
        ? {
          commit: random.between(0, 12),
          is: random.pick(["killed before", "killed inside", "killed after", "disk full"]),
        }
        : undefined,
      stopAfterMs: fate === "stop" ? random.between(1, 300) : undefined,
      downAfter: random.chance(0.1) ? random.between(0, 15) : NEVER,
      throwAfterMs: fate === "throw" ? random.between(1, 300) : undefined,
    };
  }

  #calmRun(): RunPlan {
    return {
      concurrency: this.random.pick([1, 2, 8]),
      batch: this.setting.isBatched ? this.random.between(2, 5) : 1,
      ...{ retries: 0, faults: 0, resend: false, adopt: false },
      ...{ allowRemoved: true, allowChanges: true, cutAt: NEVER, downAfter: NEVER },
      ...{ commitFault: undefined, stopAfterMs: undefined, throwAfterMs: undefined },
    };
  }

  /** No faults, and people settle what is held: then all that can be sent is. */
  async #comeToRest(): Promise<void> {
    this.#tell("from here on nothing goes wrong");
    for (let left = MOST_LAST_RUNS; left > 0; left--) {
      for (const row of this.world.ledger()) {
        if (row.parked) this.#retry(row.id);
        if (row.state === "unknown" || row.state === "sent") {
          if (this.setting.promise === "at_most_once") this.#settle(row.id);
        }
      }
      const requests = this.world.farSide.requests;
      await this.#run(this.#calmRun());
      const isQuiet = this.world.farSide.requests === requests;
      if (isQuiet && this.world.ledger().every(({ state }) => state === "rejected")) return;
    }
  }

  async #run(plan: RunPlan): Promise<RunEnd> {
    this.#runs += 1;
    const { world } = this;
    const runId = startRun(world.db, "spoor run", "simulation", this.#now());
    const before: Before = {
      ledger: new Map(world.ledger().map((row) => [row.key, row])),
      accepted: this.#referee.accepted,
      source: world.source(),
      resend: plan.resend,
      runId,
    };
    this.#referee.begin(before);
    // A person wants all of it to be done again.
    if (plan.resend) world.farSide.done.clear();
    this.#tell(`run ${runId} ${JSON.stringify(plan)}`);
    const end = await this.#deliver(plan, runId, before);
    this.#tell(`run ${runId} ${end}`);
    if (end === "killed") this.#crashes += 1;
    else finishRun(world.db, runId, end === "ended" ? "ok" : "failed", this.#now());
    world.forgetConnection();
    this.#referee.after(end === "killed", plan.concurrency);
    return end;
  }

  async #deliver(plan: RunPlan, runId: number, before: Before): Promise<RunEnd> {
    const { world, random } = this;
    const commits = new SimulatedCommits(world.db, this.#time, random, plan.commitFault);
    let id = nextLedgerId(world.db);
    let delivery: Delivery;
    try {
      delivery = beginDelivery(
        {
          ...{ db: world.db, commits, runId, projectId: PROJECT, now: () => this.#now() },
          nextChangeId: () => id++,
        },
        this.#model(),
        plan,
        { select: world.select, columns: world.columns, params: [] },
        this.setting.readsChanges,
      );
    } catch (error) {
      if (!(error instanceof BudgetExceeded)) throw error;
      this.#checkBlocked(before);
      return "blocked";
    }
    this.#checkAllowed(plan, before);
    if (plan.adopt) this.#adopted();
    const network = new SimulatedNetwork(world.farSide, this.#time, random, {
      ...{ faults: plan.faults, retries: plan.retries, downAfter: plan.downAfter },
      isOnce: this.setting.promise === "at_most_once",
    });
    const work = this.#work(plan, delivery, commits, network);
    const end = await this.#time.play(work.ended, plan.cutAt);
    network.cutOff();
    if (end === "cut") return "killed";
    if (work.end() === "nothing more written") return work.end();
    const counts = inTransaction(world.db, () => delivery.finish());
    delivery.dispose();
    this.#tell(`run ${runId} counts ${JSON.stringify(counts)}`);
    return work.end();
  }

  #work(
    plan: RunPlan,
    delivery: Delivery,
    commits: SimulatedCommits,
    network: SimulatedNetwork,
  ): { ended: Promise<void>; end: () => RunEnd } {
    let isStopped = false;
    let isOver = false;
    let end: RunEnd = "ended";
    const { stopAfterMs, throwAfterMs } = plan;
    if (stopAfterMs !== undefined) this.#time.after(stopAfterMs, () => isStopped = true);
    const style: ModelStyle = { ...this.setting, concurrency: plan.concurrency, batch: plan.batch };
    const model = new ScriptedModel({
      ...{ delivery, network, time: this.#time, random: this.random, style },
      ...{ projectId: PROJECT, model: MODEL, isStopped: () => isStopped, isOver: () => isOver },
      onLeave: (request) => {
        const groups = request.groups.map((group) => group.key).join(" ");
        this.#tell(`  sends ${groups} as ${request.changes} (${request.key.slice(0, 6)})`);
        this.#referee.leaves(request);
      },
      onSaved: (groups) => this.#referee.saved(groups),
    });
    const thrown = new Promise<void>((resolve) => {
      if (throwAfterMs === undefined) return;
      this.#time.after(throwAfterMs, () => {
        end = "threw";
        resolve();
      });
    });
    const ended = (async () => {
      try {
        await Promise.race([model.run(), thrown]);
      } catch (error) {
        if (error instanceof FarSideDown) end = "down";
        else if (error instanceof DiskFull) end = "disk full";
        else throw error;
      }
      isOver = true;
      // Acknowledgements that are on their way are kept.
      await commits.add(() => {}).catch(() => end = "nothing more written");
    })();
    return { ended, end: () => end };
  }

  #model(): Parameters<typeof beginDelivery>[1] {
    const { promise, onRemoved, maxAttempts, maxRemoved, maxChanges } = this.setting;
    return {
      ...{ name: MODEL, language: "ts", path: "models/sync/crm.ts", kind: "tracked" },
      ...{ directiveLines: {}, references: [], fingerprint: "" },
      directives: {
        ...{ uniqueKey: ["id"], delivery: promise, onRemoved, maxAttempts },
        ...(maxRemoved && { maxRemoved }),
        ...(maxChanges && { maxChanges }),
      },
    };
  }

  /** Who adopts says that the far side holds what the source holds. */
  #adopted(): void {
    for (const contents of this.world.farSide.contents) {
      contents.clear();
      for (const [key, content] of this.world.source()) contents.set(key, content);
    }
    this.#referee.ghosts.clear();
    expect(this.world.ledger().length === 0, "something is open after all was adopted");
  }

  /** A budget blocks before anything is written. */
  #checkBlocked({ accepted, ledger }: Before): void {
    const now = [[...this.world.accepted()], this.world.ledger()];
    expect(
      JSON.stringify(now) === JSON.stringify([[...accepted], [...ledger.values()]]),
      "a run that a budget blocked has changed the state",
    );
  }

  #checkAllowed(plan: RunPlan, { accepted, source }: Before): void {
    const isGone = accepted.size > 0 && source.size === 0;
    const now = this.world.accepted();
    const isHarmed = this.setting.onRemoved === "forget" && now.size < accepted.size;
    expect(
      !isGone || plan.allowRemoved || plan.adopt || !isHarmed,
      "an empty query has let all accepted groups go",
    );
  }

  #now(): string {
    return new Date(Date.UTC(2026, 0, 1) + this.#time.nowMs).toISOString();
  }

  #tell(event: string): void {
    this.#story.push(event);
  }
}

/** Whether an error is one that the referee found. */
export function isWrong(error: unknown): error is Wrong {
  return error instanceof Wrong;
}
