/**
 * The command of a run as text, for its record.
 *
 * @module
 */
import type { RunRequest } from "./run_request.ts";

/** `spoor run sync.crm --resend sync.crm` */
export function commandOf(request: RunRequest): string {
  const { selectors, practice, full, resend, adopt, allowRemoved, allowChanges } = request;
  const { timeoutMs, plan, apply, held } = request;
  return [
    plan ? "spoor plan" : apply ? "spoor apply" : "spoor run",
    ...selectors,
    ...(practice ? ["--practice"] : []),
    ...(full ? ["--full"] : []),
    ...resend.map((model) => `--resend ${model}`),
    ...adopt.map((model) => `--adopt ${model}`),
    ...(held ? [`--held ${held.text}`] : []),
    ...(allowRemoved ? ["--allow-removed"] : []),
    ...(allowChanges ? ["--allow-changes"] : []),
    ...(timeoutMs === undefined ? [] : [`--timeout ${asTyped(timeoutMs)}`]),
  ].join(" ");
}

/**
 * What a command that a message names needs to be about the same state: nothing where the settings say
 * that all is practice.
 *
 * @param isGiven `--practice` was given.
 */
export function practiceOption(isGiven: boolean): string {
  return isGiven ? " --practice" : "";
}

/** `600000` → `10m` */
function asTyped(ms: number): string {
  const units: readonly (readonly [name: string, ms: number])[] = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1_000],
  ];
  const [name, size] = units.find(([, each]) => ms % each === 0) ?? ["ms", 1];
  return `${ms / size}${name}`;
}
