/**
 * Changes whose request may have arrived, given to the model's own `verify`, and what that asks and says.
 *
 * It settles them as a person would: the next run accepts them without a request, or sends them with the
 * same `Idempotency-Key`.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { isUnknown } from "~/delivery/earlier_try.ts";
import type { Model } from "~/model/model.ts";
import { changeKey, FIRST } from "~/run/deliver/idempotency_key.ts";
import { assertGuest } from "~/run/guest/guest_error.ts";
import type { ModelWishes } from "~/run/models/model_wishes.ts";
import type { RunContext } from "~/run/run_context.ts";
import type { VerifiedGroups } from "~/run/run_event.ts";
import type { GuestMessage, UnsettledMessage } from "~/sandbox/protocol.ts";
import { BatchIds } from "~/store/changes/batch_ids.ts";
import { VERIFIED_AS_NOT_SENT, VERIFIED_AS_SENT, VERIFY_SAYS } from "~/store/changes/by_hand.ts";
import { DeliveryLog } from "~/store/changes/delivery_log.ts";
import { deliveriesOf } from "~/store/changes/group_story.ts";
import { type KeyNames, loadKeyNames } from "~/store/changes/key_names.ts";
import { Ledger, type LedgerEntry, LedgerReader } from "~/store/changes/ledger.ts";
import type { DurableCommits } from "~/store/commits/group_commit.ts";
import { decodeGroupKey } from "~/tracked/group_key.ts";

/** Asked for in one run at most; more come with the next. */
const MAX_ASKED = 1_000;
/** Characters that are kept of what `verify` threw. */
const MAX_WHY = 10_000;

/** What this needs of its run. */
export interface VerifyContext extends
  Pick<
    RunContext,
    "db" | "runId" | "projectId" | "plan" | "planned" | "nextBatchId" | "now"
  > {
  commits: Pick<DurableCommits, "addUnawaited">;
}

/** See the module's comment. */
export class VerifiedChanges {
  readonly #entries: Map<number, LedgerEntry>;
  /** Change → what the requests about it are recorded by. */
  readonly #questions = new Map<number, number>();
  readonly #keyNames: KeyNames;
  /** What `verify` said of the changes that it was asked about: the next run goes on with them. */
  readonly told: VerifiedGroups = { sent: 0, not_sent: 0, left: 0 };

  constructor(
    private readonly context: VerifyContext,
    private readonly model: Model,
    wishes: ModelWishes,
    /** Takes stand-ins of secrets out of texts. */
    private readonly mask: (text: string) => string,
  ) {
    const entries = unsettledEntries(context.db, model, wishes);
    this.#entries = new Map(entries.map((entry) => [entry.id, entry]));
    this.#keyNames = loadKeyNames(context.db, model.name);
  }

  /** What the guest gets of them. */
  get messages(): UnsettledMessage[] {
    const { projectId } = this.context;
    const { nameOf, contentFrom } = this.#keyNames;
    return [...this.#entries.values()].map((entry) => ({
      change: entry.id,
      action: entry.action,
      key: decodeGroupKey(entry.groupKey),
      ...entry.batch === 0 && {
        idempotencyKey: changeKey({
          projectId,
          model: nameOf(entry.id),
          changes: [entry],
          place: FIRST,
          contentFrom,
        }),
      },
    }));
  }

  /**
   * What a request about this change is recorded by: an id of its own, of those that batches have. By the
   * change's own it would be taken for a request that was to send it.
   */
  questionOf(change: number | undefined): number | undefined {
    if (change === undefined || !this.#entries.has(change)) return undefined;
    const known = this.#questions.get(change);
    if (known !== undefined) return known;
    const { commits, db, nextBatchId } = this.context;
    const question = nextBatchId();
    this.#questions.set(change, question);
    commits.addUnawaited(() => new BatchIds(db).keep(question));
    return question;
  }

  /** Takes an answer. */
  take({ change, answer, why }: Extract<GuestMessage, { type: "verified" }>): void {
    const entry = this.#entries.get(change);
    assertGuest(entry, "an answer about a change that it was not asked about");
    assertGuest(answer === null || typeof answer === "boolean", "an answer that is none");
    this.#entries.delete(change);
    const { commits, plan, planned } = this.context;
    if (plan || planned) {
      this.told.not_asked = (this.told.not_asked ?? 0) + 1;
      return;
    }
    this.told[answer === null ? "left" : answer ? "sent" : "not_sent"] += 1;
    if (answer !== null) return commits.addUnawaited(() => this.#settle(entry, answer));
    if (why === undefined) return;
    const text = VERIFY_SAYS + this.mask(String(why)).slice(0, MAX_WHY);
    commits.addUnawaited(() => this.#note(entry, "unknown", text));
  }

  #settle(entry: LedgerEntry, isSent: boolean): void {
    const { db, runId, now } = this.context;
    const { name } = this.model;
    new Ledger(db, name).write([{ ...entry, ...isSent && { settledHash: undefined } }], {
      state: isSent ? "settled" : "failed",
      parked: false,
      runId,
      at: now(),
      ...!isSent && { error: VERIFIED_AS_NOT_SENT },
    });
    this.#note(entry, "settled", isSent ? VERIFIED_AS_SENT : VERIFIED_AS_NOT_SENT);
  }

  /** What is said without a request, and was said before, is no news. */
  #note(entry: LedgerEntry, state: "settled" | "unknown", error: string): void {
    const { db, runId, now } = this.context;
    const { name } = this.model;
    const { id: changeId, groupKey, action, contentHash } = entry;
    const question = this.#questions.get(changeId);
    if (question === undefined && state === "unknown") {
      const [last] = deliveriesOf(db, name, groupKey, 1);
      if (last?.error === error) return;
    }
    new DeliveryLog(db, runId, name).write({
      groupKey,
      changeId,
      batch: question ?? entry.batch,
      action,
      state,
      at: now(),
      contentHash,
      error,
    });
  }
}

/** At least once they are sent again anyway; `--resend` sends them, and `--adopt` forgets them. */
function unsettledEntries(
  db: DatabaseSync,
  { name, directives: { delivery, uniqueKey = [] } }: Model,
  { resend, adopt }: ModelWishes,
): LedgerEntry[] {
  if (delivery !== "at_most_once" || resend || adopt) return [];
  return new LedgerReader(db, name).each().filter(isUnknown)
    .filter(({ groupKey }) => decodeGroupKey(groupKey).length === uniqueKey.length)
    .take(MAX_ASKED).toArray();
}
