import assert from "node:assert/strict";
import { VERSION } from "~/base/version.ts";
import { serveBytes, serveFarSide, startEgress } from "./egress_fixture.ts";

const ok = () => new Response("ok");

Deno.test("egress sends method, path, query, headers and body as the model wrote them", async () => {
  await using far = serveFarSide(() => Response.json({ id: 7 }, { status: 201 }));
  using egress = startEgress({ allowNet: [far.host] });

  const response = await egress.send({
    url: `${far.origin}/a/b?x=1&y=%20#fragment`,
    method: "patch",
    headers: [["X-One", "1"], ["x-two", "2"], ["X-Two", "3"]],
    body: '{"é":1}',
  });

  const [seen] = far.received;
  assert.equal(seen?.method, "PATCH");
  assert.equal(seen?.path, "/a/b?x=1&y=%20");
  assert.equal(seen?.headers.get("x-one"), "1");
  assert.equal(seen?.headers.get("x-two"), "2, 3");
  assert.equal(seen?.text, '{"é":1}');
  assert.equal(response.status, 201);
  assert.equal(response.error, undefined);
  assert.equal(response.attempts, 1);
  assert.ok(response.elapsedMs > 0);
  assert.equal(new TextDecoder().decode(response.body), '{"id":7}');
  assert.ok(
    response.headers.some(([name, value]) =>
      name === "content-type" && value.startsWith("application/json")
    ),
  );
});

Deno.test("egress sends bytes as they are", async () => {
  await using far = serveFarSide(ok);
  using egress = startEgress({ allowNet: [far.host] });
  const body = Uint8Array.from({ length: 256 }, (_, i) => i);
  await egress.send({ url: far.origin, method: "PUT", body });
  assert.deepEqual(far.received[0]?.body, body);
});

Deno.test("egress names itself unless the model does", async () => {
  await using far = serveFarSide(ok);
  using egress = startEgress({ allowNet: [far.host] });
  await egress.send({ url: far.origin });
  await egress.send({ url: far.origin, headers: [["User-Agent", "mine/1"]] });
  const names = far.received.map((request) => request.headers.get("user-agent"));
  assert.deepEqual(names, [`spoor/${VERSION}`, "mine/1"]);
});

Deno.test("egress sets Idempotency-Key unless it is empty or the model set one", async () => {
  await using far = serveFarSide(ok);
  using egress = startEgress({ allowNet: [far.host] });
  await egress.send({ url: far.origin, method: "POST", idempotencyKey: "k-1" });
  await egress.send({ url: far.origin, method: "POST", idempotencyKey: "" });
  await egress.send({
    url: far.origin,
    method: "POST",
    idempotencyKey: "k-2",
    headers: [["idempotency-key", "own"]],
  });
  const keys = far.received.map((request) => request.headers.get("idempotency-key"));
  assert.deepEqual(keys, ["k-1", null, "own"]);
});

Deno.test("egress hands back every header, each cookie by itself", async () => {
  await using far = serveFarSide(() =>
    new Response("", {
      headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"], ["link", '<?page=2>; rel="next"']],
    })
  );
  using egress = startEgress({ allowNet: [far.host] });
  const { headers } = await egress.send({ url: far.origin });
  const cookies = headers.filter(([name]) => name === "set-cookie").map(([, value]) => value);
  assert.deepEqual(cookies, ["a=1", "b=2"]);
  assert.ok(headers.some(([name, value]) => name === "link" && value === '<?page=2>; rel="next"'));
});

Deno.test("egress answers many requests at once, in few messages", async () => {
  await using far = serveFarSide((request) => new Response(request.text));
  using egress = startEgress({ allowNet: [far.host] });
  const numbers = Array.from({ length: 300 }, (_, i) => String(i));
  const responses = await Promise.all(
    numbers.map((body) => egress.send({ url: far.origin, method: "POST", body })),
  );
  assert.deepEqual(responses.map(({ body }) => new TextDecoder().decode(body)), numbers);
  assert.ok(egress.posts < 250, `${egress.posts} posts`);
});

Deno.test("egress refuses what is no request of HTTP, and sends nothing", async () => {
  await using far = serveFarSide(ok);
  using egress = startEgress({ allowNet: [far.host, "example.com"] });
  const cases: [Parameters<typeof egress.send>[0], RegExp][] = [
    [{ url: "contacts" }, /Cannot send to "contacts": it is not a URL/],
    [{ url: "ftp://example.com/x" }, /Cannot send to "ftp:.*": it is no address of http or https/],
    [{ url: "data:text/plain,x" }, /it is no address of http or https/],
    [{ url: "file:///etc/hostname" }, /it is no address of http or https/],
    [{ url: "blob:null/1" }, /it is no address of http or https/],
    [{ url: "ws://example.com/" }, /it is no address of http or https/],
    [{ url: "https://me:pw@example.com/" }, /"example.com": the URL holds a user name/],
    [{ url: far.origin, method: "TRACE" }, /Cannot send "TRACE": it is not a method/],
    [{ url: far.origin, method: "GET /x" }, /it is not a method of HTTP/],
    [{ url: far.origin, body: "x" }, /Cannot send a body with GET/],
    [{ url: far.origin, headers: [["Host", "evil"]] }, /Cannot send the header "Host": Spoor sets/],
    [{ url: far.origin, headers: [["Content-Length", "1"]] }, /"Content-Length": Spoor sets/],
    [{ url: far.origin, headers: [["transfer-encoding", "chunked"]] }, /Spoor sets it itself/],
    [{ url: far.origin, headers: [["Spoor-Practice-Origin", "x"]] }, /Spoor sets it itself/],
    [{ url: far.origin, headers: [["x", "a\r\nevil: 1"]] }, /Cannot send the header "x": it has/],
    [{ url: far.origin, headers: [["a b", "1"]] }, /Cannot send the header "a b": it has char/],
    [{ url: far.origin, headers: [["x", "名"]] }, /Cannot send the header "x": it has characters/],
  ];
  for (const [request, words] of cases) {
    const { error, status, attempts } = await egress.send(request);
    assert.match(error?.message ?? "", words);
    assert.ok(error?.hint?.endsWith(".") || error?.hint?.includes("http"), error?.hint);
    assert.equal(error?.kind, "invalid");
    assert.equal(status, undefined);
    assert.equal(attempts, 0);
  }
  assert.equal(far.received.length, 0);
});

Deno.test("egress refuses Deno's blocked ports with words of its own", async () => {
  using egress = startEgress({ allowNet: ["127.0.0.1"] });
  const { error } = await egress.send({ url: "http://127.0.0.1:1/" });
  // Deno 2.6 knows no blocked ports and finds nobody there.
  assert.match(
    error?.message ?? "",
    /Cannot reach "127.0.0.1:1": (?:its port is blocked|the conn)/,
  );
});

Deno.test("egress outlives a request that is no request at all", async () => {
  await using far = serveFarSide(ok);
  using egress = startEgress({ allowNet: [far.host] });
  // deno-lint-ignore no-explicit-any -- what a guest might forge, had the host not checked it.
  const forged = { url: 7, headers: 3, body: {}, method: null } as any;
  assert.ok((await egress.send(forged)).error);
  assert.equal((await egress.send({ url: far.origin })).status, 200);
});

Deno.test("egress aborts a request that nobody waits for any more", async () => {
  const arrived = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await using far = serveFarSide(async () => {
    arrived.resolve();
    await release.promise;
    return new Response("late");
  });
  using egress = startEgress({ allowNet: [far.host] });
  const response = await egress.sendAndAbort({ url: far.origin, retries: 5 }, arrived.promise);
  release.resolve();
  assert.equal(response.error?.kind, "broken");
  assert.match(response.error?.message ?? "", /nobody waits for it any more/);
  assert.equal(response.attempts, 1);
});

Deno.test("egress cuts off what is out when the model has ended, and sends nothing more", async () => {
  const { promise: isOut, resolve } = Promise.withResolvers<void>();
  using far = serveBytes(() => void resolve());
  using egress = startEgress({ allowNet: [far.host] });
  const out = egress.send({ url: `${far.origin}/a`, method: "POST" });
  await isOut;
  const asked = egress.send({ url: `${far.origin}/b`, method: "POST" });
  egress.post({ type: "end" });

  const ends = [await out, await asked];

  assert.deepEqual(ends.map(({ attempts, error }) => [attempts, error?.kind, error?.message]), [
    [
      1,
      "broken",
      `Cannot read the answer of POST ${far.origin}/a: the model ended, and no answer is known`,
    ],
    [0, "down", "The model had ended before it was sent"],
  ]);
  assert.equal(far.connections, 1);
});

Deno.test("egress does not send what waits for a permit when the model has ended", async () => {
  await using far = serveFarSide(ok);
  using egress = startEgress({ allowNet: [far.host], needsPermits: true });
  const waiting = egress.send({ url: far.origin });
  await egress.send({ url: "no URL" });
  assert.deepEqual(egress.asked, [1]);
  // A permit that comes with the end is too late.
  egress.permit(1);
  egress.post({ type: "end" });

  const { attempts, error } = await waiting;

  assert.deepEqual([attempts, error?.kind], [0, "unsent"]);
  assert.equal(far.received.length, 0);
});
