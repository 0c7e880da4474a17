/**
 * An async iterator over items that come in blocks: within a block `next()` waits for nothing.
 *
 * @module
 */

/** Where the blocks come from. */
export interface BlockReader<T> {
  /** The next block, or undefined after the last. Never called before the last call has ended. */
  nextBlock(): Promise<readonly T[] | undefined>;
  /** Called before an item is handed out; false ends the iteration. */
  onItem?(item: T): boolean;
  /** Called once, at the end or when a loop is left. */
  onEnd?(): void;
}

/** See the module's comment. */
export class BlockIterator<T> implements AsyncIterableIterator<T, undefined> {
  #reader: BlockReader<T>;
  #block: readonly T[] = [];
  #at = 0;
  #over = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(reader: BlockReader<T>) {
    this.#reader = reader;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#at < this.#block.length && !this.#over) {
      const item = this.#block[this.#at++] as T;
      if (this.#reader.onItem && !this.#reader.onItem(item)) return this.return();
      return Promise.resolve({ value: item, done: false });
    }
    // Calls beside each other wait in line, so that blocks are read one after the other.
    const turn = this.#turn.then(() => this.#advance());
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#end();
    return Promise.resolve({ value: undefined, done: true });
  }

  async #advance(): Promise<IteratorResult<T, undefined>> {
    while (!this.#over && this.#at >= this.#block.length) {
      const block = await this.#read();
      this.#at = 0;
      this.#block = block ?? [];
      if (!block) this.#end();
    }
    if (this.#over) return { value: undefined, done: true };
    return this.next();
  }

  async #read(): Promise<readonly T[] | undefined> {
    try {
      return await this.#reader.nextBlock();
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#reader.onEnd?.();
  }
}

/** Reads a whole iterator into an array. */
export async function collectAll<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
