/**
 * One access token and its renewal: many requests that wait for it share one token request.
 *
 * @module
 */
import { EgressFailure } from "~/sandbox/egress/egress_failure.ts";

/** A token in use. */
export interface Token {
  readonly value: string;
  /** On the source's clock; Infinity where nothing is known of its end. */
  readonly renewAtMs: number;
  /** A request was answered with 401 though it carried this token, fresh as it was. */
  isUseless: boolean;
}

/** Gets a token; `rejected` is one that a far side has answered with 401. */
export type ObtainToken = (
  rejected: string | undefined,
) => Promise<{ accessToken: string; renewInMs?: number | undefined }>;

/** See the module's comment. */
export class TokenSource {
  #token: Token | undefined;
  #renewing: Promise<Token> | undefined;
  #refusal: EgressFailure | undefined;

  /** @param now Milliseconds on a clock that never jumps. */
  constructor(private readonly obtain: ObtainToken, private readonly now: () => number) {}

  /**
   * Gives the token, a new one when it is about to end.
   *
   * @throws {EgressFailure} There is none to be had. What was refused for good is not asked for again.
   */
  async get(): Promise<Token> {
    if (this.#token && this.now() < this.#token.renewAtMs) return this.#token;
    return await this.#renew(undefined);
  }

  /** After a 401: another token than the one used, or none where a fresh one did not help either. */
  async replace(used: Token): Promise<Token | undefined> {
    if (used.isUseless) return undefined;
    if (this.#token && this.#token !== used) return await this.get();
    return await this.#renew(used.value);
  }

  #renew(rejected: string | undefined): Promise<Token> {
    return this.#renewing ??= this.#request(rejected).finally(() => this.#renewing = undefined);
  }

  async #request(rejected: string | undefined): Promise<Token> {
    if (this.#refusal) throw this.#refusal;
    try {
      const { accessToken, renewInMs = Infinity } = await this.obtain(rejected);
      const renewAtMs = this.now() + renewInMs;
      return this.#token = { value: accessToken, renewAtMs, isUseless: false };
    } catch (error) {
      const failure = EgressFailure.from(error);
      if (failure.kind === "denied" || failure.kind === "invalid") this.#refusal = failure;
      throw failure;
    }
  }
}
