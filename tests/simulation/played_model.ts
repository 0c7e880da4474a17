/**
 * One model of a history: edits of its source, and what the people do who look after it.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { Model } from "~/model/model.ts";
import type { AdoptedGroups } from "~/run/run_event.ts";
import type { Value } from "~/sandbox/protocol.ts";
import { FarExport } from "./far_export.ts";
import { type LedgerRow, ModelState } from "./model_state.ts";
import type { Random } from "./random.ts";
import { Referee } from "./referee.ts";
import type { ModelSetting } from "./setting.ts";

/** Notes what happens; the words are made only where somebody reads them. */
export type Tell = (words: () => string) => void;

/** See the module's comment. */
export class PlayedModel {
  readonly state: ModelState;
  readonly referee: Referee;
  readonly model: Model;
  readonly farExport: FarExport;
  /** Earlier contents, to go back to. */
  #past = new Map<Value, string[][]>();

  constructor(
    private readonly db: DatabaseSync,
    private readonly random: Random,
    readonly setting: ModelSetting,
    readonly name: string,
    private readonly tell: Tell,
  ) {
    const { promise, answersInParts } = setting;
    const honoursKeys = promise === "at_least_once";
    this.state = new ModelState(db, name, { honoursKeys, answersInParts });
    this.referee = new Referee(this.state, setting);
    this.model = modelOf(name, setting);
    this.farExport = new FarExport(db, name);
  }

  edit(edits: number): void {
    for (let i = 0; i < edits; i++) this.#editOne();
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
    for (const row of this.state.ledger()) {
      if (row.parked && this.random.chance(0.5)) this.#retry(row.id);
      const isUnknown = row.state === "unknown" || row.state === "sent";
      if (isUnknown && this.setting.requestsPerChange === 1 && this.random.chance(0.6)) {
        this.#settle(row);
      }
    }
  }

  /** All that is held back is decided. */
  letThrough(): void {
    for (const row of this.state.ledger()) {
      if (row.parked) this.#retry(row.id);
      const isUnknown = row.state === "unknown" || row.state === "sent";
      if (isUnknown && this.setting.promise === "at_most_once") this.#settle(row);
    }
  }

  /** Who adopts says that the far side holds what the source holds. */
  adopted(): void {
    for (const contents of this.state.farSide.contents) {
      contents.clear();
      for (const [key, content] of this.state.source()) contents.set(key, content);
    }
    this.referee.adopted();
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

  #editOne(): void {
    const open = this.random.chance(0.5) ? this.#drawOpen() : undefined;
    const isOpen = open !== undefined;
    const id = open ?? this.#id(this.random.between(1, this.setting.groups));
    const past = this.#past.get(id) ?? [];
    this.#past.set(id, past);
    if (this.random.chance(0.15)) {
      this.state.removeGroup(id);
      return this.tell(() => `edit ${id}: removed`);
    }
    const goesBack = past.length > 0 && this.random.chance(isOpen ? 0.6 : 0.35);
    // Of one that is open the far side has one of the last.
    const first = isOpen ? Math.max(0, past.length - 3) : 0;
    const values = goesBack
      ? past[this.random.between(first, past.length - 1)] ?? []
      : this.#newValues(isOpen ? 0.3 : 0.12);
    if (!goesBack) past.push(values);
    this.state.setGroup(id, values);
    this.tell(() => `edit ${id}: ${JSON.stringify(values)}${goesBack ? " again" : ""}`);
  }

  /** What is open is edited more often than the rest: much may go wrong with it. */
  #drawOpen(): string | bigint | undefined {
    const open = this.state.ledger();
    const key = open[this.random.between(0, Math.max(0, open.length - 1))]?.key;
    return key === undefined || this.setting.hasTextKeys ? key : BigInt(key);
  }

  /** @param odd Share of those that are not taken like others. */
  #newValues(odd: number): string[] {
    const kind = this.random.chance(odd) ? this.random.pick(["refused", "unfit", "quiet"]) : "fit";
    const rows = this.random.between(1, this.setting.mostRows);
    return Array.from({ length: rows }, () => `${kind} ${this.random.between(0, 999)}`);
  }

  #retry(id: number): void {
    this.db.prepare(`UPDATE "spoor.ledger" SET parked = 0, attempts = 0 WHERE id = ?`)
      .run(BigInt(id));
    this.tell(() => `retry of ${id}`);
  }

  /** As it is: the person has asked the far side, at the latest after a mistake. */
  #settle(row: LedgerRow): void {
    const { id } = row;
    const isSent = this.state.farSide.hasDone(id);
    // Over what was settled of another content no word is taken back.
    if (this.random.chance(0.2) && row.settledHash === undefined) this.#say(id, !isSent);
    this.#say(id, isSent);
    if (isSent) this.referee.settledAsSent(row);
    else this.referee.settledAsNotSent(row);
  }

  #say(id: number, isSent: boolean): void {
    const state = isSent ? "settled" : "failed";
    const said = isSent ? ", settled_hash = NULL" : "";
    this.db.prepare(`UPDATE "spoor.ledger" SET state = ?${said} WHERE id = ?`)
      .run(state, BigInt(id));
    this.tell(() => `${id} is settled as ${isSent ? "sent" : "not sent"}`);
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
