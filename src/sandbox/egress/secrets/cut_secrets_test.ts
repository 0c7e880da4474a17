/** A mask needs the whole secret, so that no text may be cut before it is masked. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { serveBytes, serveFarSide, startEgress } from "~/sandbox/egress/egress_fixture.ts";
import type { EgressResponse, OAuthClient } from "~/sandbox/protocol.ts";

/** As long as a token of an identity service is; no part of it comes twice. */
const JWT = `eyJhbGciOiJSUzI1NiJ9.${
  Array.from({ length: 100 }, (_, i) => `${i}a`.padStart(4, "x")).join("")
}.sig0123456789`;
const SECRETS = [
  { name: "JWT", standIn: "spoor-secret-1", value: JWT },
  { name: "PAIR", standIn: "spoor-secret-2", value: `Key:${JWT}` },
];

/** No ten characters of it in a row. */
function assertHidden(response: EgressResponse): void {
  const { url, headers, body, error, note } = response;
  const told = JSON.stringify([url, headers, Buffer.from(body).toString(), error, note]);
  for (let at = 0; at + 10 <= JWT.length; at++) {
    const part = JWT.slice(at, at + 10);
    assert.ok(!told.includes(part), `"${part}" is in ${told}`);
  }
  assert.ok(told.length < 2_000, `too long a text: ${told}`);
}

Deno.test("egress shows no part of a long secret where a message cuts an address", async () => {
  const never = Promise.withResolvers<Response>();
  await using far = serveFarSide(({ path }) =>
    path.startsWith("/slow")
      ? never.promise
      : new Response(null, { status: 302, headers: { location: `ftp://x.example/?t=${JWT}` } })
  );
  using _ = { [Symbol.dispose]: () => never.resolve(new Response()) };
  using broken = serveBytes(() => "");
  using egress = startEgress({ allowNet: [far.host, broken.host], secrets: SECRETS });
  const send = async (url: string, more: object = {}) => {
    const response = await egress.send({ url, ...more });
    assertHidden(response);
    return response.error?.message ?? "";
  };

  const late = await send(`${far.origin}/slow?key=spoor-secret-1`, { timeoutMs: 50 });
  assert.match(late, /answer of GET http:\S+\/slow\?key=\*\*\*: it did not come within 0\.05 s$/);
  assert.match(await send(`${far.origin}/`), /to "ftp:\/\/x\.example\/\?t=\*\*\*": it is not a /);
  assert.match(await send("spoor-secret-1"), /^Cannot send to "\*\*\*": it is not a URL$/);
  assert.match(await send("spoor-secret-2"), /^Cannot send to "\*\*\*": it is no address of http/);
  const cut = await send(`${broken.origin}/?key=spoor-secret-1`);
  assert.match(cut, /answer of GET http:\S+\/\?key=\*\*\*: the connection broke/);
});

Deno.test("egress says of an address that is too long how it begins, and still what is wrong", async () => {
  using broken = serveBytes(() => "");
  using egress = startEgress({ allowNet: [broken.host], secrets: SECRETS });
  const { error } = await egress.send({ url: `${broken.origin}/${"long/".repeat(100)}` });

  assert.match(error?.message ?? "", /GET http:\S+long\S*…: the connection broke \(/);
  assert.ok((error?.message.length ?? 0) < 400);
});

Deno.test("egress shows no part of a secret in why a host is down", async () => {
  const never = Promise.withResolvers<Response>();
  await using far = serveFarSide(() => never.promise);
  using _ = { [Symbol.dispose]: () => never.resolve(new Response()) };
  using egress = startEgress({ allowNet: [far.host], secrets: SECRETS });
  const url = `${far.origin}/slow?key=spoor-secret-1`;
  const all = await Promise.all(
    Array.from({ length: 20 }, () => egress.send({ url, timeoutMs: 50 })),
  );
  all.push(await egress.send({ url }));

  assert.match(
    all.at(-1)?.error?.message ?? "",
    /the last 20 requests failed \(.*\?key=\*\*\*: it/,
  );
  for (const response of all) assertHidden(response);
});

Deno.test("egress shows no part of a secret that a token endpoint sends back", async () => {
  const words = "The client could not be authenticated with the credentials that were sent: ";
  await using far = serveFarSide(({ text }) => {
    const secret = new URLSearchParams(text).get("client_secret");
    const [status, answer] = text.includes("scope=message")
      ? [403, { message: words + secret }]
      : text.includes("scope=type")
      ? [200, { access_token: "a", token_type: words + secret }]
      : [400, { error: "invalid_client", error_description: words + secret }];
    return Response.json(answer, { status: status as number });
  });
  for (const scope of ["", "message", "type"]) {
    using egress = startEgress({ allowNet: [far.host], secrets: SECRETS });
    const grant: OAuthClient = {
      tokenUrl: `${far.origin}/token`,
      clientId: "app",
      clientSecret: "spoor-secret-1",
      clientAuth: "body",
      scope,
      audience: "",
      refreshToken: "",
    };
    egress.post({ type: "oauth", standIn: "spoor-oauth-1", grant });
    const response = await egress.send({
      url: far.origin,
      headers: [["authorization", "Bearer spoor-oauth-1"]],
    });

    assert.match(response.error?.message ?? "", /^Cannot get a token from .*were sent: \*\*\*/);
    assertHidden(response);
  }
});
