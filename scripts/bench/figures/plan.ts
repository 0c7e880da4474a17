/**
 * What a plan costs beside the run that it is of.
 *
 * The floor is the run's own finding of the difference: the whole process of `spoor run` on the same project
 * and the same change, whose model takes every changed group for accepted without a request. It starts,
 * compares, reads the changed groups, gives them to the model and writes what was accepted, as the plan does; what
 * the plan does beyond that is its copy of the state, and the model's requests as far as they go.
 *
 * @module
 */
import { join } from "node:path";
import { changedAccounts } from "../accounts.ts";
import { acknowledgingModel, sendingModel, writeModel } from "../accounts_project.ts";
import { type Bench, medians } from "../bench.ts";
import { turnDial, writeDialProject } from "../dial_project.ts";
import type { Figure, Line } from "../figure.ts";
import { type Loopback, startLoopback } from "../loopback.ts";
import { renderAmount } from "../render_line.ts";
import { expectSaved } from "../spoor_events.ts";

const MODEL = "sync.accounts";

export const planFigure: Figure = {
  name: "plan",
  summary: "plan of 1,000,000 rows, 1 % changed",

  async *measure(bench: Bench): AsyncGenerator<Line> {
    const rows = bench.count(1_000_000);
    const project = await bench.folder("plan");
    await writeDialProject(project, rows);
    expectSaved(await bench.run(project), MODEL, rows);
    await using loopback = await startLoopback();
    const changes = new Changes(bench, loopback, project, changedAccounts(rows));
    const firstRequestMs: number[] = [];
    const ms = await medians(bench.options.repeat, {
      floor: () => changes.acknowledge(),
      page: () => changes.plan(),
      file: () => changes.plan("-o", join(project, "plan.json")),
      run: async () => {
        const run = await changes.send();
        firstRequestMs.push(run.firstRequestMs);
        return run.wallMs;
      },
    });
    const until = Math.min(...firstRequestMs);
    const run = `the run itself ${renderAmount(ms.run, "ms")}, ${
      renderAmount(until, "ms")
    } of it until its first request`;
    const work = `plan of ${rows} rows, 1 % changed`;
    const target = { factor: 1.3 };
    yield { work, unit: "ms", floor: ms.floor, spoor: ms.page, target, note: run };
    yield { work: "  all of it, by -o", unit: "ms", floor: ms.floor, spoor: ms.file, target };
  },
};

/** One change after the other of the same size. */
class Changes {
  #turn = 0;

  constructor(
    private readonly bench: Bench,
    private readonly loopback: Loopback,
    private readonly project: string,
    private readonly groups: number,
  ) {}

  /** Runs without requests. */
  async acknowledge(): Promise<number> {
    await this.#make(acknowledgingModel("mart.accounts"));
    const run = await this.bench.run(this.project);
    expectSaved(run, MODEL, this.groups);
    return run.wallMs;
  }

  /** Plans what is to be sent, and leaves it so. */
  async plan(...options: readonly string[]): Promise<number> {
    await this.#makeSending();
    const { wallMs, lines } = await this.bench.spoor("plan", "--project", this.project, ...options);
    const last = lines.at(-1)?.text ?? "";
    const counted = Number(/([\d,]+) requests\. Nothing/.exec(last)?.[1]?.replaceAll(",", ""));
    if (counted !== this.groups) throw new Error(`Cannot use this plan: it says "${last}"`);
    const arrived = await this.loopback.takeCount();
    if (arrived > 0) throw new Error(`Cannot use this plan: ${arrived} requests arrived`);
    return wallMs;
  }

  /** Sends it. */
  async send(): Promise<{ wallMs: number; firstRequestMs: number }> {
    await this.#makeSending();
    const startedAtMs = Date.now();
    const run = await this.bench.run(this.project);
    expectSaved(run, MODEL, this.groups);
    const [first = 0] = await this.loopback.takeArrivals();
    return { wallMs: run.wallMs, firstRequestMs: first - startedAtMs };
  }

  async #makeSending(): Promise<void> {
    await this.#make(sendingModel("mart.accounts", this.loopback.host));
    await this.loopback.takeCount();
  }

  async #make(model: string): Promise<void> {
    await turnDial(this.project, { turn: ++this.#turn, note: 0 });
    await writeModel(this.project, "sync/accounts.ts", model);
  }
}
