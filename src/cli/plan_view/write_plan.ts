/**
 * A plan's file: there is a whole one under its name, or what was there before.
 *
 * @module
 */
import process from "node:process";
import { UserError } from "~/base/user_error.ts";
import { explainWriteFailure, foresee, type WriteFailure } from "~/base/write_failure.ts";
import type { PlanDocument } from "~/plan/plan_document.ts";
import { planText } from "~/plan/plan_file.ts";

const EXAMPLE = "plan.json";

/**
 * Looks before the plan is made, which may take long.
 *
 * @throws {UserError} It is known that no file can be there.
 */
export function expectWritable(path: string): void {
  if (path === "") {
    throw new UserError("Cannot write the plan: -o names no file", {
      hint: `Name one: spoor plan -o ${EXAMPLE}`,
      exitCode: 2,
    });
  }
  const failure = foresee(path, EXAMPLE);
  if (failure) throw refused(path, failure, { exitCode: 2 });
}

/**
 * Writes it. It holds what is to be sent: for its owner alone.
 *
 * @throws {UserError} It cannot be written; what was there is as it was.
 */
export function writePlan(path: string, plan: PlanDocument): void {
  try {
    const text = new TextEncoder().encode(planText(plan));
    const to = targetOf(path);
    if (isDevice(to)) Deno.writeFileSync(to, text);
    else replaceFile(to, text);
  } catch (error) {
    throw refused(path, explainWriteFailure(path, EXAMPLE, error), { cause: error });
  }
}

/** It gets its name when it is whole and on disk. */
function replaceFile(path: string, bytes: Uint8Array): void {
  const part = `${path}.${process.pid}.part`;
  try {
    {
      using file = Deno.openSync(part, { createNew: true, write: true, mode: 0o600 });
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
      file.syncSync();
    }
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
    return path; // There is nothing yet.
  }
}

/** `/dev/stdout`, a pipe: nothing can take its place. */
function isDevice(path: string): boolean {
  try {
    return !Deno.statSync(path).isFile;
  } catch {
    return false; // There is nothing yet.
  }
}

function refused(
  path: string,
  { state, hint }: WriteFailure,
  options: { exitCode?: 1 | 2; cause?: unknown },
): UserError {
  return new UserError(`Cannot write ${path}: ${state}`, { hint, ...options });
}
