/**
 * A model as the guest runs it: takes groups in turn, several lanes at once, and calls the delivery as a
 * session does for the messages of a guest. What it does with a group is a matter of the group's content
 * and of what the far side answers.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import { type Delivery } from "~/run/deliver/delivery.ts";
import { changeKey } from "~/run/deliver/idempotency_key.ts";
import { endOf } from "~/run/requests/request_end.ts";
import { RequestRecord, type RequestRecordContext } from "~/run/requests/request_record.ts";
import type { GuestRequest, Value } from "~/sandbox/protocol.ts";
import { contentOf, isLocallyRefused, isQuiet, isRefused, rowsOf } from "./content.ts";
import type { FarItem } from "./far_side.ts";
import type { Random } from "./random.ts";
import type { Answer, Network } from "./simulated_network.ts";
import type { ModelForm } from "./setting.ts";
import type { SimulatedTime } from "./simulated_time.ts";

/** How the model is written. */
export interface ModelStyle {
  form: ModelForm;
  concurrency: number;
  /** Groups in a request; 1: one by one. */
  batch: number;
  /** It asks by `changes`. */
  readsChanges: boolean;
  requestsPerChange: number;
  /** It rejects what the far side refuses; else such a group fails. */
  rejects: boolean;
  /** Share of its work in which it ends a group without waiting for the request that it has asked for. */
  haste: number;
}

const NOT_PLANNED = { error: { kind: "unsent", message: "It is not in the plan" } } as const;

/** Why a group has failed whose request was not waited for. */
const HASTE: Answer = {
  error: { kind: "unsent", message: "It was not waited for" },
  refused: [],
  attempts: 0,
};

/** What ends a model whose far side is down. */
export class FarSideDown extends Error {}

/** One group in its hands. */
export interface TakenGroup {
  number: number;
  key: string;
  isRemoved: boolean;
  columns: readonly string[];
  values: readonly Value[];
  content: string;
  batch: number;
  failedBefore: boolean;
  idempotencyKey: string | undefined;
}

/** One request that is about to leave. */
export interface OutgoingRequest {
  key: string;
  groups: readonly TakenGroup[];
  changes: readonly number[];
  ordinal: number;
  /** One of the parts of a batch that was refused. */
  isPart: boolean;
}

/** What of groups is in a request. */
export function itemsOf(groups: readonly TakenGroup[]): FarItem[] {
  return groups.map((group) => ({
    group: group.key,
    action: group.isRemoved ? "remove" : "put",
    content: group.content,
  }));
}

/** What a run gives its model. */
export interface ScriptedModelParts {
  delivery: Delivery;
  network: Network;
  time: SimulatedTime;
  random: Random;
  style: ModelStyle;
  projectId: string;
  records: RequestRecordContext;
  /** ISO 8601, UTC. */
  now: () => string;
  /** Looked at before anything is written down of a request: whether it may leave. */
  mayLeave: (request: Omit<OutgoingRequest, "key" | "changes">) => boolean;
  /** Looked at before a request leaves. */
  onLeave: (request: OutgoingRequest) => void;
  /** Looked at when a request has ended, and its groups have not. */
  onAnswer: (groups: readonly TakenGroup[], answer: Answer) => void;
  /** Looked at when groups are acknowledged. */
  onSaved: (groups: readonly TakenGroup[]) => void;
  /** Ctrl-C: nothing new is begun. */
  isStopped: () => boolean;
  /** Its process is gone: nothing more is heard of it. */
  isOver: () => boolean;
}

/** See the module's comment. */
export class ScriptedModel {
  #requests = 0;

  constructor(private readonly parts: ScriptedModelParts) {}

  /** Ends when all groups have, or with the first error that is not a group's own. */
  async run(): Promise<void> {
    if (this.parts.style.form !== "each") return await this.#runOwnLoops();
    const batches = this.#batches();
    const removals = new Set<Promise<void>>();
    // As in the guest: what is removed is done with before what follows it is begun, and a batch whose acknowledgement is on its way leaves its lane to the next one.
    const lane = async () => {
      let ending: Promise<void> | undefined;
      for (let next = await batches.next(); !next.done; next = await batches.next()) {
        const going = Promise.withResolvers<void>();
        const begin = () => this.#work(next.value ?? [], going.resolve);
        const isGone = next.value.map(({ isRemoved }) => isRemoved);
        const mustWait = removals.size > 0 && isGone.includes(false);
        const end = mustWait ? this.#after([...removals], begin) : begin();
        end.catch(() => {});
        if (isGone.includes(true)) removals.add(end.catch(() => {}));
        await Promise.race([going.promise, end]);
        await ending;
        ending = end;
      }
      await ending;
    };
    await Promise.all(Array.from({ length: this.parts.style.concurrency }, lane));
  }

  /** Loops of the model's own: what it does not save or reject is as the delivery's end finds it. */
  async #runOwnLoops(): Promise<void> {
    const { concurrency, form } = this.parts.style;
    const groups = await Array.fromAsync(this.#groups());
    if (groups.length === 0 || this.parts.isStopped()) return;
    const isOverview = form === "overview";
    // One that is refused would have all refused, in every run.
    const shown = isOverview ? groups.filter(({ content }) => !isOdd(content)) : [];
    if (shown.length > 0 && (await this.#send(shown, 0, false)).status !== 200) return;
    const waiting = [...groups];
    const taken: TakenGroup[] = [];
    const lane = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        if (this.parts.isStopped()) return;
        const isTaken = await this.#sendOwn(next, isOverview ? 1 : 0);
        if (isTaken && isOverview) await this.#save([next]);
        else if (isTaken) taken.push(next);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, lane));
    if (taken.length > 0) await this.#save(taken);
  }

  /** Of one that was not taken it may say that it is refused. */
  async #sendOwn(group: TakenGroup, ordinal: number): Promise<boolean> {
    if (isLocallyRefused(group.content)) {
      await this.#reject([group], "not fit to be sent");
      return false;
    }
    if (isQuiet(group.content)) return true;
    const isPlanned = this.parts.mayLeave({ groups: [group], ordinal, isPart: false });
    if (!isPlanned) {
      this.parts.delivery.requests.notPlanned([group.number]);
      return false;
    }
    const { status = 0 } = await this.#send([group], ordinal, false);
    const isBad = status >= 400 && status < 500;
    if (isBad && this.parts.style.rejects) await this.#reject([group], `refused: ${status}`);
    return status === 200;
  }

  async #after(ends: readonly Promise<void>[], begin: () => Promise<void>): Promise<void> {
    await Promise.all(ends);
    if (!this.parts.isStopped()) await begin();
  }

  async *#groups(): AsyncGenerator<TakenGroup, void> {
    const { delivery, time, random } = this.parts;
    for (let done = false; !done;) {
      await time.wait(random.next());
      await this.#live();
      const pulled = await delivery.pull(random.between(1, 12));
      await this.#live();
      done = pulled.done;
      let [at, before] = [0, 0];
      const rows = rowsOf(pulled.block.columns, pulled.block.values);
      const blocks = pulled.previous ?? [];
      const previous = blocks.flatMap(({ columns, values }) => rowsOf(columns, values));
      for (const given of pulled.groups) {
        if (this.parts.isStopped()) return;
        const own = rows.slice(at, at += given.rows);
        const old = previous.slice(before, before += given.previousRows ?? 0);
        const keyColumns = own.length > 0 ? pulled.block.columns : blocks[0]?.columns;
        yield {
          number: given.group,
          key: String(given.key?.[0] ?? (own[0] ?? old[0])?.[keyColumns?.indexOf("id") ?? 0]),
          isRemoved: own.length === 0,
          columns: pulled.block.columns,
          values: own.flat(),
          content: contentOf(pulled.block.columns, own),
          batch: given.batch,
          failedBefore: given.failedBefore ?? false,
          idempotencyKey: given.idempotencyKey,
        };
      }
    }
  }

  /** As the guest makes batches: those of an earlier batch exactly together, whatever the size. */
  async *#batches(): AsyncGenerator<TakenGroup[], void> {
    let batch: TakenGroup[] = [];
    for await (const group of this.#groups()) {
      const before = batch[0]?.batch;
      const { batch: size } = this.parts.style;
      const isComplete = size === 1 ||
        (before === 0 ? batch.length >= size || group.batch !== 0 : before !== group.batch);
      if (before !== undefined && isComplete) {
        yield batch;
        batch = [];
      }
      batch.push(group);
    }
    if (batch.length > 0 && !this.parts.isStopped()) yield batch;
  }

  /** Never resolves once the model is over. */
  #live(): Promise<void> {
    return this.parts.isOver() ? new Promise(() => {}) : Promise.resolve();
  }

  async #reject(groups: readonly TakenGroup[], reason: string): Promise<void> {
    await this.#live();
    await this.parts.delivery.reject(groups.map(({ number }) => number), reason);
  }

  /** @param goOn All that is left is on its way to the disk; absent for a part of a batch. */
  async #work(groups: readonly TakenGroup[], goOn?: () => void): Promise<void> {
    const isPart = goOn === undefined;
    const { style } = this.parts;
    const fit = groups.filter((group) => !isLocallyRefused(group.content));
    for (const group of groups) {
      if (!fit.includes(group)) await this.#reject([group], "not fit to be sent");
    }
    const loud = fit.filter((group) => !isQuiet(group.content));
    const quiet = fit.filter((group) => isQuiet(group.content));
    if (quiet.length > 0) await this.#save(quiet);
    if (loud.length === 0) return;
    if (this.parts.random.chance(style.haste)) return await this.#hurry(loud, isPart);
    for (let ordinal = 0; ordinal < style.requestsPerChange; ordinal++) {
      if (!this.parts.mayLeave({ groups: loud, ordinal, isPart })) {
        this.parts.delivery.requests.notPlanned(loud.map(({ number }) => number));
        return await this.#fail(loud, { ...NOT_PLANNED, refused: [], attempts: 0 });
      }
      const answer = await this.#send(loud, ordinal, isPart);
      if (answer.status === 200) continue;
      return await this.#takeRefusal(loud, answer);
    }
    await this.#save(loud, goOn);
  }

  /** Asks for a request, and does not wait for it to end one of its groups. */
  async #hurry(groups: readonly TakenGroup[], isPart: boolean): Promise<void> {
    const { time, random, network, style } = this.parts;
    const [first, ...others] = groups;
    if (!first) return;
    const sent = this.#send(groups, 0, isPart);
    // It is waited for below; it may end before.
    sent.catch(() => {});
    if (random.chance(0.5)) await time.wait(random.next() * 4);
    // Who rejects what may have arrived, and has it tried again, wants it done twice.
    if (network.isOnce || random.chance(0.5)) await this.#fail([first], HASTE);
    else await this.#reject([first], "not waited for");
    const answer = await sent.catch((error) => {
      if (!(error instanceof UserError)) throw error;
      return HASTE;
    });
    if (answer.status === 200 && style.requestsPerChange === 1 && others.length > 0) {
      await this.#save(others);
    } else await this.#fail(others, answer);
  }

  async #takeRefusal(groups: readonly TakenGroup[], answer: Answer): Promise<void> {
    const { status = 0 } = answer;
    if (status === 207) return await this.#takeParts(groups, answer.refused);
    const isBad = status >= 400 && status < 500;
    const mayBeOne = isBad || (status === 500 && groups.some(({ failedBefore }) => failedBefore));
    if (mayBeOne && groups.length > 1) {
      const middle = Math.ceil(groups.length / 2);
      for (const part of [groups.slice(0, middle), groups.slice(middle)]) {
        if (this.parts.isStopped()) await this.#fail(part, answer);
        else await this.#work(part);
      }
      return;
    }
    if (!isBad || !this.parts.style.rejects) return await this.#fail(groups, answer);
    await this.#reject(groups, `refused: ${status}`);
  }

  async #takeParts(groups: readonly TakenGroup[], refused: readonly string[]): Promise<void> {
    const bad = groups.filter(({ key }) => refused.includes(key));
    const good = groups.filter((group) => !bad.includes(group));
    if (good.length > 0) await this.#save(good);
    if (bad.length > 0 && this.parts.style.rejects) {
      await this.#reject(bad, "refused in part");
    } else await this.#fail(bad, { status: 207, refused, attempts: 1 });
  }

  async #save(groups: readonly TakenGroup[], goOn?: () => void): Promise<void> {
    await this.#live();
    const saved = this.parts.delivery.acknowledge(
      groups.map(({ number, columns, values, isRemoved }) => ({
        group: number,
        block: isRemoved ? { columns: [], values: [] } : { columns, values },
      })),
    );
    goOn?.();
    await saved;
    this.parts.onSaved(groups);
  }

  async #fail(groups: readonly TakenGroup[], { status, error }: Answer): Promise<void> {
    await this.#live();
    const message = error?.message ?? `answered ${status}`;
    for (const { number } of groups) this.parts.delivery.fail(number, { message });
  }

  /** As `GuestHttp` does: intent, key, request, end. */
  async #send(
    groups: readonly TakenGroup[],
    ordinal: number,
    isPart: boolean,
  ): Promise<Answer> {
    const { network, projectId, records, now, delivery: { requests } } = this.parts;
    const numbers = groups.map(({ number }) => number);
    await this.#live();
    const begun = requests.begin(numbers, this.parts.style.form === "overview" && ordinal === 0);
    const changes = begun.changes.map(({ id }) => id);
    const { nameOf, contentFrom } = records.keyNames;
    const model = nameOf(changes[0] ?? 0);
    const key = changeKey({ ...begun, projectId, model, contentFrom });
    const record = new RequestRecord(records, asRequest(groups, numbers, ordinal), {
      number: ++this.#requests,
      at: now(),
      begun,
      idempotencyKey: key,
    });
    record.open();
    await begun.mayLeave.catch((error) => {
      record.withdraw();
      throw error;
    });
    await this.#live();
    this.parts.onLeave({ key, groups, changes, ordinal, isPart });
    const answer = await network.send({
      key,
      ordinal,
      changes,
      items: itemsOf(groups),
    });
    await this.#live();
    const isOpen = ({ number }: TakenGroup) => requests.openKeys([number]).length > 0;
    this.parts.onAnswer(groups.filter(isOpen), answer);
    const rest = { url: "", headers: [], body: new Uint8Array(), elapsedMs: 0 };
    const response = { ...answer, ...rest };
    if (answer.error?.kind === "down") {
      requests.withdraw(numbers);
      record.end(response);
      throw new FarSideDown(answer.error.message);
    }
    requests.end(numbers, endOf(response, network.isOnce));
    record.end(response);
    return answer;
  }
}

/** It is not taken as others are. */
function isOdd(content: string): boolean {
  return isRefused(content) || isLocallyRefused(content) || isQuiet(content);
}

/** As the guest asks for it; what is in it is left out of the record. */
function asRequest(
  groups: readonly TakenGroup[],
  numbers: readonly number[],
  ordinal: number,
): GuestRequest {
  const method = groups.some(({ isRemoved }) => isRemoved) ? "DELETE" : "PUT";
  const url = `https://crm.example/${ordinal}`;
  return { method, url, headers: [], body: null, timeoutMs: 0, retries: 0, groups: numbers };
}
