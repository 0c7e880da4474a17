/**
 * Why a request got no answer that can be relied on.
 *
 * @module
 */
import { messageOf } from "~/base/message_of.ts";
import { shortenText } from "~/base/text/cut_text.ts";
import type { EgressError } from "~/sandbox/protocol.ts";
import type { Answer } from "./send/send_once.ts";
import type { Trail } from "./send/trail.ts";

/**
 * A message. What is in it of a request or an answer goes through `shown`, which masks it and cuts it after
 * that: a mask needs the whole of a secret.
 */
export type Wording = (shown: (text: string) => string) => string;

/** What is shown of a text that may have any length. */
const SHOWN_CHARS = 200;

/** What an `EgressFailure` says beside its message. */
export interface EgressFailureOptions {
  hint?: string | undefined;
  /** Whether another try may end better. @default false */
  retryable?: boolean;
  /** A service has ended what a person had authorised. @default false */
  endsAuthorisation?: boolean;
  /** What the far side had answered before. */
  answer?: Answer | undefined;
}

/** Ends one try; becomes the answer's `error` when no further try is made. */
export class EgressFailure extends Error {
  override name = "EgressFailure";
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly endsAuthorisation: boolean;
  readonly answer: Answer | undefined;
  /** How far its try had come; absent: there was none. */
  trail: Trail | undefined;
  /** For a message around this one. */
  readonly wording: Wording;

  constructor(
    readonly kind: EgressError["kind"],
    message: string | Wording,
    options: EgressFailureOptions = {},
  ) {
    const wording = typeof message === "string" ? () => message : message;
    super(wording((text) => text));
    this.wording = wording;
    this.hint = options.hint;
    this.retryable = options.retryable ?? false;
    this.endsAuthorisation = options.endsAuthorisation ?? false;
    this.answer = options.answer;
    this.trail = options.answer?.trail;
  }

  /** The same of a request that was answered before: the failure itself may be that of many requests. */
  after(answer: Answer): EgressFailure {
    const { kind, wording, hint, retryable, endsAuthorisation } = this;
    return new EgressFailure(kind, wording, { hint, retryable, endsAuthorisation, answer });
  }

  /** Anything else that was thrown is a mistake of Spoor's; the request may have gone out. */
  static from(error: unknown): EgressFailure {
    if (error instanceof EgressFailure) return error;
    const text = messageOf(error);
    return new EgressFailure("broken", (shown) => `Cannot finish the request: ${shown(text)}`);
  }

  /** As data for the host, every text passed through `mask`. */
  report(mask: (text: string) => string): EgressError {
    return {
      kind: this.kind,
      message: mask(this.wording((text) => shortenText(mask(text), SHOWN_CHARS))),
      ...(this.hint !== undefined && { hint: mask(this.hint) }),
    };
  }
}
