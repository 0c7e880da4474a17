/**
 * The requests of a plan that is being applied: what is about to leave is held against them, and each lets
 * one through.
 *
 * @module
 */
import type { PlanDocument } from "./plan_document.ts";

/** See the module's comment. In which order they leave is free. */
export class PlannedRequests {
  readonly #left = new Map<string, number>();
  /** Names of those that hang on an assumed answer: whether they are made is not the plan's to say. */
  readonly #assumed = new Set<string>();

  constructor({ models }: Pick<PlanDocument, "models">) {
    for (const { model, requests } of models) {
      for (const { groups, identity, assumed } of requests) {
        const name = nameOf(model, groups, identity);
        if (assumed) this.#assumed.add(name);
        this.#left.set(name, (this.#left.get(name) ?? 0) + 1);
      }
    }
  }

  /** How many have not left that hang on no answer. */
  get left(): number {
    const sure = [...this.#left].filter(([name]) => !this.#assumed.has(name));
    return sure.reduce((sum, [, count]) => sum + count, 0);
  }

  /** Whether a request is in the plan, and was not taken as often as it stands there. */
  take(model: string, groups: readonly string[], identity: string): boolean {
    const name = nameOf(model, groups, identity);
    const left = this.#left.get(name) ?? 0;
    if (left > 0) this.#left.set(name, left - 1);
    return left > 0;
  }
}

function nameOf(model: string, groups: readonly string[], identity: string): string {
  return [model, identity, ...groups.toSorted()].join("\n");
}
