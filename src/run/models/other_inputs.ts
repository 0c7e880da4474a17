/**
 * What a TypeScript model may read beside tables, and is woken by: the files of `@allow_read`, the variables of
 * `@allow_env`.
 *
 * A source is told of its files alone: one that may read variables runs every time anyway.
 *
 * @module
 */
import { contentDigest } from "~/base/content_digest.ts";
import type { Model } from "~/model/model.ts";
import {
  findMovedFiles,
  type ReadableFile,
  ReadableFiles,
  toFileStates,
} from "~/run/guest/readable_files.ts";
import type { RunContext } from "~/run/run_context.ts";
import { loadFileStates, saveFileStates } from "~/store/file_states.ts";
import {
  loadVariableStates,
  saveVariableStates,
  type VariableStates,
} from "~/store/variable_states.ts";
import { isSource, readsOnlyFiles } from "./decide_step.ts";

/** All of it as it is at one moment. */
export interface OtherInputs {
  files: readonly ReadableFile[];
  /** Absent: they do not count. */
  variables?: VariableStates;
}

/** What is not as it was. */
export interface MovedInputs {
  movedFiles: readonly string[];
  movedVariables: readonly string[];
}

/** Whether the model has some that count. */
export function hasOtherInputs(model: Model): boolean {
  const { language, directives: { allowRead, allowEnv } } = model;
  if (language !== "ts") return false;
  return isSource(model) ? readsOnlyFiles(model) : (allowRead ?? allowEnv) !== undefined;
}

/** Looks at all of them. A model without any has none. */
export function readOtherInputs(context: RunContext, model: Model): OtherInputs {
  if (!hasOtherInputs(model)) return { files: [] };
  const { allowRead = [], allowEnv = [] } = model.directives;
  const files = new ReadableFiles(context.root, allowRead).all();
  if (isSource(model)) return { files };
  return { files, variables: variableStates(context, allowEnv) };
}

/** Their hashes are made with the project's id too: the same value in two projects has two. */
function variableStates(
  { projectId, readVariable }: RunContext,
  names: readonly string[],
): VariableStates {
  return Object.fromEntries(names.flatMap((name) => {
    const value = readVariable(name);
    return value === undefined ? [] : [[name, contentDigest(`${projectId}\0${value}`)]];
  }));
}

/** What moved since the model last succeeded; `undefined`: a state of before knows of nothing to compare with. */
export function findMovedInputs(
  { db }: RunContext,
  { name }: Model,
  { files, variables }: OtherInputs,
): MovedInputs | undefined {
  const before = variables ? loadVariableStates(db, name) : {};
  if (!before) return undefined;
  const names = new Set([...Object.keys(before), ...Object.keys(variables ?? {})]);
  return {
    movedFiles: findMovedFiles(files, loadFileStates(db, name)),
    movedVariables: [...names].filter((each) => before[each] !== variables?.[each]),
  };
}

/** Remembers them. Call inside the transaction that records the model's success. */
export function rememberInputs(
  { db }: RunContext,
  { name }: Model,
  { files, variables }: OtherInputs,
): void {
  saveFileStates(db, name, toFileStates(files, loadFileStates(db, name)));
  if (variables) saveVariableStates(db, name, variables);
}
