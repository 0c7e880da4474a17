/**
 * Plans as files: written with a digest over themselves, read back only as they were written.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { UserError } from "~/base/user_error.ts";
import { VERSION } from "~/base/version.ts";
import type { PlanDocument } from "./plan_document.ts";

/** Completes a plan by its digest. */
export function sealPlan(plan: Omit<PlanDocument, "digest">): PlanDocument {
  return { ...plan, digest: digestOf(plan) };
}

/** The text of a plan's file. */
export function planText(plan: PlanDocument): string {
  return JSON.stringify(plan, null, 2) + "\n";
}

/** Of plan documents. */
export const SCHEMA_VERSION = 1;

/** At the top of the object: before anything else is opened. */
export const BEGINNING_OF_PLAN = /^\s*\{[^{}[\]]*"type"\s*:\s*"plan"/;

/**
 * Reads a plan's file.
 *
 * @param path For messages.
 * @param option What commands that are shown need to be about this project.
 * @throws {UserError} It is no plan, was edited, is not whole, or is of another version of Spoor.
 */
export function parsePlan(text: string, path: string, option: string): PlanDocument {
  const { digest, ...rest } = readObject(text, path, makeOneBy(option));
  const makeOne = makeOneBy(rest.practice === true ? ` --practice${option}` : option);
  const { type, spoor_version, complete, schema_version } = rest;
  if (type !== "plan") {
    throw new UserError(`Cannot apply ${path}: it is not a plan`, { hint: makeOne, exitCode: 2 });
  }
  if (spoor_version !== VERSION) {
    throw new UserError(
      `Cannot apply ${path}: it was made by Spoor ${spoor_version}, and this is Spoor ${VERSION}`,
      { hint: makeOne },
    );
  }
  if (schema_version !== SCHEMA_VERSION) {
    throw new UserError(
      `Cannot apply ${path}: its schema_version is ${schema_version}, and this Spoor knows ${SCHEMA_VERSION}`,
      { hint: makeOne },
    );
  }
  const plan = rest as unknown as Omit<PlanDocument, "digest">;
  if (digest !== digestOf(plan)) {
    throw new UserError(`Cannot apply ${path}: it was edited after it was made`, {
      hint: `Nothing was sent. ${makeOne}`,
    });
  }
  if (complete !== true) {
    throw new UserError(`Cannot apply ${path}: it holds only the first groups of each model`, {
      hint: makeOne,
    });
  }
  return { ...plan, digest };
}

function makeOneBy(option: string): string {
  return `Make a plan with "spoor plan -o plan.json${option}".`;
}

function readObject(text: string, path: string, hint: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Told below, as everything else that is no object.
  }
  throw new UserError(`Cannot apply ${path}: ${whatItIs(text)}`, { hint, exitCode: 2 });
}

/** A copy, an upload or a disk that was full may have left but a part of a plan. */
function whatItIs(text: string): string {
  if (text === "") return "it is empty";
  return BEGINNING_OF_PLAN.test(text)
    ? "it begins as a plan, and is not whole or was edited"
    : "it is not a plan";
}

/** Of the values, however they are laid out: a formatter may have been at the file. */
function digestOf(plan: object): string {
  return `sha256:${createHash("sha256").update(JSON.stringify(plan)).digest("hex")}`;
}
