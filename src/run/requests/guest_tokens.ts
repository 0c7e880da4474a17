/**
 * A model's `http.oauth`: between its guest, its egress worker and the keeper of tokens.
 *
 * @module
 */
import { assertGuest } from "~/run/guest/guest_error.ts";
import type { FromEgress, OAuthClient, OAuthGrant, ToEgress } from "~/sandbox/protocol.ts";
import type { TokenKeeper } from "./token_keeper.ts";

/** More than any model needs, and so few that a forged flood of them is harmless. */
const MAX_GRANTS = 1_000;
const MAX_TEXT = 20_000;
/** So long a renewal that is under way is waited for: a little more than one try of it takes. */
const RENEWAL_GRACE_MS = 32_000;

/** What an egress worker says of tokens. */
export type TokenMessage = Exclude<FromEgress, { type: "response" | "permit" | "sent" }>;

/** See the module's comment. */
export class GuestTokens {
  #grants: Extract<ToEgress, { type: "oauth" }>[] = [];
  #send: ((message: ToEgress) => void) | undefined;
  /** Providers whose renewal this model's worker has begun. */
  #renewing = new Set<string>();
  /** Set when the model has ended: called once it renews nothing any more. */
  #ending: (() => void) | undefined;

  constructor(private readonly keeper: TokenKeeper) {}

  /** The guest's call; the worker is told once it is there. */
  register(standIn: string, grant: OAuthGrant): void {
    assertGuest(/^spoor-oauth-[0-9a-f-]{36}$/.test(standIn), "a stand-in that is none");
    assertGuest(this.#grants.length < MAX_GRANTS, "more tokens than a model needs");
    const message = { type: "oauth", standIn, grant: checkGrant(grant) } as const;
    this.#grants.push(message);
    this.#send?.(message);
  }

  /** The worker is there. */
  connect(send: (message: ToEgress) => void): void {
    this.#send = send;
    for (const message of this.#grants) send(message);
  }

  /** Answers the worker, which is trusted. */
  async receive(message: TokenMessage): Promise<void> {
    const { provider } = message;
    if (message.type === "token_refused") {
      if (message.isOver && this.#renewing.has(provider)) this.keeper.noteRefusal(provider);
      return this.#release(provider);
    }
    const answer = message.type === "token_wanted"
      ? await this.keeper.want(provider, message.rejected)
      : await this.keeper.keep(provider, message.token);
    if ("renew" in answer) this.#renewing.add(provider);
    else this.#forget(provider);
    // It has ended while it waited for its turn.
    if (!this.#send || (this.#ending && "renew" in answer)) this.#release(provider);
    else this.#send({ type: "token", provider, answer });
  }

  /** The model has ended: resolves once all renewals that it has begun are on disk, or have failed. */
  async end(): Promise<void> {
    if (this.#renewing.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ending = resolve;
    const timer = setTimeout(resolve, RENEWAL_GRACE_MS);
    await promise;
    clearTimeout(timer);
  }

  /** The worker has ended. */
  dispose(): void {
    this.#send = undefined;
    for (const provider of [...this.#renewing]) this.#release(provider);
  }

  #release(provider: string): void {
    if (this.#forget(provider)) this.keeper.release(provider);
  }

  /** @returns Whether it was being renewed. */
  #forget(provider: string): boolean {
    const wasRenewing = this.#renewing.delete(provider);
    if (this.#renewing.size === 0) this.#ending?.();
    return wasRenewing;
  }
}

function checkGrant(grant: OAuthGrant): OAuthGrant {
  assertGuest(typeof grant === "object" && grant !== null, "a token that is none");
  const text = (value: unknown): string => {
    assertGuest(
      typeof value === "string" && value.length <= MAX_TEXT,
      "a token's text that is none",
    );
    return value;
  };
  if ("provider" in grant) return { provider: text(grant.provider) };
  const { tokenUrl, clientId, clientSecret, clientAuth, scope, audience, refreshToken } = grant;
  assertGuest(clientAuth === "basic" || clientAuth === "body", "a client that proves nothing");
  const checked: OAuthClient = {
    tokenUrl: text(tokenUrl),
    clientId: text(clientId),
    clientSecret: text(clientSecret),
    clientAuth,
    scope: text(scope),
    audience: text(audience),
    refreshToken: text(refreshToken),
  };
  return checked;
}
