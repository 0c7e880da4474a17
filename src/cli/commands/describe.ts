/**
 * `spoor describe`: what a model is.
 *
 * @module
 */
import { UserErrors } from "~/base/user_error.ts";
import { defineCommand, ExitCode } from "~/cli/command.ts";
import { renderDescription } from "~/cli/describe/describe_lines.ts";
import { describeModel, findModel } from "~/cli/describe/describe_model.ts";
import { namedProjectOf, projectOf } from "~/cli/find_project.ts";
import { findProjectState, PRACTICE_OPTION } from "~/cli/open_project_state.ts";
import { loadProject } from "~/project/load_project.ts";
import { buildProjectGraph } from "~/project/project_graph.ts";
import { stateOption } from "~/run/command_text.ts";
import { stateFilePath } from "~/store/file/open_state.ts";
import { runUnderWay } from "~/store/file/run_under_way.ts";

/** Prints a model's definition, its edges, its columns and its last run. */
export const describeCommand = defineCommand({
  name: "describe",
  summary: "Show what a model is: definition, columns, edges, last run",
  positionals: [{ name: "model", help: "Its name", required: true, complete: "models" }],
  options: { practice: PRACTICE_OPTION },
  examples: [["spoor describe mart.customers", "One model"]],
  async run({ options, positionals: [name = ""], output }) {
    const project = await loadProject({ root: projectOf(options) });
    const option = stateOption(false, namedProjectOf(options));
    const model = findModel(project.models, name, option);
    const own = project.errors.filter(({ at }) => at?.path === model.path);
    if (own.length > 0) throw new UserErrors(own);

    const practice = options.practice || project.settings.practice;
    using db = findProjectState(project.root, practice);
    const state = db && { db, underWay: runUnderWay(db, stateFilePath(project.root, practice)) };
    const description = describeModel(model, buildProjectGraph(project).graph, state);
    if (options.json) output.json("model", description);
    else output.lines(renderDescription(description, output.style));
    return ExitCode.Ok;
  },
});
