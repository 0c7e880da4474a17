/**
 * What a person is told of groups that were decided about by hand: what a run makes of them, and what to type for it.
 *
 * @module
 */
import { countOf } from "~/base/text/counts.ts";
import type { ChangedByHand } from "~/store/changes/by_hand.ts";
import { isRemovalUntold, type Way } from "./outlook.ts";
import type { TrackedModel } from "./tracked_model.ts";

/** How many of them a run sends again: of what was to be removed it may tell nobody any more. */
export function countSentAgain({ groups, removals }: ChangedByHand, model: TrackedModel): number {
  return isRemovalUntold(model) ? groups - removals : groups;
}

/**
 * Lines of what becomes of them.
 *
 * @param sentAgain How many of them `does` is about.
 * @param does What a run does: `tries 3 groups again`.
 */
export function decidedLines(
  { groups }: ChangedByHand,
  { model, way, sentAgain, does }: {
    model: TrackedModel;
    way: Way;
    sentAgain: number;
    does: string;
  },
): string[] {
  const untold = groups - sentAgain;
  const run = way.but === undefined ? "the next run" : "a run";
  const but = way.but === undefined ? "" : ` But ${way.but}.`;
  const forgets = model.onRemoved === "keep" ? "keeps" : "forgets";
  return [
    ...sentAgain > 0 ? [`${model.name}: ${run} ${does}.${but}`] : [],
    ...untold > 0
      ? [
        `${model.name}: ${run} ${forgets} ${countOf(untold, "group")} that left the query, ` +
        `and sends nothing of them: @on_removed is ${model.onRemoved}.${sentAgain > 0 ? "" : but}`,
      ]
      : [],
  ];
}

/** What to type now; empty where no run does anything with them. */
export function nowRun(commands: readonly string[]): string {
  return commands.length === 0 ? "" : `Now run: ${commands.join("; then: ")}`;
}
