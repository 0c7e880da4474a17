/**
 * The queries of one running model: those that it reads on its own, and the one whose changes it delivers.
 *
 * @module
 */
import { messageOf } from "~/base/message_of.ts";
import { countOf } from "~/base/text/counts.ts";
import { UserError } from "~/base/user_error.ts";
import { beginDelivery } from "~/run/deliver/begin_delivery.ts";
import type { Delivery } from "~/run/deliver/delivery.ts";
import type { GuestMessage, HostMessage } from "~/sandbox/protocol.ts";
import {
  type PreparedSelect,
  prepareSelect,
  type SelectInput,
} from "~/warehouse/statements/prepare_select.ts";
import { isSqlValue, type SqlValue } from "~/warehouse/values.ts";
import { assertGuest } from "./guest_error.ts";
import { GuestQuery } from "./guest_queries.ts";
import type { GuestSessionParts } from "./guest_session.ts";

/** What they need of their session. */
export interface GuestReadsParts
  extends Pick<GuestSessionParts, "context" | "model" | "wishes" | "http"> {
  /** The model has saved rows by itself: then none of its queries is one of changes. */
  hasSaved: () => boolean;
}

/** Rows a pull may ask for; a guest asks for about a thousand. */
const MAX_PULL_ROWS = 100_000;

/** See the module's comment. */
export class GuestReads implements Disposable {
  readonly #queries = new Map<number, GuestQuery>();
  #delivery: { query: number; delivery: Delivery } | undefined;

  constructor(private readonly parts: GuestReadsParts) {}

  /** Of the query whose changes the model asked for; that outlives its session. */
  get delivery(): Delivery | undefined {
    return this.#delivery?.delivery;
  }

  /** @throws {UserError} The query is refused, or what it has found is. */
  open(message: Extract<GuestMessage, { type: "query" }>): HostMessage {
    const { id, sql, params, all } = message;
    assertGuest(typeof sql === "string", "a query without text");
    assertGuest(
      Array.isArray(params) && params.every(isSqlValue),
      "parameters that SQLite cannot hold",
    );
    assertGuest(!this.#queries.has(id), "a query twice");
    const select = this.#prepare(sql, params.length);
    if (this.parts.model.kind === "tracked" && !all) {
      return this.#openTracked(id, select, params as SqlValue[], message.changes === true);
    }
    try {
      this.#queries.set(
        id,
        new GuestQuery(
          this.parts.context.readers,
          select.sql,
          select.columns,
          params as SqlValue[],
        ),
      );
    } catch (error) {
      throw new UserError(`Cannot run a query of ${this.parts.model.name}: ${messageOf(error)}`, {
        cause: error,
      });
    }
    return { type: "opened", id, columns: select.columns };
  }

  #prepare(sql: string, values: number): PreparedSelect {
    return prepareSelect(this.parts.context.db, {
      sql,
      values,
      name: `a query of ${this.parts.model.name}`,
      ...this.#placeOf(sql),
      dependsOn: this.parts.model.directives.dependsOn ?? [],
      readable: this.parts.model.references.map((reference) => reference.table),
      stateOption: this.parts.context.stateOption,
    });
  }

  /** Where a query is written whole, and nowhere else; of any other the guest knows the line of the call. */
  #placeOf(sql: string): Pick<SelectInput, "at" | "lines"> {
    const [query, another] = this.parts.model.queries?.filter((each) => each.sql === sql) ?? [];
    if (!query || another) return { at: undefined };
    return { at: query.at, ...query.lines && { lines: query.lines } };
  }

  #openTracked(
    id: number,
    select: PreparedSelect,
    params: readonly SqlValue[],
    withPrevious: boolean,
  ): HostMessage {
    const { context, model, wishes, http } = this.parts;
    if (this.#delivery || this.parts.hasSaved()) {
      throw new UserError(
        `Cannot open a second query of ${model.name}: its changes are those of one query`,
        {
          hint: "Read look-ups with query.all(…), or join the tables in one query",
        },
      );
    }
    const query = { select: select.sql, columns: select.columns, params };
    const delivery = beginDelivery(context, model, wishes, query, withPrevious);
    this.#delivery = { query: id, delivery };
    if (delivery.marksSent) context.noteSending();
    if (delivery.total > 0) http?.warm();
    this.#tellUnparked(delivery.unparked);
    return { type: "opened", id, columns: select.columns, groups: delivery.total };
  }

  #tellUnparked(groups: number): void {
    if (groups === 0) return;
    const { context, model } = this.parts;
    const message = `Its @unique_key is another one now: what was parked under the former one (${
      countOf(groups, "group")
    }) is tried again`;
    context.emit({ type: "log", model: model.name, level: "warn", message });
  }

  /** Rows, and what is known of their groups. */
  async pull({ id, query, rows }: Extract<GuestMessage, { type: "pull" }>): Promise<HostMessage> {
    assertGuest(Number.isSafeInteger(rows) && rows > 0, "a pull of no rows");
    const wanted = Math.min(rows, MAX_PULL_ROWS);
    if (this.#delivery?.query === query) {
      return { type: "rows", id, ...await this.#delivery.delivery.pull(wanted) };
    }
    const open = this.#queries.get(query);
    if (!open) return { type: "rows", id, block: { columns: [], values: [] }, done: true };
    try {
      return { type: "rows", id, ...open.pull(wanted) };
    } catch (error) {
      throw new UserError(`Cannot read a query of ${this.parts.model.name}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  close(query: number): void {
    this.#queries.get(query)?.[Symbol.dispose]();
    this.#queries.delete(query);
  }

  [Symbol.dispose](): void {
    for (const query of this.#queries.values()) query[Symbol.dispose]();
  }
}
