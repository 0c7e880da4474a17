/**
 * Permits of a model's rate limit: each try is asked for, and the engine, which alone counts for all
 * models and runs, grants it when the window allows.
 *
 * @module
 */
import { EgressFailure } from "~/sandbox/egress/egress_failure.ts";

/** See the module's comment. One request has at most one try that waits. */
export class Permits {
  #waiting = new Map<number, (refusal: string | undefined) => void>();

  /** @param ask Sends the question; the answer comes by {@linkcode grant}. */
  constructor(private readonly ask: (request: number) => void) {}

  /**
   * Resolves when a request may try, or when it is aborted.
   *
   * @throws {EgressFailure} There will be no permit.
   */
  async take(request: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#waiting.set(request, resolve);
    const giveUp = () => resolve(undefined);
    signal.addEventListener("abort", giveUp);
    this.ask(request);
    const refusal = await promise;
    signal.removeEventListener("abort", giveUp);
    this.#waiting.delete(request);
    if (refusal !== undefined) throw new EgressFailure("down", refusal);
  }

  /** The engine's answer; one that nobody waits for any more is lost. */
  grant(request: number, refusal: string | undefined): void {
    this.#waiting.get(request)?.(refusal);
  }
}
