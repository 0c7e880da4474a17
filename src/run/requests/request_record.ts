/**
 * The record of one request: of a write before it leaves, of every request when it has ended.
 *
 * @module
 */
import { hideInText } from "~/base/secrets/hide_credentials.ts";
import type { BegunRequest } from "~/run/deliver/group_requests.ts";
import { isFirst } from "~/run/deliver/idempotency_key.ts";
import type { EgressResponse, GuestRequest } from "~/sandbox/protocol.ts";
import type { KeyNames } from "~/store/changes/key_names.ts";
import type { OpenRequests } from "~/store/changes/open_requests.ts";
import type { RequestLog } from "~/store/changes/request_log.ts";
import type { DurableCommits } from "~/store/commits/group_commit.ts";
import { describeRequest, describeResponse, ownKeyOf } from "./request_text.ts";

/** What records need of their run. */
export interface RequestRecordContext {
  commits: DurableCommits;
  log: RequestLog;
  open: OpenRequests;
  /** The model's name when a change was begun: a key stays what it was when the model is renamed. */
  keyNames: KeyNames;
  /** Takes stand-ins of secrets out of texts. */
  mask: (text: string) => string;
}

/** What is known of a request before it leaves. */
export interface RecordedBeginning {
  /** Of the request; no other of the model's in this run has it. */
  number: number;
  /** ISO 8601, UTC. */
  at: string;
  begun: BegunRequest;
  /** Spoor's, or nothing. */
  idempotencyKey: string;
}

/** See the module's comment. */
export class RequestRecord {
  #isOpen = false;
  readonly #text: string;
  readonly #sentKey: string;

  constructor(
    private readonly context: RequestRecordContext,
    private readonly request: GuestRequest,
    private readonly beginning: RecordedBeginning,
  ) {
    const { idempotencyKey } = beginning;
    const own = ownKeyOf(request);
    this.#text = describeRequest(request, context.mask);
    this.#sentKey = own === undefined || own === idempotencyKey ? idempotencyKey : this.#shown(own);
  }

  /**
   * It is about to leave. Of what follows another one about the same groups nothing has to wait until this is durable:
   * what a crash repeats is known from the first one on.
   */
  open(): void {
    this.#isOpen = true;
    const { context: { commits, open }, request: { method, url } } = this;
    const { number, at, begun: { subject } } = this.beginning;
    commits.addUnawaited(() =>
      open.put(number, {
        at,
        method,
        url: this.#shown(url),
        idempotencyKey: this.#sentKey,
        subject,
        request: this.#text,
      })
    );
  }

  /** It has not left. */
  withdraw(): void {
    if (!this.#isOpen) return;
    const { commits, open } = this.context;
    commits.addUnawaited(() => open.remove(this.beginning.number));
  }

  /** It has ended. */
  end(response: EgressResponse): void {
    const { commits, log, open, keyNames } = this.context;
    const { number, at, idempotencyKey, begun: { changes, place, subject } } = this.beginning;
    const { error, attempts, elapsedMs } = response;
    const isFirstOfOne = subject !== undefined && changes.length === 1 && isFirst(place) &&
      this.#sentKey === idempotencyKey;
    const keyName = isFirstOfOne ? keyNames.nameOf(subject) : undefined;
    commits.addUnawaited(() => {
      if (this.#isOpen) open.remove(number);
      log.write({
        at,
        method: this.request.method,
        // Of a request that failed it is the model's own, with what stands in it for secrets.
        url: this.#shown(response.url || this.request.url),
        status: response.status ?? response.answered,
        error: error && this.#shown(error.message),
        attempts,
        elapsedMs,
        idempotencyKey: this.#sentKey,
        keyName,
        subject,
        request: this.#text,
        response: describeResponse(response, (text) => this.#shown(text)),
      });
    });
  }

  #shown(text: string): string {
    return hideInText(this.context.mask(text));
  }
}
