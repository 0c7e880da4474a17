/**
 * `Changes`: what `changes` gives a model.
 *
 * @module
 */
import type {
  Change,
  Changes as PublicChanges,
  Counts,
  RowToSave,
  Saves,
} from "~/sandbox/guest/api.ts";
import { modelError } from "~/sandbox/guest/host_error.ts";
import { collectAll } from "~/sandbox/guest/rows/block_iterator.ts";
import {
  readBatches,
  type ReadGroup,
  readGroups,
  yieldNoted,
} from "~/sandbox/guest/rows/groups.ts";
import { followed } from "~/sandbox/guest/rows/followed_array.ts";
import type { Row } from "~/sandbox/guest/rows/row_values.ts";
import { expectFunction, type RowsContext } from "~/sandbox/guest/rows/rows.ts";
import { changedColumns } from "./changed_columns.ts";
import type { Delivery, SavedRow } from "./delivery.ts";
import { noteKey, noteObjects } from "./known_objects.ts";
import { refuseUnread } from "./unclear_answers.ts";
import { rejectionReason } from "./reject.ts";
import { type BatchFunction, expectSize, workOnBatches } from "./work_on_batches.ts";
import { workOnChanges } from "./work_on_groups.ts";

/** What reading changes needs: a model that is tracked. */
export interface ChangesContext extends RowsContext {
  delivery: Delivery;
}

/** See `Changes` in `api.ts`. */
export class Changes implements PublicChanges<Row> {
  #context: ChangesContext;
  #used = false;
  #array: Promise<Change<Row>[]> | undefined;

  constructor(context: ChangesContext) {
    this.#context = context;
  }

  then<A = Change<Row>[], B = never>(
    onChanges?: ((changes: Change<Row>[]) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#context.delivery.hasArray = true;
    this.#array ??= collectAll(this).then(followed);
    return this.#array.then(onChanges, onError);
  }

  [Symbol.asyncIterator](): AsyncIterator<Change<Row>, void> {
    const context = this.#use();
    return yieldNoted(readGroups(context), (group) => toNotedChange(group, context.delivery));
  }

  batches(size: number, fn: BatchFunction<Change<Row>>): Promise<Counts> {
    expectSize(size);
    expectFunction(fn, "batches");
    const context = this.#use();
    const work = (batch: readonly ReadGroup[]) =>
      fn(batch.map((group) => toChange(group, context.delivery)));
    return context.track(workOnBatches(readBatches(context, size), context, work));
  }

  each(fn: (change: Change<Row>) => Saves | Promise<Saves>): Promise<Counts> {
    expectFunction(fn, "each");
    const context = this.#use();
    const work = (group: ReadGroup) => fn(toChange(group, context.delivery));
    return context.track(workOnChanges(readGroups(context), context, work));
  }

  #use(): ChangesContext {
    if (this.#used) {
      throw modelError("Cannot read changes twice: they have been read already", {
        hint: "Keep the array of `await changes(…)` to go over them again.",
      });
    }
    this.#used = true;
    return this.#context;
  }
}

function toNotedChange(group: ReadGroup, delivery: Delivery): Change<Row> {
  const change = toChange(group, delivery);
  const { key, rows, previous, idempotencyKey } = change;
  noteObjects(group.given, [change, key, ...rows, ...previous]);
  if (group.given) noteKey(idempotencyKey, group.given);
  return change;
}

/** A change as the model sees it; its functions work by themselves too, taken out of it. */
function toChange({ key, rows, given, change }: ReadGroup, delivery: Delivery): Change<Row> {
  const { action, previous, idempotencyKey } = change;
  if (!given) throw new Error("A change was delivered without its group");
  return {
    action,
    key,
    rows,
    previous,
    changed: changedColumns(previous, rows, key),
    idempotencyKey,
    save: async (toSave?: RowToSave | readonly RowToSave[]) => {
      const own = toSave === undefined ? rows : [toSave].flat();
      if (own.length === 0 && !given.isRemoved) {
        throw modelError("Cannot save the change: there is no row to save", {
          hint: "Call save() to save the rows as they were read.",
        });
      }
      refuseUnread(given);
      await delivery.saveGroups([[given, own as readonly SavedRow[]]]);
    },
    reject: async (reason) => await delivery.reject([given], rejectionReason(reason, key)),
  };
}
