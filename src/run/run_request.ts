/**
 * What a call of `spoor run` asks for, as plain values: it crosses to the engine worker.
 *
 * @module
 */
import type { ModelName } from "~/model/model.ts";
import type { PlanDocument } from "~/plan/plan_document.ts";
import type { HeldRequest } from "./adopt/held_source.ts";

/** One run, as asked for. */
export interface RunRequest {
  /** The project's root, absolute. */
  project: string;
  /** The same as given by `--project`, absolute, where the folder that commands are typed in does not tell it. */
  namedProject?: string;
  /** As written: `sync.hubspot`, `+sync.hubspot`, `mart.customers+`, `tag:crm`; none: all models. */
  selectors: readonly string[];
  /** True: asked for on the command line; `practice: true` in `spoor.yaml` has the same effect. */
  practice: boolean;
  /** How the practice API is to misbehave, as written after `--faults`. */
  faults?: string;
  /** Rebuild everything, whatever is up to date. */
  full: boolean;
  /** Tracked models whose every group is to be sent again. */
  resend: readonly ModelName[];
  /** Tracked models whose present state is to be recorded as sent, without sending. */
  adopt: readonly ModelName[];
  /** What the far side holds of the one model that is adopted. */
  held?: HeldRequest;
  /** For this run no budget blocks removals, or an empty query. */
  allowRemoved: boolean;
  /** For this run no budget blocks changes. */
  allowChanges: boolean;
  /** After this time nothing new begins, what is in flight ends. */
  timeoutMs?: number;
  /** Models side by side. @default the number of cores */
  jobs?: number;
  /** Tell more: `log.debug` of the models, where in Spoor a bug is. */
  verbose: boolean;
  /** Only a plan is to be made. */
  plan?: PlanRequest;
  /** This plan is to be applied. */
  apply?: PlanDocument;
  /** Where it was read from, as written. */
  applyFile?: string;
  /** Names the private copy of the state that a plan is made on; with `plan` and `apply`. */
  copyName?: string;
}

/** How a plan is asked for. */
export interface PlanRequest {
  /** False: only the first groups of each model are kept. */
  complete: boolean;
}
