import assert from "node:assert/strict";
import { makeAuthorizationRequest } from "./authorization_request.ts";

const PROVIDER = {
  authorizeUrl: "https://login.test/auth?access_type=offline",
  tokenUrl: "https://login.test/token",
  clientId: "app",
  clientSecret: "",
  clientAuth: "basic",
  scope: "a b",
  redirectUri: "",
} as const;

Deno.test("makeAuthorizationRequest() makes the challenge of RFC 7636, appendix B", async () => {
  const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const { url } = await makeAuthorizationRequest(PROVIDER, "http://127.0.0.1:1/", () => verifier);
  const { searchParams } = new URL(url);
  assert.equal(searchParams.get("code_challenge"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  assert.equal(searchParams.get("code_challenge_method"), "S256");
});

Deno.test("makeAuthorizationRequest() keeps what the address says already, and is never the same", async () => {
  const one = await makeAuthorizationRequest(PROVIDER, "http://127.0.0.1:1/");
  const two = await makeAuthorizationRequest(PROVIDER, "http://127.0.0.1:1/");
  const { searchParams } = new URL(one.url);
  assert.equal(searchParams.get("access_type"), "offline");
  assert.equal(searchParams.get("scope"), "a b");
  assert.match(one.verifier, /^[\w-]{43}$/);
  assert.equal(new Set([one.state, one.verifier, two.state, two.verifier]).size, 4);
});
