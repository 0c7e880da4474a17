/**
 * Groups in flight where the model's own code asks for requests, as by `Promise.all` over rows: no more than
 * `@concurrency`, so that no more are unknown after a crash. What waits has not left, and is in no record yet.
 *
 * @module
 */
import { hostError } from "~/sandbox/guest/host_error.ts";
import { QUIET_MICROTASKS } from "~/sandbox/guest/host_port.ts";

/** Writes about the same groups that are out together: they count once. */
interface Unit {
  groups: ReadonlySet<number>;
  requests: number;
}

interface Waiting {
  groups: readonly number[];
  go: (unit: Unit | undefined) => void;
}

/** See the module's comment. */
export class InFlight {
  #units = new Set<Unit>();
  /** In the order in which they came. */
  #waiting = new Set<Waiting>();

  /** @param limit Units at once. */
  constructor(private readonly limit: number, private readonly isStopped: () => boolean) {}

  /**
   * Sends a write about groups in its turn.
   *
   * @throws {Error} The run was stopped before it came.
   */
  async send<T>(groups: readonly number[], send: () => Promise<T>): Promise<T> {
    const unit = this.#enter(groups) ?? await new Promise<Unit | undefined>((go) => {
      this.#waiting.add({ groups, go });
    });
    if (!unit) throw stopped();
    try {
      return await send();
    } finally {
      void this.#leave(unit);
    }
  }

  /** Absent: there is no room for it now. */
  #enter(groups: readonly number[]): Unit | undefined {
    const known = this.#units.values().find((unit) =>
      groups.every((each) => unit.groups.has(each))
    );
    if (!known && this.#units.size >= this.limit) return undefined;
    const unit = known ?? { groups: new Set(groups), requests: 0 };
    this.#units.add(unit);
    unit.requests += 1;
    return unit;
  }

  async #leave(unit: Unit): Promise<void> {
    // The model sees the answer first: what it saves by it is on its way before the next request is.
    for (let passed = 0; passed < QUIET_MICROTASKS; passed++) await undefined;
    unit.requests -= 1;
    if (unit.requests === 0) this.#units.delete(unit);
    for (const waiting of this.#waiting) {
      const next = this.isStopped() ? undefined : this.#enter(waiting.groups);
      if (!next && !this.isStopped()) return;
      this.#waiting.delete(waiting);
      waiting.go(next);
    }
  }
}

function stopped(): Error {
  return hostError({
    message: "The run was stopped before the request was sent",
    hint: "Run again: what was not sent comes with the next run.",
  }, true);
}
