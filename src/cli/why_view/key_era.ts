/**
 * The runs in which a model had one unique key: a key that is named on the command line is that of a group of
 * one of them, of the latest that knows it.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { UserError } from "~/base/user_error.ts";
import { findGroup, type KnownGroup } from "~/cli/groups/find_group.ts";
import { readKeyWords } from "~/cli/groups/key_words.ts";
import type { TrackedModel, Wording } from "~/cli/groups/tracked_model.ts";
import { formerKeysOf } from "~/store/changes/former_keys.ts";
import { ledgerRowOf, wasTriedIn } from "~/store/changes/group_story.ts";
import { pendingOf } from "~/store/changes/pending.ts";
import { encodeGroupKey } from "~/tracked/group_key.ts";
import type { SqlValue } from "~/warehouse/values.ts";

/** See the module's comment. */
export interface KeyEra {
  columns: readonly string[];
  /** Its first run; 0: it was the model's first key. */
  from: number;
  /** The first run that is no more one of it. */
  until: number;
  /** The columns of the key before. */
  before?: readonly string[];
  /** The columns of the key after. */
  after?: readonly string[];
}

/** A group, and the runs that knew it by this key. */
export interface GroupInEra {
  /** With the key of then. */
  model: TrackedModel;
  group: KnownGroup;
  era: KeyEra;
}

/**
 * Finds it.
 *
 * @throws {UserError} No key that the model has or had is one of a group that is known.
 */
export function findInEras(
  db: DatabaseSync,
  model: TrackedModel,
  words: readonly string[],
  wording: Wording,
): GroupInEra {
  const [present, ...former] = erasOf(db, model);
  let found: GroupInEra | undefined;
  let mistake: UserError | undefined;
  try {
    found = { model, group: findGroup(db, model, words, wording), era: present };
    if (former.length === 0 || isOfPresent(db, found)) return found;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    mistake = error;
  }
  for (const era of former) {
    const key = keysOf(words, era).find((one) =>
      wasTriedIn(db, model.name, encodeGroupKey(one), era)
    );
    if (key === undefined) continue;
    const group = { key, keyText: encodeGroupKey(key), accepted: undefined };
    return { model: { ...model, keyColumns: era.columns }, group, era };
  }
  if (found) return found;
  throw mistake;
}

/** Newest first. */
function erasOf(db: DatabaseSync, model: TrackedModel): [KeyEra, ...KeyEra[]] {
  const eras: KeyEra[] = [];
  for (const { columns, until } of formerKeysOf(db, model.name)) {
    const last = eras[0];
    if (last) last.after = columns;
    eras.unshift({ columns, from: last?.until ?? 0, until, ...last && { before: last.columns } });
  }
  const [last] = eras;
  if (!last) return [{ columns: model.keyColumns, from: 0, until: Infinity }];
  last.after = model.keyColumns;
  const present = { columns: model.keyColumns, from: last.until, until: Infinity };
  return [{ ...present, before: last.columns }, ...eras];
}

/** It may be known only by what was tried under a former key of the same value. */
function isOfPresent(db: DatabaseSync, { model: { name }, group, era }: GroupInEra): boolean {
  const { accepted, keyText } = group;
  return accepted !== undefined || ledgerRowOf(db, name, keyText) !== undefined ||
    pendingOf(db, name, keyText) !== undefined || wasTriedIn(db, name, keyText, era);
}

/** The keys that the words may stand for; none where they do not fit. */
function keysOf(words: readonly string[], { columns }: KeyEra): (readonly SqlValue[])[] {
  try {
    return readKeyWords(words, columns.length > 0 ? columns : words.map((_, i) => `key${i}`))
      .flat();
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}
