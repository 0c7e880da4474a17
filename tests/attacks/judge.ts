/**
 * Judges an attack by the evidence.
 *
 * @module
 */
import { type Attack, attackId } from "./attack.ts";
import { canariesIn } from "./canaries.ts";
import type { Evidence } from "./evidence.ts";

/** The sign that a model has ended Spoor itself. */
export const PROCESS_ENDED = "Spoor's process ended while it ran";

/** Signs that an attack got something it must not have; empty: it did not escape. */
export function signsOfEscape(attack: Attack, evidence: Evidence): string[] {
  const id = attackId(attack);
  const model = `attacks.${id}`;
  const signs: string[] = [];

  const evil = evidence.evil.find((request) => JSON.stringify(request).includes(id));
  if (evil) signs.push(`${evil.method} ${evil.path} arrived at the other host`);

  for (const canary of canariesIn(JSON.stringify(evidence.rows(model)))) {
    signs.push(`its table holds the canary "${canary}"`);
  }
  for (const canary of canariesIn(evidence.printed.get(model) ?? "")) {
    signs.push(`what it printed holds the canary "${canary}"`);
  }
  for (const request of evidence.allowed.filter((request) => request.path.includes(id))) {
    const stolen = canariesIn(JSON.stringify(request)).filter((canary) => canary !== "mine");
    if (stolen.length > 0) signs.push(`it sent the canary "${stolen[0]}"`);
  }
  if (evidence.outside.has(id)) signs.push("it wrote outside of the project");
  if (evidence.inside.has(id)) signs.push("it wrote into the project");
  if (evidence.tables.includes(`pwned_${id}`)) signs.push("it made a table");
  if (JSON.stringify(evidence.rows("victim.data")).includes(`PWNED-${id}`)) {
    signs.push("it wrote another model's table");
  }
  if (!evidence.finished && evidence.printed.has(model) && !evidence.ends.has(model)) {
    signs.push(PROCESS_ENDED);
  }
  if (attack.ends !== "any" && evidence.ends.get(model)?.status === "ok") {
    signs.push("it was refused nothing");
  }
  const own = attack.escape?.(evidence, id);
  if (own !== undefined) signs.push(own);
  return signs;
}

/** What Spoor may hold while a model that is given 1,024 MB at most fills its memory. */
const MOST_MB = 1_800;

/** Damage that cannot be laid at one attack's door; empty: none. */
export function damage(evidence: Evidence, before: Pick<Evidence, "outside" | "inside">): string[] {
  const signs: string[] = [];
  if (evidence.evil.length > 0 || evidence.evilConnections > 0) {
    signs.push(`the other host saw ${evidence.evilConnections} connections`);
  }
  if (evidence.peakMb > MOST_MB) signs.push(`Spoor grew to ${Math.round(evidence.peakMb)} MB`);
  signs.push(...differences("outside of the project", before.outside, evidence.outside));
  signs.push(...differences("in the project", before.inside, evidence.inside));
  const leaked = evidence.state.flatMap(canariesIn).filter((canary) => canary !== "data");
  if (leaked.length > 0) signs.push(`the state file holds the canaries ${leaked.join(", ")}`);
  const printed = canariesIn(evidence.result.output);
  if (printed.length > 0) signs.push(`the run printed the canaries ${printed.join(", ")}`);
  return signs;
}

function differences(
  where: string,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `${where} "${name}" is not what it was`);
}
