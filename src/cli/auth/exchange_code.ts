/**
 * Exchanges an authorisation's code for tokens (RFC 6749, section 4.1.3).
 *
 * @module
 */
import {
  encodeTokenRequest,
  formEncode,
  type GrantedToken,
  readTokenAnswer,
} from "~/base/http/oauth.ts";
import { messageOf } from "~/base/message_of.ts";
import { SecretMask } from "~/base/secrets/secret_mask.ts";
import { UserError } from "~/base/user_error.ts";
import type { AskedService } from "./authorization_request.ts";

/** What came of the consent. */
export interface Consent {
  code: string;
  /** The same that the service was told before. */
  redirectUri: string;
  /** PKCE. */
  verifier: string;
}

const TIMEOUT_MS = 30_000;

/**
 * See the module's comment.
 *
 * @throws {UserError} The service gives none.
 */
export async function exchangeCode(
  service: AskedService,
  clientSecret: string,
  { code, redirectUri, verifier }: Consent,
): Promise<GrantedToken> {
  const { provider } = service;
  const { headers, body } = encodeTokenRequest({ ...provider, clientSecret }, {
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  });
  const answer = await post(service, headers, body);
  // A service may send back what it was sent.
  const mask = new SecretMask([clientSecret, formEncode(clientSecret), code, verifier]);
  const read = readTokenAnswer(answer.status, answer.body, (text) => mask.text(text));
  if ("token" in read) return read.token;
  throw new UserError(`Cannot get a token from "${provider.tokenUrl}": ${read.refusal.state}`, {
    hint: `See whether "token_url", "client_id" and the client's secret are right in spoor.yaml; ` +
      `where the service wants them in the body, set client_auth: "body"`,
  });
}

async function post(
  { name, provider, option }: AskedService,
  headers: readonly (readonly [string, string])[],
  body: string,
): Promise<{ status: number; body: Uint8Array }> {
  const url = provider.tokenUrl;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: headers.map(([key, value]): [string, string] => [key, value]),
      body,
      // It carries the client's secret: it goes to this address and nowhere else.
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { status: response.status, body: await response.bytes() };
  } catch (error) {
    const text = messageOf(error);
    throw new UserError(`Cannot get a token from "${url}": ${text}`, {
      hint:
        `See whether "token_url" is right in spoor.yaml; then run "spoor auth ${name}${option}" again`,
      cause: error,
    });
  }
}
