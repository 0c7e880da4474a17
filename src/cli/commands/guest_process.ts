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
  positionals: [
    { name: "MEMORY_MB", help: "By how much it may grow", required: true },
    { name: "LIFETIME_MS", help: "How long it may last" },
  ],
  options: {},
  examples: [],
  run({ positionals: [memoryMb, lifetimeMs] }) {
    return runGuestProcess({
      memoryMb: Number(memoryMb),
      ...(lifetimeMs !== undefined && { lifetimeMs: Number(lifetimeMs) }),
    });
  },
});
