/**
 * `http.oauth`: gives a model a stand-in for an access token. What it stands for is known to the
 * egress worker only.
 *
 * @module
 */
import type { Http } from "~/sandbox/guest/api.ts";
import { nameKind } from "~/sandbox/guest/format_value.ts";
import { modelError } from "~/sandbox/guest/host_error.ts";
import type { HostPort } from "~/sandbox/guest/host_port.ts";
import type { OAuthClient, OAuthGrant } from "~/sandbox/protocol.ts";

const OPTIONS = [
  "tokenUrl",
  "clientId",
  "clientSecret",
  "clientAuth",
  "scope",
  "audience",
  "refreshToken",
];

/** Makes `http.oauth`. Called twice with the same, it gives the same: a call for each row costs nothing. */
export function makeOAuth(port: HostPort): Http["oauth"] {
  const standIns = new Map<string, string>();
  return (options) => {
    const grant = grantOf(options);
    const key = JSON.stringify(grant);
    let standIn = standIns.get(key);
    if (standIn === undefined) {
      standIn = `spoor-oauth-${crypto.randomUUID()}`;
      standIns.set(key, standIn);
      port.send({ type: "oauth", standIn, grant });
    }
    return standIn;
  };
}

function grantOf(options: Parameters<Http["oauth"]>[0]): OAuthGrant {
  if (typeof options === "string") return { provider: options };
  if (typeof options !== "object" || options === null) {
    throw mistake(`it was given ${String(options)}`, `Give a name, or { tokenUrl, clientId, … }.`);
  }
  const given: Record<string, unknown> = { ...options };
  if (given["provider"] !== undefined) return { provider: textOf(given, "provider") };
  const unknown = Object.keys(given).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) {
    throw mistake(`"${unknown}" is no option of it`, `Use ${OPTIONS.join(", ")}.`);
  }
  return {
    tokenUrl: required(given, "tokenUrl"),
    clientId: required(given, "clientId"),
    clientSecret: textOf(given, "clientSecret"),
    clientAuth: clientAuthOf(given["clientAuth"]),
    scope: Array.isArray(given["scope"]) ? given["scope"].join(" ") : textOf(given, "scope"),
    audience: textOf(given, "audience"),
    refreshToken: textOf(given, "refreshToken"),
  };
}

function required(given: Record<string, unknown>, name: string): string {
  const text = textOf(given, name);
  if (text !== "") return text;
  throw mistake(`${name} is not given`, `Write http.oauth({ tokenUrl, clientId, clientSecret }).`);
}

function textOf(given: Record<string, unknown>, name: string): string {
  const value = given[name] ?? "";
  if (typeof value === "string") return value;
  if (value instanceof URL) return value.href;
  throw mistake(`${name} is ${nameKind(value)}, and not text`);
}

function clientAuthOf(value: unknown): OAuthClient["clientAuth"] {
  if (value === undefined || value === "basic" || value === "body") return value ?? "basic";
  throw mistake(`clientAuth is ${JSON.stringify(value)}`, `Give "basic" or "body".`);
}

function mistake(state: string, hint?: string): Error {
  return modelError(`Cannot use http.oauth: ${state}`, { hint, fatal: true });
}
