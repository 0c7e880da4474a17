import assert from "node:assert/strict";
import { type FarSide, serveFarSide, startEgress } from "~/sandbox/egress/egress_fixture.ts";
import type { OutgoingRequest } from "~/sandbox/egress/prepare_request.ts";
import { redirected } from "./redirect.ts";

function redirect(status: number, location: string): Response {
  return new Response("moved", { status, headers: { location } });
}

/** Answers `/start` with a redirect to `location`, everything else with its method and body. */
function serveRedirect(status: number, location: (side: FarSide) => string): FarSide {
  const side: FarSide = serveFarSide((request) =>
    request.path === "/start"
      ? redirect(status, location(side))
      : new Response(`${request.method} ${request.text}`)
  );
  return side;
}

/** A request that carries nothing. */
function outgoing(method: string): OutgoingRequest {
  const none = new Set<string>();
  const url = new URL("http://127.0.0.1:1/start");
  const body = { headers: [], secretHeaders: none, signatures: none, body: null };
  return { method, url, ...body, timeoutMs: 1_000, retries: 1 };
}

Deno.test("egress follows a redirect and gives the last address", async () => {
  await using far = serveRedirect(302, () => "../end?x=1");
  using egress = startEgress({ allowNet: [far.host] });
  const { status, url, attempts } = await egress.send({ url: `${far.origin}/start` });
  assert.deepEqual([status, url, attempts], [200, `${far.origin}/end?x=1`, 1]);
});

Deno.test("egress follows a redirect that leaves the request what it is", async () => {
  const cases: [number, string][] = [[301, "PUT"], [307, "POST"], [308, "PATCH"]];
  for (const [status, method] of cases) {
    await using far = serveRedirect(status, () => "/end");
    using egress = startEgress({ allowNet: [far.host] });
    const { body } = await egress.send({
      url: `${far.origin}/start`,
      method,
      body: "body",
      headers: [["content-type", "text/plain"]],
      retries: 1,
    });
    assert.equal(new TextDecoder().decode(body), `${method} body`, `${status} ${method}`);
    assert.equal(far.received[1]?.headers.get("content-type"), "text/plain");
  }
});

Deno.test("egress does not follow a write by a redirect that would make a GET of it", async () => {
  const cases: [number, string][] = [[301, "POST"], [302, "POST"], [303, "POST"], [303, "PUT"]];
  for (const [status, method] of cases) {
    await using far = serveRedirect(status, () => "/login");
    using egress = startEgress({ allowNet: [far.host] });
    // Where it opts out of retries it is followed nowhere.
    const request = { url: `${far.origin}/start`, method, body: "body", retries: 1 };
    const answer = await egress.send(request);
    assert.equal(answer.status, status, `${status} ${method}`);
    assert.equal(far.received.length, 1);
  }
});

Deno.test("egress does not follow a write that must not be made twice, where it may have been done", async () => {
  for (const status of [301, 302]) {
    await using far = serveRedirect(status, () => "/end");
    using egress = startEgress({ allowNet: [far.host], atMostOnce: true });
    const url = `${far.origin}/start`;
    const answer = await egress.send({ url, method: "PATCH", body: "body", retries: 3 });
    assert.deepEqual([answer.status, answer.mayHaveActed], [status, true]);
    assert.equal(far.received.length, 1);
  }
});

Deno.test("egress says that a write was redirected which may have been done by then", async () => {
  const acts: [number, string, boolean][] = [
    [301, "PUT", true],
    [302, "DELETE", true],
    [303, "PATCH", true],
    [307, "PATCH", false],
    [308, "POST", false],
    [302, "GET", false],
  ];
  for (const [status, method, mayHaveActed] of acts) {
    for (const path of ["/end", "http://127.0.0.1:1/blocked", "http://elsewhere.example/"]) {
      await using far = serveRedirect(status, () => path);
      using egress = startEgress({ allowNet: ["127.0.0.1"] });
      const answer = await egress.send({ url: `${far.origin}/start`, method, retries: 1 });
      assert.equal(answer.mayHaveActed ?? false, mayHaveActed, `${status} ${method} ${path}`);
    }
  }
});

Deno.test("egress names the host that failed, and counts the failures as that one's", async () => {
  await using far = serveRedirect(307, () => "http://127.0.0.1:2/gone");
  using egress = startEgress({ allowNet: ["127.0.0.1"] });
  for (let request = 0; request < 20; request++) {
    const { error } = await egress.send({ url: `${far.origin}/start`, method: "POST" });
    assert.equal(error?.message, 'Cannot reach "127.0.0.1:2": the connection was refused');
  }
  const { error } = await egress.send({ url: `${far.origin}/start`, method: "POST" });
  assert.equal(
    error?.message,
    'Cannot reach "127.0.0.1:2": the last 20 requests failed (the connection was refused)',
  );
});

Deno.test("egress refuses a redirect to a host or port that is not allowed", async () => {
  await using other = serveFarSide(() => new Response("reached"));
  for (const place of [other.host, `localhost:${other.host.split(":")[1]}`, "evil.example:443"]) {
    const scheme = place.startsWith("evil") ? "https" : "http";
    await using far = serveRedirect(307, () => `${scheme}://${place}/`);
    using egress = startEgress({ allowNet: [far.host] });
    const { error } = await egress.send({ url: `${far.origin}/start`, method: "POST", retries: 3 });
    assert.equal(error?.kind, "denied");
    assert.equal(
      error?.message,
      `Cannot follow the redirect of "${far.host}" to "${place}": it is not in @allow_net`,
    );
    assert.match(error?.hint ?? "", /^Write "\/\/ @allow_net: .*" into the model's header/);
    assert.equal(far.received.length, 1);
  }
  assert.equal(other.received.length, 0);
});

Deno.test("egress refuses a redirect to what is no http address", async () => {
  for (const location of ["file:///etc/hostname", "data:text/plain,x", "http://a:b@127.0.0.1/"]) {
    await using far = serveRedirect(302, () => location);
    using egress = startEgress({ allowNet: [far.host, "127.0.0.1"] });
    const { error } = await egress.send({ url: `${far.origin}/start` });
    assert.equal(error?.kind, "denied");
    assert.match(error?.message ?? "", /it is not a plain http or https address$/);
  }
});

Deno.test("redirected() leads to no address that names a user or a password, or that is none", () => {
  for (const location of ["http://a@127.0.0.1/", "http://:b@127.0.0.1/", "http://["]) {
    assert.throws(() => redirected(outgoing("GET"), 302, location), {
      message: /it is not a plain http or https address$/,
    });
  }
});

Deno.test("egress drops credentials and secrets where a redirect leads to another origin", async () => {
  await using other = serveFarSide(() => new Response());
  const headers = [
    ["Authorization", "Bearer plain"],
    ["Cookie", "a=1"],
    ["X-Api-Key", "STAND-IN"],
    ["X-Harmless", "kept"],
  ] as const;
  const secrets = [{ name: "KEY", standIn: "STAND-IN", value: "real-key" }];
  await using far = serveRedirect(307, () => `${other.origin}/`);
  using egress = startEgress({ allowNet: ["127.0.0.1"], secrets });

  await egress.send({ url: `${far.origin}/start`, headers, idempotencyKey: "k" });

  const names = ["authorization", "cookie", "x-api-key", "x-harmless", "idempotency-key"];
  const seenBy = (side: FarSide) => names.map((name) => side.received[0]?.headers.get(name));
  assert.deepEqual(seenBy(far), ["Bearer plain", "a=1", "real-key", "kept", "k"]);
  assert.deepEqual(seenBy(other), [null, null, null, "kept", "k"]);
});

Deno.test("egress keeps credentials where a redirect stays with its origin", async () => {
  await using far = serveRedirect(302, () => "/end");
  using egress = startEgress({ allowNet: [far.host] });
  await egress.send({ url: `${far.origin}/start`, headers: [["Authorization", "Bearer x"]] });
  assert.equal(far.received[1]?.headers.get("authorization"), "Bearer x");
});

Deno.test("egress ends a circle of redirects", async () => {
  await using far = serveFarSide(() => redirect(302, "/"));
  using egress = startEgress({ allowNet: [far.host] });
  const { error } = await egress.send({ url: far.origin, retries: 2 });
  assert.match(error?.message ?? "", /Cannot follow the redirects of .*: there are more than 10/);
  assert.equal(far.received.length, 11);
});

Deno.test("redirected() leads what reads by each redirect and no other 3xx, and makes no GET of a write", () => {
  const statuses = [300, 301, 302, 303, 304, 305, 307, 308];
  const leadsBy = (method: string) =>
    statuses.filter((status) => redirected(outgoing(method), status, "/end") !== undefined);
  assert.deepEqual(leadsBy("GET"), [301, 302, 303, 307, 308]);
  assert.deepEqual(leadsBy("HEAD"), [301, 302, 303, 307, 308]);
  assert.deepEqual(leadsBy("PATCH"), [301, 302, 307, 308]);
  assert.deepEqual(leadsBy("POST"), [307, 308]);
});

Deno.test("egress hands back a 3xx that leads nowhere", async () => {
  await using far = serveFarSide(() => new Response(null, { status: 301 }));
  using egress = startEgress({ allowNet: [far.host] });
  assert.equal((await egress.send({ url: far.origin })).status, 301);
});
