/**
 * What `spoor run` and `spoor plan` are told alike: which models, and what to do otherwise than usual.
 *
 * @module
 */
import type { RunRequest } from "~/run/run_request.ts";
import type { Positional } from "./command.ts";
import { projectToRun } from "./find_project.ts";
import { parseCount } from "./parse_count.ts";
import { parseHeld } from "./parse_held.ts";

/** The models. */
export const SELECTORS = {
  name: "selector",
  help: "sync.crm, +sync.crm (and all above), mart.customers+ (and all below), tag:crm, 'mart.*'",
  many: true,
  complete: "selectors",
} as const satisfies Positional;

/** Both have these options, and words of their own for what they do. */
interface RunCall {
  options: {
    project: string | undefined;
    practice: boolean;
    full: boolean;
    resend: readonly string[];
    adopt: readonly string[];
    held: string | undefined;
    "allow-removed": boolean;
    "allow-changes": boolean;
    jobs: string | undefined;
    verbose: boolean;
  };
  positionals: readonly string[];
}

/** @throws {UserError} There is no project, or an option cannot be read. */
export function toRunRequest({ options, positionals }: RunCall): RunRequest {
  const { practice, full, resend, adopt, held, jobs, verbose } = options;
  return {
    ...projectToRun(options),
    selectors: positionals,
    practice,
    full,
    resend,
    adopt,
    allowRemoved: options["allow-removed"],
    allowChanges: options["allow-changes"],
    verbose,
    ...(held !== undefined && { held: parseHeld(held, adopt) }),
    ...(jobs !== undefined && { jobs: parseCount("jobs", jobs) }),
  };
}
