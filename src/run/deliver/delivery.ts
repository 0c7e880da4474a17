/**
 * One tracked query being delivered: its changed groups on their way from `delivered` to accepted,
 * rejected, failed or unknown, and the records that remember them.
 *
 * @module
 */
import type { ErrorReport } from "~/base/user_error.ts";
import { batchToBeIn, hasFailedBefore, isForced, isThereByWord } from "~/delivery/earlier_try.ts";
import type { OnRemoved } from "~/model/model.ts";
import type { ModelPlan } from "~/plan/model_plan.ts";
import type { Adoption } from "~/run/adopt/adopt_changes.ts";
import { lateRepeats, sameChange, turnOf } from "~/run/earlier/earlier_changes.ts";
import type { SettledTaken } from "~/run/earlier/accept_settled.ts";
import { forgetGone } from "~/run/earlier/forget_gone.ts";
import { assertGuest } from "~/run/guest/guest_error.ts";
import type { DeliveryCounts, GroupFailure } from "~/run/run_event.ts";
import type { AcknowledgedGroup, DeliveredGroup, HostMessage } from "~/sandbox/protocol.ts";
import type { KeyNames } from "~/store/changes/key_names.ts";
import type { LedgerReader } from "~/store/changes/ledger.ts";
import { noteDelivery } from "~/store/model_states.ts";
import { acceptedTableName } from "~/tracked/accept/accepted_table.ts";
import { Acknowledger } from "~/tracked/accept/acknowledger.ts";
import { FormerGroups } from "~/tracked/accept/former_groups.ts";
import { dropShownColumns, ensureTargetAsRead } from "~/tracked/accept/target_table.ts";
import { type ChangeSet, dropChanges } from "~/tracked/compare/find_changes.ts";
import { refuseRemovedKeys } from "~/tracked/compare/refuse_keys.ts";
import { renderWholeGroupKey } from "~/tracked/group_key.ts";
import { findTableType, isEmpty } from "~/warehouse/tables.ts";
import { type ChangeRecordContext, ChangeRecords } from "./change_records.ts";
import { savedTooSoon } from "./check_saved.ts";
import { type DeliveredChange, DeliveredChangeReader } from "./delivered_change_reader.ts";
import { DeliverySums } from "./delivery_sums.ts";
import { FittingRows } from "./fitting_rows.ts";
import { GroupRequests, type GroupRequestsContext } from "./group_requests.ts";
import {
  afterTry,
  type GivenGroup,
  givenGroupOf,
  isUnknownEnd,
  keyedChangeOf,
} from "./given_group.ts";
import { GivenGroups } from "./given_groups.ts";
import { changeKey, FIRST } from "./idempotency_key.ts";
import { NO_RECORDS, type Records } from "./no_records.ts";

/** What a delivery needs from its run and its model. */
export interface DeliveryContext extends ChangeRecordContext, GroupRequestsContext {
  projectId: string;
  /** The model's name when a change was begun, of which its keys are made. */
  keyNames: KeyNames;
  /** `@on_removed` */
  onRemoved: OnRemoved;
  /** The model asked by `changes`: it gets what was accepted before, too. */
  withPrevious: boolean;
  /** What a person settled was taken over. */
  settled: SettledTaken;
  /** Its table was made anew from what is accepted. */
  isRestored: boolean;
  /** Groups that were parked under the `@unique_key` that was before: they are tried again. */
  unparked: number;
  /** A plan is made: what becomes of each group is noted here. */
  plan?: ModelPlan | undefined;
  /** What was recorded as sent; then nothing is given to the model. */
  adoption?: Adoption;
}

/** What a model is given of them at a time. */
type DeliveredRows =
  & Pick<
    Extract<HostMessage, { type: "rows" }>,
    "block" | "previous" | "done"
  >
  & { groups: DeliveredGroup[] };

/** Groups that failed are shown as examples, not all. */
const MAX_FAILURES_SHOWN = 10;

/** See the module's comment. */
export class Delivery {
  readonly failures: GroupFailure[] = [];
  /** Its requests: what may leave, and how that ended. */
  readonly requests: GroupRequests;
  readonly #groups = new GivenGroups();
  readonly #sums = new DeliverySums();
  readonly #reader: DeliveredChangeReader;
  readonly #acknowledger: Acknowledger;
  readonly #fitting: FittingRows;
  readonly #records: Records;
  readonly #earlier: LedgerReader;
  readonly #former: FormerGroups;
  readonly #columnChanges: string[] = [];
  #hasLostColumns = false;
  #isAllRead = false;
  /** Of the changes whose keys the model was shown. */
  #lastId = 0;

  /**
   * Call inside the transaction that found the changes.
   *
   * @throws {UserError} A group that is to be removed has a key that cannot be read exactly.
   */
  constructor(
    private readonly context: DeliveryContext,
    private readonly changes: ChangeSet,
    earlier: LedgerReader,
  ) {
    const { db, model } = context;
    const readsRemoved = context.onRemoved === "deliver";
    if (readsRemoved) refuseRemovedKeys(db, changes.comparison);
    const { plan } = context;
    const late = readsRemoved ? lateRepeats(earlier) : new Set<number>();
    this.#reader = new DeliveredChangeReader(db, changes, {
      readsRemoved,
      withPrevious: context.withPrevious,
      see: plan &&
        ((change, before, after) =>
          plan.given(change, before, after, () => sameChange(earlier.get(change.keyText), change))),
      // A person says so, and it holds something else by now.
      isThere: (keyText) => {
        const entry = earlier.get(keyText);
        return entry !== undefined && isThereByWord(entry);
      },
      turnOf: (keyText) => turnOf(earlier.get(keyText), late),
    });
    this.#acknowledger = new Acknowledger(db, changes);
    this.#fitting = new FittingRows(db, changes.comparison);
    this.#former = new FormerGroups(db, changes.comparison);
    this.#records = plan ? NO_RECORDS : new ChangeRecords(context);
    this.#earlier = earlier;
    const { uniqueKey } = changes.comparison;
    this.requests = new GroupRequests(context, uniqueKey, this.#groups, this.#records);
    this.#records.cutOff(earlier.each("state = 'sent'").toArray());
    forgetGone({
      db,
      onRemoved: context.onRemoved,
      changes,
      earlier,
      records: this.#records,
      former: this.#former,
    });
    const { settled: { hasWritten } } = context;
    if (this.total + changes.removed > 0 || hasWritten) noteDelivery(db, model, this.total);
  }

  /** Groups to deliver. */
  get total(): number {
    const { new: added, changed, removed } = this.changes;
    return added + changed + (this.context.onRemoved === "deliver" ? removed : 0);
  }

  /** Groups that have come to an end. */
  get done(): number {
    return this.#sums.done;
  }

  /** Whether the target's content moved. */
  get hasWritten(): boolean {
    const forgotten = this.context.onRemoved === "forget" ? this.changes.removed : 0;
    const { adoption, settled, isRestored } = this.context;
    const isTaken = settled.hasWritten || adoption?.hasWritten === true;
    return isRestored || isTaken || this.#hasLostColumns || this.#sums.saved + forgotten > 0;
  }

  /** Whether more is known as sent by it than before, or will be: a state file of before is out of date. */
  get marksSent(): boolean {
    const { adoption, settled } = this.context;
    return this.total > 0 || adoption !== undefined || settled.isAny;
  }

  /** Groups that are tried again because the unique key is another one. */
  get unparked(): number {
    return this.context.unparked;
  }

  /** With `--adopt`. */
  get adoption(): Adoption | undefined {
    return this.context.adoption;
  }

  get columnChanges(): readonly string[] {
    return this.#columnChanges;
  }

  /**
   * Groups and their rows for the model. Keys that it is shown are given to no other change from then on, even
   * where no request is known to be about this one: it may put them into any.
   */
  async pull(rows: number): Promise<DeliveredRows> {
    const { columns } = this.changes.comparison;
    if (this.#isAllRead || this.context.adoption) {
      return { block: { columns, values: [] }, groups: [], done: true };
    }
    const { changes, values, previous, done } = this.#reader.read(rows);
    this.#isAllRead = done;
    const groups = changes.map((change) => this.#deliver(change));
    const block = { columns, values };
    const lastId = this.#lastId;
    if (this.context.withPrevious && groups.length > 0) {
      await this.context.commits.add(() => this.#records.shown(lastId));
    }
    return { block, groups, ...(previous && { previous }), done };
  }

  #deliver(change: DeliveredChange): DeliveredGroup {
    const { number, action, firstRow, lastRow } = change;
    const former = this.#earlier.get(change.keyText);
    const earlier = sameChange(former, change);
    const given = givenGroupOf(change, former, earlier);
    this.#groups.add(given);
    const group = {
      group: number,
      rows: lastRow - firstRow + 1,
      batch: earlier ? batchToBeIn(earlier) : 0,
      ...(earlier && hasFailedBefore(earlier, this.context.promise) && { failedBefore: true }),
    };
    if (!this.context.withPrevious) return group;
    given.changeId ||= this.context.nextChangeId();
    this.#lastId = Math.max(this.#lastId, given.changeId);
    const { projectId, keyNames: { nameOf, contentFrom } } = this.context;
    const changes = [keyedChangeOf(given)];
    const model = nameOf(given.changeId);
    const idempotencyKey = changeKey({ projectId, model, changes, place: FIRST, contentFrom });
    const { previousRows, key } = change;
    const isKeyAlone = action === "remove" && previousRows === 0;
    return { ...group, action, previousRows, idempotencyKey, ...(isKeyAlone && { key }) };
  }

  /**
   * Records groups as accepted by the far side; resolves when that is durable.
   *
   * @throws {UserError} Its request has not been answered, or its rows cannot be kept: one has another key than
   * its group, say, or there is no room for its columns.
   * @throws {GuestError} The message was forged.
   */
  async acknowledge(acknowledged: readonly AcknowledgedGroup[]): Promise<void> {
    assertGuest(isDistinct(acknowledged.map(({ group }) => group)), "a group twice");
    const work = acknowledged.map(({ group: number, block }) => {
      const group = this.#groups.getOpen(number);
      if (group.unanswered > 0) throw savedTooSoon(this.changes.comparison.uniqueKey, group);
      return { group, saved: this.#fitting.check(group, block) };
    });
    const written = work.filter(({ group }) => group.action !== "remove");
    const groups = work.map(({ group }) => group);
    let columnChanges: readonly string[] = [];
    try {
      await this.#end(groups, "accepted", () => {
        if (written.length > 0) columnChanges = this.#acknowledger.acknowledge(written);
        for (const { group } of work) if (group.action === "remove") this.#former.forget(group.key);
        this.#records.accepted(groups);
      });
    } catch (error) {
      throw this.#fitting.notKept(groups, error);
    }
    this.#columnChanges.push(...columnChanges);
  }

  /** The far side refuses these groups for good; resolves when that is durable. */
  reject(numbers: readonly number[], reason: string): Promise<void> {
    assertGuest(isDistinct(numbers), "a group twice");
    const groups = numbers.map((number) => this.#groups.getOpen(number));
    for (const group of groups) group.changeId ||= this.context.nextChangeId();
    return this.#end(groups, "rejected", () => {
      for (const group of groups) if (this.#mayHaveMoved(group)) this.#former.doubt(group.key);
      this.#records.rejected(groups, reason);
    }, reason);
  }

  /** What the model wanted to save of these groups is nothing that could be kept. */
  cannotKeep(numbers: readonly number[]): void {
    for (const number of numbers) this.#groups.getOpen(number).isUnfit = true;
  }

  /** The model tried a group and it was not accepted. */
  fail(number: number, error: ErrorReport): void {
    const group = this.#groups.getOpen(number);
    const record = this.#settle(group, group.isUnplanned ? unplanned(group, error) : error);
    this.context.commits.addUnawaited(record);
  }

  /**
   * What became of all groups, once the model has ended. Groups that it had not ended are settled. Call
   * inside the transaction that records the model's end.
   *
   * @param why What the model ended by, where that was no good end.
   * @throws {Error} The sums do not balance.
   */
  finish(why?: ErrorReport): DeliveryCounts {
    let returned = 0;
    this.requests.close();
    for (const group of this.#groups.open()) {
      const hasBegun = group.hasLeft || group.pending > 0;
      if (group.intent && hasBegun) this.#settle(group, endedBefore(group, why))();
      else returned += 1;
      // No request of it will leave: it is as if it had not been tried, and no attempt is counted.
      if (group.intent && !hasBegun) this.#records.withdrawn(group);
    }
    const read = { groups: this.#groups.count, isAll: this.#isAllRead, returned };
    return this.#sums.close(this.changes, this.total, read);
  }

  /**
   * Makes the model's table where nothing of it was accepted yet, so that what reads it finds that there is nothing;
   * and takes off it the columns that its query gives no more, so that what reads these does not find NULL everywhere
   * and send that. Call inside the transaction that records the model's end.
   */
  completeTarget(): void {
    const { db, model } = this.context;
    const { comparison } = this.changes;
    const { uniqueKey, columns } = comparison;
    const gone = dropShownColumns(db, comparison);
    this.#columnChanges.push(...gone);
    this.#hasLostColumns = gone.length > 0;
    if (findTableType(db, model) || !isEmpty(db, acceptedTableName(model))) return;
    ensureTargetAsRead(db, model, uniqueKey, columns);
  }

  dispose(): void {
    dropChanges(this.context.db, this.changes);
  }

  /** All or none: what cannot be written leaves the groups open. */
  #end(
    groups: readonly GivenGroup[],
    end: "accepted" | "rejected",
    write: () => void,
    why = "",
  ): Promise<void> {
    for (const group of groups) group.end = "ending";
    return this.context.commits.add(write).then(() => {
      for (const group of groups) {
        group.end = end;
        this.#groups.drop(group.number);
      }
      for (const { number } of groups) this.context.plan?.ended(number, { as: end, why });
      if (end === "accepted") this.#sums.saved += groups.length;
      else this.#sums.rejected += groups.length;
    }, (error) => {
      for (const group of groups) group.end = "open";
      throw error;
    });
  }

  /** @returns What writes it down. */
  #settle(group: GivenGroup, error: ErrorReport): () => void {
    group.end = "failed";
    this.context.plan?.ended(group.number, { as: "failed", why: error.message, at: error.at });
    group.changeId ||= this.context.nextChangeId();
    if (this.failures.length < MAX_FAILURES_SHOWN) {
      const key = renderWholeGroupKey(this.changes.comparison.uniqueKey, group.key);
      this.failures.push({ key, error });
    }
    if (isUnknownEnd(group, this.context.promise)) {
      this.#sums.unknown += 1;
      if (this.context.promise === "at_most_once") this.#sums.keptBack += 1;
      return () => this.#records.unknown(group, error.message);
    }
    this.#sums.failed += 1;
    if (group.isFarSides) group.attempts -= 1;
    if (afterTry(group, this.context.maxAttempts).parked) this.#sums.keptBack += 1;
    return () => this.#records.failed(group, error.message);
  }

  /**
   * Whether the far side may hold something else of a refused group than was accepted: an earlier request
   * may have done something, or an earlier try whose place in the ledger the rejection takes.
   */
  #mayHaveMoved({ earlier, hasMoved, pending }: GivenGroup): boolean {
    return hasMoved || pending > 0 || (earlier !== undefined && isForced(earlier));
  }
}

/** What was sent and taken, and not saved, is sent again by each run. */
const TO_SAVE =
  'Write "await save.row(row)" after its request, or let each() or batches() save what is accepted';

/** Why the model ended comes first; what the group was answered with is what it is found by. */
function endedBefore(group: GivenGroup, why: ErrorReport | undefined): ErrorReport {
  const { refusedWith, isTaken, isUncertain } = group;
  const reasons = why ? [why.message] : [];
  if (refusedWith !== undefined && !why?.message.includes(`answered ${refusedWith}`)) {
    reasons.push(`its last request answered ${refusedWith}`);
  }
  const message = "The model ended before it saved this group";
  const isForgotten = reasons.length === 0 && isTaken && !isUncertain;
  const hint = isForgotten ? TO_SAVE : why?.hint;
  return {
    message: reasons.length > 0 ? `${message}: ${reasons.join("; ")}` : message,
    ...(hint !== undefined && { hint }),
    ...(why?.at && { at: why.at }),
  };
}

/** What else it was answered with is what is to be mended, or to be looked for. */
function unplanned({ refusedWith }: GivenGroup, error: ErrorReport): ErrorReport {
  if (refusedWith === undefined || error.message.includes(`answered ${refusedWith}`)) return error;
  return { ...error, message: `${error.message}; its last request answered ${refusedWith}` };
}

function isDistinct(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}
