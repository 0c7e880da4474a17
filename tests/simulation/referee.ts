/**
 * What must hold, whatever happens: looked at before and after each run, and at each request.
 *
 * @module
 */
import {
  type DeliveryPromise,
  isForced,
  isUnknown,
  knownByWord,
  mayHaveMore,
} from "~/delivery/earlier_try.ts";
import type { AdoptedGroups, DeliveryCounts } from "~/run/run_event.ts";
import { type Allowed, BudgetCheck, type BudgetRules } from "./budget_check.ts";
import { isLocallyRefused, isQuiet, isRefused } from "./content.ts";
import { ForgottenGroups } from "./forgotten_groups.ts";
import { KnownContents } from "./known_contents.ts";
import type { AcceptedGroup, LedgerRow, ModelState } from "./model_state.ts";
import type { OutgoingRequest, TakenGroup } from "./scripted_model.ts";
import type { ModelForm } from "./setting.ts";
import type { Answer } from "./simulated_network.ts";
import type { BeginEnd } from "./simulated_run.ts";
import { expect, fail } from "./wrong.ts";

/** What holds in one history. */
export interface Rules extends BudgetRules {
  promise: DeliveryPromise;
  requestsPerChange: number;
  maxAttempts: number;
  form: ModelForm;
  /** It may have other rules later. */
  isEdited: boolean;
}

/** What was known when a run began. */
export interface Before {
  ledger: ReadonlyMap<string, LedgerRow>;
  accepted: ReadonlyMap<string, AcceptedGroup>;
  source: ReadonlyMap<string, string>;
  resend: boolean;
  runId: number;
}

/** What is known when a backup of the state file is made. */
export interface RefereeMark {
  /** What parked groups held when they were parked. */
  parked: ReadonlyMap<string, string>;
  /** Groups that budgets have counted. */
  found: ReadonlySet<string>;
  /** Groups that an earlier backup does not know. */
  stale: ReadonlySet<string>;
  others: ReadonlySet<string>;
}

/** A request that left, as long as it is not known how its groups ended. */
interface Tried {
  key: string;
  /** As the state file names the batch that it was. */
  batch: number;
  /** Group → content, and the change's id. */
  contents: ReadonlyMap<string, { content: string; id: number }>;
}

/** See the module's comment. */
export class Referee {
  #before: Before | undefined;
  /** The last first request of each group, which a repeat must be like. */
  #tried = new Map<string, Tried>();
  /** Groups that this run has heard to be accepted. */
  #saved = new Map<string, TakenGroup>();
  /** Groups whose first request of this run has left. */
  #repeated = new Set<string>();
  /** What parked groups held when they were parked. */
  #parked = new Map<string, string>();
  /** What this run has told of its adoption by an export. */
  #told: AdoptedGroups | undefined;
  /** What the far side is known to have. */
  #known = new KnownContents();
  /** Contents that were settled as sent, by their hashes. */
  #said = new Map<string, string>();
  /** What the model's own `verify` has said in this run. */
  #verified = new Map<number, boolean>();
  /** What was accepted after the last run. */
  #accepted: ReadonlyMap<string, AcceptedGroup> = new Map();
  #forgotten = new ForgottenGroups();
  /** What was sent of these has got lost with a state file. */
  #stale = new Set<string>();
  readonly #budgets: BudgetCheck;

  constructor(private readonly state: ModelState, private readonly rules: Rules) {
    this.#budgets = new BudgetCheck(rules);
  }

  /** A backup of the state file is made. */
  mark(): RefereeMark {
    return {
      parked: new Map(this.#parked),
      found: this.#budgets.found(),
      stale: new Set(this.#stale),
      others: new Set(this.state.farSide.others),
    };
  }

  /**
   * It is put back.
   *
   * @param touched Groups of which the far side has had something since, which nobody knows any more.
   */
  putBack({ parked, found, stale, others }: RefereeMark, touched: ReadonlySet<string>): void {
    this.#accepted = this.state.accepted();
    this.#parked = new Map(parked);
    this.#stale = this.#stale.union(stale).union(touched);
    for (const key of others) this.state.farSide.others.add(key);
    this.#known.clear();
    this.#forgotten.areKnown();
    this.#budgets.putBack(found);
  }

  /** A run is about to begin. */
  begin(runId: number, resend: boolean): Before {
    const before = this.#before = {
      ledger: new Map(this.state.ledger().map((row) => [row.key, row])),
      accepted: this.#accepted,
      source: this.state.source(),
      resend,
      runId,
    };
    this.#known.begin(before);
    this.#repeated.clear();
    this.#saved.clear();
    this.#verified.clear();
    this.#told = undefined;
    return before;
  }

  /** A delivery has begun, or a budget has blocked it before anything was written. */
  begun(before: Before, allowed: Allowed, end: BeginEnd): void {
    const { allowRemoved, adopt } = allowed;
    const { accepted, ledger, source } = before;
    const isGone = accepted.size > 0 && source.size === 0;
    if (end !== "begun") {
      const now = [[...this.state.accepted()], this.state.ledger()];
      const was = [[...accepted], [...ledger.values()]];
      expect(
        JSON.stringify(now) === JSON.stringify(was),
        `a run that was ${end} has changed the state`,
      );
      return;
    }
    if (before.resend || adopt) this.#known.clear();
    if (this.rules.onRemoved === "forget") this.#known.forgetOthers(source);
    // What was cut off is known by its state from now on.
    const open = this.state.ledger();
    const out = open.find(({ state }) => state === "sent");
    expect(!out, `change ${out?.id} is out, and its run is over`);
    this.#budgets.begun(before, allowed);
    if (this.rules.onRemoved === "forget" && !adopt) {
      this.#forgotten.begun(before, new Set(open.map(({ key }) => key)));
    }
    if (this.rules.isEdited) this.#noteLetGo(source, open);
    if (isGone && !allowRemoved && !adopt && this.rules.onRemoved === "forget") {
      const isHarmed = this.state.accepted().size < accepted.size;
      expect(!isHarmed, "an empty query has let all accepted groups go");
    }
  }

  /** Groups that have left, and of which nothing is known any more, are nobody's to remove. */
  #noteLetGo(source: ReadonlyMap<string, string>, open: readonly LedgerRow[]): void {
    if (this.rules.onRemoved === "deliver") return;
    const { contents: [there = new Map()], others } = this.state.farSide;
    const known = new Set(open.map(({ key }) => key)).union(this.state.accepted());
    for (const key of there.keys()) if (!source.has(key) && !known.has(key)) others.add(key);
  }

  /** A run says what became of all groups; the record says it group by group. */
  counted({ saved, rejected, failed, unknown, ...counts }: DeliveryCounts): void {
    const { runId, ledger } = this.#before ?? fail("counts outside of a run");
    const ends = this.state.ends(runId);
    const cutOff = [...ledger.values()].filter(({ state }) => state === "sent").length;
    const recorded = ["accepted", "rejected", "failed"].map((state) => ends.get(state) ?? 0);
    expect(
      String([...recorded, (ends.get("unknown") ?? 0) - cutOff]) ===
        String([saved, rejected, failed, unknown]),
      `the record has ${[...ends]}, ${cutOff} cut off, and the run counts ${
        JSON.stringify({ saved, rejected, failed, unknown })
      }`,
    );
    if (!this.#told) return;
    const { same, differ, not_there: missing, to_remove: gone } = this.#told;
    expect(
      String([counts.unchanged, counts.changed, counts.new, counts.removed, counts.left]) ===
        String([same, differ, missing, gone, differ + missing + gone]),
      `the run counts ${JSON.stringify(counts)}, and has told ${JSON.stringify(this.#told)}`,
    );
  }

  /** A person says that the far side has what the source has. */
  adopted(): void {
    this.#stale.clear();
    this.#forgotten.areKnown();
    this.state.farSide.others.clear();
    expect(this.state.ledger().length === 0, "something is open after all was adopted");
  }

  /** A person says what the far side holds: only what is the same there counts as accepted. */
  adoptedByExport(held: ReadonlyMap<string, string>, told: AdoptedGroups): void {
    this.#stale.clear();
    this.#forgotten.areKnown();
    const { source, accepted: before, ledger: tried } = this.#before ??
      fail("an adoption outside of a run");
    const isSettled = (key: string) => tried.get(key)?.state === "settled";
    const ledger = new Map(this.state.ledger().map((row) => [row.key, row]));
    const accepted = this.state.accepted();
    const found = { "same": 0, "differ": 0, "not there": 0 };
    for (const [key, content] of source) {
      const [there, now] = [held.get(key), accepted.get(key)];
      const verdict = there === content ? "same" : there === undefined ? "not there" : "differ";
      found[verdict] += 1;
      const isRight = verdict === "same"
        ? now?.content === content && !now.isOutdated && !ledger.has(key)
        : verdict === "differ"
        ? now?.isOutdated
        : now === undefined;
      expect(isRight === true, `group ${key} is adopted as ${JSON.stringify(now)}: ${verdict}`);
    }
    this.#told = told;
    const only = [...held.keys()].filter((key) => !source.has(key));
    expect(
      String([told.same, told.differ, told.not_there, told.groups_there, told.only_there]) ===
        String([...Object.values(found), held.size, only.length]),
      `${JSON.stringify(told)} is told, and was ${JSON.stringify(found)} of ${held.size} there`,
    );
    for (const [key, { state }] of ledger) {
      expect(state !== "settled", `group ${key} is settled by what was known before`);
    }
    for (const [key, now] of accepted) {
      expect(source.has(key) || before.has(key), `group ${key} is accepted, and was never sent`);
      const isKept = held.has(key) && now.isOutdated && this.rules.onRemoved !== "forget";
      expect(source.has(key) || isKept, `group ${key} has left, and is ${JSON.stringify(now)}`);
    }
    // Where nothing is removed, what was said of one that has left is not kept beside the export.
    const removes = this.rules.onRemoved === "deliver";
    const isOwn = (key: string) => accepted.has(key) || (removes && mayBeOwn(tried.get(key)));
    const { others } = this.state.farSide;
    others.clear();
    for (const key of only) if (!isOwn(key)) others.add(key);
    const lost = only.find((key) => before.has(key) && !accepted.has(key) && !isSettled(key));
    expect(
      this.rules.onRemoved === "forget" || lost === undefined,
      `group ${lost} has left, is there, and is not accepted any more`,
    );
  }

  /** A person, or the model itself, says whether the request which may have arrived has. */
  settled(row: LedgerRow, isSent: boolean): void {
    this.#forgotten.isKnown(row.key);
    if (isSent) this.#settledAsSent(row);
    else this.#settledAsNotSent(row);
  }

  /** The model says so at its end; it counts once it is on the disk. */
  verified(change: number, isSent: boolean): void {
    this.#verified.set(change, isSent);
  }

  #takeVerified(ledger: readonly LedgerRow[]): void {
    for (const row of ledger) {
      const isSent = this.#verified.get(row.id);
      if (isSent === undefined || isUnknown(row)) continue;
      expect((row.state === "settled") === isSent, `change ${row.id} is not as verify said`);
      this.settled(row, isSent);
    }
  }

  #settledAsSent({ key, action, contentHash }: LedgerRow): void {
    const isRemoval = action === "remove";
    const isOpen = isRemoval || this.#stale.has(key);
    const content = isOpen ? undefined : this.state.farSide.contents[0]?.get(key);
    this.#known.settledAsSent(key, content, isRemoval);
    if (content !== undefined) this.#said.set(contentHash, content);
  }

  #settledAsNotSent(row: LedgerRow): void {
    this.#known.settledAsNotSent(row);
    if (this.state.farSide.isOfOthers(row.key)) this.state.farSide.others.add(row.key);
  }

  /** A request is about to leave. */
  leaves(request: OutgoingRequest): void {
    const { key, groups, changes, ordinal } = request;
    for (const [index, group] of groups.entries()) {
      const id = changes[index] ?? 0;
      expect(this.state.isSent(id, group.key), `the intent of group ${group.key} is not durable`);
      this.#isJustified(group);
    }
    for (const { key } of groups) this.#forgotten.isKnown(key);
    this.#budgets.leaves(groups);
    this.#known.leaves(request, this.#before?.ledger ?? new Map());
    if (ordinal > 0) return;
    if (groups.length === 1 && groups[0]?.idempotencyKey !== undefined) {
      expect(groups[0].idempotencyKey === key, `group ${groups[0].key} was told another key`);
    }
    this.#checkRepeat(key, groups);
    const batch = this.state.batchOf(changes[0] ?? 0);
    const contents = new Map(
      groups.map(({ key, content }, index) => [key, { content, id: changes[index] ?? 0 }]),
    );
    for (const group of groups) this.#tried.set(group.key, { key, batch, contents });
  }

  /** A request has ended. */
  answered(groups: readonly TakenGroup[], answer: Answer): void {
    this.#known.answered(groups, answer, this.rules.promise === "at_most_once");
  }

  /** Groups are said to be accepted. */
  saved(groups: readonly TakenGroup[]): void {
    this.#known.saved(groups);
    this.#budgets.saved(groups);
    for (const { key, content } of groups) {
      this.#forgotten.isKnown(key);
      if (!isQuiet(content)) this.#stale.delete(key);
    }
    for (const group of groups) this.#saved.set(group.key, group);
  }

  /** A run has ended, or was cut. */
  after(isCut: boolean, concurrency: number): void {
    const [wrong] = this.state.farSide.wrongs;
    expect(wrong === undefined, `at the far side ${wrong}`);
    const ledger = this.state.ledger();
    const accepted = this.#accepted = this.state.accepted();
    this.#takeVerified(ledger);
    this.#checkMarks(ledger, accepted);
    this.#checkSaid(ledger);
    this.#checkSaved(ledger, accepted);
    for (const { key, id, parked, runId } of ledger) {
      if (!parked || runId !== this.#before?.runId) continue;
      // Parked before, and put back as it was.
      const was = this.#before.ledger.get(key);
      if (was?.parked && was.id === id && this.#parked.has(key)) continue;
      this.#parked.set(key, this.#before.source.get(key) ?? "");
    }
    if (!isCut) return this.#checkAttempts(ledger);
    const out = ledger.filter(({ state, runId }) =>
      state === "sent" && runId === this.#before?.runId
    );
    // Of a batch whose first request was taken all groups stay as sent, also while a part of it is out.
    const units = new Set(
      out.map(({ batch, id, runId }) => this.state.wholeOf(batch || id, runId)),
    );
    // In loops of its own a model sends on before it saves.
    if (this.rules.form !== "each") return;
    expect(units.size <= concurrency, `${units.size} requests are unknown, at most ${concurrency}`);
  }

  /** What is marked as accepted, and nothing is known against it, the far side has. */
  #checkMarks(
    ledger: readonly LedgerRow[],
    accepted: ReadonlyMap<string, AcceptedGroup>,
  ): void {
    const open = new Map(ledger.map((row) => [row.key, row]));
    for (const [key, { content, isOutdated }] of accepted) {
      const row = open.get(key);
      const isOpen = row !== undefined && row.state !== "rejected" && isForced(row);
      if (isOutdated || isQuiet(content) || isOpen || this.#stale.has(key)) continue;
      for (let ordinal = 0; ordinal < this.rules.requestsPerChange; ordinal++) {
        const there = this.state.farSide.contents[ordinal]?.get(key);
        expect(
          there === content,
          `group ${key} is marked as\n${content}\nand the far side has\n${there}`,
        );
      }
    }
  }

  /** What is taken for settled, the far side has. */
  #checkSaid(ledger: readonly LedgerRow[]): void {
    for (const row of ledger) {
      const said = knownByWord(row);
      if (said === undefined || this.#stale.has(row.key)) continue;
      const there = this.state.farSide.contents[0]?.get(row.key);
      const content = this.#said.get(said);
      expect(
        there === content,
        `group ${row.key} is taken for settled as\n${content}\nand the far side has\n${there}`,
      );
    }
  }

  /** What has failed as often as it may waits for a person. */
  #checkAttempts(ledger: readonly LedgerRow[]): void {
    for (const { key, id, state, attempts, parked, runId } of ledger) {
      if (state !== "failed" || parked || runId !== this.#before?.runId) continue;
      // One that was not tried after all is as it was before.
      const before = this.#before.ledger.get(key);
      if (before?.id === id && before.attempts === attempts) continue;
      const { maxAttempts } = this.rules;
      expect(
        attempts < maxAttempts,
        `group ${key} has failed ${attempts} times, and is not parked`,
      );
    }
  }

  /** What a model was told to be durable is there, whatever came after. */
  #checkSaved(
    ledger: readonly LedgerRow[],
    accepted: ReadonlyMap<string, AcceptedGroup>,
  ): void {
    const open = ledger.find(({ key }) => this.#saved.has(key));
    expect(!open, `group ${open?.key} was saved, and its change ${open?.id} is ${open?.state}`);
    for (const [key, { isRemoved, content }] of this.#saved) {
      const found = accepted.get(key);
      const isThere = isRemoved ? !found : found?.content === content && !found.isOutdated;
      expect(isThere, `group ${key} was saved, and the state file does not know`);
    }
  }

  /** No group is sent without a reason. */
  #isJustified({ key, isRemoved, content }: TakenGroup): void {
    const { ledger, accepted, source, resend } = this.#before ?? fail("a request outside of a run");
    expect(
      isRemoved ? !source.has(key) : source.get(key) === content,
      `group ${key} was sent as it is not in the source`,
    );
    const row = ledger.get(key);
    const before = accepted.get(key);
    if (isRemoved) {
      const mayBeThere = row && (row.moved || isUnknown(row) || row.state === "settled");
      expect(
        before !== undefined || mayBeThere === true,
        `group ${key} was removed, and was never there`,
      );
      expect(
        resend || !this.#known.isGone(key),
        `group ${key} was removed though the far side is known not to have it`,
      );
    }
    if (resend) return;
    expect(
      isRemoved || this.#known.get(key) !== content,
      `group ${key} was sent though the far side is known to have it so`,
    );
    if (row && isForced(row)) return;
    expect(
      isRemoved || before?.isOutdated || before?.content !== content,
      `group ${key} was sent though it is what was accepted`,
    );
    const isHeld = row?.parked && this.#parked.get(key) === content;
    expect(!isHeld, `group ${key} was sent though it is parked`);
  }

  /** After a try of unknown end, the first request about the same content has the same key. */
  #checkRepeat(key: string, groups: readonly TakenGroup[]): void {
    const { ledger, source } = this.#before ?? fail("a request outside of a run");
    for (const group of groups) {
      if (this.#repeated.has(group.key)) continue;
      this.#repeated.add(group.key);
      const state = ledger.get(group.key)?.state;
      const tried = this.#tried.get(group.key);
      if (!tried || (state !== "sent" && state !== "unknown")) continue;
      // A loop of its own puts what is new into the same request.
      if (this.rules.form !== "each" && tried.contents.size !== groups.length) continue;
      const isSame = [...tried.contents].every(([each, { content, id }]) => {
        const row = ledger.get(each);
        const isOpen = row?.state === "sent" || row?.state === "unknown";
        // The intent of another request may have been written since, and its process killed before it left.
        const isThatTry = row?.id === id && row.batch === tried.batch;
        const isTold = content !== "" || this.rules.onRemoved === "deliver";
        return isOpen && isThatTry && isTold && (source.get(each) ?? "") === content;
      });
      if (isSame) expect(key === tried.key, `group ${group.key} was repeated with another key`);
    }
  }

  /** Nothing is left to do: the far side has what the source has. */
  finally(): void {
    const recorded = this.state.recordedKeys();
    const lost = this.state.farSide.arrived.difference(recorded).size;
    expect(lost === 0, `${lost} requests have arrived, and are not on record`);
    const source = this.state.source();
    this.#forgotten.finally(source);
    const open = new Map(this.state.ledger().map((row) => [row.key, row]));
    for (const [key, content] of source) {
      const row = open.get(key);
      if (isQuiet(content) || this.#stale.has(key)) continue;
      if (isRefused(content) || isLocallyRefused(content)) continue;
      expect(row === undefined, `group ${key} is ${row?.state} at the end`);
      for (let ordinal = 0; ordinal < this.rules.requestsPerChange; ordinal++) {
        const there = this.state.farSide.contents[ordinal]?.get(key);
        expect(
          there === content,
          `at the end group ${key} is\n${content}\nand the far side has\n${there}`,
        );
      }
    }
    if (this.rules.onRemoved !== "deliver") return;
    for (const key of this.state.farSide.contents[0]?.keys() ?? []) {
      const isOthers = this.state.farSide.others.has(key) || this.#stale.has(key);
      const isGone = !source.has(key) && !open.has(key) && !isOthers;
      expect(!isGone, `group ${key} was removed, and the far side has it still`);
    }
  }
}

/** That the far side has the group may be by a request of this model. */
function mayBeOwn(row: LedgerRow | undefined): boolean {
  if (row?.state === "settled") return row.action !== "remove";
  return row !== undefined && mayHaveMore(row);
}
