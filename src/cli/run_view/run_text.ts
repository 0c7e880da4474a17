/**
 * Shows a run to a person: a line for each model as it ends, and how it all ended. On a terminal
 * the running models are shown below, redrawn as they go on; elsewhere a long one gets a line now
 * and then.
 *
 * Nothing is printed until something runs, so that a run that finds nothing to do is one line.
 *
 * @module
 */
import { countOf, renderCount } from "~/base/text/counts.ts";
import { renderDuration } from "~/base/time/duration.ts";
import type { Output } from "~/cli/output/output.ts";
import { type Paint, PLAIN } from "~/cli/output/style.ts";
import { cutToWidth } from "~/cli/output/table.ts";
import { visibleText } from "~/cli/output/visible_text.ts";
import type {
  ModelFinished,
  ModelLog,
  ModelProgress,
  ModelStarted,
  RunEvent,
  RunFinished,
  RunStarted,
} from "~/run/run_event.ts";
import { ListFold } from "./list_fold.ts";
import { LiveRegion } from "./live_region.ts";
import { renderLine, renderModel, type RunView } from "./model_lines.ts";
import { NOTHING_LEAVES, renderProgress } from "./progress_line.ts";
import {
  hadNothingToDo,
  renderNothingToDo,
  renderSummary,
  RunTally,
  type SummaryView,
} from "./summary_lines.ts";

/** How a person wants to see a run. */
export interface RunTextOptions {
  /** True: no list is folded. */
  all: boolean;
  verbose: boolean;
  /** What commands need to be about this state: ` --practice`, ` --project DIR`, or nothing. */
  option: string;
  /** How this program is called. */
  program: string;
  /** A clock in milliseconds. */
  now: () => number;
}

interface RunningModel {
  started: ModelStarted;
  sinceMs: number;
  /** When a line was last printed of it, where nothing is redrawn. */
  saidMs: number;
  progress: ModelProgress | undefined;
}

const SAY_EVERY_MS = 10_000;
const RUNNING_SHOWN = 6;
const WIDEST_NAME = 40;
const LOG_PAINTS: Readonly<Record<ModelLog["level"], Paint>> = {
  debug: "dim",
  info: "accent",
  warn: "warning",
  error: "bad",
};

/** See the module's comment. */
export class RunText implements Disposable {
  readonly #output: Output;
  readonly #options: RunTextOptions;
  readonly #tally = new RunTally();
  readonly #running = new Map<string, RunningModel>();
  #view: RunView;
  #fold: ListFold;
  #live: LiveRegion | undefined;
  #models: readonly string[] = [];
  #done = 0;
  /** Lines that are held back until something runs. */
  #heldBack: string[] | undefined = [];

  constructor(output: Output, options: RunTextOptions) {
    this.#output = output;
    this.#options = options;
    const { verbose, all, option } = options;
    this.#view = { style: output.style, practice: false, option, verbose, all, nameWidth: 0 };
    this.#fold = new ListFold(0, all);
  }

  /** Shows an event. */
  show(event: RunEvent): void {
    if (event.type === "run_started") this.#begin(event);
    else if (event.type === "model_started") this.#start(event);
    else if (event.type === "model_progress") this.#progress(event);
    else if (event.type === "log") this.#log(event);
    else if (event.type === "model_finished") this.#end(event);
    else this.#finish(event);
  }

  /** Shows a line that is no event. */
  note(text: string): void {
    this.#release();
    this.#print([this.#view.style.warning(text)]);
  }

  /** Takes away what was to be redrawn. */
  [Symbol.dispose](): void {
    this.#live?.[Symbol.dispose]();
    this.#live = undefined;
  }

  #begin({ models, practice, proxies = [] }: RunStarted): void {
    const widest = Math.max(0, ...models.map((name) => name.length));
    this.#models = models;
    this.#view = { ...this.#view, practice, nameWidth: Math.min(widest, WIDEST_NAME) };
    this.#fold = new ListFold(models.length, this.#options.all);
    this.#print([...this.#headline(), ...this.#proxyLines(proxies), ""]);
  }

  #headline(): string[] {
    const models = countOf(this.#models.length, "model");
    if (!this.#view.practice) return [`Running ${models}.`];
    const note = "Requests go to Spoor's practice API on this machine; nothing leaves it.";
    return [`Practice run of ${models}. ${this.#view.style.accent(note)}`];
  }

  /** Where somebody between reads along, or does not let through, one wants to know. */
  #proxyLines(proxies: readonly string[]): string[] {
    if (proxies.length === 0) return [];
    const text = `Requests go through the proxy ${proxies.map(visibleText).join(" or ")}.`;
    return [this.#view.style.warning(text)];
  }

  #start(started: ModelStarted): void {
    const now = this.#options.now();
    this.#release();
    this.#running.set(started.model, { started, sinceMs: now, saidMs: now, progress: undefined });
  }

  #progress(event: ModelProgress): void {
    const running = this.#running.get(event.model);
    if (!running) return;
    running.progress = event;
    const now = this.#options.now();
    if (this.#live || now - running.saidMs < SAY_EVERY_MS) return;
    running.saidMs = now;
    const note = this.#view.practice && event.phase === "sending" ? ` (${NOTHING_LEAVES})` : "";
    this.#print([this.#runningLine(running, this.#view) + note]);
  }

  #log({ model, level, message }: ModelLog): void {
    if (level === "debug" && !this.#options.verbose) return;
    this.#release();
    const paint = this.#view.style[LOG_PAINTS[level]];
    const [first = "", ...others] = visibleText(message).split("\n");
    this.#print([
      `  ${paint(level)}${" ".repeat(Math.max(0, 7 - level.length))}  ${model}: ${first}`,
      ...others.map((line) => " ".repeat(11) + line),
    ]);
  }

  #end(event: ModelFinished): void {
    this.#running.delete(event.model);
    this.#done++;
    this.#tally.add(event);
    if (event.status !== "skipped") this.#release();
    if (this.#fold.shows(event)) this.#print(renderModel(event, this.#view));
  }

  #finish(run: RunFinished): void {
    this.#running.clear();
    if (hadNothingToDo(run)) {
      if (this.#options.all) this.#release();
      this.#heldBack = undefined;
      this.#print(renderNothingToDo(run, this.#summaryView()));
    } else {
      this.#release();
      this.#print([
        ...this.#fold.renderRest(),
        "",
        ...renderSummary(run, this.#tally, this.#summaryView()),
      ]);
    }
    this[Symbol.dispose]();
  }

  #summaryView(): SummaryView {
    const { program, option, all } = this.#options;
    return { style: this.#view.style, program, option, all };
  }

  /** Something runs: what was held back is printed, and the terminal's live lines begin. */
  #release(): void {
    if (!this.#heldBack) return;
    const lines = this.#heldBack;
    this.#heldBack = undefined;
    if (this.#output.isLive) this.#live = new LiveRegion(this.#output, () => this.#liveLines());
    this.#print(lines);
  }

  #print(lines: readonly string[]): void {
    if (this.#heldBack) this.#heldBack.push(...lines);
    else if (this.#live) this.#live.keep(lines);
    else this.#output.lines(lines);
  }

  #runningLine({ started, sinceMs, progress }: RunningModel, view: RunView): string {
    return renderLine(
      {
        status: "running",
        model: started.model,
        kind: started.kind,
        time: renderDuration(this.#options.now() - sinceMs),
        text: progress ? renderProgress(progress, view.practice) : started.reason,
      },
      view,
      "accent",
    );
  }

  /** Cut to the terminal's width while they are plain, then painted. */
  #liveLines(): string[] {
    const { style } = this.#view;
    const plain = { ...this.#view, style: PLAIN };
    const width = this.#output.columns - 1;
    const all = [...this.#running.values()];
    const shown = all.slice(0, RUNNING_SHOWN).map((running) =>
      cutToWidth(this.#runningLine(running, plain), width)
        .replace("running", style.accent("running"))
    );
    const more = all.length - shown.length;
    const total = `${renderCount(this.#done)} of ${countOf(this.#models.length, "model")} done`;
    const others = more > 0 ? `, ${renderCount(more)} more running` : "";
    const rest = `  ${total}${others}${this.#view.practice ? ` (${NOTHING_LEAVES})` : ""}`;
    return [...shown, style.dim(cutToWidth(rest, width))];
  }
}
