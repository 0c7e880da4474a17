/**
 * Requests for OAuth 2.0 tokens and their answers, as RFC 6749 has them. Pure: nothing is sent here.
 *
 * @module
 */
import { shortenText } from "~/base/text/cut_text.ts";

/** How a client says who it is (RFC 6749, section 2.3.1). */
export type ClientAuth = "basic" | "body";

/** Who asks for a token; an empty secret is that of a public client. */
export interface TokenClient {
  clientId: string;
  clientSecret: string;
  clientAuth: ClientAuth;
}

/** A request for a token, always a POST. */
export interface TokenForm {
  headers: readonly (readonly [name: string, value: string])[];
  body: string;
}

/** What a token endpoint gave. */
export interface GrantedToken {
  accessToken: string;
  /** Undefined: it does not say. */
  expiresInS?: number;
  /** A new one where the service gives one; it takes the place of the earlier one. */
  refreshToken?: string;
}

/** Why a token endpoint gave none. */
export interface TokenRefusal {
  /** `401 invalid_client (Client authentication failed)` */
  state: string;
  /** RFC 6749, section 5.2; empty where the answer names none. */
  code: string;
  status: number;
}

/**
 * Writes a request for a token.
 *
 * @example
 * ```ts
 * import { encodeTokenRequest } from "./oauth.ts";
 * import assert from "node:assert/strict";
 *
 * const client = { clientId: "app", clientSecret: "s+", clientAuth: "basic" } as const;
 * const { headers, body } = encodeTokenRequest(client, { grant_type: "client_credentials", scope: "" });
 *
 * assert.equal(body, "grant_type=client_credentials");
 * assert.deepEqual(headers[2], ["authorization", `Basic ${btoa("app:s%2B")}`]);
 * ```
 *
 * @param parameters The grant's own; empty ones are left out.
 */
export function encodeTokenRequest(
  { clientId, clientSecret, clientAuth }: TokenClient,
  parameters: Readonly<Record<string, string>>,
): TokenForm {
  const form = new URLSearchParams(
    Object.entries(parameters).filter(([, value]) => value !== ""),
  );
  const headers: [string, string][] = [
    ["accept", "application/json"],
    ["content-type", "application/x-www-form-urlencoded"],
  ];
  if (clientAuth === "basic" && clientSecret !== "") {
    const pair = `${formEncode(clientId)}:${formEncode(clientSecret)}`;
    headers.push(["authorization", `Basic ${btoa(pair)}`]);
  } else {
    form.set("client_id", clientId);
    if (clientSecret !== "") form.set("client_secret", clientSecret);
  }
  return { headers, body: form.toString() };
}

/**
 * A value of a form; both halves of Basic credentials are written like that too.
 * https://url.spec.whatwg.org/#urlencoded-serializing
 */
export function formEncode(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1);
}

/**
 * Reads the answer of a token endpoint. Redirects must not have been followed.
 *
 * @param mask Takes secrets out of what a refusal says: a service may send back what it was sent.
 */
export function readTokenAnswer(
  status: number,
  body: Uint8Array,
  mask: (text: string) => string,
): { token: GrantedToken } | { refusal: TokenRefusal } {
  const refuse = (words: string, code = "") => ({
    refusal: { state: `${status} ${words}`.trim(), code, status },
  });
  if (status >= 300 && status < 400) return refuse("a redirect, which is not followed");
  const fields = parseObject(body);
  const textOf = (value: unknown) => typeof value === "string" ? shortLine(mask(value)) : "";
  // Some services refuse with status 200.
  const code = textOf(fields["error"]);
  if (code !== "") {
    const description = textOf(fields["error_description"]);
    return refuse(description === "" ? code : `${code} (${description})`, code);
  }
  if (status < 200 || status >= 300) return refuse(textOf(fields["message"]));
  const accessToken = fields["access_token"];
  if (typeof accessToken !== "string" || accessToken === "") {
    return refuse("without an access token");
  }
  const type = textOf(fields["token_type"]);
  if (type !== "" && type.toLowerCase() !== "bearer") {
    return refuse(`with a token of type "${type}", and not "Bearer"`);
  }
  const expiresInS = Number(fields["expires_in"] ?? NaN);
  const refreshToken = fields["refresh_token"];
  return {
    token: {
      accessToken,
      ...(expiresInS > 0 && { expiresInS }),
      ...(typeof refreshToken === "string" && refreshToken !== "" && { refreshToken }),
    },
  };
}

/** A minute early, or where tokens live for less than ten, a tenth of their life. */
const EARLY_S = 60;

/** How long a token is used before it is renewed; `undefined` when it says nothing of its end. */
export function renewInMs({ expiresInS }: GrantedToken): number | undefined {
  return expiresInS === undefined
    ? undefined
    : (expiresInS - Math.min(EARLY_S, expiresInS / 10)) * 1_000;
}

/** A passing failure: worth another try. */
export function isPassing({ status }: TokenRefusal): boolean {
  return status === 408 || status === 429 || status >= 500;
}

function parseObject(body: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  } catch {
    // No JSON: the status says it all.
    return {};
  }
}

/** Not too long, without control characters: it goes into a message. */
function shortLine(text: string): string {
  // deno-lint-ignore no-control-regex -- these are what is taken out
  return shortenText(text.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ").trim(), 200);
}
