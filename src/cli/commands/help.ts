/**
 * `spoor help`: what there is, what a command does, what a model's header may say.
 *
 * @module
 */
import { closestWord } from "~/base/text/closest_word.ts";
import { UserError } from "~/base/user_error.ts";
import { defineCommand, ExitCode } from "~/cli/command.ts";
import { PLAIN, type Style } from "~/cli/output/style.ts";
import { renderDirectives } from "~/cli/render_directives.ts";
import { renderCommandHelp, renderProgramHelp } from "~/cli/render_help.ts";
import { isNotBuiltYet } from "~/model/not_built_yet.ts";
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
  async run({ options, positionals: [topic], output }) {
    // In JSON no colour has a meaning.
    const style = options.json ? PLAIN : output.style;
    const text = await textOf(topic, style);
    if (options.json) output.json("help", { topic: topic ?? null, text });
    else output.line(text);
    return ExitCode.Ok;
  },
});

async function textOf(topic: string | undefined, style: Style): Promise<string> {
  if (topic === undefined) return renderProgramHelp(await loadAllCommands(), style);
  if (topic === DIRECTIVES_TOPIC) return renderDirectives(style).join("\n");
  const command = Object.hasOwn(COMMANDS, topic) ? await COMMANDS[topic]?.() : undefined;
  if (!command) throw noSuchTopic(topic);
  return renderCommandHelp(command, style);
}

function noSuchTopic(topic: string): UserError {
  if (isNotBuiltYet("command", topic)) {
    return new UserError(`Cannot help with "${topic}": this command is not there yet`, {
      hint: `Run "spoor help" to see those that are.`,
      exitCode: 2,
    });
  }
  const meant = closestWord(topic, [...Object.keys(COMMANDS), DIRECTIVES_TOPIC]);
  return new UserError(`Cannot help with "${topic}": there is no such command`, {
    hint: meant ? `Did you mean "spoor help ${meant}"?` : `Run "spoor help" to see them all.`,
    exitCode: 2,
  });
}
