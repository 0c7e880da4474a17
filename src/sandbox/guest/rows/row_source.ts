/**
 * The host's side of one query as seen by the guest: opens it, and pulls block after block, the
 * next one while the model works on the present one.
 *
 * @module
 */
import { atSite } from "~/sandbox/guest/host_error.ts";
import type { HostAnswer, HostPort } from "~/sandbox/guest/host_port.ts";
import type { DeliveredGroup, RowBlock, Value } from "~/sandbox/protocol.ts";
import { type Row, rowMaker } from "./row_values.ts";

const PULL_ROWS = 1_000;

/** Rows as they came, and how they are grouped if the query is tracked. */
export interface PulledRows {
  rows: Row[];
  groups: readonly DeliveredGroup[] | undefined;
  /** Of `changes`: what was accepted last, group after group. */
  previous: Row[];
  /** What the rows were made of: a model may change its rows. */
  block: RowBlock;
}

/** What a query asks for. */
export interface QueryText {
  sql: string;
  params: readonly Value[];
  all: boolean;
  /** Whole changes, with what was accepted before. */
  changes?: true;
}

/** One query, read once from its first row to its last. */
export class RowSource {
  #port: HostPort;
  #query: QueryText;
  #isStopped: () => boolean;
  #id = 0;
  #next: Promise<HostAnswer<"rows"> | Error> | undefined;
  #opened = false;
  #ended = false;
  #makeRow: ReturnType<typeof rowMaker> | undefined;
  #site = new Error();

  /** @param isStopped True once the run is to end: no more rows then. */
  constructor(port: HostPort, query: QueryText, isStopped: () => boolean) {
    this.#port = port;
    this.#query = query;
    this.#isStopped = isStopped;
  }

  /** The next rows, or undefined after the last. */
  async nextRows(): Promise<PulledRows | undefined> {
    if (!this.#opened) await this.#open();
    if (this.#ended) return undefined;
    if (this.#isStopped()) {
      this.close();
      return undefined;
    }
    const answer = await (this.#next ?? this.#pull());
    this.#next = undefined;
    if (answer instanceof Error) throw this.#failed(answer);
    if (answer.done) this.#ended = true;
    else this.#next = this.#pull();
    const { block, groups, previous } = answer;
    return {
      rows: this.#rowsOf(answer),
      groups,
      previous: previous?.flatMap((rows) => rowsOf(rows, rowMaker(rows.columns))) ?? [],
      block,
    };
  }

  /** Tells the host that no more rows are wanted. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#opened) this.#port.send({ type: "close", query: this.#id });
  }

  async #open(): Promise<void> {
    this.#opened = true;
    this.#id = this.#port.nextId();
    try {
      await this.#port.call("opened", { type: "query", ...this.#query }, this.#id);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** An early pull that fails must wait for its reader, and not count as unhandled. */
  #pull(): Promise<HostAnswer<"rows"> | Error> {
    return this.#port.call("rows", { type: "pull", query: this.#id, rows: PULL_ROWS })
      .catch((error: Error) => error);
  }

  #failed(error: unknown): unknown {
    this.#ended = true;
    return atSite(error, this.#site);
  }

  #rowsOf({ block }: HostAnswer<"rows">): Row[] {
    this.#makeRow ??= rowMaker(block.columns);
    return rowsOf(block, this.#makeRow);
  }
}

function rowsOf({ columns, values }: RowBlock, make: ReturnType<typeof rowMaker>): Row[] {
  const rows: Row[] = [];
  if (columns.length === 0) return rows;
  for (let at = 0; at < values.length; at += columns.length) rows.push(make(values, at));
  return rows;
}
