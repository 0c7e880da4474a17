/**
 * The groups that a decision is about: by model, keys, error and age.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { countOf, renderCount } from "~/base/text/counts.ts";
import { parseDurationMs } from "~/base/time/duration.ts";
import { UserError } from "~/base/user_error.ts";
import { visibleLine } from "~/cli/output/visible_text.ts";
import { type ChangeFilter, countChanges, keysPassedOver } from "~/store/changes/by_hand.ts";
import { ledgerRowOf } from "~/store/changes/group_story.ts";
import { pendingOf } from "~/store/changes/pending.ts";
import { countDoubtedGone, findAccepted } from "~/tracked/accept/known_group.ts";
import { decodeGroupKey, renderGroupKey } from "~/tracked/group_key.ts";
import { findGroup } from "./find_group.ts";
import type { TrackedModel, Wording } from "./tracked_model.ts";

/**
 * Reads keys on the command line: one group after the other, each of as many words as the key has
 * columns.
 *
 * @throws {UserError} One of them is not known.
 */
export function findKeys(
  db: DatabaseSync,
  model: TrackedModel,
  words: readonly string[],
  wording: Wording,
): string[] {
  const width = Math.max(1, model.keyColumns.length);
  const count = Math.ceil(words.length / width);
  return Array.from({ length: count }, (_, i) => words.slice(i * width, (i + 1) * width))
    .map((own) => findGroup(db, model, own, wording).keyText);
}

/** Reads `2d` as the moment two days before `now`. */
export function readAge(option: string, text: string | undefined, now: Date): string | undefined {
  if (text === undefined) return undefined;
  const ms = parseDurationMs(text);
  if (ms !== undefined) return new Date(now.getTime() - ms).toISOString();
  throw new UserError(`Cannot read "--${option}": "${text}" is not a duration`, {
    hint: `Write a number and a unit: "--${option} 2d", "12h", "30m".`,
    exitCode: 2,
  });
}

/** What a run has found of groups that left the query: nothing was tried of them yet. */
const TO_REMOVE = "to remove";

/** How groups stand, in the word for it: `pending` → 3. What is accepted, or forgotten, is told of named ones alone. */
export type Standing = ReadonlyMap<string, number>;

/**
 * What there is, where a decision found nothing that it is about.
 *
 * @param models Those that it may be about.
 */
export function findStanding(
  db: DatabaseSync,
  filter: ChangeFilter,
  models: readonly TrackedModel[],
): Standing {
  const standing = new Map<string, number>();
  const add = (word: string | undefined, groups: number) => {
    if (word !== undefined && groups > 0) standing.set(word, (standing.get(word) ?? 0) + groups);
  };
  for (const { state, parked, groups } of countChanges(db, filter)) {
    add(state === "sent" ? "unknown" : parked && state === "failed" ? "parked" : state, groups);
  }
  for (const model of models) {
    if (filter.keys) { for (const key of filter.keys) add(standingAside(db, model, key), 1); }
    else if (model.onRemoved === "deliver") {
      add(TO_REMOVE, countDoubtedGone(db, model.name, model.keyColumns));
    }
  }
  return standing;
}

/** How a group stands of which no change is known. */
function standingAside(
  db: DatabaseSync,
  { name, keyColumns, onRemoved }: TrackedModel,
  key: string,
): string | undefined {
  if (ledgerRowOf(db, name, key) || pendingOf(db, name, key)) return undefined;
  const accepted = findAccepted(db, name, keyColumns, decodeGroupKey(key));
  if (!accepted) return "forgotten";
  return accepted.isInDoubt && onRemoved === "deliver" ? TO_REMOVE : "accepted";
}

/** What groups are not that a decision cannot be about, of one and of several. */
const IS_NOT = {
  retry: ["is not failed or rejected", "are not failed or rejected"],
  settle: ["is not unknown", "are not unknown"],
  narrowed: ["does not fit", "do not fit"],
} as const;

/**
 * Refuses a decision that would pass over some of the groups that are named: who has named them goes on as if it
 * were about all. Where it would pass over all of them, there is more to say than this.
 *
 * @throws {UserError} It would; each of them is named, and how it stands.
 */
export function refusePassingOver(
  db: DatabaseSync,
  decision: "retry" | "settle",
  filter: ChangeFilter,
  model: TrackedModel,
  purpose: string,
): void {
  const named = new Set(filter.keys).size;
  const passed = keysPassedOver(db, decision, filter);
  if (passed.length === 0 || passed.length === named) return;
  const isNarrowed = (filter.error ?? filter.errors ?? filter.before) !== undefined;
  const [one, several] = IS_NOT[isNarrowed ? "narrowed" : decision];
  const are = `${renderCount(passed.length)} of the ${renderCount(named)} groups that are named`;
  throw new UserError(`Cannot ${purpose}: ${are} ${passed.length === 1 ? one : several}`, {
    details: passed.map((key) => {
      const name = visibleLine(renderGroupKey(model.keyColumns, decodeGroupKey(key)));
      const [word = "accepted"] = findStanding(db, { model: model.name, keys: [key] }, [model])
        .keys();
      return `${name}  ${word}`;
    }),
    hint: "Nothing was changed: leave those out, and the others are taken.",
  });
}

/** `no group that is named`, where some are. */
export function noGroup(keys: readonly string[] | undefined): string {
  return keys === undefined ? "no group" : "no group that is named";
}

/** Whether the next run goes on with some of them by itself. */
export function isWaiting(standing: Standing): boolean {
  return standing.has("pending") || standing.has(TO_REMOVE);
}

/** `3 failed groups, 1 unknown group` */
export function renderStanding(standing: Standing): string {
  const words = [...standing].map(([word, groups]) =>
    word === TO_REMOVE
      ? `${countOf(groups, "group")} that left the query, to be removed`
      : countOf(groups, `${word} group`)
  );
  return words.join(", ") || "there is no group that is not accepted";
}
