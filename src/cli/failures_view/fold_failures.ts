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
  const errors = new Map(
    failures.map((one) => [one, generalError(one, keyColumns(one.model))]),
  );
  const folds = Map.groupBy(
    failures,
    (one) => `${one.model} ${one.state} ${one.parked} ${errors.get(one)}`,
  );
  return [...folds.values()].flatMap((parts) => {
    const [first] = parts;
    if (!first) return [];
    const { model, state, parked } = first;
    return {
      ...{ model, state, parked, error: errors.get(first) ?? first.error, parts },
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

/** Whole words only; what stands behind "answered" is a status. No pattern: there may be many. */
function withPlaceholder(text: string, value: string, placeholder: string): string {
  const encoded = encodeURIComponent(value);
  const once = replaceWords(text, value, placeholder);
  return encoded === value ? once : replaceWords(once, encoded, placeholder);
}

function replaceWords(text: string, word: string, by: string): string {
  let result = "";
  let from = 0;
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + word.length)) {
    const end = at + word.length;
    const isPart = /[\w.]/.test(text[at - 1] ?? "") || /^(\w|\.\d)/.test(text.slice(end, end + 2));
    if (isPart || text.slice(0, at).endsWith("answered ")) continue;
    result += text.slice(from, at) + by;
    from = end;
  }
  return result + text.slice(from);
}

function least(times: readonly (string | null)[], sign: 1 | -1 = 1): string | null {
  const known = times.filter((time) => time !== null).sort();
  return known.at(sign === 1 ? 0 : -1) ?? null;
}
