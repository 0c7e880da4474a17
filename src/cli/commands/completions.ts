/**
 * `spoor completions`: prints what a shell needs to complete commands, options and model names.
 *
 * @module
 */
import { defineCommand, ExitCode } from "~/cli/command.ts";
import { type Shell, SHELL_SCRIPTS, SHELLS } from "~/cli/completions/shell_scripts.ts";

/** Prints a completion script. */
export const completionsCommand = defineCommand({
  name: "completions",
  summary: "Print the completion script for a shell",
  details: "Commands, options and the names of the project's models are completed.",
  positionals: [{ name: "shell", help: "The shell", required: true, choices: SHELLS }],
  options: {},
  examples: [
    [`eval "$(spoor completions bash)"`, "bash: in ~/.bashrc"],
    [`eval "$(spoor completions zsh)"`, "zsh: in ~/.zshrc, after compinit"],
    ["spoor completions fish > ~/.config/fish/completions/spoor.fish", "fish: once"],
    ["spoor completions powershell | Out-String | Invoke-Expression", "PowerShell: in $PROFILE"],
  ],
  run({ options, positionals: [shell], output }) {
    const script = SHELL_SCRIPTS[shell as Shell];
    if (options.json) output.json("completions", { shell, script });
    else output.write(script);
    return ExitCode.Ok;
  },
});
