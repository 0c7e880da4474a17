/**
 * The address at which a person lets Spoor in, with PKCE.
 * RFC 6749, section 4.1; RFC 7636.
 *
 * @module
 */
import type { AuthProvider } from "~/project/settings/auth_providers.ts";

/** A service that a person is asked about. */
export interface AskedService {
  name: string;
  provider: AuthProvider;
  /** What commands in messages need to be about this project. */
  option: string;
}

/** A request for consent, and what proves later on that we made it. */
export interface AuthorizationRequest {
  url: string;
  /** Comes back with the code; anything else was not asked for by us. */
  state: string;
  /** PKCE: goes with the code to the token endpoint. */
  verifier: string;
}

/**
 * Makes a request.
 *
 * @param randomText Gives a text nobody can guess, of 43 characters that URLs leave alone.
 */
export async function makeAuthorizationRequest(
  provider: AuthProvider,
  redirectUri: string,
  randomText: () => string = random43,
): Promise<AuthorizationRequest> {
  const [state, verifier] = [randomText(), randomText()];
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  // What the address says already is kept: `?access_type=offline` for Google, say.
  const url = new URL(provider.authorizeUrl);
  const parameters: readonly [name: string, value: string][] = [
    ["response_type", "code"],
    ["client_id", provider.clientId],
    ["redirect_uri", redirectUri],
    ["scope", provider.scope],
    ["state", state],
    ["code_challenge", base64Url(new Uint8Array(digest))],
    ["code_challenge_method", "S256"],
  ];
  for (const [name, value] of parameters) if (value !== "") url.searchParams.set(name, value);
  return { url: url.href, state, verifier };
}

function random43(): string {
  return base64Url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
