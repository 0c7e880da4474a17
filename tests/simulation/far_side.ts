/**
 * A model of an API: it keeps a content for each group, and knows by its `Idempotency-Key` what it has done.
 * It counts what it did, and notes what must never happen to it.
 *
 * @module
 */
import { isRefused } from "./content.ts";

/** One group in a request. */
export interface FarItem {
  group: string;
  action: "put" | "remove";
  content: string;
}

/** What arrives. A change may make several requests, told apart by `ordinal`; each is kept by itself. */
export interface FarRequest {
  key: string;
  ordinal: number;
  items: readonly FarItem[];
  /** Ids of the changes, item by item: for the count of what was done only. */
  changes: readonly number[];
}

export interface FarAnswer {
  status: number;
  /** Of 207: the groups that were not taken. */
  refused: readonly string[];
}

/** How the API treats what it is sent. */
export interface FarSideOptions {
  /** A request with a known key changes nothing. */
  honoursKeys: boolean;
  /** One bad group of many: 207 with its name, instead of a refusal of all. */
  answersInParts: boolean;
}

/** See the module's comment. */
export class FarSide {
  /** By ordinal: group → content. */
  readonly contents: Map<string, string>[] = [new Map(), new Map()];
  readonly wrongs: string[] = [];
  requests = 0;
  /** Keys of all first requests about groups that have arrived. */
  readonly arrived = new Set<string>();
  /** How often each change was done, by id and ordinal. */
  readonly done = new Map<string, number>();
  /** Changes that were done at all, with their groups. */
  #everDone = new Map<number, string>();
  /** Others have had it hold something else. */
  wasChanged = false;
  /** Groups that it has of others, and not of this model: until a request of this one does something. */
  readonly others = new Set<string>();
  #ofOthers = new Set<string>();
  /** How often something was done to each group. */
  readonly touched = new Map<string, number>();
  #answers = new Map<string, { text: string; answer: FarAnswer; changes: readonly number[] }>();
  /** Changes that others have undone. */
  #undone = new Set<number>();

  constructor(private readonly options: FarSideOptions) {}

  /** Does what is asked. */
  handle(request: FarRequest): FarAnswer {
    if (request.ordinal === 0) this.arrived.add(request.key);
    const text = JSON.stringify(request.items);
    const known = this.#answers.get(request.key);
    if (known && known.text !== text) {
      this.wrongs.push(`key ${request.key} came with ${known.text}, then with ${text}`);
    }
    if (known && this.options.honoursKeys) return known.answer;
    const refused = request.items.filter((item) => item.action === "put" && isRefused(item.content))
      .map(({ group }) => group);
    const isPartial = this.options.answersInParts && request.items.length > 1;
    if (refused.length > 0 && !isPartial) return { status: 422, refused };
    const answer = { status: refused.length > 0 ? 207 : 200, refused };
    this.#answers.set(request.key, { text, answer, changes: request.changes });
    for (const [index, item] of request.items.entries()) {
      if (!refused.includes(item.group)) this.#do(item, request, request.changes[index] ?? 0);
    }
    return answer;
  }

  /** Whether a change was done. */
  hasDone(change: number): boolean {
    return this.#everDone.has(change);
  }

  /** Others have made it hold this. Of a group that it held otherwise, what was done is undone. */
  become(held: ReadonlyMap<string, string>): void {
    this.wasChanged = true;
    for (const [change, group] of this.#everDone) {
      if (this.contents[0]?.get(group) === held.get(group)) continue;
      this.#everDone.delete(change);
      this.#undone.add(change);
      for (const ordinal of this.contents.keys()) this.done.delete(`${change} ${ordinal}`);
    }
    for (const [group, content] of held) {
      if (this.contents[0]?.get(group) !== content) this.#ofOthers.add(group);
    }
    for (const contents of this.contents) {
      contents.clear();
      for (const [group, content] of held) contents.set(group, content);
    }
  }

  /** What it has of the group was put there by others. */
  isOfOthers(group: string): boolean {
    return this.#ofOthers.has(group);
  }

  /**
   * A person says that a change has not arrived. Where others have undone it since, it would be answered as before, by
   * its key, which is that person's mistake.
   */
  takeWord(change: number): void {
    if (!this.#undone.has(change)) return;
    for (const [key, { changes }] of this.#answers) {
      if (changes.includes(change)) this.#answers.delete(key);
    }
  }

  /** An older state file is in place, which does not know what it has sent: it may be sent again. */
  forgetDone(): void {
    this.done.clear();
    this.arrived.clear();
  }

  #do({ group, action, content }: FarItem, { ordinal }: FarRequest, change: number): void {
    const name = `${change} ${ordinal}`;
    const times = (this.done.get(name) ?? 0) + 1;
    this.done.set(name, times);
    if (ordinal === 0) this.#everDone.set(change, group);
    if (times > 1 && !this.options.honoursKeys) {
      this.wrongs.push(`change ${change} of group ${group} was done ${times} times`);
    }
    this.touched.set(group, (this.touched.get(group) ?? 0) + 1);
    this.#ofOthers.delete(group);
    this.others.delete(group);
    const contents = this.contents[ordinal];
    if (action === "put") contents?.set(group, content);
    else contents?.delete(group);
  }
}
