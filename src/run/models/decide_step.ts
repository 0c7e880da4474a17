/**
 * Decides whether a model runs, and says why. A pure function: a run acts on it, a plan shows it.
 *
 * @module
 */
import { countOf } from "~/base/text/counts.ts";
import type { Model } from "~/model/model.ts";
import type { ModelState } from "~/store/model_states.ts";

/** What is known when a model's turn comes. */
export interface StepFacts {
  model: Model;
  /** `undefined`: it never succeeded. */
  state: ModelState | undefined;
  hasTarget: boolean;
  /** Table that it reads → data version now; `undefined` for a table that no model makes. */
  inputs: Readonly<Record<string, number | undefined>>;
  /** Its groups that are not acknowledged, where its last run left any. */
  unacknowledged?: number;
  /** Those that are not as they were, of a source that can reach nothing else, and of what reads tables too. */
  movedFiles?: readonly string[] | undefined;
  /** Its files cannot be looked at, so that nobody knows. */
  areFilesUnknown?: boolean;
  /** The same of variables. */
  movedVariables?: readonly string[] | undefined;
  /** The option that makes it run: `--full`, `--resend`. */
  forcedBy?: string | undefined;
}

/** Whether a model runs, and why. */
export interface StepDecision {
  run: boolean;
  reason: string;
}

/** Decides whether a model runs. */
export function decideStep(facts: StepFacts): StepDecision {
  const reason = reasonToRun(facts);
  if (reason !== undefined) return { run: true, reason };
  return { run: false, reason: isSource(facts.model) ? "files unchanged" : "up to date" };
}

function reasonToRun(facts: StepFacts): string | undefined {
  const { model, state, hasTarget, movedFiles, forcedBy } = facts;
  if (forcedBy !== undefined) return forcedBy;
  if (!state) return "first run";
  // What a model of SQL, or of another kind, has waiting it had when it was one that sends; it sends nothing of it.
  if (state.waiting > 0 && model.language === "ts" && model.kind === "tracked") {
    return reasonOfGroups(facts.unacknowledged);
  }
  if (state.fingerprint === "") return "its last run failed";
  if (state.fingerprint !== model.fingerprint) return "definition changed";
  if (!hasTarget && needsTarget(model, state)) return "its table is missing";
  if (model.directives.volatile) return "@volatile";
  if (facts.areFilesUnknown) return "its files cannot be looked at";
  if (isSource(model)) return reasonOfSource(movedFiles);
  return reasonOfInputs(state, facts);
}

/** Of what `--adopt` has left, and of groups whose run died behind the last of them, nothing is noted one by one. */
function reasonOfGroups(unacknowledged = 0): string {
  return unacknowledged > 0
    ? `${countOf(unacknowledged, "group")} not acknowledged`
    : "its last run may have left groups";
}

/** A TypeScript model makes its table with its first row, and one that sends when that is accepted. */
function needsTarget({ kind, language }: Model, { rows }: ModelState): boolean {
  if (language !== "ts") return true;
  return kind === "tracked" ? (rows ?? 0) > 0 : rows !== 0;
}

/** A TypeScript model that reads no table. */
export function isSource(model: Model): boolean {
  return model.language === "ts" && model.references.length === 0;
}

/** Whether files are all that a source can reach. */
export function readsOnlyFiles({ directives }: Model): boolean {
  return directives.allowRead !== undefined && !directives.allowNet && !directives.allowEnv;
}

function reasonOfSource(movedFiles: readonly string[] | undefined): string | undefined {
  if (movedFiles === undefined) return "a source runs every time";
  return reasonOfMoved(named(movedFiles, "file", 1));
}

function reasonOfInputs(
  state: ModelState,
  { inputs, movedFiles = [], movedVariables = [] }: StepFacts,
): string | undefined {
  const names = Object.keys(inputs);
  const foreign = names.find((name) => inputs[name] === undefined);
  if (foreign !== undefined) return `it reads ${foreign}, which no model makes`;
  const moved = names.filter((name) => inputs[name] !== state.inputs[name]);
  return reasonOfMoved([
    ...named(moved, "table"),
    ...named(movedFiles, "file", 1),
    ...named(movedVariables, "variable"),
  ]);
}

/** A few by their names, more by their number. */
function named(names: readonly string[], one: string, mostNamed = 2): readonly string[] {
  return names.length <= mostNamed ? names : [countOf(names.length, one)];
}

function reasonOfMoved(moved: readonly string[]): string | undefined {
  const last = moved.at(-1);
  if (last === undefined) return undefined;
  const others = moved.slice(0, -1).join(", ");
  return `${others === "" ? "" : `${others} and `}${last} changed`;
}
