/**
 * `spoor run`: runs the project.
 *
 * @module
 */
import { parseDurationMs } from "~/base/time/duration.ts";
import { UserError } from "~/base/user_error.ts";
import { type Call, defineCommand, ExitCode, type OptionTable } from "~/cli/command.ts";
import { tellMigration } from "~/cli/output/migration_text.ts";
import { PROGRAM } from "~/cli/program.ts";
import { SELECTORS, toRunRequest } from "~/cli/run_call.ts";
import { showAsJson } from "~/cli/run_view/run_json.ts";
import { RunText } from "~/cli/run_view/run_text.ts";
import { hearStopSignals, STOPPING } from "~/cli/stop_signals.ts";
import { MAX_DURATION_MS } from "~/model/directive_value.ts";
import { FAULT_HELP } from "~/practice/parse_faults.ts";
import { runProject, TIME_IS_OVER } from "~/run/engine/run_project.ts";
import { stateOption } from "~/run/command_text.ts";
import type { RunEvent } from "~/run/run_event.ts";
import type { RunRequest } from "~/run/run_request.ts";

const OPTIONS = {
  practice: {
    type: "boolean",
    help: "Send to Spoor's practice API instead: nothing leaves this machine",
  },
  faults: {
    type: "string",
    value: "TEXT",
    help: "In a practice run: how the practice API misbehaves",
  },
  full: { type: "boolean", help: "Run every model, whatever is up to date" },
  resend: {
    type: "string",
    value: "MODEL",
    multiple: true,
    complete: "models",
    help: "Send all groups of this model again",
  },
  adopt: {
    type: "string",
    value: "MODEL",
    multiple: true,
    complete: "models",
    help: "Record as sent what this model would send, and send nothing",
  },
  held: {
    type: "string",
    value: "SOURCE",
    complete: "tables",
    help: "With --adopt: what the far side holds; what is the same there counts as sent",
  },
  "allow-removed": {
    type: "boolean",
    help: "Let removals through that are more than @max_removed, an empty query too",
  },
  "allow-changes": { type: "boolean", help: "Let more changes through than @max_changes" },
  jobs: { type: "string", short: "j", value: "N", help: "Models side by side; else one a core" },
  timeout: {
    type: "string",
    value: "TIME",
    help: "After this time begin nothing new; what is in flight ends: 10m, 90s",
  },
  all: {
    type: "boolean",
    help: "Fold no list; of what a run keeps only ten it names the command for all",
  },
} as const satisfies OptionTable;

/** Runs models, all or the selected ones. */
export const runCommand = defineCommand({
  name: "run",
  summary: "Run models, and send what changed",
  details: [
    "Models run in the order in which they read each other. One whose definition and inputs are",
    "what they were is skipped; a tracked model sends only what is new or changed.",
    "Ctrl-C stops cleanly: nothing new begins, what is in flight ends. A second one ends at once.",
    "So does a terminal that is closed; to go on without it, begin with nohup.",
    "--timeout does the same when its time is over; the exit code is 1, the rest waits.",
    "",
    "--held takes a CSV file (an export of the far side), a table or a SELECT. Rows are matched by",
    "@unique_key. A group that is the same there, in all columns that both have, is recorded as sent;",
    "one that differs is updated by the next run, one that is not there created. What only the far",
    "side has is left as it is. A table is compared by value and type; in a CSV file an empty cell is",
    "NULL and '', 42.0 is 42, true is 1, and what is not sure to be the same differs.",
    "",
    "Faults of the practice API, several with spaces between them, each with what narrows it behind",
    `commas, as --faults 429:10% or --faults "429:10% drop:2%,path=/contacts":`,
    ...Object.entries(FAULT_HELP).map(([name, does]) => `  ${name.padEnd(7)}  ${does}`),
  ].join("\n"),
  positionals: [SELECTORS],
  options: OPTIONS,
  examples: [
    ["spoor run", "Everything that is not up to date"],
    ["spoor run --practice", "The same, sending to the practice API on this machine"],
    ["spoor run +sync.crm", "One model and all that it reads"],
    ["spoor run --resend sync.crm", "Send every group of sync.crm again"],
    [
      "spoor run --adopt sync.crm",
      "The far side holds it all already: send only what changes from now on",
    ],
    [
      "spoor run +sync.crm --adopt sync.crm --held contacts.csv",
      "The same for what the CRM's export has already; the next run sends the true differences",
    ],
    ["spoor run --timeout 10m", "Stop cleanly after ten minutes; the next run goes on there"],
    ["spoor run --practice --faults 429:20%", "See how models bear an API that is too busy"],
  ],
  async run(call) {
    const { options: { json, all, verbose, practice }, output } = call;
    const request = toRequest(call);
    using signals = hearStopSignals();
    using deadline = startDeadline(request.timeoutMs);
    const stop = AbortSignal.any([signals.stop, deadline.signal]);
    using text = json ? undefined : new RunText(output, {
      all,
      verbose,
      option: stateOption(practice, request.namedProject),
      program: PROGRAM,
      now: () => performance.now(),
    });
    const show = text ? (event: RunEvent) => text.show(event) : showAsJson(output);
    stop.addEventListener("abort", () => {
      const notice = stop.reason === TIME_IS_OVER
        ? "The time of this run is over: what is in flight ends first."
        : STOPPING;
      if (text) text.note(notice);
      else output.errorLine(notice);
    });

    const { endNow } = signals;
    const run = () => runProject(request, show, stop, { onMigrate: tellMigration(output) });
    const outcome = await output.withoutWaiting(
      { stop, endNow },
      () => Promise.race([run(), endNow]),
    );
    if (!outcome) return ExitCode.Interrupted;
    return outcome.status === "ok" ? ExitCode.Ok : ExitCode.Failed;
  },
});

function toRequest(call: Call<typeof OPTIONS>): RunRequest {
  const { faults, timeout } = call.options;
  return {
    ...toRunRequest(call),
    ...(faults !== undefined && { faults }),
    ...(timeout !== undefined && { timeoutMs: parseTimeout(timeout) }),
  };
}

function parseTimeout(text: string): number {
  const timeoutMs = parseDurationMs(text);
  if (timeoutMs !== undefined && timeoutMs > 0 && timeoutMs <= MAX_DURATION_MS) return timeoutMs;
  const state = timeoutMs === 0 ? "leaves no time at all" : "is not a time of at most 24 days";
  throw new UserError(`Cannot read "--timeout": "${text}" ${state}`, {
    hint: `Write "--timeout 10m"; units are ms, s, m, h, d`,
    exitCode: 2,
  });
}

function startDeadline(timeoutMs: number | undefined): Disposable & { signal: AbortSignal } {
  const controller = new AbortController();
  const timer = timeoutMs === undefined
    ? undefined
    : setTimeout(() => controller.abort(TIME_IS_OVER), timeoutMs);
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}
