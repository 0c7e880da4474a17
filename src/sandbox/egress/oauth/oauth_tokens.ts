/**
 * Access tokens in a model's requests: `http.oauth` gave the model a stand-in for each, and here the
 * token takes its place.
 *
 * The token of a provider in `spoor.yaml` is the engine's to keep: this worker asks for it, renews it
 * when it is told to, and uses a new one only after the engine has it on disk.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type GrantedToken, renewInMs } from "~/base/http/oauth.ts";
import { MASK } from "~/base/secrets/mask.ts";
import type { ErrorReport } from "~/base/user_error.ts";
import { EgressFailure } from "~/sandbox/egress/egress_failure.ts";
import { decodeBasic } from "~/sandbox/egress/prepare_headers.ts";
import { type Secret, StandIns } from "~/sandbox/egress/secrets/stand_ins.ts";
import type { Answer } from "~/sandbox/egress/send/send_once.ts";
import {
  type EgressRequest,
  type FromEgress,
  type OAuthClient,
  type OAuthGrant,
  type ProviderToken,
  UNKNOWN_UNSENT,
} from "~/sandbox/protocol.ts";
import { checkTokenRequest, requestToken, type TokenOutlet } from "./request_token.ts";
import { type ObtainToken, type Token, TokenSource } from "./token_source.ts";

/** What tokens need from their worker. */
export interface OAuthContext extends TokenOutlet {
  secrets: readonly Secret[];
  /**
   * Whether tokens are asked for. Not in a plan: that is a write, and may cost the token that was used for it.
   * `looked_for`: what is known beforehand to be of no use is told, and what is used is a stand-in.
   */
  asking: "allowed" | "refused" | "looked_for";
  /** To the engine. */
  post: (message: FromEgress) => void;
  /** Milliseconds on a clock that never jumps. */
  now: () => number;
}

/** Stands in a plan for every token. */
const MASKED = { accessToken: MASK };

/** See the module's comment. */
export class OAuthTokens {
  #sources = new Map<string, TokenSource>();
  #providers = new Map<string, TokenSource>();
  #asked = new Map<string, (answer: ProviderToken) => void>();
  #latest: { key: string; standIns: StandIns } | undefined;
  /** Refresh tokens that took the place of those a model was given; they last as long as the run. */
  #rotated = new Map<OAuthClient, string>();

  constructor(private readonly context: OAuthContext) {}

  /** From now on `standIn` in a request stands for a token of this grant. */
  register(standIn: string, grant: OAuthGrant): void {
    this.#sources.set(standIn, this.#sourceOf(grant));
  }

  /** The engine's answer. */
  receive(provider: string, answer: ProviderToken): void {
    const resolve = this.#asked.get(provider);
    this.#asked.delete(provider);
    resolve?.(answer);
  }

  /**
   * Sends a request with the tokens that it is to carry. Answered with 401 they are renewed, and the
   * request, which was refused, is repeated once.
   *
   * @param send Sends it with the real values of these stand-ins.
   * @throws {EgressFailure} There is no token, or no answer.
   */
  async send<A extends Answer>(
    request: EgressRequest,
    signal: AbortSignal,
    send: (standIns: StandIns) => Promise<A>,
  ): Promise<A> {
    const used = this.#usedIn(request);
    if (used.length === 0) return await send(this.context.standIns);
    const tokens = await unlessAborted(
      Promise.all(used.map(([, source]) => source.get())),
      signal,
    );
    const answer = await send(this.#standInsFor(used, tokens));
    if (answer.status !== 401) return answer;
    const renewed = await unlessAborted(
      Promise.all(used.map(async ([, source], i) => await source.replace(at(tokens, i)))),
      signal,
    ).catch((error) => {
      throw EgressFailure.from(error).after(answer);
    });
    if (renewed.every((token) => token === undefined)) return answer;
    const fresh = renewed.map((token, i) => token ?? at(tokens, i));
    const second = await send(this.#standInsFor(used, fresh));
    if (second.status === 401) { for (const token of fresh) token.isUseless = true; }
    return second;
  }

  /**
   * What is to be put into a request that is only shown: real secrets, and no tokens.
   *
   * @throws {EgressFailure} It is known that there is no token for it.
   */
  async maskedIn(request: EgressRequest): Promise<StandIns> {
    const used = this.#usedIn(request);
    if (used.length === 0) return this.context.standIns;
    return this.#standInsFor(used, await Promise.all(used.map(([, source]) => source.get())));
  }

  #sourceOf(grant: OAuthGrant): TokenSource {
    const { now, asking } = this.context;
    const isAsked = asking !== "looked_for";
    if (!("provider" in grant)) {
      const lookFor = async () => {
        await checkTokenRequest(grant, this.context);
        return MASKED;
      };
      return new TokenSource(isAsked ? () => this.#obtain(grant) : lookFor, now);
    }
    const { provider } = grant;
    let source = this.#providers.get(provider);
    if (!source) {
      const lookFor = () => this.#lookForKept(provider);
      source = new TokenSource(
        isAsked ? (rejected) => this.#obtainKept(provider, rejected) : lookFor,
        now,
      );
      this.#providers.set(provider, source);
    }
    return source;
  }

  async #obtain(client: OAuthClient): Promise<Awaited<ReturnType<ObtainToken>>> {
    const refreshToken = this.#rotated.get(client) ?? client.refreshToken;
    const token = await this.#request({ ...client, refreshToken });
    this.#maskAll(token.accessToken, token.refreshToken ?? "");
    if (refreshToken !== "" && token.refreshToken) this.#rotated.set(client, token.refreshToken);
    return { accessToken: token.accessToken, renewInMs: renewInMs(token) };
  }

  /** Whether there is one, or one could be asked for. It is given back unused. */
  async #lookForKept(provider: string): Promise<typeof MASKED> {
    const answer = await this.#ask(provider, { type: "token_wanted", provider });
    if ("error" in answer) throw refusalOf(answer.error);
    if ("renew" in answer) {
      this.context.post({ type: "token_refused", provider });
      await checkTokenRequest(answer.renew, this.context);
    }
    return MASKED;
  }

  async #obtainKept(
    provider: string,
    rejected: string | undefined,
  ): Promise<Awaited<ReturnType<ObtainToken>>> {
    let answer = await this.#ask(provider, {
      type: "token_wanted",
      provider,
      ...(rejected !== undefined && { rejected }),
    });
    if ("renew" in answer) {
      answer = await this.#renewKept(provider, answer.renew, answer.authCommand);
    }
    if ("error" in answer) throw refusalOf(answer.error);
    if ("renew" in answer) throw new Error("The engine asks for a second renewal");
    this.#maskAll(answer.accessToken);
    return answer;
  }

  async #renewKept(
    provider: string,
    client: OAuthClient,
    authCommand: string,
  ): Promise<ProviderToken> {
    try {
      const token = await this.#request(client, authCommand);
      this.#maskAll(token.accessToken, token.refreshToken ?? "");
      return await this.#ask(provider, { type: "token_granted", provider, token });
    } catch (error) {
      const isOver = error instanceof EgressFailure && error.endsAuthorisation;
      this.context.post({ type: "token_refused", provider, ...(isOver && { isOver }) });
      throw error;
    }
  }

  async #request(client: OAuthClient, authCommand?: string): Promise<GrantedToken> {
    if (this.context.asking === "allowed") {
      return await requestToken(client, this.context, authCommand);
    }
    throw new EgressFailure(
      "unsent",
      `${UNKNOWN_UNSENT}: it needs a new access token, and a plan asks for none`,
    );
  }

  /** Of one provider there is one question at a time: its source asks for all that wait. */
  #ask(provider: string, message: FromEgress): Promise<ProviderToken> {
    return new Promise((resolve) => {
      this.#asked.set(provider, resolve);
      this.context.post(message);
    });
  }

  #maskAll(...tokens: readonly string[]): void {
    for (const token of tokens) this.context.mask.add(token);
  }

  #usedIn(request: EgressRequest): [standIn: string, source: TokenSource][] {
    if (this.#sources.size === 0) return [];
    const parts = partsOf(request);
    return [...this.#sources].filter(([standIn]) => parts.some((part) => part.includes(standIn)));
  }

  /** Made once for each set of tokens: most requests carry the same as the one before. */
  #standInsFor(
    used: readonly (readonly [standIn: string, source: TokenSource])[],
    tokens: readonly Token[],
  ): StandIns {
    const key = used.map(([standIn], i) => `${standIn} ${at(tokens, i).value}`).join("\n");
    if (this.#latest?.key === key) return this.#latest.standIns;
    const asSecrets = used.map(([standIn], i) => ({
      name: "a token",
      standIn,
      value: at(tokens, i).value,
    }));
    const standIns = new StandIns([...this.context.secrets, ...asSecrets]);
    this.#latest = { key, standIns };
    return standIns;
  }
}

function refusalOf({ message, hint }: ErrorReport): EgressFailure {
  return new EgressFailure("denied", message, { hint });
}

/** Wherever a stand-in may be. */
function partsOf({ url, headers, body }: EgressRequest): (string | Buffer)[] {
  const values = headers.map(([, value]) => String(value));
  return [
    String(url),
    ...values,
    ...values.map((value) => decodeBasic(value)?.decoded ?? ""),
    typeof body === "string"
      ? body
      : Buffer.from(body?.buffer ?? new ArrayBuffer(), body?.byteOffset, body?.byteLength),
  ];
}

function at<T>(list: readonly T[], index: number): T {
  return list[index] as T;
}

/** Whoever waits may go; what they wait for goes on, for the others. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = () =>
    reject(
      new EgressFailure("unsent", "Cannot wait for a token: nobody waits for the request any more"),
    );
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave);
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
