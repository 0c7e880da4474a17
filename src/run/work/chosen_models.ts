/**
 * The models that options of a run name: to send all of it again, or to record it as sent.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import type { Graph } from "~/dag/graph.ts";
import { selectModels } from "~/dag/selectors.ts";
import { onlySaves } from "~/model/only_saves.ts";
import type { HeldAdopter } from "~/run/adopt/adopt_held.ts";
import type { RunRequest } from "~/run/run_request.ts";

/**
 * Options name models as selectors do; only tracked ones send.
 *
 * @throws {UserError} One of them is of another kind, or sends nothing.
 */
export function selectTracked(
  option: "--resend" | "--adopt",
  selectors: readonly string[],
  graph: Graph,
  order: readonly string[],
): ReadonlySet<string> {
  if (selectors.length === 0) return new Set();
  const names = selectModels(selectors, graph, order);
  for (const name of names) {
    const model = graph.models.get(name);
    const why = model?.kind !== "tracked"
      ? `it is of kind ${model?.kind}`
      : onlySaves(model)
      ? "it reads no query, and only saves rows"
      : undefined;
    if (why === undefined) continue;
    const what = option === "--resend" ? `send ${name} again` : `adopt ${name}`;
    throw new UserError(`Cannot ${what}: ${why}`, {
      hint: `Name models of kind tracked that send what they read after ${option}`,
      exitCode: 2,
    });
  }
  return new Set(names);
}

/**
 * An option that would do nothing is a mistake of who typed it.
 *
 * @param commandOption What commands need to be about this state.
 * @throws {UserError} Of these models one does not run, or two options contradict each other about it.
 */
export function refuseUselessOptions(
  resend: ReadonlySet<string>,
  adopt: ReadonlySet<string>,
  selected: readonly string[],
  commandOption: string,
): void {
  const running = new Set(selected);
  const both = [...adopt].find((name) => resend.has(name));
  if (both !== undefined) {
    throw new UserError(`Cannot adopt ${both} and send all of it again in one run`, {
      hint: "Give one of --adopt and --resend",
      exitCode: 2,
    });
  }
  for (const [option, names] of [["adopt", adopt], ["resend", resend]] as const) {
    const name = [...names].find((each) => !running.has(each));
    if (name === undefined) continue;
    throw new UserError(`Cannot ${option} ${name}: it is not among the models to run`, {
      hint: `Name it: spoor run ${name} --${option} ${name}${commandOption}`,
      exitCode: 2,
    });
  }
}

/**
 * What the far side holds of the one model that is adopted, where that is said, and the graph with what it is
 * read from above the model.
 *
 * @throws {UserError} It is not one model.
 */
export async function takeHeld(
  { held: asked }: RunRequest,
  adopt: ReadonlySet<string>,
  graph: Graph,
  tables: readonly string[],
): Promise<{ graph: Graph; held?: HeldAdopter }> {
  if (!asked) return { graph };
  const [name, ...others] = adopt;
  const model = name === undefined ? undefined : graph.models.get(name);
  if (!model || others.length > 0) {
    throw new UserError(`Cannot compare ${adopt.size} models with what "${asked.text}" holds`, {
      hint: "Adopt one model at a time: --adopt sync.crm --held contacts.csv",
      exitCode: 2,
    });
  }
  // Loaded only here, as few runs need it.
  const { findHeldSource, withHeldSource } = await import("~/run/adopt/held_source.ts");
  const { heldAdopter } = await import("~/run/adopt/adopt_held.ts");
  const source = findHeldSource(asked, model, graph, tables);
  return { graph: withHeldSource(graph, model.name, source), held: heldAdopter(source) };
}
