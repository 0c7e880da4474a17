/**
 * `Rows`: what `query` gives a model.
 *
 * @module
 */
import type { Counts, Group, Rows as PublicRows, Saves } from "~/sandbox/guest/api.ts";
import {
  type BatchFunction,
  expectSize,
  workOnBatches,
} from "~/sandbox/guest/deliver/work_on_batches.ts";
import { type Work, workOnGroups } from "~/sandbox/guest/deliver/work_on_groups.ts";
import { nameKind } from "~/sandbox/guest/format_value.ts";
import { modelError } from "~/sandbox/guest/host_error.ts";
import { collectAll } from "./block_iterator.ts";
import { followed } from "./followed_array.ts";
import {
  iterateRows,
  readBatches,
  type ReadGroup,
  readGroups,
  type Reading,
  toGroup,
  toNotedGroup,
  yieldNoted,
} from "./groups.ts";
import type { Row } from "./row_values.ts";

/** Everything that the forms of reading need. */
export interface RowsContext extends Reading, Work {
  /** Lets the end of the model wait for work that nobody awaits. */
  track<T>(work: Promise<T>): Promise<T>;
}

/** See `Rows` in `api.ts`. */
export class Rows implements PublicRows<Row> {
  #context: RowsContext;
  #used = false;
  #array: Promise<Row[]> | undefined;

  constructor(context: RowsContext) {
    this.#context = context;
  }

  then<A = Row[], B = never>(
    onRows?: ((rows: Row[]) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const { delivery } = this.#context;
    if (delivery) delivery.hasArray = true;
    this.#array ??= delivery ? collectAll(this).then(followed) : collectAll(this);
    return this.#array.then(onRows, onError);
  }

  [Symbol.asyncIterator](): AsyncIterator<Row, undefined> {
    return iterateRows(this.#use());
  }

  groups(): AsyncIterable<Group<Row>> {
    return yieldNoted(readGroups(this.#use()), toNotedGroup);
  }

  batches(size: number): AsyncIterable<Group<Row>[]>;
  batches(size: number, fn: BatchFunction<Group<Row>>): Promise<Counts>;
  batches(
    size: number,
    fn?: BatchFunction<Group<Row>>,
  ): AsyncIterable<Group<Row>[]> | Promise<Counts> {
    expectSize(size);
    const context = this.#use();
    if (fn === undefined) {
      return yieldNoted(readBatches(context, size), (batch) => batch.map(toNotedGroup));
    }
    expectFunction(fn, "batches");
    const work = (batch: readonly ReadGroup[]) => fn(batch.map(toGroup));
    return context.track(workOnBatches(readBatches(context, size), context, work));
  }

  each(fn: (row: Row, group: Group<Row>) => Saves | Promise<Saves>): Promise<Counts> {
    expectFunction(fn, "each");
    const context = this.#use();
    return context.track(workOnGroups(readGroups(context), context, fn));
  }

  #use(): RowsContext {
    if (this.#used) {
      throw modelError("Cannot read the rows of a query twice: they have been read already", {
        hint: "Keep the array of `await query(…)` to go over rows again.",
      });
    }
    this.#used = true;
    return this.#context;
  }
}

/** Refuses what is no function, by the name of the call that it was given to. */
export function expectFunction(fn: unknown, name: string): void {
  if (typeof fn === "function") return;
  throw modelError(`Cannot call ${name}: it takes a function, and was given ${nameKind(fn)}`);
}
