/**
 * Groups in flight where the model's own code asks for requests, as by `Promise.all` over rows: no more than
 * `@concurrency`, so that no more are unknown after a crash. What waits has not left, and is in no record yet.
 *
 * A group is in flight from its first write until it is saved, rejected or failed. A model that first sends much and
 * then saves it all would wait for itself: where it waits for nothing else, those that are answered make room.
 *
 * @module
 */
import { hostError } from "~/sandbox/guest/host_error.ts";
import { type HostPort, QUIET_MICROTASKS } from "~/sandbox/guest/host_port.ts";
import type { Change } from "./change_context.ts";
import type { GivenGroup } from "./delivery.ts";

/** Groups that a write is about; they count once. */
interface Unit {
  given: readonly GivenGroup[];
  numbers: ReadonlySet<number>;
  /** Writes that are out. */
  requests: number;
}

interface Waiting {
  change: Change;
  go: (unit: Unit | undefined) => void;
}

/** What it needs of its model. */
export interface InFlightContext {
  port: Pick<HostPort, "idle" | "isIdle">;
  isStopped(): boolean;
}

/** See the module's comment. */
export class InFlight {
  #units = new Set<Unit>();
  /** In the order in which they came. */
  #waiting = new Set<Waiting>();
  #isWatching = false;

  /** @param limit Units at once. */
  constructor(private readonly limit: number, private readonly context: InFlightContext) {}

  /**
   * Sends a write about groups in its turn.
   *
   * @throws {Error} The run was stopped before it came.
   */
  async send<T>(change: Change, send: () => Promise<T>): Promise<T> {
    const unit = this.#enter(change) ?? await new Promise<Unit | undefined>((go) => {
      this.#waiting.add({ change, go });
      void this.#watch();
    });
    if (!unit) throw stopped();
    try {
      return await send();
    } finally {
      void this.#leave(unit);
    }
  }

  /** Absent: there is no room for it now. */
  #enter({ groups, given }: Change): Unit | undefined {
    const known = this.#units.values().find(({ numbers }) =>
      groups.every((each) => numbers.has(each))
    );
    if (!known && this.#units.size >= this.limit) return undefined;
    const unit = known ?? { given, numbers: new Set(groups), requests: 0 };
    this.#units.add(unit);
    unit.requests += 1;
    return unit;
  }

  async #leave(unit: Unit): Promise<void> {
    // The model sees the answer first: what it saves by it is on its way before the next request is.
    await quiet();
    unit.requests -= 1;
    this.#admit(({ state }) => state !== "open");
  }

  /** @param isOver Whether a group makes room, if no write about it is out. */
  #admit(isOver: (group: GivenGroup) => boolean): void {
    for (const unit of this.#units) {
      if (unit.requests === 0 && unit.given.every(isOver)) this.#units.delete(unit);
    }
    for (const waiting of this.#waiting) {
      const unit = this.context.isStopped() ? undefined : this.#enter(waiting.change);
      if (!unit) return;
      this.#waiting.delete(waiting);
      waiting.go(unit);
    }
  }

  /** As long as there is something that waits. */
  async #watch(): Promise<void> {
    if (this.#isWatching) return;
    this.#isWatching = true;
    while (this.#waiting.size > 0) {
      await this.context.port.idle();
      await quiet();
      if (this.context.port.isIdle) this.#goOn();
    }
    this.#isWatching = false;
  }

  /** The model waits for nothing but its turn. */
  #goOn(): void {
    this.#admit(() => true);
    if (!this.context.isStopped()) return;
    for (const { go } of this.#waiting) go(undefined);
    this.#waiting.clear();
  }
}

async function quiet(): Promise<void> {
  for (let passed = 0; passed < QUIET_MICROTASKS; passed++) await undefined;
}

function stopped(): Error {
  return hostError({
    message: "The run was stopped before the request was sent",
    hint: "Run again: what was not sent comes with the next run.",
  }, true);
}
