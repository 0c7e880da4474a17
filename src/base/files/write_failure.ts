/**
 * Why a file cannot be written, in words for whoever named it.
 *
 * @module
 */
import { dirname } from "node:path";
import { messageOf } from "~/base/message_of.ts";
import { statOf } from "./stat_of.ts";
import { withoutErrorNumber } from "./system_words.ts";

/** What is in the way, and what to do. */
export interface WriteFailure {
  state: string;
  hint: string;
}

/**
 * What is known before anything is written; `undefined`: nothing is in the way.
 *
 * @param example The name of a file, for the hint.
 */
export function foresee(path: string, example: string): WriteFailure | undefined {
  if (statOf(path)?.isDirectory) {
    const inside = `${path.replace(/(?<=.)[/\\]+$/, "")}/${example}`;
    return { state: "it is a folder", hint: `Name a file in it, as in "${inside}".` };
  }
  const above = missingAbove(path);
  if (above === undefined) return undefined;
  const { folder, isThere } = above;
  return isThere ? { state: `"${folder}" is no folder`, hint: "Name a file in a folder." } : {
    state: `there is no folder "${folder}"`,
    hint: "Name a file in a folder that is there, or make it first.",
  };
}

/** What the system said, in words. */
export function explainWriteFailure(path: string, example: string, error: unknown): WriteFailure {
  const known = foresee(path, example);
  if (known) return known;
  const message = messageOf(error);
  if (/No space left|quota/i.test(message)) {
    return { state: "the disk is full", hint: "Free some space, or name a file on another disk." };
  }
  if (/Read-only file system|Permission denied|not permitted|denied/i.test(message)) {
    return {
      state: "whoever runs Spoor may not write there",
      hint: `Make "${dirname(path)}" writable, or name a file elsewhere.`,
    };
  }
  return {
    state: withoutErrorNumber(message),
    hint: "Name a file in a folder that may be written.",
  };
}

/** The outermost of the folders that it is to lie in that is none. */
function missingAbove(path: string): { folder: string; isThere: boolean } | undefined {
  const folder = dirname(path);
  const found = statOf(folder);
  if (found?.isDirectory) return undefined;
  const outer = folder === dirname(folder) ? undefined : missingAbove(folder);
  return outer ?? { folder, isThere: found !== undefined };
}
