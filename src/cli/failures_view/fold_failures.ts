/**
 * Folds failures that differ only in the group that they name: `/people/2 answered 422` and `/people/7
 * answered 422` are one line, `/people/{id} answered 422`.
 *
 * @module
 */
import type { FailingChanges } from "~/store/failing_changes.ts";
import { decodeGroupKey } from "~/tracked/group_key.ts";

/** Failures that are one to a person. */
export interface FoldedFailure {
  model: string;
  state: FailingChanges["state"];
  parked: boolean;
  /** With `{column}` where the key's values stood. */
  error: string;
  groups: number;
  since: string | null;
  lastAt: string | null;
  attempts: number;
  /** What was folded. */
  parts: readonly FailingChanges[];
}

/**
 * Folds them, models by name, of each model what concerns most groups first.
 *
 * @param keyColumns The unique key of a model.
 */
export function foldFailures(
  failures: readonly FailingChanges[],
  keyColumns: (model: string) => readonly string[],
): FoldedFailure[] {
  const folds = Map.groupBy(failures, (one) => {
    const error = generalError(one, keyColumns(one.model));
    return JSON.stringify([one.model, one.state, one.parked, error]);
  });
  return [...folds].map(([name, parts]) => {
    const [model, state, parked, error] = JSON.parse(name);
    return {
      ...{ model, state, parked, error, parts },
      groups: parts.reduce((sum, part) => sum + part.groups, 0),
      since: least(parts.map((part) => part.since)),
      lastAt: least(parts.map((part) => part.lastAt), -1),
      attempts: parts.reduce((most, part) => Math.max(most, part.attempts), 0),
    };
  }).sort((a, b) => a.model < b.model ? -1 : a.model > b.model ? 1 : b.groups - a.groups);
}

/** A text that several groups share names none of them. */
function generalError(
  { error, groups, groupKey }: FailingChanges,
  columns: readonly string[],
): string {
  if (groups > 1) return error;
  return decodeGroupKey(groupKey).reduce<string>((text, value, index) => {
    if (value === null || typeof value === "object" || value === "") return text;
    return withPlaceholder(text, String(value), `{${columns[index] ?? index + 1}}`);
  }, error);
}

/** Whole words only; what stands behind "answered" is a status. */
function withPlaceholder(text: string, value: string, placeholder: string): string {
  const forms = [...new Set([value, encodeURIComponent(value)])].map(escapePattern).join("|");
  const pattern = new RegExp(`(?<![\\w.])(?<!answered )(?:${forms})(?!\\w|\\.\\d)`, "g");
  return text.replace(pattern, () => placeholder);
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

function least(times: readonly (string | null)[], sign: 1 | -1 = 1): string | null {
  const known = times.filter((time) => time !== null).sort();
  return known.at(sign === 1 ? 0 : -1) ?? null;
}
