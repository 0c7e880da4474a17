/**
 * `spoor apply`: sends what a plan shows, or refuses.
 *
 * @module
 */
import { systemWords } from "~/base/files/system_words.ts";
import { countOf } from "~/base/text/counts.ts";
import { UserError } from "~/base/user_error.ts";
import { type Call, defineCommand, ExitCode, type OptionTable } from "~/cli/command.ts";
import { namedProjectOf, projectToRun } from "~/cli/find_project.ts";
import { tellMigration } from "~/cli/output/migration_text.ts";
import { parseCount } from "~/cli/parse_count.ts";
import { parseHeld } from "~/cli/parse_held.ts";
import { PROGRAM } from "~/cli/program.ts";
import { runOnCopy } from "~/cli/run_on_copy.ts";
import { showAsJson } from "~/cli/run_view/run_json.ts";
import { RunText } from "~/cli/run_view/run_text.ts";
import { STOPPING } from "~/cli/stop_signals.ts";
import type { PlanDocument } from "~/plan/plan_document.ts";
import { parsePlan } from "~/plan/plan_file.ts";
import { stateOption } from "~/run/command_text.ts";
import type { RunEvent } from "~/run/run_event.ts";
import type { RunRequest } from "~/run/run_request.ts";

const OPTIONS = {
  all: {
    type: "boolean",
    help: "Fold no list; of what a run keeps only ten it names the command for all",
  },
  jobs: { type: "string", short: "j", value: "N", help: "Models side by side; else one a core" },
} as const satisfies OptionTable;

/** Runs a plan. */
export const applyCommand = defineCommand({
  name: "apply",
  summary: "Send what a plan shows, or refuse",
  details: [
    "The plan is made anew first. Where anything differs, the run is refused, with what moved, and",
    "nothing is sent. Then a request leaves only if it is in the plan: the same model and groups,",
    "method, URL, headers and body. Headers that differ by nature, as Authorization, dates,",
    "signatures and request ids, may do so. Any other request is refused, its group fails, and the",
    "exit code is 1; that is so too where a request depends on an answer that the plan could only",
    "assume. The next plan then assumes what was answered, and has the request.",
  ].join("\n"),
  positionals: [{ name: "file", help: "What spoor plan -o has written", required: true }],
  options: OPTIONS,
  examples: [
    ["spoor plan -o plan.json", "Make a plan, and look at it"],
    ["spoor apply plan.json", "Send just that"],
  ],
  async run(call) {
    const { options, output, positionals: [file = ""] } = call;
    const option = stateOption(false, namedProjectOf(options));
    const plan = parsePlan(readPlan(file, option), file, option);
    const { json, all, verbose } = options;
    const request = toRequest(call, plan, file);
    using text = json ? undefined : new RunText(output, {
      all,
      verbose,
      option: stateOption(plan.practice, request.namedProject),
      program: PROGRAM,
      now: () => performance.now(),
    });
    const show = text ? (event: RunEvent) => text.show(event) : showAsJson(output);
    const finished = await runOnCopy(request, output, {
      onEvent: show,
      onPlan: () => {},
      onMigrate: tellMigration(output),
      onStop: () => text ? text.note(STOPPING) : output.errorLine(STOPPING),
    });
    if (!finished) return ExitCode.Interrupted;
    const { status, planned_requests_left: left = 0 } = finished;
    if (left > 0) {
      const planning = `spoor plan${stateOption(plan.practice, request.namedProject)}`;
      output.errorLine(
        `${countOf(left, "request")} of the plan did not leave. What is left to do: ${planning}`,
      );
    }
    return status === "ok" && left === 0 ? ExitCode.Ok : ExitCode.Failed;
  },
});

/** A plan is applied as it was asked for. */
function toRequest(
  { options }: Call<typeof OPTIONS>,
  plan: PlanDocument,
  file: string,
): RunRequest {
  const { selectors, full, resend, adopt, held, allow_removed, allow_changes } = plan.options;
  const { jobs, verbose } = options;
  return {
    ...projectToRun(options),
    selectors,
    full,
    resend,
    adopt,
    verbose,
    practice: plan.practice,
    ...(held !== undefined && { held: parseHeld(held, adopt) }),
    allowRemoved: allow_removed,
    allowChanges: allow_changes,
    ...(jobs !== undefined && { jobs: parseCount("jobs", jobs) }),
    apply: plan,
    applyFile: file,
  };
}

function readPlan(path: string, option: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : systemWords(error);
    throw new UserError(`Cannot read ${path}: ${why}`, {
      hint: `Make a plan with "spoor plan -o plan.json${option}".`,
      exitCode: 2,
      cause: error,
    });
  }
}
