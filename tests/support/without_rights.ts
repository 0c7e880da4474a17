/**
 * Runs Spoor as a user who may do with a file what its mode says, and no more. Root may do all: for root the
 * right to do so is taken away, and a file of mode 444 is then as one of another user.
 *
 * @module
 */
import { runSpoor, type SpoorResult } from "./spoor.ts";

const IS_ROOT = Deno.build.os !== "windows" && Deno.uid() === 0;
const AS_ROOT = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"];

/** For a test that needs it: whether that can be done here. */
export const RIGHTS_CAN_BE_TAKEN = {
  ignore: Deno.build.os === "windows" || (IS_ROOT && Deno.build.os !== "linux"),
};

/** Runs it to its end, in a project's folder. */
export async function runWithoutRights(root: string, args: string): Promise<SpoorResult> {
  return await runSpoor(args, { cwd: root, under: IS_ROOT ? AS_ROOT : [] });
}
