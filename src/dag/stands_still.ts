/**
 * Tells of a model that asks for the present time and does not run when only time has passed: its rows, and what
 * is sent of them, are then those of an earlier day.
 *
 * It is a warning, not a reason to run: one that notes when its rows were made (`CURRENT_TIMESTAMP AS made_at`)
 * would send all of them in every run. One that sends what it so notes itself gets other words.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import type { Model, ModelLanguage } from "~/model/model.ts";
import { placeOfPresentTime } from "~/model/present_time.ts";
import { warnSendsAnew } from "~/model/sends_anew.ts";
import type { Graph } from "./graph.ts";

/** The warning, or `undefined` where `@volatile` is written, or the model runs, or is computed, each time anyway. */
export function warnStandsStill(model: Model, graph: Graph): UserError | undefined {
  const { name, kind, language, directives, references } = model;
  if (directives.volatile !== undefined) return undefined;
  const anew = warnSendsAnew(model);
  if (anew) return anew;
  const isSource = language === "ts" && references.length === 0;
  const readsForeign = (graph.external.get(name) ?? []).length > 0;
  // A view is computed by who reads it.
  const isLastView = kind === "view" && (graph.below.get(name) ?? []).length === 0;
  if (isSource || readsForeign || isLastView) return undefined;
  const at = placeOfPresentTime(model);
  if (at === undefined) return undefined;
  const what = references.length === 0 ? "its definition" : "what it reads";
  const sign = SIGNS[language];
  return new UserError(
    kind === "view"
      ? `${name} shows the present time, and what reads it runs only when ${what} changes`
      : `${name} uses the present time, and runs only when ${what} changes`,
    {
      at,
      hint: `Write "${sign}volatile: true" to run it each time, or "${sign}volatile: false" ` +
        "to keep it so.",
    },
  );
}

const SIGNS: Readonly<Record<ModelLanguage, string>> = { sql: "-- @", ts: "// @", yaml: "" };
