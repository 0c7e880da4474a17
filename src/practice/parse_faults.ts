/**
 * Reads faults as people write them: `429:10%, refuse:path=/contacts,key=7, slow:200ms`.
 *
 * A fault is its name, and after a colon what narrows it, parted by commas. Faults are parted by
 * spaces, commas or semicolons. `seed=7` in front changes the chances of all.
 *
 * @module
 */
import { closestWord } from "~/base/text/closest_word.ts";
import { parseDurationMs } from "~/base/time/duration.ts";
import { UserError } from "~/base/user_error.ts";
import type { Fault, FaultAction } from "./fault.ts";

const NAMES = ["429", "5xx", "refuse", "timeout", "drop", "lost", "slow"] as const;

/** Each fault with what it does; `spoor help` and the error messages show it. */
export const FAULT_HELP: Readonly<Record<(typeof NAMES)[number], string>> = {
  "429": "answers 429 with Retry-After (after=2s sets it); any other status from 400 works alike",
  "5xx": "answers 500, 502, 503 or 504",
  refuse: "answers 422: the record is refused for good",
  timeout: "never answers",
  drop: "breaks the connection before anything is written",
  lost: "writes, and then breaks the connection: the answer is lost",
  slow: "answers late: slow:200ms",
};

const EXAMPLE = `Write, for example, "429:10%" or "refuse:path=/contacts,email=ada@example.com".`;
const DEFAULT_RETRY_AFTER_S = 1;

/**
 * Reads faults.
 *
 * @example
 * ```ts
 * import { parseFaults } from "./parse_faults.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseFaults("drop:2%,path=/contacts slow:200ms"), [
 *   { text: "drop:2%,path=/contacts", action: { name: "drop" }, share: 0.02, path: "/contacts" },
 *   { text: "slow:200ms", action: { name: "slow", delayMs: 200 } },
 * ]);
 * ```
 *
 * @returns The faults, or what is wrong with the first that cannot be read.
 */
export function parseFaults(text: string): Fault[] | UserError {
  const faults: Fault[] = [];
  let seed: number | undefined;
  for (const words of splitFaults(text)) {
    const [first = ""] = words;
    const alone = /^seed=(\d{1,9})$/.exec(first);
    if (alone && words.length === 1) {
      seed = Number(alone[1]);
      continue;
    }
    const fault = parseFault(words);
    if (fault instanceof UserError) return fault;
    faults.push(seed === undefined || fault.seed !== undefined ? fault : { ...fault, seed });
  }
  return faults;
}

/**
 * Words, fault by fault: a word with `=`, a share or a duration belongs to the fault before it, and
 * a name before a colon or alone begins one.
 */
function splitFaults(text: string): string[][] {
  const faults: string[][] = [];
  for (const word of text.split(/[\s,;]+/).filter((each) => each !== "")) {
    const belongs = /^[^:]*=/.test(word) || /^[\d.]+(?:%|ms|s|m)$/.test(word);
    const last = faults.at(-1);
    if (belongs && last && !isSeed(last)) last.push(word);
    else if (word.includes(":") && !belongs) faults.push(splitAtColon(word));
    else faults.push([word]);
  }
  return faults;
}

function isSeed(words: readonly string[]): boolean {
  return words.length === 1 && words[0]?.startsWith("seed=") === true;
}

function splitAtColon(word: string): string[] {
  const colon = word.indexOf(":");
  const setting = word.slice(colon + 1);
  return setting === "" ? [word.slice(0, colon)] : [word.slice(0, colon), setting];
}

function parseFault([name = "", ...settings]: readonly string[]): Fault | UserError {
  const text = settings.length === 0 ? name : `${name}:${settings.join(",")}`;
  const action = actionOf(name);
  if (action === undefined) return unknownFault(name);
  let fault: Fault = { text, action };
  for (const setting of settings) {
    const next = withSetting(fault, setting);
    if (next === undefined) return unknownSetting(setting, text);
    fault = next;
  }
  if (fault.action.name === "slow" && fault.action.delayMs === 0) {
    return new UserError(`Cannot read the faults: "${text}" does not say how slow`, {
      hint: `Write, for example, "slow:200ms".`,
      exitCode: 2,
    });
  }
  return fault;
}

function actionOf(name: string): FaultAction | undefined {
  if (name === "429") return { name: "status", status: 429, retryAfterS: DEFAULT_RETRY_AFTER_S };
  if (/^[45]\d\d$/.test(name)) return { name: "status", status: Number(name) };
  if (name === "slow") return { name, delayMs: 0 };
  const plain = ["5xx", "refuse", "timeout", "drop", "lost"] as const;
  const found = plain.find((each) => each === name);
  return found && { name: found };
}

/** The fault with one setting more; `undefined` when the setting cannot be read. */
function withSetting(fault: Fault, setting: string): Fault | undefined {
  const share = /^(\d+(?:\.\d+)?)%$/.exec(setting);
  if (share) {
    const value = Number(share[1]) / 100;
    return value <= 1 ? { ...fault, share: value } : undefined;
  }
  const equals = setting.indexOf("=");
  if (equals < 0) return withDelay(fault, setting);
  return withCondition(fault, setting.slice(0, equals), setting.slice(equals + 1));
}

function withDelay(fault: Fault, setting: string): Fault | undefined {
  const delayMs = parseDurationMs(setting);
  if (delayMs === undefined || fault.action.name !== "slow") return undefined;
  return { ...fault, action: { name: "slow", delayMs } };
}

function withCondition(fault: Fault, name: string, value: string): Fault | undefined {
  if (name === "" || value === "") return undefined;
  if (name === "path") return { ...fault, path: value.startsWith("/") ? value : `/${value}` };
  if (name === "host") return { ...fault, host: value.toLowerCase() };
  if (name === "method") return { ...fault, method: value.toUpperCase() };
  if (name === "key") return { ...fault, key: value };
  if (name === "after") return withRetryAfter(fault, value);
  if (name === "times" || name === "seed") {
    return /^\d{1,9}$/.test(value) ? { ...fault, [name]: Number(value) } : undefined;
  }
  return { ...fault, fields: { ...fault.fields, [name]: value } };
}

function withRetryAfter(fault: Fault, value: string): Fault | undefined {
  const afterMs = parseDurationMs(/^\d+$/.test(value) ? `${value}s` : value);
  if (afterMs === undefined || fault.action.name !== "status") return undefined;
  return { ...fault, action: { ...fault.action, retryAfterS: Math.ceil(afterMs / 1_000) } };
}

function unknownFault(name: string): UserError {
  const meant = closestWord(name, NAMES);
  return new UserError(`Cannot read the faults: "${name}" is not a fault`, {
    hint: meant ? `Did you mean "${meant}"?` : `Faults are ${NAMES.join(", ")}. ${EXAMPLE}`,
    exitCode: 2,
  });
}

function unknownSetting(setting: string, fault: string): UserError {
  return new UserError(`Cannot read the faults: "${setting}" in "${fault}" says nothing`, {
    hint: `A fault takes a share from 0% to 100%, path=, host=, method=, key=, times=, seed= and ` +
      `fields of a record. ${EXAMPLE}`,
    exitCode: 2,
  });
}
