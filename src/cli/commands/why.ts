/**
 * `spoor why`: one group's story.
 *
 * @module
 */
import { defineCommand, ExitCode } from "~/cli/command.ts";
import { openGroups } from "~/cli/groups/open_groups.ts";
import { findTrackedModel } from "~/cli/groups/tracked_model.ts";
import { ALL } from "~/cli/list_limit.ts";
import { chooseState, PRACTICE_OPTION } from "~/cli/open_project_state.ts";
import { parseCount } from "~/cli/parse_count.ts";
import { findInEras } from "~/cli/why_view/key_era.ts";
import { loadStory } from "~/cli/why_view/load_story.ts";
import { printStory } from "~/cli/why_view/story_json.ts";
import { renderStory } from "~/cli/why_view/story_lines.ts";
import { stateFilePath } from "~/store/file/open_state.ts";
import { runUnderWay } from "~/store/file/run_under_way.ts";

/** Tells it, newest first. */
export const whyCommand = defineCommand({
  name: "why",
  summary: "Tell one group's story: what was sent, answered and decided, and what is next",
  details: [
    "A group is the rows of one value of the model's @unique_key. Where the key is several columns,",
    "give their values in the key's order, or as column=value. A number stands for the number and",
    "for its text; \"'7'\" is the text alone.",
    "Where the model had another @unique_key before, a key of then tells what was done under that.",
    "Runs that skipped the model are not told: they decided nothing. One that died is, where it is",
    "on record that it had begun the model.",
    "Of a request that was tried more than once each try is told: when it began, how it ended, and what",
    "was waited for after it; of more than ten the first five and the last.",
    "That, and what was sent and answered, is kept of the newest 20,000 requests, and of the last ten of",
    "each group that is not accepted: of the newest 5,000 to 10,000 of those. Of each kind 8 MB at most.",
  ].join("\n"),
  positionals: [
    { name: "model", help: "Its name", required: true, complete: "models" },
    { name: "key", help: "The group's key: 7, EU 42, region=EU id=42", required: true, many: true },
  ],
  options: {
    limit: { type: "string", short: "n", value: "N", default: "10", help: "Entries to tell" },
    all: { type: "boolean", help: "Tell all" },
    practice: PRACTICE_OPTION,
  },
  examples: [
    ["spoor why sync.crm 7", "The customer with the key 7"],
    ["spoor why sync.crm region=EU id=42", "A key of two columns"],
    [`spoor why sync.crm "'7'"`, "The text 7, where a number 7 is there too"],
    ["spoor why sync.crm 7 --all --verbose", "All of it, with headers and bodies"],
  ],
  async run({ options, positionals: [name = "", ...words], output }) {
    const purpose = "tell why";
    const asked = parseCount("limit", options.limit);
    const limit = options.all ? ALL : asked;
    const chosen = await chooseState(options);
    const { root, practice, option } = chosen;
    using db = openGroups({ ...chosen, output }, purpose);
    const model = await findTrackedModel(chosen, db, name, purpose);
    const found = findInEras(db, model, words, { purpose, option });
    const isRunning = runUnderWay(db, stateFilePath(root, practice)) !== undefined;
    const story = loadStory(db, found, { limit, isRunning, option });
    if (options.json) printStory(story, output);
    else {
      const view = { style: output.style, verbose: options.verbose };
      output.lines(renderStory(story, view));
    }
    return ExitCode.Ok;
  },
});
