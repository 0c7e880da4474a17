/**
 * A model's secrets: read for the egress worker, and stand-ins for everybody else.
 *
 * @module
 */
import { MASK } from "~/base/secrets/mask.ts";
import { UserError } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";
import { placeOfDirective } from "~/model/place_of_directive.ts";
import { KEY_VARIABLE } from "~/project/settings/token_key.ts";
import type { RunContext } from "~/run/run_context.ts";
import { isSource } from "./decide_step.ts";

/** The secrets of one model in one run. */
export interface ModelSecrets {
  entries: readonly { name: string; standIn: string; value: string }[];
  /** Name → the text that `secret(name)` gives. */
  standIns: Readonly<Record<string, string>>;
  /** Takes stand-ins and values out of a text. */
  mask: (text: string) => string;
}

/** What `http.oauth` gives. */
const OAUTH_STAND_INS = /spoor-oauth-[0-9a-f-]{36}/g;

/**
 * Reads the secrets that a model declares. In practice all have made-up values: nothing needs the
 * real ones, and what the practice API receives is kept in a file.
 *
 * @throws {UserError} One is not set, or is none of a model's.
 */
export function readSecrets(
  { practice, plan, readVariable, stateOption }: RunContext,
  model: Model,
): ModelSecrets {
  refuseKey(model);
  const entries = (model.directives.secrets ?? []).map((name) => {
    const value = practice === undefined ? readVariable(name) : `practice-${name}`;
    if (!value) {
      throw notSet(model, name, {
        // A plan lets a source read.
        goesNowhere: plan !== undefined && !isSource(model),
        stateOption,
      });
    }
    // Random, so that no model can know or build another one's.
    return { name, standIn: `spoor-secret-${name}-${crypto.randomUUID()}`, value };
  });
  return {
    entries,
    standIns: Object.fromEntries(entries.map(({ name, standIn }) => [name, standIn])),
    mask: (text) =>
      entries.reduce(
        (masked, { standIn, value }) => masked.replaceAll(standIn, MASK).replaceAll(value, MASK),
        text.replace(OAUTH_STAND_INS, MASK),
      ),
  };
}

/** The key opens the tokens of every service: no model has any use for it. */
function refuseKey(model: Model): void {
  const { secrets = [], allowEnv = [] } = model.directives;
  const directive = secrets.includes(KEY_VARIABLE) ? "secrets" : "allow_env";
  if (!secrets.includes(KEY_VARIABLE) && !allowEnv.includes(KEY_VARIABLE)) return;
  throw new UserError(`Cannot run ${model.name}: ${KEY_VARIABLE} is not for models`, {
    at: placeOfDirective(model, directive),
    hint: `Take ${KEY_VARIABLE} out of the model's header; tokens come by http.oauth`,
  });
}

/** No run of practice misses a secret. */
function notSet(
  model: Model,
  name: string,
  { goesNowhere, stateOption }: { goesNowhere: boolean; stateOption: string },
): UserError {
  const without = goesNowhere
    ? "a plan sends it nowhere, so that a made-up one does"
    : `or try the run without it by "spoor run --practice${stateOption}"`;
  return new UserError(`Cannot run ${model.name}: its secret ${name} is not set`, {
    at: placeOfDirective(model, "secrets"),
    hint: `Add "${name}=…" to .env or to the environment; ${without}`,
  });
}
