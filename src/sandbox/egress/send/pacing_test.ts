import assert from "node:assert/strict";
import { serveFarSide, startEgress } from "~/sandbox/egress/egress_fixture.ts";
import { until } from "../../../../tests/support/until.ts";

/** Waits until so many permits were asked for in all. */
async function asked(egress: { asked: readonly number[] }, count: number): Promise<void> {
  await until(() => egress.asked.length >= count, `${count} permits were asked for`);
}

Deno.test("egress asks for a permit before each try and each redirect", async () => {
  await using far = serveFarSide(({ path }, earlier) => {
    if (earlier === 0) return new Response("", { status: 500, headers: { "retry-after": "0" } });
    if (path === "/") return new Response("", { status: 307, headers: { location: "/there" } });
    return new Response("done");
  });
  using egress = startEgress({ allowNet: [far.host], needsPermits: true });
  const sending = egress.send({ url: far.origin, method: "POST", body: "x", retries: 2 });
  for (const count of [1, 2, 3]) {
    await asked(egress, count);
    assert.equal(far.received.length, count - 1);
    egress.permit(1);
  }
  const { status, attempts, tries } = await sending;
  assert.deepEqual([status, attempts, egress.asked], [200, 2, [1, 1, 1]]);
  // That of a redirect is no wait between two tries.
  const waited = tries?.told.map(({ waitedMs }) => Object.keys(waitedMs));
  assert.deepEqual(waited, [["retry_after", "rate_limit"], []]);
});

Deno.test("egress tells when a try that was let through is sent, and not before", async () => {
  await using far = serveFarSide(() => new Response("done"));
  const told: unknown[] = [];
  using egress = startEgress(
    { allowNet: [far.host], needsPermits: true },
    [far.host],
    (message) => told.push(message),
  );
  const sending = egress.send({ url: far.origin });
  await asked(egress, 1);
  assert.deepEqual(told, []);
  egress.permit(1);
  await sending;
  assert.deepEqual(told, [{ type: "sent", id: 1 }]);
});

Deno.test("egress does not count the wait for a permit as time of the request", async () => {
  await using far = serveFarSide(({ path }) =>
    path === "/" ? Response.redirect(`${far.origin}/there`) : new Response("done")
  );
  using egress = startEgress({ allowNet: [far.host], needsPermits: true });
  const sending = egress.send({ url: far.origin, timeoutMs: 1_000 });
  for (const count of [1, 2]) {
    await asked(egress, count);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    egress.permit(1);
  }
  assert.equal((await sending).status, 200);
});

Deno.test("egress ends the wait for a permit when the request is aborted", async () => {
  await using far = serveFarSide(() => new Response("done"));
  using egress = startEgress({ allowNet: [far.host], needsPermits: true });
  const { error, attempts } = await egress.sendAndAbort({ url: far.origin }, Promise.resolve());
  assert.deepEqual([error?.kind, attempts, far.received.length], ["unsent", 0, 0]);
});

Deno.test("egress does not send where the permit is refused", async () => {
  await using far = serveFarSide(() => new Response("done"));
  using egress = startEgress({ allowNet: [far.host], needsPermits: true });
  const sending = egress.send({ url: far.origin, retries: 5 });
  await asked(egress, 1);
  egress.permit(1, "The disk is full");
  const { error, attempts } = await sending;
  assert.deepEqual([error?.kind, error?.message, attempts], ["down", "The disk is full", 0]);
  assert.equal(far.received.length, 0);
});

Deno.test("a 429 makes all requests of the model wait, and fewer begin after it", async () => {
  let refusedAtMs = 0;
  const refused = Promise.withResolvers<void>();
  const arrivedMs: number[] = [];
  let [open, mostAtOnce] = [0, 0];
  await using far = serveFarSide(async (_, earlier) => {
    if (earlier === 7) {
      refusedAtMs = performance.now();
      refused.resolve();
      return new Response("", { status: 429, headers: { "retry-after": "1" } });
    }
    if (earlier > 7) {
      arrivedMs.push(performance.now());
      mostAtOnce = Math.max(mostAtOnce, ++open);
      await new Promise((resolve) => setTimeout(resolve, 50));
      open--;
    } else {
      await refused.promise;
      // The refusal is known when the first of them is answered.
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return new Response("done");
  });
  using egress = startEgress({ allowNet: [far.host] });
  const first = Array.from({ length: 8 }, () => egress.send({ url: far.origin, retries: 3 }));
  await Promise.race(first.slice(0, 7));
  const rest = Array.from({ length: 8 }, () => egress.send({ url: far.origin, retries: 3 }));
  const ended = await Promise.all([...first, ...rest]);
  assert.ok(ended.every(({ status }) => status === 200));
  const [refusedOnce] = ended.flatMap(({ tries }) => tries?.told ?? []);
  assert.deepEqual([refusedOnce?.status, refusedOnce?.retryAfterMs], [429, 1_000]);
  assert.ok((refusedOnce?.waitedMs.slow_down ?? 0) >= 990);
  assert.equal(arrivedMs.length, 9);
  for (const atMs of arrivedMs) assert.ok(atMs - refusedAtMs >= 990, String(atMs - refusedAtMs));
  assert.ok(mostAtOnce <= 6, `${mostAtOnce} at once`);
});

Deno.test("a run that stops does not wait for the end of a long pause", async () => {
  await using far = serveFarSide(() =>
    new Response("", { status: 429, headers: { "retry-after": "300" } })
  );
  using egress = startEgress({ allowNet: [far.host] });
  const first = egress.send({ url: far.origin, retries: 5 });
  // Once one is answered all know of the pause.
  assert.equal((await egress.send({ url: far.origin, retries: 0 })).status, 429);
  const waiting = egress.send({ url: far.origin, retries: 5 });
  egress.stop();
  const [tried, held] = await Promise.all([first, waiting]);
  assert.deepEqual([tried.status, tried.attempts], [429, 1]);
  assert.deepEqual([held.error?.kind, held.attempts], ["down", 0]);
  assert.ok(held.elapsedMs < 10_000);
});

/** What it may ask for: nothing, no wait, and a time that is over by its clock. */
const ASKED: Readonly<Record<string, Record<string, string>>> = {
  "without Retry-After": {},
  "with Retry-After: 0": { "retry-after": "0" },
  "with a Retry-After that is over": { "retry-after": "Wed, 01 Jan 2020 00:00:05 GMT" },
};

for (const [how, headers] of Object.entries(ASKED)) {
  Deno.test(`a far side that refuses all for a while ${how} is not asked in a hot loop`, async () => {
    const opensAtMs = performance.now() + 1_500;
    let refused = 0;
    await using far = serveFarSide(() => {
      if (performance.now() > opensAtMs) return new Response("done");
      refused++;
      return new Response("", { status: 429, headers });
    });
    using egress = startEgress({ allowNet: [far.host] });
    const ended = await Promise.all(
      Array.from({ length: 30 }, () => egress.send({ url: far.origin, retries: 100 })),
    );
    assert.ok(ended.every(({ status }) => status === 200));
    assert.ok(refused < 30 + 15 + 7 + 40, `${refused} tries were refused`);
  });
}

Deno.test("a host whose last 20 requests failed is down: what has not begun is not sent", async () => {
  await using far = serveFarSide((_, earlier) =>
    new Response("", { status: earlier === 0 ? 200 : 503 })
  );
  using egress = startEgress({ allowNet: [far.host] });
  await egress.send({ url: far.origin });
  for (let request = 0; request < 20; request++) {
    assert.equal((await egress.send({ url: far.origin })).status, 503);
  }
  const { error, attempts } = await egress.send({ url: far.origin, retries: 5 });
  assert.deepEqual([error?.kind, attempts, far.received.length], ["down", 0, 21]);
  assert.equal(
    error?.message,
    `Cannot reach "${far.host}": the last 20 requests failed (the last one with 503)`,
  );
});

Deno.test("tries of few requests do not make a host down", async () => {
  await using far = serveFarSide(() => new Response("", { status: 500 }));
  using egress = startEgress({ allowNet: [far.host] });
  const ended = await Promise.all(
    Array.from({ length: 8 }, () => egress.send({ url: far.origin, retries: 2 })),
  );
  assert.ok(ended.every(({ status, attempts }) => status === 500 && attempts === 3));
  assert.equal(far.received.length, 24);
});

Deno.test("requests that wait for a permit or for their next try end when a host is down", async () => {
  await using far = serveFarSide(({ path }) =>
    new Response("", {
      status: 503,
      ...(path === "/slow" && { headers: { "retry-after": "300" } }),
    })
  );
  using egress = startEgress({ allowNet: [far.host, "127.0.0.1:1"], needsPermits: true });
  const waiting = egress.send({ url: far.origin });
  const gone = Array.from({ length: 20 }, () => egress.send({ url: "http://127.0.0.1:2/" }));
  assert.ok((await Promise.all(gone)).every(({ error }) => error?.kind === "denied"));
  for (let request = 0; request < 20; request++) {
    const sending = egress.send({ url: far.origin });
    await asked(egress, request + 2);
    egress.permit(egress.asked.at(-1) ?? 0);
    assert.equal((await sending).status, 503);
  }
  assert.equal((await waiting).error?.kind, "down");
});

Deno.test("a Retry-After that no run waits for stops the model", async () => {
  await using far = serveFarSide(() =>
    new Response("", { status: 429, headers: { "retry-after": "3600" } })
  );
  using egress = startEgress({ allowNet: [far.host] });
  assert.equal((await egress.send({ url: far.origin, retries: 5 })).status, 429);
  const { error } = await egress.send({ url: far.origin });
  assert.equal(error?.kind, "down");
  assert.match(error?.message ?? "", /^Cannot send to ".*": The server asks to wait 1 h 0 m/);
});

Deno.test("a run that stops waits for no further try of what failed", async () => {
  await using far = serveFarSide(() => new Response("no", { status: 500 }));
  using egress = startEgress({ allowNet: [far.host] });
  const beganAtMs = performance.now();

  const sent = egress.send({ url: far.origin, retries: 50 });
  egress.stop();
  const { status, attempts } = await sent;

  assert.equal(status, 500);
  assert.equal(attempts, far.received.length);
  assert.ok(performance.now() - beganAtMs < 5_000, "it went on trying");
});
