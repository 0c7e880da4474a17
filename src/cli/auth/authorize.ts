/**
 * The whole of an authorisation: consent, code, tokens, sealed into the state file.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import { loadDotenv, variableLookup } from "~/project/settings/dotenv.ts";
import { obtainTokenKey } from "~/project/settings/token_key.ts";
import { sealTokens, toStored } from "~/run/requests/stored_tokens.ts";
import { clientSecretOf } from "~/run/requests/token_keeper.ts";
import { openState, stateFilePath, type StateMigration } from "~/store/file/open_state.ts";
import { saveSealedToken } from "~/store/tokens.ts";
import { type AskedService, makeAuthorizationRequest } from "./authorization_request.ts";
import { exchangeCode } from "./exchange_code.ts";
import { listenForRedirect } from "./loopback_redirect.ts";

/** How long a person may take. */
const CONSENT_MS = 15 * 60_000;

/** How an authorisation has ended. */
export interface Authorised {
  /** False: the service gave none, so that this ends with its token. */
  hasRefreshToken: boolean;
  expiresInS?: number;
}

/**
 * Authorises a service.
 *
 * @param show Given the address to open in a browser.
 * @param onMigrate Told before a state file of an earlier version is brought up to date.
 * @throws {UserError} At any step; then what was there before is still there.
 */
export async function authorize(
  root: string,
  service: AskedService,
  show: (url: string) => void,
  onMigrate: (migration: StateMigration) => void,
): Promise<Authorised> {
  const { name, provider } = service;
  const dotenv = loadDotenv(root);
  const readVariable = variableLookup(dotenv, (variable) => Deno.env.get(variable));
  // All that can be wrong here is found before anybody is asked.
  const clientSecret = clientSecretOf(name, provider, readVariable);
  obtainTokenKey(root, readVariable);
  const path = stateFilePath(root, false);
  using db = openState(path, undefined, onMigrate);

  await using redirect = listenForRedirect(service);
  const { redirectUri } = redirect;
  const { url, state, verifier } = await makeAuthorizationRequest(provider, redirectUri);
  const answered = redirect.code(state);
  show(url);
  const code = await within(CONSENT_MS, answered, service);
  const token = await exchangeCode(service, clientSecret, { code, redirectUri, verifier });
  const stored = toStored(token, Date.now());
  const at = new Date().toISOString();
  saveSealedToken(db, name, await sealTokens({ root, readVariable }, name, stored), at);
  return {
    hasRefreshToken: stored.refreshToken !== undefined,
    ...(token.expiresInS !== undefined && { expiresInS: token.expiresInS }),
  };
}

async function within<T>(
  limitMs: number,
  work: Promise<T>,
  { name, option }: AskedService,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() =>
    late.reject(
      new UserError(`Cannot authorise "${name}": nobody came back from the service`, {
        hint: `Run "spoor auth ${name}${option}" again; it waits for ${limitMs / 60_000} minutes`,
      }),
    ), limitMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
