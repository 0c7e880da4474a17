import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  type FarSide,
  type ReceivedRequest,
  serveFarSide,
  startEgress,
} from "~/sandbox/egress/egress_fixture.ts";
import type { EgressResponse, FromEgress, OAuthClient } from "~/sandbox/protocol.ts";

const STAND_IN = "spoor-oauth-1";
const CARRIES: [string, string][] = [["Authorization", `Bearer ${STAND_IN}`]];
const SECRETS = [{ name: "CLIENT_SECRET", standIn: "spoor-secret-1", value: "s3cret/+ :ä" }];

function clientOf(far: FarSide, more: Partial<OAuthClient> = {}): OAuthClient {
  return {
    tokenUrl: `${far.origin}/token`,
    clientId: "app",
    clientSecret: "spoor-secret-1",
    clientAuth: "basic",
    scope: "",
    audience: "",
    refreshToken: "",
    ...more,
  };
}

function startOAuth(far: FarSide, more: Partial<OAuthClient> = {}) {
  const egress = startEgress({ allowNet: [far.host], secrets: SECRETS });
  egress.post({ type: "oauth", standIn: STAND_IN, grant: clientOf(far, more) });
  return egress;
}

/** A far side with a token endpoint that gives token-1, token-2 … */
function serveTokens(
  answer: (request: ReceivedRequest, token: number) => Response | Promise<Response>,
  granted: object = { expires_in: 3_600 },
): FarSide & { tokenRequests(): ReceivedRequest[]; others(): ReceivedRequest[] } {
  let tokens = 0;
  const far = serveFarSide(async (request) => {
    if (request.path !== "/token") return await answer(request, tokens);
    // Long enough for all that wait to come together.
    await new Promise((resolve) => setTimeout(resolve, 20));
    return Response.json({
      access_token: `access-token-${++tokens}`,
      token_type: "bearer",
      ...granted,
    });
  });
  return Object.assign(far, {
    tokenRequests: () => far.received.filter(({ path }) => path === "/token"),
    others: () => far.received.filter(({ path }) => path !== "/token"),
  });
}

function bearerOf({ headers }: ReceivedRequest): string | null {
  return headers.get("authorization");
}

function allOf({ url, headers, body, error, note }: EgressResponse): string {
  return JSON.stringify([url, headers, Buffer.from(body).toString(), error, note]);
}

Deno.test("egress gets one token for twenty requests that wait for it, by client credentials", async () => {
  await using far = serveTokens(() => new Response());
  using egress = startOAuth(far, { scope: "a b", audience: "api" });
  const sent = Array.from(
    { length: 20 },
    (_, i) =>
      egress.send({ url: `${far.origin}/${i}`, headers: CARRIES, idempotencyKey: `key-${i}` }),
  );
  const answers = await Promise.all(sent);
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  assert.deepEqual([...new Set(far.others().map(bearerOf))], ["Bearer access-token-1"]);
  const [asked, ...more] = far.tokenRequests();
  assert.equal(more.length, 0);
  assert.equal(asked?.method, "POST");
  assert.equal(asked?.headers.get("idempotency-key"), null);
  assert.equal(
    asked?.headers.get("authorization"),
    `Basic ${btoa("app:s3cret%2F%2B+%3A%C3%A4")}`,
  );
  assert.deepEqual(
    Object.fromEntries(new URLSearchParams(asked?.text)),
    { grant_type: "client_credentials", scope: "a b", audience: "api" },
  );
});

Deno.test("egress sends the client's id and secret in the body where it is told to", async () => {
  await using far = serveTokens(() => new Response());
  using egress = startOAuth(far, { clientAuth: "body" });
  assert.equal((await egress.send({ url: far.origin, headers: CARRIES })).status, 200);
  const [asked] = far.tokenRequests();
  assert.equal(asked?.headers.get("authorization"), null);
  assert.deepEqual(
    Object.fromEntries(new URLSearchParams(asked?.text)),
    { grant_type: "client_credentials", client_id: "app", client_secret: "s3cret/+ :ä" },
  );
});

Deno.test("egress gets no token for requests that carry none", async () => {
  await using far = serveTokens(() => new Response());
  using egress = startOAuth(far);
  await egress.send({ url: far.origin });
  assert.equal(far.tokenRequests().length, 0);
});

Deno.test("egress renews a token shortly before its end", async () => {
  await using far = serveTokens(() => new Response(), { expires_in: 3 });
  using egress = startOAuth(far);
  await egress.send({ url: far.origin, headers: CARRIES });
  await egress.send({ url: far.origin, headers: CARRIES });
  assert.equal(far.tokenRequests().length, 1);
  // Until nine tenths of its three seconds are over.
  await new Promise((resolve) => setTimeout(resolve, 2_750));
  await egress.send({ url: far.origin, headers: CARRIES });
  assert.deepEqual(far.others().map(bearerOf), [
    "Bearer access-token-1",
    "Bearer access-token-1",
    "Bearer access-token-2",
  ]);
});

Deno.test("egress renews a token once after 401 and repeats each request that carried it once", async () => {
  await using far = serveTokens((request) =>
    new Response(null, { status: bearerOf(request) === "Bearer access-token-1" ? 401 : 200 })
  );
  using egress = startOAuth(far);
  const sent = Array.from({ length: 20 }, (_, i) => {
    const key = { idempotencyKey: `key-${i}` };
    return egress.send({ url: `${far.origin}/${i}`, method: "POST", headers: CARRIES, ...key });
  });
  const answers = await Promise.all(sent);
  assert.deepEqual([...new Set(answers.map(({ status, attempts }) => `${status} ${attempts}`))], [
    "200 2",
  ]);
  const [{ tries } = {}] = answers;
  const told = tries?.told.map(({ status, waitedMs }) => [status, Object.keys(waitedMs)]);
  assert.deepEqual(told, [[401, ["token"]], [200, []]]);
  assert.equal(far.tokenRequests().length, 2);
  assert.equal(far.others().length, 40);
  for (let i = 0; i < 20; i++) {
    const keys = far.others().filter(({ path }) => path === `/${i}`)
      .map(({ headers }) => headers.get("idempotency-key"));
    assert.deepEqual(keys, [`key-${i}`, `key-${i}`]);
  }
});

Deno.test("egress does not renew again and again where a fresh token is refused too", async () => {
  await using far = serveTokens(() => new Response("no", { status: 401 }));
  using egress = startOAuth(far);
  for (let i = 0; i < 5; i++) {
    const { status } = await egress.send({ url: far.origin, headers: CARRIES });
    assert.equal(status, 401);
  }
  assert.equal(far.tokenRequests().length, 2);
  assert.equal(far.others().length, 6);
});

Deno.test("egress masks a token that the far side echoes, the one before it too", async () => {
  await using far = serveTokens((request, token) => {
    const seen = bearerOf(request) ?? "";
    const text = `${seen} ${btoa(seen)} access-token-1`;
    return new Response(text, { status: token === 1 ? 401 : 418, headers: { "x-echo": seen } });
  });
  using egress = startOAuth(far);
  const answer = await egress.send({ url: `${far.origin}/?t=${STAND_IN}`, headers: CARRIES });
  assert.equal(answer.status, 418);
  assert.match(allOf(answer), /Bearer \*\*\*/);
  for (const text of ["access-token", btoa("Bearer access-token-2").slice(10, 30)]) {
    assert.ok(!allOf(answer).includes(text), allOf(answer));
  }
});

Deno.test("egress follows no redirect of a token endpoint", async () => {
  await using elsewhere = serveFarSide(() => Response.json({ access_token: "stolen" }));
  await using far = serveFarSide(() => Response.redirect(`${elsewhere.origin}/token`, 307));
  using egress = startEgress({ allowNet: [far.host, elsewhere.host], secrets: SECRETS });
  egress.post({ type: "oauth", standIn: STAND_IN, grant: clientOf(far) });
  const { error, attempts } = await egress.send({ url: elsewhere.origin, headers: CARRIES });
  assert.equal(error?.kind, "denied");
  assert.equal(
    error?.message,
    `Cannot get a token from "${far.origin}/token": 307 a redirect, which is not followed`,
  );
  assert.equal(attempts, 0);
  assert.equal(elsewhere.received.length, 0);
});

Deno.test("egress gets a token only from a host of @allow_net", async () => {
  await using far = serveFarSide(() => new Response());
  await using tokens = serveTokens(() => new Response());
  using egress = startEgress({ allowNet: [far.host] });
  egress.post({ type: "oauth", standIn: STAND_IN, grant: clientOf(tokens) });
  const { error } = await egress.send({ url: far.origin, headers: CARRIES });
  assert.equal(error?.kind, "denied");
  assert.equal(error?.message, `Cannot reach "${tokens.host}": it is not in @allow_net`);
  assert.match(error?.hint ?? "", new RegExp(`@allow_net: ${far.host}, ${tokens.host}`));
  assert.equal(tokens.received.length + far.received.length, 0);
});

Deno.test("egress asks once where a token endpoint refuses for good, and shows no secret", async () => {
  await using far = serveFarSide(() =>
    Response.json({
      error: "invalid_client",
      error_description: `Client authentication failed for s3cret/+ :ä`,
    }, { status: 401 })
  );
  using egress = startOAuth(far);
  for (let i = 0; i < 3; i++) {
    const { error } = await egress.send({ url: `${far.origin}/x`, headers: CARRIES });
    assert.equal(
      error?.message,
      `Cannot get a token from "${far.origin}/token": 401 invalid_client (Client authentication failed for ***)`,
    );
    assert.match(error?.hint ?? "", /set clientAuth: "body"\.$/);
  }
  assert.equal(far.received.length, 1);
});

Deno.test("egress tries again where a token endpoint is busy", async () => {
  await using far = serveFarSide((request, earlier) =>
    request.path === "/token" && earlier === 0
      ? new Response(null, { status: 503 })
      : Response.json({ access_token: "access-token-1" })
  );
  using egress = startOAuth(far);
  assert.equal((await egress.send({ url: `${far.origin}/x`, headers: CARRIES })).status, 200);
  assert.deepEqual(far.received.map(({ path }) => path), ["/token", "/token", "/x"]);
});

Deno.test("egress waits for no token endpoint that asks for an hour, and the model ends", async () => {
  await using far = serveFarSide(() =>
    new Response(null, { status: 503, headers: { "retry-after": "3600" } })
  );
  using egress = startOAuth(far);
  const { error } = await egress.send({ url: `${far.origin}/x`, headers: CARRIES });
  assert.equal(error?.kind, "down");
  assert.equal(error?.message, `Cannot get a token from "${far.origin}/token": 503`);
  assert.equal(far.received.length, 1);
});

Deno.test("egress shows nothing of what a service is asked for tokens by, and says whether it is over", async () => {
  const cut = "x".repeat(195);
  for (const [code, before] of [["invalid_grant", ""], ["invalid_client", ""], ["other", cut]]) {
    await using far = serveFarSide(({ text }) => {
      // What is too long is cut once nothing secret is in it.
      const description = before === "" ? text : before + text.slice(text.indexOf("another"));
      return Response.json({ error: code, error_description: description }, { status: 400 });
    });
    const said: FromEgress[] = [];
    using egress = startEgress({ allowNet: [far.host] }, [far.host], (message, answer) => {
      said.push(message);
      if (message.type !== "token_wanted") return;
      // As it is in the environment: none of the model's own secrets.
      const renew = clientOf(far, {
        clientAuth: "body",
        clientSecret: "another/+ :ä",
        refreshToken: "refresh-0",
      });
      answer({ type: "token", provider: "crm", answer: { renew, authCommand: "spoor auth crm" } });
    });
    egress.post({ type: "oauth", standIn: STAND_IN, grant: { provider: "crm" } });
    const { error } = await egress.send({ url: far.origin, headers: CARRIES });
    assert.match(error?.message ?? "", before === "" ? /client_secret=\*\*\*/ : /x\*\*\*/);
    assert.doesNotMatch(error?.message ?? "", /anot|refresh-0/);
    const isOver = code === "invalid_grant";
    assert.deepEqual(said.at(-1), {
      type: "token_refused",
      provider: "crm",
      ...isOver && { isOver },
    });
  }
});

Deno.test("egress shows no client's secret as it is in a Basic header", async () => {
  await using far = serveFarSide(({ headers }) => {
    const description = headers.get("authorization") ?? "";
    return Response.json({ error: "other", error_description: description }, { status: 400 });
  });
  using egress = startOAuth(far);
  const { error } = await egress.send({ url: far.origin, headers: CARRIES });
  assert.match(error?.message ?? "", /400 other \(Basic \S*\*\*\*\S*\)$/);
});

Deno.test("egress explains what is no token", async () => {
  const answers: [Response, string][] = [
    [new Response("<html>"), "200 without an access token"],
    [
      Response.json({ access_token: "x", token_type: "mac" }),
      '200 with a token of type "mac", and not "Bearer"',
    ],
    [Response.json({ error: "bad_code" }), "200 bad_code"],
    [Response.json({ message: "missing\nclient" }, { status: 400 }), "400 missing client"],
    [new Response("", { status: 404 }), "404"],
  ];
  for (const [answer, state] of answers) {
    await using far = serveFarSide(() => answer);
    using egress = startOAuth(far);
    const { error } = await egress.send({ url: far.origin, headers: CARRIES });
    assert.equal(error?.message, `Cannot get a token from "${far.origin}/token": ${state}`);
  }
});

Deno.test("egress uses the new refresh token that came with a token, where it had used one", async () => {
  const askedBy = async (refreshToken: string) => {
    let count = 0;
    await using far = serveFarSide((request) => {
      if (request.path !== "/token") return new Response(null, { status: count < 2 ? 401 : 200 });
      return Response.json({
        access_token: `access-${++count}`,
        refresh_token: `refresh-${count}`,
      });
    });
    using egress = startOAuth(far, { refreshToken });
    assert.equal((await egress.send({ url: far.origin, headers: CARRIES })).status, 200);
    return far.received.filter(({ path }) => path === "/token")
      .map(({ text }) => new URLSearchParams(text))
      .map((form) => [form.get("grant_type"), form.get("refresh_token")]);
  };
  assert.deepEqual(await askedBy("refresh-0"), [
    ["refresh_token", "refresh-0"],
    ["refresh_token", "refresh-1"],
  ]);
  const byItself = ["client_credentials", null];
  assert.deepEqual(await askedBy(""), [byItself, byItself]);
});

Deno.test("egress uses a provider's new token only after the engine has kept it", async () => {
  const echo = () => new Response("you have refresh-1");
  await using far = serveTokens(echo, { refresh_token: "refresh-1" });
  const said: string[] = [];
  using egress = startEgress(
    { allowNet: [far.host], secrets: SECRETS },
    [far.host],
    (message, answer) => {
      said.push(message.type);
      if (message.type === "token_wanted") {
        const renew = clientOf(far, { refreshToken: "refresh-0" });
        answer({
          type: "token",
          provider: "crm",
          answer: { renew, authCommand: "spoor auth crm" },
        });
      } else if (message.type === "token_granted") {
        said.push(
          `${message.token.accessToken} ${message.token.refreshToken}, ${far.others().length} sent`,
        );
        const { accessToken } = message.token;
        answer({ type: "token", provider: "crm", answer: { accessToken } });
      }
    },
  );
  egress.post({ type: "oauth", standIn: STAND_IN, grant: { provider: "crm" } });
  const answer = await egress.send({ url: far.origin, headers: CARRIES });
  assert.equal(new TextDecoder().decode(answer.body), "you have ***");
  assert.deepEqual(said, ["token_wanted", "token_granted", "access-token-1 refresh-1, 0 sent"]);
  assert.equal(far.tokenRequests().length, 1);
});

Deno.test("egress in practice makes a token up and asks nobody for it", async () => {
  await using practice = serveFarSide(() => new Response());
  using egress = startEgress({
    allowNet: ["login.example", "api.example"],
    practiceOrigin: practice.origin,
  });
  const grant = { ...clientOf(practice), tokenUrl: "https://login.example/token" };
  egress.post({ type: "oauth", standIn: STAND_IN, grant });
  const denied = { ...grant, tokenUrl: "https://elsewhere.example/token" };
  egress.post({ type: "oauth", standIn: "spoor-oauth-2", grant: denied });
  await egress.send({ url: "https://api.example/x", headers: CARRIES });
  assert.deepEqual(practice.received.map(({ path }) => path), ["/x"]);
  assert.match(practice.received[0]?.headers.get("authorization") ?? "", /^Bearer practice-token-/);
  const { error } = await egress.send({ url: "https://api.example/spoor-oauth-2" });
  assert.equal(error?.message, 'Cannot reach "elsewhere.example:443": it is not in @allow_net');
});

Deno.test("egress lets a request go that nobody waits for while its token comes", async () => {
  await using far = serveTokens(() => new Response());
  using egress = startOAuth(far);
  const left = egress.sendAndAbort(
    { url: `${far.origin}/left`, headers: CARRIES },
    Promise.resolve(),
  );
  const stays = egress.send({ url: `${far.origin}/stays`, headers: CARRIES });
  assert.equal((await left).error?.kind, "unsent");
  assert.equal((await stays).status, 200);
  assert.deepEqual(far.received.map(({ path }) => path), ["/token", "/stays"]);
});

Deno.test("egress puts a token wherever a request can hold one", async () => {
  await using far = serveTokens(() => new Response());
  using egress = startOAuth(far);
  const basic: [string, string] = ["Authorization", `Basic ${btoa(`token:${STAND_IN}`)}`];
  const body = `token=${STAND_IN}`;
  await egress.send({ url: far.origin, headers: [basic] });
  await egress.send({ url: `${far.origin}/?t=${STAND_IN}` });
  await egress.send({ url: far.origin, method: "POST", body });
  await egress.send({ url: far.origin, method: "POST", body: new TextEncoder().encode(body) });
  const [inHeader, inUrl, ...inBodies] = far.others();
  assert.equal(inHeader && bearerOf(inHeader), `Basic ${btoa("token:access-token-1")}`);
  assert.equal(inUrl?.path, "/?t=access-token-1");
  assert.deepEqual(inBodies.map(({ text }) => text), Array(2).fill("token=access-token-1"));
  assert.equal(far.tokenRequests().length, 1);
});
