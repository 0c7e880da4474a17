/**
 * The group that a command names by its key.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { closestWord } from "~/base/text/closest_word.ts";
import { UserError } from "~/base/user_error.ts";
import { hasDelivery, keysAround, ledgerRowOf } from "~/store/changes/group_story.ts";
import { pendingOf } from "~/store/changes/pending.ts";
import {
  type AcceptedGroup,
  acceptedKeysAround,
  findAccepted,
} from "~/tracked/accept/known_group.ts";
import { cutKeyText, decodeGroupKey, encodeGroupKey, renderGroupKey } from "~/tracked/group_key.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import { type BudgetBlock, findBudgetBlock } from "./budget_block.ts";
import { readKeyWords, toShownKeyWords } from "./key_words.ts";
import type { TrackedModel, Wording } from "./tracked_model.ts";

/** A group that Spoor knows of. */
export interface KnownGroup {
  key: readonly SqlValue[];
  /** As `spoor.ledger` and `spoor.deliveries` have it. */
  keyText: string;
  /** What the far side has accepted, if it has. */
  accepted: AcceptedGroup | undefined;
}

/** How many keys on either side are looked at to find the one that was meant. */
const NEIGHBOURS = 200;
const SHOWN = 3;

/**
 * Finds a group by the words of its key.
 *
 * @throws {UserError} With exit code 2: it is not known, or the words fit two groups, none of which has numbers
 * for all that look like one.
 */
export function findGroup(
  db: DatabaseSync,
  model: TrackedModel,
  words: readonly string[],
  wording: Wording,
): KnownGroup {
  const columns = model.keyColumns.length > 0 ? model.keyColumns : words.map((_, i) => `key${i}`);
  const readings = readKeyWords(words, columns);
  for (const keys of readings) {
    const [group, other] = keys.flatMap((key) => findKnown(db, model, key) ?? []);
    if (!group) continue;
    // An unquoted number is the number, where there is a text like it too.
    if (other && group.key !== keys[0]) throw ambiguous(words, wording.purpose);
    return group;
  }
  return refuse(db, model, words, readings.flat(), wording);
}

function ambiguous(words: readonly string[], purpose: string): UserError {
  return new UserError(
    `Cannot ${purpose}: "${
      cutKeyText(words.join(" "))
    }" is the key of two groups, one with a text where the other has a number`,
    { hint: `Write the text in quotes of its own: "'…'".`, exitCode: 2 },
  );
}

function findKnown(
  db: DatabaseSync,
  model: TrackedModel,
  key: readonly SqlValue[],
): KnownGroup | undefined {
  const keyText = encodeGroupKey(key);
  const accepted = findAccepted(db, model.name, model.keyColumns, key);
  const isKnown = accepted || ledgerRowOf(db, model.name, keyText) ||
    pendingOf(db, model.name, keyText) ||
    hasDelivery(db, model.name, keyText);
  return isKnown ? { key, keyText, accepted } : undefined;
}

function refuse(
  db: DatabaseSync,
  model: TrackedModel,
  words: readonly string[],
  keys: readonly (readonly SqlValue[])[],
  { purpose, option }: Wording,
): never {
  const { name, keyColumns } = model;
  const near = nearestKeys(db, model, keys).map(decodeGroupKey);
  const [nearest, ...others] = near;
  const meant = nearest && others.length === 0 ? toShownKeyWords(keyColumns, nearest) : undefined;
  const hint = nearest === undefined
    ? `No group of ${name} was sent or accepted yet; "spoor history ${name}${option}" shows its runs.`
    : meant === undefined
    ? `${others.length > 0 ? "Those are" : "That is"} the nearest that it knows; ` +
      "one that waits for its first run is not known yet."
    : `Did you mean "${meant}"?`;
  throw new UserError(
    `Cannot ${purpose}: ${name} knows no group "${cutKeyText(words.join(" "))}"`,
    {
      ...nearest && meant === undefined &&
        { details: near.map((key) => renderGroupKey(keyColumns, key)) },
      hint: [hint, ...blockText(findBudgetBlock(db, name, option))].join(" "),
      exitCode: 2,
    },
  );
}

function blockText(block: BudgetBlock | undefined): string[] {
  if (!block) return [];
  const { runId, why, command } = block;
  return [
    `Run ${runId} stopped at the budget (${why}), so that nothing is known of what is new since; ` +
    `"${command}" lets it through.`,
  ];
}

/** The one that was likely meant, or some that lie beside it. */
function nearestKeys(
  db: DatabaseSync,
  { name, keyColumns }: TrackedModel,
  keys: readonly (readonly SqlValue[])[],
): string[] {
  const around = new Set(keys.flatMap((key) => [
    ...keysAround(db, name, encodeGroupKey(key), NEIGHBOURS),
    ...acceptedKeysAround(db, name, keyColumns, key, NEIGHBOURS),
  ]));
  const likely = keys.flatMap((key) => closestWord(encodeGroupKey(key), around) ?? []);
  const isSure = likely.length > 0 &&
    keys.some((key) => key.some((part) => String(part).length > 3));
  return isSure ? likely.slice(0, 1) : [...around].slice(0, SHOWN);
}
