/**
 * `spoor plan`: what a run would do. It cannot send.
 *
 * @module
 */
import { type Call, defineCommand, ExitCode, type OptionTable } from "~/cli/command.ts";
import { projectOf } from "~/cli/find_project.ts";
import { expectOneFormat } from "~/cli/one_format.ts";
import { tellMigration } from "~/cli/output/migration_text.ts";
import { applyingText } from "~/cli/plan_view/applying_text.ts";
import { renderPlanMarkdown } from "~/cli/plan_view/plan_markdown.ts";
import { renderPlan } from "~/cli/plan_view/plan_text.ts";
import { expectWritable, writePlan } from "~/cli/plan_view/write_plan.ts";
import { SELECTORS, toRunRequest } from "~/cli/run_call.ts";
import { runOnCopy } from "~/cli/run_on_copy.ts";
import type { PlanDocument } from "~/plan/plan_document.ts";
import { planText } from "~/plan/plan_file.ts";
import { commandOf, stateOption } from "~/run/command_text.ts";
import type { RunRequest } from "~/run/run_request.ts";

const OPTIONS = {
  output: {
    type: "string",
    short: "o",
    value: "FILE",
    help: "Write the plan to this file, for spoor apply; it replaces only an older plan",
  },
  format: {
    type: "string",
    value: "FORMAT",
    choices: ["text", "md", "json"],
    help: "How it is shown (text if not given); md for pull requests",
  },
  all: { type: "boolean", help: "Fold no list, cut no line" },
  "exit-code": { type: "boolean", help: "Exit with 3 when a run would do something" },
  practice: { type: "boolean", help: "Plan a practice run" },
  full: { type: "boolean", help: "As of spoor run: every model" },
  resend: {
    type: "string",
    value: "MODEL",
    multiple: true,
    complete: "models",
    help: "As of spoor run: all groups of this model again",
  },
  adopt: {
    type: "string",
    value: "MODEL",
    multiple: true,
    complete: "models",
    help: "As of spoor run: record as sent, and send nothing",
  },
  held: {
    type: "string",
    value: "SOURCE",
    complete: "tables",
    help: "As of spoor run: what the far side holds of the model that is adopted",
  },
  "allow-removed": { type: "boolean", help: "As of spoor run: let removals through" },
  "allow-changes": { type: "boolean", help: "As of spoor run: let changes through" },
  jobs: { type: "string", short: "j", value: "N", help: "Models side by side; else one a core" },
} as const satisfies OptionTable;

/** Shows what a run would do. */
export const planCommand = defineCommand({
  name: "plan",
  summary: "Show what a run would do and send, and send nothing",
  details: [
    "Models run on a private copy of the state, with workers that may not reach the network;",
    "only the GET and HEAD requests of a source, a model that reads no table, are really sent.",
    "A request is answered by an assumed success; or as the last time, where the model then went on",
    "to a request that was in no plan. What follows an answer is marked as assumed.",
    "What asks the far side cannot be known without sending, and is shown as that.",
    "",
    "Exit code 0: the plan is made. 1: a model would fail, a budget would block it, or no run would",
    "begin from this state. With --exit-code 3: a run would do something.",
  ].join("\n"),
  positionals: [SELECTORS],
  options: OPTIONS,
  examples: [
    ["spoor plan", "What spoor run would do"],
    ["spoor plan -o plan.json", "The same, kept for spoor apply plan.json"],
    ["spoor plan --format md --exit-code", "For the comment of a pull request"],
    ["spoor plan sync.crm --resend sync.crm --all", "Every request of sending all again"],
  ],
  async run(call) {
    const { options, output } = call;
    expectOneFormat("plan", options.format, options.json);
    if (options.output !== undefined) expectWritable(options.output, projectOf(options));
    let plan: PlanDocument | undefined;
    const request = toRequest(call);
    const ended = await runOnCopy(request, output, {
      onEvent: () => {},
      onPlan: (made) => plan = made,
      onMigrate: tellMigration(output),
      onStop: () => output.errorLine("Stopping: the plan is given up."),
    });
    if (!ended || !plan) return ExitCode.Interrupted;
    if (options.output !== undefined) writePlan(options.output, plan);
    print(call, plan, stateOption(options.practice, request.namedProject));
    if (options.output !== undefined) {
      const option = stateOption(false, request.namedProject);
      const { plan: _, ...run } = request;
      const commands = { file: options.output, option, run: `${commandOf(run)}${option}` };
      output.errorLine(`Wrote ${options.output}. ${applyingText(plan, commands)}`);
    }
    if (plan.summary.failed > 0 || plan.outdated_by) return ExitCode.Failed;
    return options["exit-code"] && plan.summary.has_changes ? ExitCode.Found : ExitCode.Ok;
  },
});

function toRequest(call: Call<typeof OPTIONS>): RunRequest {
  const { options } = call;
  const complete = options.output !== undefined || options.all || formatOf(options) === "json";
  return {
    ...toRunRequest(call),
    plan: { complete },
  };
}

function formatOf({ format, json }: Call<typeof OPTIONS>["options"]): string {
  return json ? "json" : format ?? "text";
}

function print(
  { options, output }: Call<typeof OPTIONS>,
  plan: PlanDocument,
  option: string,
): void {
  const format = formatOf(options);
  // One object a line is what --json means everywhere; the document laid out is for people.
  if (options.json) return output.line(JSON.stringify(plan));
  if (format === "json") return output.write(planText(plan));
  const { all, verbose } = options;
  const lines = format === "md"
    ? renderPlanMarkdown(plan, all)
    : renderPlan(plan, { style: output.style, all, verbose, option, columns: output.columns });
  output.lines(lines);
}
