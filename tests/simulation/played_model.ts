/**
 * One model of a history: edits of its source, and what the people do who look after it.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { isUnknown } from "~/delivery/earlier_try.ts";
import type { Model } from "~/model/model.ts";
import type { AdoptedGroups } from "~/run/run_event.ts";
import type { Value } from "~/sandbox/protocol.ts";
import { type ChangeFilter, retryChanges, settleChanges } from "~/store/changes/by_hand.ts";
import { FarExport } from "./far_export.ts";
import { type LedgerRow, ModelState } from "./model_state.ts";
import type { Random } from "./random.ts";
import { Referee, type RefereeMark } from "./referee.ts";
import { editModel, type ModelSetting } from "./setting.ts";
import { expect } from "./wrong.ts";

/** Notes what happens; the words are made only where somebody reads them. */
export type Tell = (words: () => string) => void;

const RENAMED = "_new";

/** What is known of a model when a backup is made. */
export interface ModelMark {
  name: string;
  referee: RefereeMark;
  /** What the far side has, and how often something was done to it. */
  there: readonly ReadonlyMap<string, string>[];
  touched: ReadonlyMap<string, number>;
  /** Groups of which it is not known whether they were sent. */
  unknown: readonly string[];
}

/** See the module's comment. */
export class PlayedModel {
  readonly state: ModelState;
  readonly referee: Referee;
  readonly farExport: FarExport;
  /** Earlier contents, to go back to. */
  #past = new Map<Value, string[][]>();

  constructor(
    private readonly db: DatabaseSync,
    private readonly random: Random,
    /** What of it is edited changes in place: the history draws runs by it. */
    readonly setting: ModelSetting,
    name: string,
    private readonly tell: Tell,
    /** ISO 8601, UTC. */
    private readonly now: () => string,
  ) {
    const { promise, answersInParts, isEdited } = setting;
    const honoursKeys = promise === "at_least_once" || isEdited;
    this.state = new ModelState(db, name, { honoursKeys, answersInParts });
    this.referee = new Referee(this.state, setting);
    this.farExport = new FarExport(db, name);
  }

  get name(): string {
    return this.state.name;
  }

  get model(): Model {
    return modelOf(this.name, this.setting);
  }

  /** Somebody edits its file, or gives it another name. */
  rewrite(): void {
    const { promise } = this.setting;
    Object.assign(this.setting, editModel(this.random, this.setting));
    // What may have arrived keeps its key beside an export, until a person settles it: sent again by it, it would be
    // answered as before, and what others have changed since would stay so.
    const isOpen = this.state.ledger().some(isUnknown);
    if (isOpen && this.state.farSide.wasChanged) Object.assign(this.setting, { promise });
    this.tell(() => `${this.name} is edited: ${JSON.stringify(this.setting)}`);
    if (!this.random.chance(0.2)) return;
    const from = this.name;
    const to = from.endsWith(RENAMED) ? from.slice(0, -RENAMED.length) : from + RENAMED;
    this.state.rename(to);
    this.tell(() => `${from} is ${to} from now on`);
  }

  edit(edits: number): void {
    const open = edits > 0 ? this.state.ledger() : [];
    for (let i = 0; i < edits; i++) this.#editOne(open);
    if (this.setting.mayWiden && this.random.chance(0.2)) {
      this.state.isWide = !this.state.isWide;
      this.tell(() => `the query is ${this.state.isWide ? "wide" : "narrow"}`);
    }
    if (this.random.chance(0.03)) {
      this.state.removeAll();
      this.tell(() => "the source is empty");
    }
  }

  /** Somebody looks at what is held back, and decides. */
  intervene(): void {
    if (this.random.chance(0.3)) this.#retry(this.#drawFilter());
    for (const row of this.state.ledger()) {
      if (row.parked && this.random.chance(0.3)) this.#retry({ keys: [row.groupKey] });
      if (isUnknown(row) && this.setting.requestsPerChange === 1 && this.random.chance(0.6)) {
        this.#settle(row);
      }
    }
  }

  /** All that is held back is decided. */
  letThrough(): void {
    const ledger = this.state.ledger();
    if (ledger.some(({ parked }) => parked)) this.#retry({});
    if (this.setting.promise !== "at_most_once") return;
    for (const row of ledger) if (isUnknown(row)) this.#settle(row);
  }

  /** Who adopts says that the far side holds what the source holds. */
  adopted(): void {
    for (const contents of this.state.farSide.contents) {
      contents.clear();
      for (const [key, content] of this.state.source()) contents.set(key, content);
    }
    this.referee.adopted();
  }

  /** A backup of the state file is made. */
  mark(): ModelMark {
    const { name, farSide } = this.state;
    return {
      name,
      referee: this.referee.mark(),
      there: farSide.contents.map((each) => new Map(each)),
      touched: new Map(farSide.touched),
      unknown: this.state.ledger().filter(isUnknown).map(({ key }) => key),
    };
  }

  /** Groups that the far side has had something of since. */
  touchedSince({ there, touched }: ModelMark): Set<string> {
    const { farSide } = this.state;
    const keys = new Set([...there, ...farSide.contents].flatMap((each) => [...each.keys()]))
      .union(farSide.touched);
    return new Set([...keys].filter((key) =>
      farSide.touched.get(key) !== touched.get(key) ||
      farSide.contents.some((each, ordinal) => each.get(key) !== there[ordinal]?.get(key))
    ));
  }

  /** The backup is put back, and with it the name that the model had. */
  putBack(mark: ModelMark): void {
    const { name } = this.state;
    this.state.name = mark.name;
    this.state.rename(name);
    this.state.farSide.forgetDone();
    this.referee.putBack(mark.referee, this.touchedSince(mark));
  }

  /** Somebody exports the far side. */
  exportFarSide(wrong: number): void {
    const { requestsPerChange, groups } = this.setting;
    const there = this.state.farSide.contents.slice(0, requestsPerChange);
    const keys = Array.from({ length: groups }, (_, index) => String(this.#id(index + 1)));
    this.farExport.draw(this.random, { there, source: this.state.source(), keys }, wrong);
    this.tell(() => `the export of ${this.name} says ${JSON.stringify(this.#exported())}`);
  }

  /** Who adopts by an export says that the far side holds what it says. */
  adoptedByExport(told: AdoptedGroups): void {
    const held = this.#exported();
    this.referee.adoptedByExport(new Map(held), told);
    this.state.farSide.become(new Map(held));
  }

  /** As the query sees it. */
  #exported(): [key: string, content: string][] {
    return [...this.farExport.contents(this.state.columns)];
  }

  #id(number: number): string | bigint {
    return this.setting.hasTextKeys ? `k${number}` : BigInt(number);
  }

  #editOne(ledger: readonly LedgerRow[]): void {
    const open = this.random.chance(0.5) ? this.#drawOpen(ledger) : undefined;
    const isOpen = open !== undefined;
    const isSmall = this.setting.groups <= 3;
    const id = open ?? this.#id(this.random.between(1, this.setting.groups));
    const past = this.#past.get(id) ?? [];
    this.#past.set(id, past);
    if (this.random.chance(0.15)) {
      this.state.removeGroup(id);
      return this.tell(() => `edit ${id}: removed`);
    }
    const goesBack = past.length > 0 && this.random.chance(isOpen || isSmall ? 0.6 : 0.35);
    // Of one that is open the far side has one of the last.
    const first = isOpen ? Math.max(0, past.length - 3) : 0;
    const values = goesBack
      ? past[this.random.between(first, past.length - 1)] ?? []
      : this.#newValues(isOpen ? 0.3 : 0.12, past.at(-1));
    if (!goesBack) past.push(values);
    this.state.setGroup(id, values);
    this.tell(() => `edit ${id}: ${JSON.stringify(values)}${goesBack ? " again" : ""}`);
  }

  /** What is open is edited more often than the rest: much may go wrong with it. */
  #drawOpen(open: readonly LedgerRow[]): string | bigint | undefined {
    const key = open[this.random.between(0, Math.max(0, open.length - 1))]?.key;
    return key === undefined || this.setting.hasTextKeys ? key : BigInt(key);
  }

  /**
   * @param odd Share of those that are not taken like others.
   * @param last What it held last: of many rows one is edited more often than all.
   */
  #newValues(odd: number, last: readonly string[] = []): string[] {
    if (last.length > 3 && this.random.chance(0.7)) {
      const [at, row] = [this.random.between(0, last.length - 1), last[0] ?? ""];
      return last.toSpliced(at, this.random.between(0, 1), ...this.random.pick([[], [row]]));
    }
    const kind = this.random.chance(odd) ? this.random.pick(["refused", "unfit", "quiet"]) : "fit";
    const rows = this.random.between(1, this.setting.mostRows);
    return Array.from({ length: rows }, () => `${kind} ${this.random.between(0, 999)}`);
  }

  /** Who asks for a retry names errors, or a time, or all. */
  #drawFilter(): ChangeFilter {
    const { random } = this;
    const agoMs = random.between(-10, 500);
    return random.pick<ChangeFilter>([
      {},
      { error: random.pick(["REFUSED", "503", "ended as"]) },
      { errors: [random.pick(["refused: 422", "answered 422", "not fit to be sent"])] },
      { before: new Date(Date.parse(this.now()) - agoMs).toISOString() },
    ]);
  }

  #retry(filter: ChangeFilter): void {
    const { name } = this;
    const retried = retryChanges(this.db, { ...filter, model: name }, this.now());
    this.tell(() => `retry of ${JSON.stringify(filter)}: ${JSON.stringify(retried)}`);
  }

  /** As it is: the person has asked the far side, at the latest after a mistake. */
  #settle(row: LedgerRow): void {
    const isSent = this.state.farSide.hasDone(row.id);
    // Over what was settled of another content no word is taken back.
    const mayErr = this.random.chance(0.2) && row.settledHash === undefined;
    if (mayErr && !this.state.hasFormerWord(row)) this.#say(row, !isSent);
    this.#say(row, isSent);
    if (!isSent) this.state.farSide.takeWord(row.id);
    this.referee.settled(row, isSent);
  }

  #say({ id, groupKey }: LedgerRow, isSent: boolean): void {
    const filter = { model: this.name, keys: [groupKey] };
    const [settled] = settleChanges(this.db, filter, isSent, this.now());
    this.tell(() => `${id} is settled as ${isSent ? "sent" : "not sent"}`);
    expect(settled?.groups === 1, `change ${id} could not be settled`);
  }
}

function modelOf(name: string, setting: ModelSetting): Model {
  const { promise, onRemoved, maxAttempts, maxRemoved, maxChanges } = setting;
  return {
    name,
    language: "ts",
    path: `models/${name.replace(".", "/")}.ts`,
    kind: "tracked",
    directiveLines: {},
    references: [],
    fingerprint: "",
    directives: {
      uniqueKey: ["id"],
      delivery: promise,
      onRemoved,
      maxAttempts,
      ...(maxRemoved && { maxRemoved }),
      ...(maxChanges && { maxChanges }),
    },
  };
}
