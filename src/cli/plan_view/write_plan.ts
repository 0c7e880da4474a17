/**
 * A plan's file: there is a whole one under its name, or what was there before. It takes the place of
 * nothing but an older plan.
 *
 * @module
 */
import { basename, dirname, sep } from "node:path";
import { isInside } from "~/base/files/is_inside.ts";
import { statOf } from "~/base/files/stat_of.ts";
import { explainWriteFailure, foresee, type WriteFailure } from "~/base/files/write_failure.ts";
import { writeToDisk } from "~/base/files/write_to_disk.ts";
import { UserError } from "~/base/user_error.ts";
import type { PlanDocument } from "~/plan/plan_document.ts";
import { BEGINNING_OF_PLAN, planText } from "~/plan/plan_file.ts";

const EXAMPLE = "plan.json";
/** A plan says within its first hundred bytes what it is; other programs may lay it out more widely. */
const BEGINNING_BYTES = 1_000;

/**
 * Looks before the plan is made, which may take long.
 *
 * @param root The project's folder.
 * @throws {UserError} It is known that no file can be there, or something else is.
 */
export function expectWritable(path: string, root: string): void {
  if (path === "") {
    throw new UserError("Cannot write the plan: -o names no file", {
      hint: `Name one: spoor plan -o ${EXAMPLE}`,
      exitCode: 2,
    });
  }
  if (path === "-") {
    throw new UserError(`Cannot write the plan: "-" names no file`, {
      hint: `"spoor plan --format json --all" prints it to stdout; a file of that name is "./-"`,
      exitCode: 2,
    });
  }
  const failure = foresee(path, EXAMPLE) ?? whatItWouldReplace(path, root);
  if (failure) throw refused(path, failure, { exitCode: 2 });
}

function whatItWouldReplace(path: string, root: string): WriteFailure | undefined {
  const to = targetOf(path);
  if (isInside(to, targetOf(`${root}/.spoor`))) {
    return {
      state: "it is in .spoor, where Spoor keeps its state",
      hint: `Name a file elsewhere, as in "${EXAMPLE}"`,
    };
  }
  if (!statOf(to)?.isFile) return undefined;
  const beginning = beginningOf(to);
  if (beginning === "" || BEGINNING_OF_PLAN.test(beginning)) return undefined;
  return {
    state: "it is there already, and is no plan",
    hint: "Give the plan another name, or move the file away; it was not touched",
  };
}

function beginningOf(path: string): string {
  try {
    using file = Deno.openSync(path);
    const bytes = new Uint8Array(BEGINNING_BYTES);
    return new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0));
  } catch {
    return "?"; // What may not be read is not known to be a plan.
  }
}

/**
 * Writes it. It holds what is to be sent: for its owner alone.
 *
 * @throws {UserError} It cannot be written; what was there is as it was.
 */
export function writePlan(path: string, plan: PlanDocument): void {
  try {
    const text = planText(plan);
    const to = targetOf(path);
    if (isDevice(to)) Deno.writeTextFileSync(to, text);
    else replaceFile(to, text);
  } catch (error) {
    throw refused(path, explainWriteFailure(path, EXAMPLE, error), { cause: error });
  }
}

/** It gets its name when it is whole and on disk. */
function replaceFile(path: string, text: string): void {
  const part = `${path}.${Deno.pid}.part`;
  try {
    writeToDisk(part, text, { createNew: true, mode: 0o600 });
    Deno.renameSync(part, path);
  } catch (error) {
    try {
      Deno.removeSync(part);
    } catch {
      // It was not made; what is told is why.
    }
    throw error;
  }
}

/** What a link leads to is written, and the link stays. */
function targetOf(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return inRealFolder(path); // There is nothing yet.
  }
}

function inRealFolder(path: string): string {
  try {
    return `${Deno.realPathSync(dirname(path))}${sep}${basename(path)}`;
  } catch {
    return path; // Nor is there a folder.
  }
}

/** `/dev/stdout`, a pipe: nothing can take its place. */
function isDevice(path: string): boolean {
  return statOf(path)?.isFile === false;
}

function refused(
  path: string,
  { state, hint }: WriteFailure,
  options: { exitCode?: 1 | 2; cause?: unknown },
): UserError {
  return new UserError(`Cannot write ${path}: ${state}`, { hint, ...options });
}
