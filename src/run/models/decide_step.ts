/**
 * Decides whether a model runs, and says why. A pure function: `run` acts on it, `plan` will show it.
 *
 * @module
 */
import { countOf } from "~/base/counts.ts";
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
  /** For a source that can reach nothing but files: those that are not as they were. */
  movedFiles?: readonly string[] | undefined;
  /** `--full`, `--resend`. */
  isForced?: string | undefined;
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
  return { run: false, reason: facts.movedFiles ? "files unchanged" : "up to date" };
}

function reasonToRun(
  { model, state, hasTarget, inputs, movedFiles, isForced }: StepFacts,
): string | undefined {
  if (isForced !== undefined) return isForced;
  if (!state) return "first run";
  // What a model of SQL has waiting it had when it was one that sends; it sends nothing of it.
  if (state.waiting > 0 && model.language === "ts") {
    return `${countOf(state.waiting, "group")} not acknowledged`;
  }
  if (state.fingerprint === "") return "its last run failed";
  if (state.fingerprint !== model.fingerprint) return "definition changed";
  if (!hasTarget && needsTarget(model, state)) return "its table is missing";
  if (model.directives.volatile) return "@volatile";
  if (isSource(model)) return reasonOfSource(movedFiles);
  return reasonOfInputs(state, inputs);
}

/** A TypeScript model makes its table with its first row, and one that sends when that is accepted. */
function needsTarget({ kind, language }: Model, { rows }: ModelState): boolean {
  return language !== "ts" || (kind !== "tracked" && rows !== 0);
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
  const [first] = movedFiles;
  if (first === undefined) return undefined;
  return movedFiles.length === 1
    ? `${first} changed`
    : `${countOf(movedFiles.length, "file")} changed`;
}

function reasonOfInputs(state: ModelState, inputs: StepFacts["inputs"]): string | undefined {
  const names = Object.keys(inputs);
  const foreign = names.find((name) => inputs[name] === undefined);
  if (foreign !== undefined) return `it reads ${foreign}, which no model makes`;
  const moved = names.filter((name) => inputs[name] !== state.inputs[name]);
  if (moved.length === 0) return undefined;
  return moved.length <= 2
    ? `${moved.join(" and ")} changed`
    : `${countOf(moved.length, "table")} changed`;
}
