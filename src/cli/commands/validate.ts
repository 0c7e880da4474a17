/**
 * `spoor validate`: everything that can be known without running.
 *
 * @module
 */
import { countOf } from "~/base/text/counts.ts";
import { toErrorReport, type UserError, UserErrors } from "~/base/user_error.ts";
import { checkQueries } from "~/cli/check_queries.ts";
import { defineCommand, ExitCode } from "~/cli/command.ts";
import { projectOf } from "~/cli/find_project.ts";
import { findProjectState } from "~/cli/open_project_state.ts";
import { renderWarning } from "~/cli/output/error_lines.ts";
import type { Output } from "~/cli/output/output.ts";
import { warnStandsStill } from "~/dag/stands_still.ts";
import { loadProject } from "~/project/load_project.ts";
import { buildProjectGraph } from "~/project/project_graph.ts";
import { loadDotenv } from "~/project/settings/dotenv.ts";
import { sortErrors } from "~/project/sort_errors.ts";
import { loadFingerprints } from "~/store/model_states.ts";
import { listTables } from "~/warehouse/tables.ts";

/** Finds all mistakes of a project in one go. */
export const validateCommand = defineCommand({
  name: "validate",
  summary: "Find mistakes without running anything",
  details: [
    "Reads every model, spoor.yaml and .env, and tells everything that is wrong in one go: directives,",
    "names, imports, SQL, tables that nothing makes, cycles. Runs nothing, writes nothing, reaches no",
    "host.",
    "A warning is about what may be meant as it is; the exit code is 0.",
  ].join("\n"),
  positionals: [],
  options: {},
  examples: [
    ["spoor validate", "All mistakes, each with its file and line"],
    ["spoor validate --json", "The same, one JSON object a mistake"],
  ],
  async run({ options, output }) {
    const project = await loadProject({ root: projectOf(options) });
    using state = findProjectState(project.root, project.settings.practice);
    const { graph, order, errors } = buildProjectGraph(
      project,
      state && { existingTables: listTables(state), ranBefore: loadFingerprints(state) },
    );
    const models = order.models.flatMap((name) => project.models.get(name) ?? []);
    const all = sortErrors([
      ...errors,
      ...loadDotenv(project.root).errors,
      ...checkQueries(models, state),
    ]);
    const warnings = sortErrors([
      ...project.warnings,
      ...models.flatMap((model) => warnStandsStill(model, graph) ?? []),
    ]);
    tellWarnings(warnings, options.json, output);
    if (all.length > 0) throw new UserErrors(all);

    if (options.json) {
      output.json("valid", {
        models: models.length,
        warnings: warnings.length,
      });
    } else output.line(output.style.good(`${countOf(models.length, "model")}, no mistake found`));
    return ExitCode.Ok;
  },
});

function tellWarnings(warnings: readonly UserError[], asJson: boolean, output: Output): void {
  for (const warning of warnings) {
    if (asJson) output.json("warning", { ...toErrorReport(warning) });
    else for (const line of renderWarning(warning, output.errorStyle)) output.errorLine(line);
  }
}
