/**
 * `spoor guest-process`: what the engine starts for each TypeScript model; nobody types it.
 *
 * @module
 */
import { defineCommand } from "~/cli/command.ts";
import { GUEST_PROCESS, runGuestProcess } from "~/sandbox/guest_process.ts";

/** Runs one guest until the engine has enough of it. */
export const guestProcessCommand = defineCommand({
  name: GUEST_PROCESS,
  summary: "Run one model in its sandbox",
  positionals: [],
  options: {},
  examples: [],
  run: () => runGuestProcess(),
});
