/**
 * One TypeScript model while it runs: answers its guest worker's messages.
 *
 * The guest is not trusted. What it may do is decided here, message by message; a message that no
 * guest of Spoor's would send ends the model.
 *
 * @module
 */
import { renderDuration } from "~/base/time/duration.ts";
import { type ErrorReport, toErrorReport, UserError } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";
import { BudgetExceeded } from "~/run/deliver/begin_delivery.ts";
import type { Delivery } from "~/run/deliver/delivery.ts";
import type { VerifiedChanges } from "~/run/earlier/verified_changes.ts";
import type { ModelWishes } from "~/run/models/model_wishes.ts";
import type { GuestHttp } from "~/run/requests/guest_http.ts";
import { NotPlanned } from "~/run/requests/refuse_unplanned.ts";
import type { RunContext } from "~/run/run_context.ts";
import type { GuestLink } from "~/sandbox/guest_link.ts";
import type { EgressError, GuestMessage, GuestStart, HostMessage } from "~/sandbox/protocol.ts";
import { explainStateError } from "~/store/file/open_state.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { explainGuestEnd } from "./explain_guest_end.ts";
import { assertGuest, checkGuestError, GuestError } from "./guest_error.ts";
import type { GuestFiles } from "./guest_files.ts";
import { GuestReads } from "./guest_reads.ts";
import { progressOf } from "./progress_of.ts";
import { checkRowBlock } from "./row_block.ts";
import { SavedRows } from "./saved_rows.ts";
import { withoutNet } from "./without_net.ts";

/** What a session is made of. */
export interface GuestSessionParts {
  context: RunContext;
  model: Model;
  start: GuestStart;
  guest: GuestLink;
  http: GuestHttp | undefined;
  files: GuestFiles;
  /** `@model_timeout`. */
  modelTimeoutMs: number | undefined;
  /** What the run asks of this model beside the usual. */
  wishes: ModelWishes;
  /** What the model's `verify` is asked about. */
  verified: VerifiedChanges;
  /** Takes stand-ins of secrets out of texts. */
  mask: (text: string) => string;
}

/** How a model's code ended. */
export interface GuestOutcome {
  /** What the model threw, or why it was ended. */
  error?: ErrorReport;
  delivery?: Delivery;
  /** Rows that it saved by itself; dropped where it failed. */
  saved?: SavedRows;
}

type SaveMessage = Extract<GuestMessage, { type: "save" }>;

/** A model that asks for nothing and computes without end is taken for lost after this time. */
const SILENCE_LIMIT_MS = 10 * 60_000;
const PROGRESS_EVERY_MS = 250;
/** Beside @timeout, for requests that end by it to be recorded when the run stops. */
const STOP_GRACE_MS = 2_000;
/** Why a group was rejected, in the record. */
const MAX_REASON_LENGTH = 2_000;

/** See the module's comment. */
export class GuestSession {
  readonly #model: Model;
  readonly #port: GuestLink;
  readonly #end = Promise.withResolvers<ErrorReport | undefined>();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #startedAt = performance.now();
  #lastHeard = performance.now();
  #calls = 0;
  readonly #reads: GuestReads;
  #saved: SavedRows | undefined;
  /** An access that was refused fails the model, even one that goes on as if nothing was. */
  #refused: ErrorReport | undefined;
  /** Rows that it saved by itself and that no table takes. */
  #refusedRows: ErrorReport | undefined;

  constructor(private readonly parts: GuestSessionParts) {
    const { context, model, guest, modelTimeoutMs } = parts;
    this.#model = model;
    this.#port = guest;
    this.#reads = new GuestReads({ ...parts, hasSaved: () => this.#saved !== undefined });
    guest.listen(
      (messages) => this.#receive(messages as readonly GuestMessage[]),
      (end) => {
        const { memoryMb } = context;
        this.#end.resolve(explainGuestEnd(end, { model, memoryMb, modelTimeoutMs }));
      },
    );
    guest.send({ type: "start", start: parts.start });
    this.#timer = setInterval(() => this.#tick(), PROGRESS_EVERY_MS);
  }

  /** Runs the model to its end, whatever that is. */
  async run(): Promise<GuestOutcome> {
    const { context, model, modelTimeoutMs } = this.parts;
    const noDeadline = () => {};
    const endDeadline = modelTimeoutMs === undefined
      ? noDeadline
      : context.watchDeadline(model.name, modelTimeoutMs);
    const stop = () => this.#stop();
    context.stop.addEventListener("abort", stop);
    const ended = withAllDetails(await this.#end.promise, this.#refused) ?? this.#refused;
    context.stop.removeEventListener("abort", stop);
    endDeadline();
    clearInterval(this.#timer);
    this.#port.end();
    this.#reads.delivery?.requests.close();
    await this.parts.http?.end();
    this.parts.files[Symbol.dispose]();
    this.#reads[Symbol.dispose]();
    // Acknowledgements that were on their way are kept.
    const error = await context.commits.settled()
      .then(() => ended, (lost) => ended ?? this.#explain(lost));
    return {
      ...(error && { error: this.#masked(error) }),
      ...(this.#reads.delivery && { delivery: this.#reads.delivery }),
      ...(this.#saved && { saved: this.#saved }),
    };
  }

  #masked(error: ErrorReport): ErrorReport {
    const { mask } = this.parts;
    return {
      ...error,
      message: mask(error.message),
      ...(error.hint !== undefined && { hint: mask(error.hint) }),
      ...(error.details && { details: error.details.map(mask) }),
    };
  }

  /** Ctrl-C: the guest begins nothing new; one that does not end by itself is ended. */
  #stop(): void {
    this.#port.send({ type: "stop" });
    setTimeout(() => {
      this.#end.resolve({ message: `The run was stopped before ${this.#model.name} ended` });
    }, this.parts.start.timeoutMs + STOP_GRACE_MS);
  }

  #tick(): void {
    const silentMs = performance.now() - this.#lastHeard;
    if (this.#calls === 0 && silentMs > SILENCE_LIMIT_MS) {
      this.#end.resolve({
        message: `Cannot go on with ${this.#model.name}: it has asked for nothing for ${
          renderDuration(silentMs)
        }`,
        hint:
          `A model that computes that long sets "@model_timeout"; one that waits for ever never ends`,
      });
    }
    this.#emitProgress();
  }

  #emitProgress(): void {
    const elapsedS = (performance.now() - this.#startedAt) / 1_000;
    const progress = progressOf(this.#reads.delivery ?? this.#saved, elapsedS);
    const { emit } = this.parts.context;
    if (progress) emit({ type: "model_progress", model: this.#model.name, ...progress });
  }

  // ── messages ─────────────────────────────────────────────────────────────────────────────────

  #receive(messages: readonly GuestMessage[]): void {
    this.#lastHeard = performance.now();
    try {
      this.#saveAll(messages.filter((message) => message?.type === "save"));
      for (const message of messages) if (message?.type !== "save") this.#handle(message);
    } catch (error) {
      this.#break(error);
    }
  }

  /** A message that cannot be answered, or a failure of the machine: the model is ended. */
  #break(error: unknown): void {
    this.#end.resolve(this.#explain(error));
  }

  #explain(error: unknown): ErrorReport {
    if (error instanceof GuestError) return { message: error.message };
    return toErrorReport(explainStateError(this.parts.context.statePath, error) ?? error);
  }

  #handle(message: Exclude<GuestMessage, { type: "save" }>): void {
    assertGuest(typeof message === "object" && message !== null, "a message that is none");
    switch (message.type) {
      case "query":
        return this.#answer(message.id, () => this.#reads.open(message));
      case "pull":
        return this.#answer(message.id, () => this.#reads.pull(message));
      case "close":
        return this.#reads.close(message.query);
      case "acknowledge":
        return this.#answer(message.id, () => this.#acknowledge(message));
      case "reject":
        return this.#answer(message.id, () => this.#reject(message));
      case "unfit":
        assertGuest(Array.isArray(message.groups), "groups that are none");
        return this.#getDelivery().cannotKeep(message.groups);
      case "group_failed":
        return this.#getDelivery().fail(
          message.group,
          checkGuestError(message.error, this.parts.mask),
        );
      case "verified":
        return this.parts.verified.take(message);
      case "http":
        return this.#answer(message.id, () => this.#send(message));
      case "oauth":
        return this.parts.http?.tokens.register(message.standIn, message.grant);
      case "abort":
        return this.parts.http?.abort(message.request);
      case "files":
        return this.#answer(message.id, () => this.parts.files.list(message.id, message.pattern));
      case "take":
        return this.parts.files.take(message.path);
      case "read":
        return this.#answer(message.id, () => this.parts.files.read(message));
      case "log":
        return this.#log(message);
      case "finished":
        return this.#end.resolve(undefined);
      case "failed":
        return this.#end.resolve(checkGuestError(message.error, this.parts.mask));
      default:
        assertGuest(false, "a message of no known type");
    }
  }

  /** Answers a call, or sends the error that is thrown where the model waits. */
  #answer(id: number, work: () => HostMessage | Promise<HostMessage>): void {
    this.#calls += 1;
    void (async () => {
      try {
        this.#port.send(await work());
      } catch (error) {
        if (error instanceof UserError) {
          if (isForTheModel(error)) this.#refused ??= toErrorReport(error);
          this.#port.send({ type: "error", id, error: this.#masked(toErrorReport(error)) });
        } else this.#break(error);
      } finally {
        this.#calls -= 1;
        this.#lastHeard = performance.now();
      }
    })();
  }

  async #acknowledge(
    { id, groups }: Extract<GuestMessage, { type: "acknowledge" }>,
  ): Promise<HostMessage> {
    assertGuest(Array.isArray(groups), "groups that are none");
    await this.#getDelivery().acknowledge(groups);
    return { type: "saved", id };
  }

  async #reject(
    { id, groups, reason }: Extract<GuestMessage, { type: "reject" }>,
  ): Promise<HostMessage> {
    assertGuest(Array.isArray(groups), "groups that are none");
    assertGuest(typeof reason === "string", "a reason that is no text");
    await this.#getDelivery().reject(groups, this.parts.mask(reason).slice(0, MAX_REASON_LENGTH));
    return { type: "saved", id };
  }

  async #send({ id, request }: Extract<GuestMessage, { type: "http" }>): Promise<HostMessage> {
    const { http } = this.parts;
    if (!http) {
      throw withoutNet(this.#model, request?.url);
    }
    const question = this.parts.verified.questionOf(request?.verifies);
    const response = await http.send(id, request, this.#reads.delivery?.requests, question);
    const { error } = response;
    if (error?.kind === "denied" || error?.kind === "down") this.#refused ??= refusal(error);
    return { type: "response", id, response };
  }

  #getDelivery(): Delivery {
    const { delivery } = this.#reads;
    assertGuest(delivery, "groups though it reads none");
    return delivery;
  }

  /** The guest is told of rows that no table takes, as it knows which line saved them. The model fails then. */
  #saveAll(messages: readonly SaveMessage[]): void {
    if (messages.length === 0) return;
    try {
      if (!this.#refusedRows) this.#keepAll(messages);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#refusedRows = this.#masked(toErrorReport(error));
      this.#refused ??= this.#refusedRows;
    }
    const error = this.#refusedRows;
    for (const { id } of messages) {
      this.#port.send(error ? { type: "error", id, error } : { type: "saved", id });
    }
  }

  /** One transaction for all rows that came together. */
  #keepAll(messages: readonly SaveMessage[]): void {
    assertGuest(!this.#reads.delivery, "rows beside the groups that it reads");
    const { db } = this.parts.context;
    inTransaction(db, () => {
      this.#saved ??= new SavedRows(db, this.#model.name);
      for (const { block } of messages) {
        checkRowBlock(block);
        this.#saved.add(block);
      }
    });
  }

  #log({ level, message }: Extract<GuestMessage, { type: "log" }>): void {
    assertGuest(["debug", "info", "warn", "error"].includes(level), "a log of no known level");
    const text = this.parts.mask(String(message)).slice(0, 10_000);
    this.parts.context.emit({ type: "log", model: this.#model.name, level, message: text });
  }
}

/** What the model was refused fails it, even one that goes on as if nothing was. */
function isForTheModel(error: UserError): boolean {
  return error instanceof BudgetExceeded || error instanceof NotPlanned ||
    /@allow_|@depends_on/.test(error.hint ?? "");
}

/** Of what a refusal names a guest hands on the beginning; here all of it is known. */
function withAllDetails(
  ended: ErrorReport | undefined,
  refused: ErrorReport | undefined,
): ErrorReport | undefined {
  const { message, details } = refused ?? {};
  return ended && details && ended.message === message ? { ...ended, details } : ended;
}

function refusal({ message, hint, at }: EgressError): ErrorReport {
  return { message, ...(hint !== undefined && { hint }), ...(at && { at }) };
}
