/**
 * A service that speaks OAuth 2.0, and an API that takes its tokens: strict, and with a memory.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  type Answer,
  type FakeApi,
  fakeApi,
  type ReceivedRequest,
} from "../../support/fake_api.ts";
import type { RunningSpoor, SpoorOptions, SpoorResult } from "../../support/spoor.ts";
import type { TempProject } from "../../support/temp_project.ts";

/** See the module's comment. */
export interface OAuthProvider extends AsyncDisposable {
  readonly api: FakeApi;
  /** What `spoor.yaml` says of it, under the name `crm`. */
  readonly settings: string;
  /** Forms that came to the token endpoint. */
  tokenForms(): Record<string, string>[];
  /** Requests to anything else than its OAuth endpoints; `/refreshing` answers once a renewal was asked for. */
  calls(): ReceivedRequest[];
  /** The refresh token that is good now; each use gives another. */
  refreshToken: string;
  /** Seconds that a token says it lives. */
  expiresInS: number;
  /** How long its token endpoint takes to answer, in milliseconds. */
  tokenDelayMs: number;
  /** True: its API takes requests and never answers. */
  hangs: boolean;
  /** Ends every token that it has given out. */
  endTokens(): void;
  /** A person has taken the authorisation back. */
  revoke(): void;
}

export const CLIENT_ID = "spoor-client";
export const CLIENT_SECRET = "client-s3cret-value";

/** Starts one. */
export async function oauthProvider(): Promise<OAuthProvider> {
  const codes = new Map<string, { challenge: string; redirectUri: string }>();
  const good = new Set<string>();
  const refreshing = Promise.withResolvers<void>();
  let count = 0;
  const grant = (more: object = {}): Answer => {
    const token = `access-token-number-${++count}`;
    good.add(token);
    return {
      json: { access_token: token, token_type: "Bearer", expires_in: provider.expiresInS, ...more },
    };
  };
  const rotate = () => provider.refreshToken = `refresh-token-number-${++count}`;

  const authorize = ({ query }: ReceivedRequest): Answer => {
    const code = `code-${++count}`;
    const redirectUri = query.get("redirect_uri") ?? "";
    const isWhole = query.get("response_type") === "code" && query.get("client_id") === CLIENT_ID &&
      query.get("code_challenge_method") === "S256" && query.get("code_challenge")?.length === 43;
    if (!isWhole) return { status: 400, body: `a bad request: ${query}` };
    codes.set(code, { challenge: query.get("code_challenge") ?? "", redirectUri });
    const back = new URL(redirectUri);
    back.searchParams.set("code", code);
    back.searchParams.set("state", query.get("state") ?? "");
    return { status: 302, headers: { location: back.href } };
  };

  const token = ({ body, headers }: ReceivedRequest): Answer => {
    const form = Object.fromEntries(new URLSearchParams(body));
    if (headers["authorization"] !== `Basic ${btoa(`${CLIENT_ID}:${CLIENT_SECRET}`)}`) {
      return refuse(401, "invalid_client", "Client authentication failed");
    }
    if (form["grant_type"] === "client_credentials") return grant();
    if (form["grant_type"] === "refresh_token") {
      return form["refresh_token"] === provider.refreshToken
        ? grant({ refresh_token: rotate() })
        : refuse(400, "invalid_grant", "Token has been revoked");
    }
    const asked = codes.get(form["code"] ?? "");
    codes.delete(form["code"] ?? "");
    const challenge = createHash("sha256").update(form["code_verifier"] ?? "").digest("base64url");
    return asked?.challenge === challenge && asked.redirectUri === form["redirect_uri"]
      ? grant({ refresh_token: rotate() })
      : refuse(400, "invalid_grant", "The code or its verifier is wrong");
  };

  const call = ({ headers }: ReceivedRequest): Answer =>
    good.has(headers["authorization"]?.replace("Bearer ", "") ?? "")
      ? {
        hang: provider.hangs,
        json: { seen: headers["authorization"], b64: btoa(headers["authorization"] ?? "") },
      }
      : { status: 401, json: { error: "unauthorised" } };

  const api = await fakeApi((request) => {
    if (request.path === "/authorize") return authorize(request);
    if (request.path === "/token") {
      if (request.body.includes("grant_type=refresh_token")) refreshing.resolve();
      return { ...token(request), delayMs: provider.tokenDelayMs };
    }
    if (request.path === "/refreshing") return refreshing.promise.then(() => ({ json: {} }));
    return call(request);
  });
  const provider: OAuthProvider = {
    api,
    settings: [
      "auth:",
      "  crm:",
      `    authorize_url: ${api.origin}/authorize?prompt=consent`,
      `    token_url: ${api.origin}/token`,
      `    client_id: ${CLIENT_ID}`,
      "    client_secret: CRM_SECRET",
      "    scope: [read, write]",
      "",
    ].join("\n"),
    tokenForms: () =>
      api.requests.filter(({ path }) => path === "/token")
        .map(({ body }) => Object.fromEntries(new URLSearchParams(body))),
    calls: () => api.requests.filter(({ path }) => path !== "/token" && path !== "/authorize"),
    refreshToken: "",
    expiresInS: 3_600,
    tokenDelayMs: 0,
    hangs: false,
    endTokens: () => good.clear(),
    revoke() {
      provider.refreshToken = "none that anybody has";
      good.clear();
    },
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
  return provider;
}

/** Runs `spoor auth crm` and plays the person in front of the browser. */
export async function authorize(
  project: TempProject,
  options?: SpoorOptions,
): Promise<SpoorResult> {
  await using running = project.start("auth crm", options);
  const page = await fetch(await askedUrl(running));
  assert.equal(page.status, 200, await page.text());
  return await running.result;
}

/** The address at which `spoor auth` asks to be let in. */
export async function askedUrl(running: RunningSpoor): Promise<URL> {
  await running.waitFor(/http:\/\/\S+\/authorize\S*\n/);
  const [url = ""] = /http:\/\/\S+\/authorize\S*/.exec(running.output()) ?? [];
  return new URL(url);
}

function refuse(status: number, error: string, description: string): Answer {
  return { status, json: { error, error_description: description } };
}
