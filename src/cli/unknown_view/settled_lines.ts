/**
 * Groups that a person has settled, and that no run has acted on yet: their word can still be taken back.
 *
 * @module
 */
import { countOf, withRest } from "~/base/text/counts.ts";
import { toShownKeyWords } from "~/cli/groups/key_words.ts";
import type { TrackedModel } from "~/cli/groups/tracked_model.ts";
import type { Output } from "~/cli/output/output.ts";
import type { Style } from "~/cli/output/style.ts";
import { visibleLine } from "~/cli/output/visible_text.ts";
import type { SettledGroup } from "~/store/changes/by_hand.ts";
import { decodeGroupKey, keyObject, renderGroupKey } from "~/tracked/group_key.ts";

/** How they are shown. */
export interface SettledView {
  style: Style;
  /** What commands need to be about this state. */
  option: string;
  /** Keys that are shown of one model. */
  limit: number;
}

type Models = ReadonlyMap<string, Pick<TrackedModel, "name" | "keyColumns">>;

/** A line for each model and each word, and how a word is taken back; nothing where there is none. */
export function renderSettled(
  settled: readonly SettledGroup[],
  models: Models,
  { style, option, limit }: SettledView,
): string[] {
  const [first] = settled;
  if (!first) return [];
  const columnsOf = (model: string) => models.get(model)?.keyColumns ?? [];
  const alike = Map.groupBy(settled, ({ model, isSent }) => `${model} ${isSent}`);
  const nameWidth = Math.max(...new Set(settled.map(({ model }) => model.length)));
  return [
    "",
    "Settled, and no run has acted on it yet:",
    ...[...alike.values()].map((groups) => {
      const [{ model, isSent } = first] = groups;
      const word = isSent ? "as sent" : "as not sent";
      const count = countOf(groups.length, "group").padStart(9);
      return `  ${style.strong(model.padEnd(nameWidth))}  ${word.padEnd(11)}  ${count}  ${
        renderKeys(groups, columnsOf(model), limit)
      }`;
    }),
    takeBackLine(first, columnsOf(first.model), { style, option }),
  ];
}

/** A key that is too long for a command is named by no example. */
function takeBackLine(
  { model, isSent, group_key: key }: SettledGroup,
  columns: readonly string[],
  { style, option }: Pick<SettledView, "style" | "option">,
): string {
  const words = toShownKeyWords(columns, decodeGroupKey(key)) ?? "KEY";
  const command = `spoor unknown settle ${isSent ? "--not-sent" : "--sent"}${option}`;
  return `To take it back, settle it the other way: ${
    style.accent(`${command} ${model} ${words}`)
  }`;
}

/** Their keys: `id = 1; id = 3; … 2 more`. */
export function renderKeys(
  groups: readonly Pick<SettledGroup, "group_key">[],
  columns: readonly string[],
  limit: number,
): string {
  const keys = groups.slice(0, limit).map(({ group_key: key }) =>
    visibleLine(renderGroupKey(columns, decodeGroupKey(key)))
  );
  return withRest(keys, groups.length - keys.length).join("; ");
}

/** One line of JSON a group. */
export function printSettled(
  settled: readonly SettledGroup[],
  models: Models,
  output: Output,
): void {
  for (const { id, model, group_key: key, at, isSent } of settled) {
    output.json("settled_group", {
      model,
      key: keyObject(models.get(model)?.keyColumns ?? [], key),
      group_key: key,
      sent: isSent,
      at,
      change_id: id,
    });
  }
}
