/**
 * Saves the rows of a model that keeps what it saves by itself: collects them into flat blocks
 * and sends a block when it is full.
 *
 * While only few blocks are on their way a save is done at once, so a loop over a million rows
 * does not wait for a million answers. Then it waits, so that rows do not pile up.
 *
 * @module
 */
import { nameKind } from "~/sandbox/guest/format_value.ts";
import { atSite, modelError } from "~/sandbox/guest/host_error.ts";
import { HttpResponse } from "~/sandbox/guest/http/http_response.ts";
import type { HostPort } from "~/sandbox/guest/host_port.ts";
import type { RowBlock, Value } from "~/sandbox/protocol.ts";
import { toSaved } from "./row_values.ts";

const BLOCK_ROWS = 500;
const MAX_BLOCKS_ON_THE_WAY = 8;
/** Sets of columns that are collected side by side. */
const MAX_OPEN_BLOCKS = 16;

/** Already resolved, and frozen because models are given it. */
const DONE = Object.freeze(Promise.resolve());

interface OpenBlock {
  columns: readonly string[];
  values: Value[];
  rows: number;
  /** Made where the model saved its first row. */
  site: Error;
}

/** See the module's comment. */
export class RowSaver {
  #port: HostPort;
  #open: OpenBlock[] = [];
  #onTheWay = 0;
  #rows = 0;
  #room: (() => void)[] = [];
  #failure: Error | undefined;

  constructor(port: HostPort) {
    this.#port = port;
  }

  /** Takes a row; resolves when there is room for more. */
  save(row: Readonly<Record<string, unknown>>): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#rows++;
    const columns = columnsOf(row, this.#rows);
    const block = this.#blockFor(columns);
    this.#append(block, row);
    if (block.rows >= BLOCK_ROWS) this.#send(block);
    if (this.#onTheWay < MAX_BLOCKS_ON_THE_WAY) return DONE;
    return this.#waitForRoom();
  }

  /** True when a save had better be awaited. */
  get isFull(): boolean {
    return this.#onTheWay >= MAX_BLOCKS_ON_THE_WAY || this.#failure !== undefined;
  }

  /** True while rows are collected or on their way. */
  get isPending(): boolean {
    return this.#onTheWay > 0 || this.#open.length > 0;
  }

  /** Sends what is collected and waits until the host has it all. */
  async flush(): Promise<void> {
    for (const block of [...this.#open]) this.#send(block);
    while (this.#onTheWay > 0) await this.#nextAnswer();
    if (this.#failure) throw this.#failure;
  }

  async #waitForRoom(): Promise<void> {
    while (this.#onTheWay >= MAX_BLOCKS_ON_THE_WAY) await this.#nextAnswer();
    if (this.#failure) throw this.#failure;
  }

  #nextAnswer(): Promise<void> {
    return new Promise((resolve) => this.#room.push(resolve));
  }

  #append(block: OpenBlock, row: Readonly<Record<string, unknown>>): void {
    const { columns, values } = block;
    const describeRow = () => `row ${this.#rows}`;
    const before = values.length;
    try {
      for (let i = 0; i < columns.length; i++) {
        const column = columns[i] as string;
        const value = row[column];
        values.push(
          typeof value === "string" || value === null ? value : toSaved(value, column, describeRow),
        );
      }
    } catch (error) {
      values.length = before;
      throw error;
    }
    block.rows++;
  }

  /** The block of these columns; the last one used is tried first, since rows mostly are alike. */
  #blockFor(columns: readonly string[]): OpenBlock {
    const index = this.#open.findLastIndex((block) => sameColumns(block.columns, columns));
    const found = this.#open[index];
    if (found) {
      if (index < this.#open.length - 1) this.#open.push(...this.#open.splice(index, 1));
      return found;
    }
    const [oldest] = this.#open;
    if (oldest && this.#open.length >= MAX_OPEN_BLOCKS) this.#send(oldest);
    const block = { columns, values: [], rows: 0, site: new Error() };
    this.#open.push(block);
    return block;
  }

  #send(block: OpenBlock): void {
    this.#open.splice(this.#open.indexOf(block), 1);
    if (block.rows === 0) return;
    this.#onTheWay++;
    void this.#deliver(block);
    this.#port.flush();
  }

  async #deliver({ columns, values, site }: OpenBlock): Promise<void> {
    const block: RowBlock = { columns, values };
    try {
      await this.#port.call("saved", { type: "save", block });
    } catch (error) {
      this.#failure ??= atSite(error, site) as Error;
    }
    this.#onTheWay--;
    for (const resolve of this.#room.splice(0)) resolve();
  }
}

/** The names of a row's columns. Whatever is no row is refused. */
export function columnsOf(row: unknown, number: number, verb = "save"): readonly string[] {
  if (typeof row !== "object" || row === null || Array.isArray(row)) {
    throw modelError(
      `Cannot ${verb} row ${number}: it is ${nameKind(row)}, and not an object with columns`,
      { unsavable: true },
    );
  }
  if (row instanceof Error || row instanceof HttpResponse) {
    const what = row instanceof Error ? "an error" : "the answer of a request";
    throw modelError(`Cannot ${verb} row ${number}: it is ${what}, and not a row`, {
      unsavable: true,
    });
  }
  const columns = Object.keys(row);
  if (columns.length === 0) {
    throw modelError(`Cannot ${verb} row ${number}: it has no columns`, { unsavable: true });
  }
  return columns;
}

function sameColumns(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
