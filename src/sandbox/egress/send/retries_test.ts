import assert from "node:assert/strict";
import { serveBytes, serveFarSide, startEgress } from "~/sandbox/egress/egress_fixture.ts";

/** Answers with one after another of `statuses`, then 200. */
function serveStatuses(statuses: number[], headers: Record<string, string> = {}) {
  return serveFarSide((_, earlier) => {
    const status = statuses[earlier];
    return status === undefined ? new Response("done") : new Response("no", { status, headers });
  });
}

const NOW = { "retry-after": "0" };

Deno.test("egress tries 408, 429 and 5xx again, each time with the same key and body", async () => {
  await using far = serveStatuses([500, 429, 408, 503], NOW);
  using egress = startEgress({ allowNet: [far.host] });
  const response = await egress.send({
    url: far.origin,
    method: "POST",
    body: "same",
    retries: 5,
    idempotencyKey: "key-1",
  });
  assert.equal(response.status, 200);
  assert.equal(response.attempts, 5);
  const seen = far.received.map(({ headers, text }) => [headers.get("idempotency-key"), text]);
  assert.deepEqual(seen, Array(5).fill(["key-1", "same"]));
});

Deno.test("egress tells each of several tries: when, how it ended, what was waited for", async () => {
  const answers = ["HTTP/1.1 500 No\r\nRetry-After: 1\r\n", "", "HTTP/1.1 201 Created\r\n"];
  using far = serveBytes((earlier) => {
    const answer = answers[Math.min(earlier, 2)];
    return answer && `${answer}Content-Length: 0\r\nConnection: close\r\n\r\n`;
  });
  using egress = startEgress({
    allowNet: [far.host],
    secrets: [{ name: "TOKEN", standIn: "spoor-secret-1", value: "s3cr3t-value" }],
  });
  const beganAtMs = Date.now();
  const { status, attempts, tries } = await egress.send({
    url: `${far.origin}/?t=spoor-secret-1`,
    method: "POST",
    body: "x",
    retries: 5,
  });
  assert.deepEqual([status, attempts], [201, 3]);
  const [first, second, third] = tries?.told ?? [];
  assert.deepEqual([first?.status, first?.retryAfterMs], [500, 1_000]);
  assert.deepEqual(Object.keys(first?.waitedMs ?? {}), ["retry_after"]);
  assert.ok((first?.waitedMs.retry_after ?? 0) >= 998);
  assert.equal(second?.error?.kind, "broken");
  assert.match(second?.error?.message ?? "", /\/\?t=\*\*\*: the connection broke/);
  assert.deepEqual(Object.keys(second?.waitedMs ?? {}), ["back_off"]);
  assert.deepEqual([third?.nth, third?.status, third?.waitedMs], [3, 201, {}]);
  const began = [first, second, third].map((each) => (each?.atMs ?? 0) - beganAtMs);
  assert.ok(began.every((ms, i) => ms >= 0 && ms >= (began[i - 1] ?? 0)), String(began));
  assert.equal((await egress.send({ url: far.origin })).tries, undefined);
});

Deno.test("egress tries nothing else again", async () => {
  for (const status of [200, 204, 400, 401, 404, 409, 422]) {
    await using far = serveFarSide(() => new Response(null, { status }));
    using egress = startEgress({ allowNet: [far.host] });
    const response = await egress.send({ url: far.origin, retries: 5 });
    assert.deepEqual([response.status, response.attempts], [status, 1]);
  }
});

Deno.test("egress hands back the last answer when no try is left", async () => {
  await using far = serveStatuses([500, 502, 503, 504], NOW);
  using egress = startEgress({ allowNet: [far.host] });
  const response = await egress.send({ url: far.origin, retries: 2 });
  assert.deepEqual([response.status, response.attempts], [503, 3]);
  assert.equal(response.error, undefined);
});

Deno.test("egress tries once where retries are 0", async () => {
  await using far = serveStatuses([503], NOW);
  using egress = startEgress({ allowNet: [far.host] });
  assert.equal((await egress.send({ url: far.origin, retries: 0 })).status, 503);
  assert.equal(far.received.length, 1);
});

Deno.test("egress waits as long as Retry-After says, in seconds and as a date", async () => {
  // A date has no fractions: two seconds from now are at least one.
  for (const header of [() => "1", () => new Date(Date.now() + 2_000).toUTCString()]) {
    const arrivedAt: number[] = [];
    await using far = serveFarSide((_, earlier) => {
      arrivedAt.push(Date.now());
      if (earlier > 0) return new Response("done");
      return new Response("no", { status: 429, headers: { "retry-after": header() } });
    });
    using egress = startEgress({ allowNet: [far.host] });
    const { status, attempts } = await egress.send({ url: far.origin, retries: 1 });
    assert.deepEqual([status, attempts], [200, 2]);
    const waitedMs = (arrivedAt[1] ?? 0) - (arrivedAt[0] ?? 0);
    // Two clocks are rounded to milliseconds.
    assert.ok(waitedMs >= 998, `waited ${waitedMs} ms`);
  }
});

Deno.test("egress does not wait for a Retry-After beyond ten minutes, and says why", async () => {
  await using far = serveStatuses([429], { "retry-after": "3600" });
  using egress = startEgress({ allowNet: [far.host] });
  const { status, attempts, note } = await egress.send({ url: far.origin, retries: 5 });
  assert.deepEqual([status, attempts], [429, 1]);
  assert.equal(
    note,
    "The server asks to wait 1 h 0 m (Retry-After), longer than the 10 m 0 s that a run waits",
  );
});

Deno.test("egress tells a Retry-After without sense in words that can be read", async () => {
  await using far = serveStatuses([429], { "retry-after": "9".repeat(23) });
  using egress = startEgress({ allowNet: [far.host] });
  const { note } = await egress.send({ url: far.origin, retries: 5 });
  assert.match(note ?? "", /^The server asks to wait more than 1000 days \(Retry-After\), longer/);
});

Deno.test("egress ends the wait for another try when it is aborted", async () => {
  const answered = Promise.withResolvers<void>();
  await using far = serveFarSide(() => {
    setTimeout(answered.resolve, 100);
    return new Response("", { status: 503, headers: { "retry-after": "60" } });
  });
  using egress = startEgress({ allowNet: [far.host] });
  const response = await egress.sendAndAbort({ url: far.origin, retries: 5 }, answered.promise);
  assert.match(response.error?.message ?? "", /nobody waits for it any more/);
  assert.ok(response.elapsedMs < 30_000);
});

Deno.test("egress tries again when the connection breaks before an answer", async () => {
  using far = serveBytes((earlier) =>
    earlier === 0 ? "" : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
  );
  using egress = startEgress({ allowNet: [far.host] });
  const response = await egress.send({ url: far.origin, method: "POST", body: "x", retries: 1 });
  assert.deepEqual([response.status, response.attempts], [200, 2]);
});

Deno.test("egress tries again when the connection breaks within headers or body", async () => {
  for (
    const broken of [
      "HTTP/1.1 200 OK\r\nContent-Le",
      "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nhalf",
    ]
  ) {
    using far = serveBytes((earlier) =>
      earlier === 0 ? broken : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
    );
    using egress = startEgress({ allowNet: [far.host] });
    const response = await egress.send({ url: far.origin, retries: 1 });
    assert.deepEqual([response.status, response.attempts], [200, 2], broken);
  }
});

Deno.test("egress takes a refusal for one, though its body breaks", async () => {
  for (const [status, tries] of [[422, 1], [404, 1], [503, 2]] as const) {
    using far = serveBytes(() =>
      `HTTP/1.1 ${status} No\r\nRetry-After: 0\r\nContent-Length: 100\r\n\r\nhalf`
    );
    using egress = startEgress({ allowNet: [far.host] });
    const response = await egress.send({ url: far.origin, method: "POST", body: "x", retries: 1 });
    assert.deepEqual([response.status, response.attempts], [status, tries]);
    assert.equal(response.error, undefined);
  }
});

Deno.test("egress says that a request whose connection broke may have arrived", async () => {
  using far = serveBytes(() => "");
  using egress = startEgress({ allowNet: [far.host] });
  const { error, attempts } = await egress.send({ url: `${far.origin}/x`, method: "POST" });
  assert.equal(error?.kind, "broken");
  assert.match(
    error?.message ?? "",
    /^Cannot read the answer of POST http:.*\/x: the connection broke \(connection closed/,
  );
  assert.equal(attempts, 1);
});

Deno.test("egress says that a request without connection was not sent", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const host = `127.0.0.1:${listener.addr.port}`;
  listener.close();
  using egress = startEgress({ allowNet: [host, "nowhere.invalid"] });

  const refused = await egress.send({ url: `http://${host}/`, retries: 1 });
  assert.equal(refused.error?.kind, "unsent");
  assert.equal(refused.error?.message, `Cannot reach "${host}": the connection was refused`);
  assert.equal(refused.attempts, 2);

  const unknown = await egress.send({ url: "https://nowhere.invalid/" });
  assert.equal(unknown.error?.kind, "unsent");
  assert.equal(unknown.error?.message, 'Cannot reach "nowhere.invalid": its name is not known');
});

Deno.test("egress does not try again where no secure connection can be made", async () => {
  await using far = serveStatuses([]);
  using egress = startEgress({ allowNet: [far.host] });
  const { error, attempts } = await egress.send({ url: `https://${far.host}/`, retries: 5 });
  assert.equal(error?.kind, "unsent");
  assert.match(
    error?.message ?? "",
    /no secure connection could be made \(received corrupt message .*\)$/,
  );
  assert.equal(attempts, 1);
});

Deno.test("egress gives up a try that gets no headers in time", async () => {
  using far = serveBytes(() => undefined);
  using egress = startEgress({ allowNet: [far.host] });
  const { error, attempts, elapsedMs } = await egress.send({
    url: `${far.origin}/slow`,
    timeoutMs: 150,
    retries: 1,
  });
  assert.equal(error?.kind, "timeout");
  assert.match(
    error?.message ?? "",
    /^Cannot read the answer of GET http:.*\/slow: it did not come within 0.15 s$/,
  );
  assert.equal(attempts, 2);
  assert.ok(elapsedMs >= 300 && elapsedMs < 30_000, String(elapsedMs));
});

Deno.test("egress gives up a try whose body does not end in time", async () => {
  await using far = serveFarSide(() =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("beginning")),
      }),
    )
  );
  using egress = startEgress({ allowNet: [far.host] });
  const { error } = await egress.send({ url: far.origin, timeoutMs: 150 });
  assert.equal(error?.kind, "timeout");
});

Deno.test("egress starts the time anew with each try", async () => {
  await using far = serveFarSide(async (_, earlier) => {
    await new Promise((resolve) => setTimeout(resolve, 400));
    return new Response("", { status: earlier < 2 ? 500 : 200, headers: NOW });
  });
  using egress = startEgress({ allowNet: [far.host] });
  const { status, attempts } = await egress.send({ url: far.origin, timeoutMs: 1_100, retries: 2 });
  assert.deepEqual([status, attempts], [200, 3]);
});
