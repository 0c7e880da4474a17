/**
 * Entry of a guest process under `deno run`: what `spoor guest-process` does in the compiled program, which has no
 * other entry. Deno looks at every module that an entry may ever load; of the whole program that took a fifth of
 * the start of each guest (12 of 59 ms, Deno 2.9.6).
 *
 * @module
 */
import { runGuestProcess } from "./guest_process.ts";

const [memoryMb = 0, lifetimeMs] = Deno.args.map(Number);
await runGuestProcess({ memoryMb, ...(lifetimeMs !== undefined && { lifetimeMs }) });
