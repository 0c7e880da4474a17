/**
 * A process that opens the state file named by its argument as a run does, once a line comes on its
 * standard input: for a test that kills it meanwhile.
 *
 * @module
 */
import { openState } from "~/store/file/open_state.ts";

// deno-lint-ignore no-console -- what the test waits for.
console.log("ready");
await Deno.stdin.read(new Uint8Array(1));
openState(Deno.args[0] ?? "").close();
