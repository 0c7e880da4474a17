/**
 * Texts that exist in one place only. Where one turns up elsewhere, something got out.
 *
 * @module
 */
import { Buffer } from "node:buffer";

export const CANARIES = {
  /** In every file of the folder outside of the project. */
  file: "CANARY-FILE-7b1f4c20",
  /** In the environment, in no `@allow_env`. */
  env: "CANARY-ENV-51d09e3a",
  /** The secret that attackers may use, and never see. */
  mine: "CANARY-SECRET-MINE-c4a8d1",
  /** The secret of another model. */
  other: "CANARY-SECRET-OTHER-9e02bf",
  /** In the table `victim.data`. */
  data: "CANARY-DATA-3f6de8",
} as const;

/** Tells which canaries are in a text, or in bytes. */
export function canariesIn(text: string | Uint8Array): (keyof typeof CANARIES)[] {
  const where = typeof text === "string" ? text : Buffer.from(text.buffer);
  return (Object.keys(CANARIES) as (keyof typeof CANARIES)[])
    .filter((name) => where.includes(CANARIES[name]));
}
