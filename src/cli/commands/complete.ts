/**
 * `spoor complete -- WORD…`: what the shells' completion scripts ask.
 *
 * @module
 */
import { defineCommand, ExitCode } from "~/cli/command.ts";
import { completeWords } from "~/cli/completions/complete_words.ts";
import { modelNamesAround } from "~/cli/completions/model_names.ts";
import { loadAllCommands } from "./registry.ts";

/** Prints what may come next, one candidate a line, its description after a tab. */
export const completeCommand = defineCommand({
  name: "complete",
  summary: "Answer a shell that completes a command line",
  positionals: [{ name: "word", help: "What was typed after the program's name", many: true }],
  options: {},
  examples: [],
  async run({ positionals: [dashes, ...typed], output }) {
    // PowerShell loses empty words on the way; quotes stand for one.
    const words = typed.map((word) => word === '""' ? "" : word);
    const candidates = completeWords(dashes === "--" ? words : [dashes ?? "", ...words], {
      commands: await loadAllCommands(),
      modelNames: () => modelNamesAround(projectFolder(words)),
    });
    for (const { value, description } of candidates) {
      output.line(description === "" ? value : `${value}\t${description}`);
    }
    return ExitCode.Ok;
  },
});

/** Where `--project`, as typed so far, says that the project is. */
function projectFolder(words: readonly string[]): string {
  const at = words.indexOf("--project");
  return (at === -1 ? undefined : words[at + 1]) ?? Deno.cwd();
}
