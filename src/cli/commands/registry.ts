/**
 * All commands, in the order in which the help shows them. Each is loaded when it is called, so
 * that none pays for what another one needs.
 *
 * @module
 */
import type { Command } from "~/cli/command.ts";

type Loaders = Readonly<Record<string, () => Promise<Command>>>;

/** Command name → loads it. */
export const COMMANDS: Loaders = {
  init: async () => (await import("./init.ts")).initCommand,
  new: async () => (await import("./new.ts")).newCommand,
  run: async () => (await import("./run.ts")).runCommand,
  plan: async () => (await import("./plan.ts")).planCommand,
  apply: async () => (await import("./apply.ts")).applyCommand,
  validate: async () => (await import("./validate.ts")).validateCommand,
  describe: async () => (await import("./describe.ts")).describeCommand,
  query: async () => (await import("./query.ts")).queryCommand,
  history: async () => (await import("./history.ts")).historyCommand,
  why: async () => (await import("./why.ts")).whyCommand,
  failures: async () => (await import("./failures.ts")).failuresCommand,
  retry: async () => (await import("./retry.ts")).retryCommand,
  unknown: async () => (await import("./unknown.ts")).unknownCommand,
  auth: async () => (await import("./auth.ts")).authCommand,
  state: async () => (await import("./state.ts")).stateCommand,
  practice: async () => (await import("./practice.ts")).practiceCommand,
  completions: async () => (await import("./completions.ts")).completionsCommand,
  version: async () => (await import("./version.ts")).versionCommand,
  help: async () => (await import("./help.ts")).helpCommand,
};

/** Commands that programs call, not people. */
export const HIDDEN_COMMANDS: Loaders = {
  complete: async () => (await import("./complete.ts")).completeCommand,
  "guest-process": async () => (await import("./guest_process.ts")).guestProcessCommand,
};

/** Loads all commands that people call. */
export async function loadAllCommands(): Promise<Command[]> {
  return await Promise.all(Object.values(COMMANDS).map((load) => load()));
}
