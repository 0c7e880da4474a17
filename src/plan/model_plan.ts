/**
 * What a run would do with one model: gathered while the model runs on a copy of the state, with requests
 * that are recorded instead of sent.
 *
 * Requests are answered by an assumed success, or as they were answered the last time, so what follows an answer
 * is assumed. What cannot be answered at all, a question to the far side, makes its groups unknown.
 *
 * @module
 */
import { type ErrorReport, renderLocation, type SourceLocation } from "~/base/user_error.ts";
import {
  type BudgetBreach,
  type BudgetFacts,
  type Budgets,
  renderBudget,
} from "~/delivery/budget.ts";
import { type EarlierTry, isUnknown } from "~/delivery/earlier_try.ts";
import type { FlatRow } from "~/tracked/compare/changed_values.ts";
import type { SqlValue } from "~/warehouse/values.ts";
import { describeDifference, toRecord } from "./changed_fields.ts";
import type {
  HeldChange,
  PlannedAdoption,
  PlannedBudgets,
  PlannedChange,
  PlannedGroups,
  PlannedReason,
  PlannedRequest,
} from "./plan_document.ts";

/** What a comparison found, in groups. */
export interface ComparedGroups {
  new: number;
  changed: number;
  unchanged: number;
  removed: number;
  held: number;
  onRemoved: PlannedGroups["on_removed"];
  adopt: boolean;
  adopted?: PlannedAdoption;
}

/** A group that a model is given. */
export interface GivenGroup {
  number: number;
  key: readonly SqlValue[];
  keyText: string;
  hash: string;
  action: PlannedChange["action"];
}

/** How a group ended for its model. */
export interface GroupEnd {
  as: "accepted" | "rejected" | "failed";
  why: string;
  /** Where in the model. */
  at?: SourceLocation | undefined;
}

/** Reasons that are told apart: each of very many groups may have one of its own. */
const REASONS_KEPT = 10;
/** What is assumed where nothing else is known. */
const SUCCESS = "200 {}";

interface OpenGroup {
  keyText: string;
  /** Absent where it is not listed. */
  change: PlannedChange | undefined;
  /** What a request of it was last assumed to be answered with. */
  answer: string | undefined;
  /** It asked what cannot be answered. */
  question: string | undefined;
}

/** See the module's comment. */
export class ModelPlan {
  /** What the model is given. */
  readonly changes: PlannedChange[] = [];
  /** What left the query, and nobody is told. */
  readonly gone: PlannedChange[] = [];
  readonly requests: PlannedRequest[] = [];
  readonly held: HeldChange[] = [];
  /** Why groups would not be accepted, or cannot be known; the first ones that differ. */
  readonly reasons: PlannedReason[] = [];
  requestsTotal = 0;
  assumedRequests = 0;
  readsSent = 0;
  groups: PlannedGroups | undefined;
  budgets: PlannedBudgets | undefined;
  /** Groups that `verify` would be asked about. */
  unverified = 0;
  /** Asked outside of any group. */
  question: string | undefined;
  #open = new Map<number, OpenGroup>();
  /** A request that belongs to no group was answered: everything after it depends on that. */
  #hasLooseAnswer = false;
  #unanswerable = 0;
  #isSure = true;

  /** @param listed How many changes and requests are kept. */
  constructor(private readonly uniqueKey: readonly string[], readonly listed: number) {}

  /** Whether what the model saves depends on answers. */
  get isAssumed(): boolean {
    return this.requestsTotal > 0;
  }

  /** Whether it asked the far side something. */
  get hasQuestions(): boolean {
    return this.#unanswerable > 0;
  }

  /** Whether a failure of it may come from what was assumed, and from that alone. */
  get mayFailByAssumption(): boolean {
    return this.#isSure && (this.hasQuestions || this.isAssumed);
  }

  /** Whether all groups are listed, however many. */
  get listsEverything(): boolean {
    return this.listed === Infinity;
  }

  /** Whether none of what is gone would be listed any more. */
  get listsAllGone(): boolean {
    return this.gone.length >= this.listed;
  }

  /** The comparison is made; nothing was given to the model yet. */
  compared(found: ComparedGroups): void {
    const { new: create, changed: update, onRemoved, ...counts } = found;
    this.groups = {
      create,
      update,
      ...counts,
      on_removed: onRemoved,
      unknown: 0,
      fail: 0,
      reject: 0,
    };
  }

  /** What holds, and what is gone over. */
  budgeted(
    { accepted, removed, carried = 0 }: Pick<BudgetFacts, "accepted" | "removed" | "carried">,
    budgets: Budgets,
    found: readonly BudgetBreach[],
  ): void {
    const { maxRemoved, maxChanges, allowRemoved, allowChanges } = budgets;
    const letThrough = {
      ...(maxRemoved && allowRemoved && { max_removed: renderBudget(maxRemoved) }),
      ...(maxChanges && allowChanges && { max_changes: renderBudget(maxChanges) }),
    };
    const breaches = found.map(({ budget, groups }) => ({ budget, groups }));
    const [breach] = breaches;
    this.budgets = {
      max_removed: maxRemoved && !allowRemoved ? renderBudget(maxRemoved) : null,
      max_changes: maxChanges && !allowChanges ? renderBudget(maxChanges) : null,
      ...(Object.keys(letThrough).length > 0 && { let_through: letThrough }),
      accepted,
      ...(this.groups && this.groups.removed !== removed && { removed }),
      ...(carried > 0 && { carried }),
      ...(breach && { breach, breaches }),
    };
  }

  /** A group is given to the model. */
  given(
    group: GivenGroup,
    before: readonly FlatRow[],
    after: FlatRow,
    findLastTry: () => EarlierTry & { error?: string } | undefined,
  ): void {
    const isListed = this.changes.length < this.listed;
    const change = isListed
      ? { ...describe(this.uniqueKey, group, before, after), ...describeTry(findLastTry()) }
      : undefined;
    if (change) this.changes.push(change);
    const { number, keyText } = group;
    this.#open.set(number, { keyText, change, answer: undefined, question: undefined });
  }

  /** A group that differs and is not given to the model. */
  notGiven(group: GivenGroup, before: readonly FlatRow[], after: FlatRow): void {
    if (this.listsAllGone) return;
    this.gone.push({ ...describe(this.uniqueKey, group, before, after), outcome: "none" });
  }

  heldBack(groups: readonly HeldChange[]): void {
    // There may be more of them than a call takes arguments.
    for (const group of groups.slice(0, this.listed)) this.held.push(group);
  }

  /** Whether a request about these groups is to be recorded; else it is only counted. */
  shows(groups: readonly number[]): boolean {
    const about = this.#openOf(groups);
    return about.length === 0
      ? this.requests.length < this.listed
      : about.some(({ change }) => change);
  }

  /**
   * A request was recorded instead of sent; it was only counted where there is none.
   *
   * @param answeredBefore What it was answered with in the groups' last try, and is assumed to be again.
   */
  requested(
    groups: readonly number[],
    request: Omit<PlannedRequest, "assumed" | "answered_before" | "groups"> | undefined,
    answeredBefore?: number,
  ): void {
    const about = this.#openOf(groups);
    // Of groups that have ended: they ended by an answer.
    const isLate = groups.length > 0 && about.length === 0;
    const assumed = this.#hasLooseAnswer || isLate ||
      about.some(({ answer }) => answer !== undefined);
    const answer = answeredBefore === undefined ? SUCCESS : `${answeredBefore}, as the last time`;
    for (const group of about) group.answer = answer;
    this.#hasLooseAnswer ||= groups.length === 0;
    this.requestsTotal += 1;
    if (assumed) this.assumedRequests += 1;
    if (!request || !this.shows(groups)) return;
    this.requests.push({
      groups: about.map(({ keyText }) => keyText),
      ...request,
      assumed,
      ...(answeredBefore !== undefined && { answered_before: answeredBefore }),
    });
  }

  /** A source has really read. */
  readSent(): void {
    this.readsSent += 1;
  }

  /** A request whose answer cannot be assumed. */
  asked(groups: readonly number[], what: string): void {
    this.#unanswerable += 1;
    const about = this.#openOf(groups);
    for (const group of about) group.question ??= what;
    if (about.length === 0) this.question ??= what;
  }

  /** A run would ask `verify`, which asks the far side. It settles what the next run does, and nothing here. */
  notVerified(groups: number): void {
    this.unverified = groups;
  }

  /** A group has come to its end. */
  ended(number: number, end: GroupEnd): void {
    const group = this.#open.get(number);
    if (!group) return;
    this.#open.delete(number);
    const { outcome, why } = this.#judge(group, end);
    if (this.groups) {
      if (outcome === "unknown") this.groups.unknown += 1;
      if (outcome === "fails") this.groups.fail += 1;
      if (outcome === "rejected") this.groups.reject += 1;
    }
    if (outcome !== "accepted") this.#noteReason(outcome, why);
    if (group.change) Object.assign(group.change, { outcome, ...(why !== undefined && { why }) });
  }

  #noteReason(outcome: PlannedReason["outcome"], why: string): void {
    const known = this.reasons.find((each) => each.why === why && each.outcome === outcome);
    if (known) known.groups += 1;
    else if (this.reasons.length < REASONS_KEPT) this.reasons.push({ outcome, why, groups: 1 });
  }

  /** The model has ended, and by which error. What it did not come to is as unknown as its end. */
  finished(error: ErrorReport | undefined): void {
    const why = this.question ?? error?.message;
    const isUnknown = this.mayFailByAssumption;
    for (const { change, question } of this.#open.values()) {
      if (!isUnknown && question === undefined) continue;
      if (this.groups) this.groups.unknown += 1;
      if (!change) continue;
      change.outcome = "unknown";
      const reason = question ?? why;
      if (reason !== undefined) change.why = reason;
    }
    this.#open.clear();
  }

  #openOf(groups: readonly number[]): OpenGroup[] {
    return groups.flatMap((number) => this.#open.get(number) ?? []);
  }

  #judge(
    { answer, question }: OpenGroup,
    end: GroupEnd,
  ): Omit<PlannedReason, "groups"> | { outcome: "accepted"; why?: undefined } {
    if (question !== undefined) return { outcome: "unknown", why: question };
    if (end.as === "accepted") return { outcome: "accepted" };
    const isAssumed = answer !== undefined || this.#hasLooseAnswer || this.question !== undefined;
    const place = end.at ? ` (${renderLocation(end.at)})` : "";
    if (isAssumed) {
      const why = `${end.why}${place}, after an assumed answer (${answer ?? SUCCESS})`;
      return { outcome: "unknown", why };
    }
    if (end.as === "rejected") return { outcome: "rejected", why: end.why };
    this.#isSure = false;
    return { outcome: "fails", why: `${end.why}${place}` };
  }
}

function describeTry(
  last: EarlierTry & { error?: string } | undefined,
): Pick<PlannedChange, "last_try"> {
  if (!last) return {};
  const { state, attempts, error } = last;
  if (state !== "failed" && !isUnknown(last)) return {};
  return {
    last_try: {
      state: state === "failed" ? "failed" : "unknown",
      attempts,
      ...(error !== undefined && { error }),
    },
  };
}

/** The far side has it, and what it has was never accepted. */
function isKnownByWord({ action }: GivenGroup, before: readonly FlatRow[]): boolean {
  return action === "update" && before.length === 0;
}

function describe(
  uniqueKey: readonly string[],
  group: GivenGroup,
  before: readonly FlatRow[],
  after: FlatRow,
): PlannedChange {
  const { key, keyText, action, hash } = group;
  return {
    group: keyText,
    key: toRecord(uniqueKey, key),
    action,
    content_hash: hash,
    ...describeDifference(before, after),
    ...(isKnownByWord(group, before) && { before_unknown: true }),
    outcome: "not_reached",
  };
}
