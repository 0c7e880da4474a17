/**
 * The guest worker: the home of one model's code, without any permission.
 *
 * @module
 */
import { startGuest } from "./guest.ts";
import { processLine } from "./host_line.ts";

// Taken now: it is gone from the global object by the time it is used.
const { postMessage } = globalThis as unknown as { postMessage(message: unknown): void };

startGuest(processLine(() => postMessage("closed")));
