/**
 * A service's tokens as they are sealed into the state file.
 *
 * @module
 */
import { type GrantedToken, renewInMs } from "~/base/http/oauth.ts";
import { openText, sealText } from "~/base/secrets/sealed_text.ts";
import { UserError } from "~/base/user_error.ts";
import {
  KEY_FILE,
  KEY_VARIABLE,
  obtainTokenKey,
  readTokenKey,
} from "~/project/settings/token_key.ts";

/** What is kept of an authorisation. */
export interface StoredTokens {
  accessToken: string;
  /** Milliseconds since 1970; absent where the service says nothing of the token's end. */
  renewAtMs?: number;
  refreshToken?: string;
}

/** Where the key is looked for. */
export interface KeyPlace {
  root: string;
  readVariable: (name: string) => string | undefined;
}

/**
 * What a token endpoint gave, as it is kept.
 *
 * @param refreshToken The one that was used; it goes on where no new one has come.
 */
export function toStored(token: GrantedToken, nowMs: number, refreshToken?: string): StoredTokens {
  const inMs = renewInMs(token);
  const kept = token.refreshToken ?? refreshToken;
  return {
    accessToken: token.accessToken,
    ...(inMs !== undefined && { renewAtMs: nowMs + inMs }),
    ...(kept !== undefined && { refreshToken: kept }),
  };
}

/** Seals tokens; makes the key file where there is no key yet. */
export async function sealTokens(
  { root, readVariable }: KeyPlace,
  name: string,
  tokens: StoredTokens,
): Promise<Uint8Array> {
  return await sealText(obtainTokenKey(root, readVariable), name, JSON.stringify(tokens));
}

/**
 * Opens them.
 *
 * @param option What commands in messages need to be about this project.
 * @throws {UserError} There is no key, or another one.
 */
export async function openTokens(
  { root, readVariable }: KeyPlace,
  name: string,
  sealed: Uint8Array,
  option: string,
): Promise<StoredTokens> {
  const key = readTokenKey(root, readVariable);
  const text = key && await openText(key, name, sealed);
  if (text !== undefined) return JSON.parse(text);
  const state = key
    ? "they were sealed with another key"
    : `there is no key (${KEY_VARIABLE} is not set, and there is no ${KEY_FILE})`;
  throw new UserError(`Cannot read the tokens of "${name}": ${state}`, {
    hint: `Set ${KEY_VARIABLE} to the key of that time, or run "spoor auth ${name}${option}" again`,
  });
}
