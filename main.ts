import { GUEST_PROCESS, runGuestProcess } from "~/sandbox/guest_process.ts";

if (Deno.args[0] === GUEST_PROCESS) await runGuestProcess();
const { main } = await import("~/cli/main.ts");
Deno.exit(await main(Deno.args));
