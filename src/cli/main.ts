/**
 * From a command line to an exit code: finds the command, reads its options, runs it, prints
 * what it throws.
 *
 * @module
 */
import { closestWord } from "~/base/text/closest_word.ts";
import { toErrorReport, UserError, UserErrors } from "~/base/user_error.ts";
import { isNotBuiltYet } from "~/model/not_built_yet.ts";
import { type Call, type Command, ExitCode } from "./command.ts";
import { COMMANDS, HIDDEN_COMMANDS } from "./commands/registry.ts";
import { renderThrown } from "./output/error_lines.ts";
import { type Output, programOutput } from "./output/output.ts";
import { parseCall, splitCommand } from "./parse_call.ts";

/**
 * Runs one command line.
 *
 * @param args What follows the program's name.
 * @param output For tests; else the program's own streams.
 * @returns The exit code.
 */
export async function main(args: readonly string[], output?: Output): Promise<number> {
  // Known before the options are read, because reading them may fail and be printed.
  const beforeDashes = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  const out = output ?? programOutput(beforeDashes.includes("--no-color"));
  try {
    const code = await dispatch(args, out);
    return out.hasFailed && code !== ExitCode.Interrupted ? ExitCode.Failed : code;
  } catch (error) {
    const verbose = beforeDashes.some((arg) => arg === "--verbose" || arg === "-v");
    if (beforeDashes.includes("--json")) printAsJson(error, out);
    const all = beforeDashes.includes("--all");
    const view = { style: out.errorStyle, verbose, all };
    for (const line of renderThrown(error, view)) out.errorLine(line);
    return exitCodeOf(error);
  } finally {
    await out.end();
  }
}

async function dispatch(args: readonly string[], output: Output): Promise<number> {
  const { command: name, rest } = splitCommand(args);
  if (name === undefined) {
    const wanted = rest.includes("--version") || rest.includes("-V") ? "version" : "help";
    return await runCommand(await loadCommand(wanted), onlyKnown(rest, wanted), output);
  }
  const command = await loadCommand(name);
  // What a shell asks to complete is anything but a well-formed call.
  if (name in HIDDEN_COMMANDS) return await runCommand(command, ["--", ...rest], output);
  return await runCommand(command, rest, output);
}

/** `spoor`, `spoor --help` and `spoor --version` are calls of `help` and `version`. */
function onlyKnown(args: readonly string[], wanted: string): string[] {
  const own = wanted === "version" ? ["--version", "-V"] : ["--help", "-h"];
  return args.filter((arg) => !own.includes(arg));
}

async function runCommand(
  command: Command,
  args: readonly string[],
  output: Output,
): Promise<number> {
  // The options were read by the command's own table, so they have the types that it says.
  const call = { ...parseCall(args, command), output } as Call;
  if (!call.options.help) return await command.run(call);
  const help = await loadCommand("help");
  return await help.run({ ...call, positionals: [command.name] });
}

async function loadCommand(name: string): Promise<Command> {
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : HIDDEN_COMMANDS[name];
  if (entry) return await entry();
  if (isNotBuiltYet("command", name)) {
    throw new UserError(`Cannot run "spoor ${name}": this command is not there yet`, {
      hint: `Run "spoor help" to see those that are.`,
      exitCode: 2,
    });
  }
  const meant = closestWord(name, Object.keys(COMMANDS));
  throw new UserError(`Cannot run "spoor ${name}": there is no such command`, {
    hint: meant ? `Did you mean "spoor ${meant}"?` : `Run "spoor help" to see them all.`,
    exitCode: 2,
  });
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UserError) return error.exitCode;
  if (error instanceof UserErrors) return error.errors[0]?.exitCode ?? ExitCode.Failed;
  return ExitCode.Failed;
}

function printAsJson(error: unknown, output: Output): void {
  const errors = error instanceof UserErrors ? error.errors : [error];
  for (const one of errors) {
    const { stack: _, ...report } = toErrorReport(one);
    output.json("error", report);
  }
}
