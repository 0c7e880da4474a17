/**
 * Keeps the tokens of the services in `spoor.yaml`: opens what is sealed in the state file, has one
 * egress worker at a time renew it, and has a new token on disk before anybody uses it.
 *
 * Many services take back a refresh token when it was used: two models that renew at once, or a
 * new token that is lost, would end the authorisation.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { GrantedToken } from "~/base/http/oauth.ts";
import { toErrorReport, UserError } from "~/base/user_error.ts";
import {
  type AuthProvider,
  type AuthProviders,
  unknownService,
} from "~/project/settings/auth_providers.ts";
import type { OAuthClient, ProviderToken } from "~/sandbox/protocol.ts";
import type { DurableCommits } from "~/store/commits/group_commit.ts";
import { loadRefusal, loadSealedToken, noteRefusal, replaceSealedToken } from "~/store/tokens.ts";
import { openTokens, sealTokens, type StoredTokens, toStored } from "./stored_tokens.ts";

/** What a keeper needs from its run. */
export interface TokenKeeperContext {
  db: DatabaseSync;
  commits: DurableCommits;
  root: string;
  providers: AuthProviders;
  /** Nothing real is opened or stored. */
  practice: boolean;
  /** A plan is made: a refusal that is known is told. A run asks again. */
  isPlan: boolean;
  /** What commands in messages need to be about this state. */
  stateOption: string;
  readVariable: (name: string) => string | undefined;
  /** ISO 8601, UTC. */
  now: () => string;
}

/** A renewal that is under way. */
interface Renewal {
  sealed: Uint8Array;
  stored: StoredTokens;
  ended: PromiseWithResolvers<void>;
}

/** See the module's comment. */
export class TokenKeeper {
  #renewals = new Map<string, Renewal | { ended: PromiseWithResolvers<void> }>();

  constructor(private readonly context: TokenKeeperContext) {}

  /**
   * Gives a provider's access token, or the right to renew it, which ends by `keep` or `release`.
   *
   * @param rejected An access token that a far side has answered with 401.
   */
  async want(name: string, rejected: string | undefined): Promise<ProviderToken> {
    try {
      const { providers, practice } = this.context;
      const provider = Object.hasOwn(providers, name) ? providers[name] : undefined;
      if (!provider) throw unknownService(name, Object.keys(providers));
      if (practice) {
        return { renew: practiceClient(provider), authCommand: this.#authCommand(name) };
      }
      for (let busy = this.#renewals.get(name); busy; busy = this.#renewals.get(name)) {
        await busy.ended.promise;
      }
      this.#renewals.set(name, { ended: Promise.withResolvers() });
      return await this.#look(name, provider, rejected);
    } catch (error) {
      this.release(name);
      if (!(error instanceof UserError)) throw error;
      return { error: toErrorReport(error) };
    }
  }

  /** Has a renewed token on disk when it resolves. */
  async keep(name: string, token: GrantedToken): Promise<ProviderToken> {
    const { db, commits, root, readVariable, now } = this.context;
    const renewal = this.#renewals.get(name);
    const answer = answerOf(toStored(token, Date.parse(now())), Date.parse(now()));
    // In practice there is none.
    if (!renewal || !("sealed" in renewal)) return answer;
    const stored = toStored(token, Date.parse(now()), renewal.stored.refreshToken);
    try {
      const sealed = await sealTokens({ root, readVariable }, name, stored);
      await commits.add(() => replaceSealedToken(db, name, renewal.sealed, sealed, now()));
      return answer;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { error: toErrorReport(error) };
    } finally {
      this.release(name);
    }
  }

  /** The service has refused the renewal that is under way for good: plans and people are to know. */
  noteRefusal(name: string): void {
    const { db, commits, now, isPlan } = this.context;
    const renewal = this.#renewals.get(name);
    if (isPlan || !renewal || !("sealed" in renewal)) return;
    commits.addUnawaited(() => noteRefusal(db, name, renewal.sealed, now()));
  }

  /** The renewal has failed, or whoever had begun it is gone. */
  release(name: string): void {
    const renewal = this.#renewals.get(name);
    this.#renewals.delete(name);
    renewal?.ended.resolve();
  }

  async #look(
    name: string,
    provider: AuthProvider,
    rejected: string | undefined,
  ): Promise<ProviderToken> {
    const { db, root, readVariable, now, isPlan, stateOption } = this.context;
    const authCommand = this.#authCommand(name);
    const refused = (state: string) => notAuthorised(name, state, authCommand);
    const sealed = loadSealedToken(db, name);
    if (!sealed) throw refused("it is not authorised");
    const refusedAt = isPlan ? loadRefusal(db, name) : undefined;
    if (refusedAt !== undefined) {
      throw refused(`the service refused to renew it on ${refusedAt}`);
    }
    const stored = await openTokens({ root, readVariable }, name, sealed, stateOption);
    const nowMs = Date.parse(now());
    const isFresh = stored.renewAtMs === undefined || nowMs < stored.renewAtMs;
    if (isFresh && stored.accessToken !== rejected) {
      this.release(name);
      return answerOf(stored, nowMs);
    }
    if (stored.refreshToken === undefined) {
      throw refused("its token has ended, and the service gave none to renew it with");
    }
    const waiting = this.#renewals.get(name);
    if (waiting) this.#renewals.set(name, { ...waiting, sealed, stored });
    return { renew: clientOf(name, provider, stored.refreshToken, readVariable), authCommand };
  }

  #authCommand(name: string): string {
    return `spoor auth ${name}${this.context.stateOption}`;
  }
}

function answerOf({ accessToken, renewAtMs }: StoredTokens, nowMs: number): ProviderToken {
  return {
    accessToken,
    ...(renewAtMs !== undefined && { renewInMs: Math.max(0, renewAtMs - nowMs) }),
  };
}

function clientOf(
  name: string,
  provider: AuthProvider,
  refreshToken: string,
  readVariable: (name: string) => string | undefined,
): OAuthClient {
  const { tokenUrl, clientId, clientAuth } = provider;
  return {
    tokenUrl,
    clientId,
    clientAuth,
    refreshToken,
    clientSecret: clientSecretOf(name, provider, readVariable),
    // The scope was settled when the service was authorised.
    scope: "",
    audience: "",
  };
}

/** @throws {UserError} It is not set. */
export function clientSecretOf(
  name: string,
  { clientSecret }: AuthProvider,
  readVariable: (name: string) => string | undefined,
): string {
  if (clientSecret === "") return "";
  const value = readVariable(clientSecret);
  if (value) return value;
  throw new UserError(`Cannot use the service "${name}": ${clientSecret} is not set`, {
    hint: `Add "${clientSecret}=…" to .env`,
  });
}

/** Only the address is looked at: whether the model may reach it. */
function practiceClient({ tokenUrl, clientAuth }: AuthProvider): OAuthClient {
  return {
    tokenUrl,
    clientAuth,
    clientId: "practice",
    clientSecret: "",
    refreshToken: "",
    scope: "",
    audience: "",
  };
}

function notAuthorised(name: string, state: string, authCommand: string): UserError {
  return new UserError(`Cannot use http.oauth("${name}"): ${state}`, {
    hint: `Run "${authCommand}"`,
  });
}
