/**
 * Folds failures that differ only in the group that they name: `/people/2 answered 422` and `/people/7
 * answered 422` are one line, `/people/{id} answered 422`. One that is like no other keeps its text.
 *
 * @module
 */
import { compareText } from "~/base/text/compare_text.ts";
import { visibleLine } from "~/cli/output/visible_text.ts";
import type { FailingChanges } from "~/store/changes/failing_changes.ts";
import { decodeGroupKey } from "~/tracked/group_key.ts";

/** Failures that are one to a person. */
export interface FoldedFailure extends Omit<FailingChanges, "groupKey"> {
  /** With `{column}` where the key's values stood, if several texts became one. */
  error: string;
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
  const folds = new Map<string, FoldedFailure & { parts: FailingChanges[] }>();
  // One pass: each of very many groups may have an error of its own.
  for (const one of failures) {
    const error = generalError(one, keyColumns(one.model));
    const name = `${one.model} ${one.state} ${one.parked} ${error}`;
    const fold = folds.get(name);
    if (fold) add(fold, one);
    else {
      const { groupKey: _, ...rest } = one;
      folds.set(name, { ...rest, error, parts: [one] });
    }
  }
  return [...folds.values()].map(withOwnText).sort((a, b) =>
    compareText(a.model, b.model) || b.groups - a.groups || compareText(a.state, b.state) ||
    Number(a.parked) - Number(b.parked)
  );
}

/**
 * Texts of errors that people are shown with a text in them, in any case: folded, and on one line.
 *
 * @param keyColumns The unique key of a model.
 */
export function errorsShownWith(
  text: string,
  failures: readonly FailingChanges[],
  keyColumns: (model: string) => readonly string[],
): string[] {
  const wanted = visibleLine(text).toLowerCase();
  return foldFailures(failures, keyColumns)
    .filter(({ error }) => visibleLine(error).toLowerCase().includes(wanted))
    .flatMap(({ parts }) => parts.map(({ error }) => error));
}

function add(fold: FoldedFailure & { parts: FailingChanges[] }, one: FailingChanges): void {
  const { since, lastAt } = fold;
  fold.parts.push(one);
  fold.groups += one.groups;
  fold.removals += one.removals;
  fold.attempts = Math.max(fold.attempts, one.attempts);
  fold.firstId = Math.min(fold.firstId, one.firstId);
  if (since === null || (one.since !== null && one.since < since)) fold.since = one.since;
  if (lastAt === null || (one.lastAt !== null && one.lastAt > lastAt)) fold.lastAt = one.lastAt;
}

/** What stands in one text only, and is the key's value, may just as well be another number. */
function withOwnText(fold: FoldedFailure): FoldedFailure {
  const [only, another] = fold.parts;
  return only && !another ? { ...fold, error: only.error } : fold;
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
    if (!isWhole(text.slice(Math.max(0, at - 10), at), text.slice(end, end + 10))) continue;
    result += text.slice(from, at) + by;
    from = end;
  }
  return result + text.slice(from);
}

/** No part of a longer word, number, time or address; no status; no count of a unit. */
function isWhole(before: string, after: string): boolean {
  if (/([\p{L}\p{N}_.]|\d[,:-])$|answered $/u.test(before)) return false;
  return !/^([\p{L}\p{N}_]|[.,:-]\d| (ms|s|m|h|d|bytes|[KMG]B)\b| ?%(?![0-9A-F]{2}))/u.test(after);
}
