/**
 * What this program is called, and which one it is.
 *
 * @module
 */
import config from "../../deno.json" with { type: "json" };

/** Spoor's version. */
export const VERSION: string = config.version;

/** What to type to call this program: from a clone of its sources, its task. */
export const PROGRAM: string = Deno.build.standalone ? "spoor" : "deno task spoor";
