/**
 * Reads `--held`, which goes with one `--adopt`.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import type { HeldRequest } from "~/run/adopt/held_source.ts";

/** @throws {UserError} No model, or several, are adopted. */
export function parseHeld(text: string, adopt: readonly string[]): HeldRequest {
  if (adopt.length === 1 && text.trim() !== "") return { text, folder: Deno.cwd() };
  const state = text.trim() === ""
    ? "it names nothing"
    : adopt.length === 0
    ? "--adopt is not given"
    : "--adopt names several models";
  throw new UserError(`Cannot use --held: ${state}`, {
    hint: "Name one model and what the far side holds of it: --adopt sync.crm --held contacts.csv",
    exitCode: 2,
  });
}
