/**
 * `spoor help`: what there is, what a command does, what a model's header may say.
 *
 * @module
 */
import { closestWord } from "~/base/closest_word.ts";
import { UserError } from "~/base/user_error.ts";
import { defineCommand, ExitCode } from "~/cli/command.ts";
import { renderDirectives } from "~/cli/render_directives.ts";
import { renderCommandHelp, renderProgramHelp } from "~/cli/render_help.ts";
import { COMMANDS, loadAllCommands } from "./registry.ts";

const DIRECTIVES_TOPIC = "directives";

/** Prints help. */
export const helpCommand = defineCommand({
  name: "help",
  summary: "Show what there is, or how a command is called",
  positionals: [
    { name: "topic", help: `A command, or "${DIRECTIVES_TOPIC}"`, complete: "commands" },
  ],
  options: {},
  examples: [
    ["spoor help", "All commands"],
    ["spoor help run", "How run is called, the same as spoor run --help"],
    ["spoor help directives", "What a model's header may say"],
  ],
  async run({ positionals: [topic], output }) {
    const { style } = output;
    if (topic === undefined) output.line(renderProgramHelp(await loadAllCommands(), style));
    else if (topic === DIRECTIVES_TOPIC) output.line(renderDirectives(style).join("\n"));
    else if (Object.hasOwn(COMMANDS, topic)) {
      const command = await COMMANDS[topic]?.();
      if (command) output.line(renderCommandHelp(command, style));
    } else throw noSuchTopic(topic);
    return ExitCode.Ok;
  },
});

function noSuchTopic(topic: string): UserError {
  const meant = closestWord(topic, [...Object.keys(COMMANDS), DIRECTIVES_TOPIC]);
  return new UserError(`Cannot help with "${topic}": there is no such command`, {
    hint: meant ? `Did you mean "spoor help ${meant}"?` : `Run "spoor help" to see them all.`,
    exitCode: 2,
  });
}
