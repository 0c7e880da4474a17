import assert from "node:assert/strict";
import type { EgressFailure } from "~/sandbox/egress/egress_failure.ts";
import { AllowedHosts } from "~/sandbox/egress/allowed_hosts.ts";
import type { OutgoingRequest } from "~/sandbox/egress/prepare_request.ts";
import { Deadlines } from "~/base/time/deadlines.ts";
import { until } from "../../../../tests/support/until.ts";
import { beginTry } from "./begin_try.ts";
import { Pacer } from "./pacer.ts";
import { Permits } from "./permits.ts";
import { newProgress } from "./send_with_retries.ts";

const NEVER = new AbortController().signal;
const HOST = { host: "api.test", isRepeat: false };
/** Pauses of 100 ms, the first one: no machine is so busy that it is over before anybody comes. */
const SHORT = 0.2;

/** Whether a promise has not ended after all that can be done now. */
async function isOpen(promise: Promise<unknown> | undefined, ms = 0): Promise<boolean> {
  const later = new Promise<true>((resolve) => setTimeout(() => resolve(true), ms));
  return await Promise.race([later, promise?.then(() => false) ?? false]);
}

/** A pacer that lets one try begin at a time, after a pause that has begun. */
function slowPacer(): Pacer {
  const pacer = new Pacer(() => SHORT);
  for (let i = 0; i < 2; i++) pacer.enter(NEVER);
  pacer.refused(performance.now(), undefined);
  for (let i = 0; i < 2; i++) pacer.leave();
  return pacer;
}

Deno.test("a pacer lets all begin at once until one is refused, and then half of what was out, in their order", async () => {
  const pacer = new Pacer(() => SHORT);
  for (let i = 0; i < 4; i++) assert.equal(pacer.enter(NEVER), undefined);
  pacer.refused(performance.now(), undefined);
  const begun: number[] = [];
  const waiting = [1, 2, 3].map((n) => pacer.enter(NEVER)?.then(() => begun.push(n)));
  for (let i = 0; i < 4; i++) pacer.leave();
  assert.equal(begun.length, 0, "they wait for the end of the pause");
  await Promise.all(waiting.slice(0, 2));
  assert.deepEqual(begun, [1, 2]);
  assert.ok(await isOpen(waiting[2], 5));
  const last = pacer.enter(NEVER)?.then(() => begun.push(4));
  pacer.leave();
  await waiting[2];
  pacer.leave();
  await last;
  assert.deepEqual(begun, [1, 2, 3, 4]);
});

Deno.test("a pacer lets one more begin with each round of successes", async () => {
  const pacer = slowPacer();
  await pacer.enter(NEVER);
  const second = pacer.enter(NEVER);
  assert.ok(await isOpen(second));
  pacer.succeeded(performance.now());
  pacer.leave();
  await second;
  assert.equal(pacer.enter(NEVER), undefined, "two at once, as before it was too much");
});

Deno.test("a pacer holds up who comes while others wait, also where one more might be out", async () => {
  const pacer = slowPacer();
  const first = pacer.enter(NEVER);
  // The pause is over, and nobody was told of it yet.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 110);
  const second = pacer.enter(NEVER);
  assert.ok(second);
  await first;
  assert.ok(await isOpen(second, 5));
  pacer.leave();
  await second;
  pacer.leave();
  assert.equal(pacer.enter(NEVER), undefined);
});

Deno.test("who does not want to wait any more begins, and takes nobody's place once it has left", async () => {
  const pacer = slowPacer();
  const aborting = new AbortController();
  const gone = pacer.enter(aborting.signal);
  aborting.abort();
  assert.equal(await isOpen(gone), false, "the pause goes on");
  pacer.leave();
  const next = pacer.enter(NEVER);
  await next;
  pacer.leave();
  assert.equal(pacer.enter(NEVER), undefined);
  assert.ok(await isOpen(pacer.enter(NEVER), 5));
});

Deno.test("once a pacer is closed nobody begins: who waits, who comes and who watches are told at once, and once", async () => {
  const [paused, full] = [slowPacer(), slowPacer()];
  await full.enter(NEVER);
  for (const pacer of [paused, full]) {
    let told = 0;
    let notTold = 0;
    pacer.watch(() => told += 1);
    pacer.watch(() => notTold += 1)();
    if (pacer === paused) pacer.refused(performance.now(), 60_000);
    const waiting = [pacer.enter(NEVER), pacer.enter(NEVER)];
    pacer.close("It is over", "See to it");
    pacer.close("It is over once more");
    for (const each of waiting) {
      assert.ok(each);
      assert.equal(await isOpen(each.catch(() => {})), false);
      await assert.rejects(each, { kind: "down", message: "It is over", hint: "See to it" });
    }
    assert.throws(() => pacer.enter(NEVER), { message: "It is over" });
    assert.deepEqual([told, notTold], [1, 0]);
  }
});

Deno.test("where the far side asks to wait once the run stops, no further try begins", async () => {
  const [refused, working] = [new Pacer(() => 1), new Pacer(() => 1)];
  for (const pacer of [refused, working]) pacer.stop();
  await until(() => working.stopping.aborted, "a short while is over");
  assert.equal(working.enter(NEVER), undefined, "what has begun goes on with its redirects");
  assert.equal(refused.enter(NEVER), undefined);
  refused.refused(performance.now(), undefined);
  assert.match(refused.down?.message ?? "", /was stopped while the far side asked to wait$/);
  assert.equal(working.down, undefined);
});

Deno.test("a host that is down closes the pacer, with what the last request ended by", () => {
  for (
    const [end, message] of [
      ["failed", 'Cannot reach "api.test": the last 20 requests failed (by 500)'],
      [
        "locked_out",
        'Cannot send to "api.test": it does not know who asks; the last 20 requests failed (by 500)',
      ],
    ] as const
  ) {
    const pacer = new Pacer(() => 0);
    const note = (host: string, at: number) =>
      pacer.ended({ ...HOST, host }, end, { beganAtMs: at, endedAtMs: at }, () => "by 500");
    for (let i = 1; i < 20; i++) note(HOST.host, i);
    note("other.test", 20);
    assert.equal(pacer.down, undefined);
    note(HOST.host, 21);
    assert.equal((pacer.down as EgressFailure | undefined)?.message, message);
  }
});

const REQUEST: OutgoingRequest = {
  method: "POST",
  url: new URL("http://api.test/"),
  headers: [],
  body: null,
  secretHeaders: new Set(),
  signatures: new Set(),
  timeoutMs: 1_000,
  retries: 0,
};

/** Begins a try, with what it has waited and tried before. */
function begin(
  pacer: Pacer,
  permit: ((signal: AbortSignal) => Promise<void>) | undefined,
  { signal = NEVER, attempts = 0 } = {},
) {
  const progress = { ...newProgress(), attempts };
  const way = {
    allowedHosts: new AllowedHosts(["api.test"]),
    practiceOrigin: undefined,
    atMostOnce: false,
    deadlines: new Deadlines(),
    pacer,
    ...permit && { permit },
  };
  return { progress, begun: beginTry(REQUEST, way, signal, progress) };
}

Deno.test("a try that was let through while a pause began needs another permit after it", async () => {
  const pacer = new Pacer(() => SHORT);
  let asked = 0;
  const permit = async () => {
    await Promise.resolve();
    if (++asked > 1) return;
    // Another try of the model, out at the same time, is refused.
    pacer.enter(NEVER);
    pacer.refused(performance.now(), undefined);
    pacer.leave();
  };
  const { begun, progress } = begin(pacer, permit);
  await begun;
  assert.equal(asked, 2);
  const { waitedMs } = progress;
  assert.ok(waitedMs > 50 && waitedMs < 60_000, "the pause is told as waited");
});

Deno.test("what a try waits for its permit is not told as waited, and none is asked for without a limit", async () => {
  const pacer = new Pacer(() => SHORT);
  const { begun, progress } = begin(pacer, () => new Promise((resolve) => setTimeout(resolve, 20)));
  await begun;
  assert.equal(progress.waitedMs, 0);
  await begin(pacer, undefined).begun;
});

Deno.test("a try that is not waited for any more does not begin, and leaves its place", async () => {
  for (const [attempts, kind] of [[0, "unsent"], [1, "broken"]] as const) {
    const pacer = slowPacer();
    const aborting = new AbortController();
    const permit = (signal: AbortSignal) => {
      aborting.abort();
      assert.equal(signal.aborted, true, "the permit is not waited for either");
      return Promise.resolve();
    };
    const { begun } = begin(pacer, permit, { signal: aborting.signal, attempts });
    await assert.rejects(begun, { kind });
    assert.equal(pacer.enter(NEVER), undefined);
  }
  let asked = 0;
  const { begun } = begin(new Pacer(() => 0), () => Promise.resolve(void asked++), {
    signal: AbortSignal.abort(),
  });
  await assert.rejects(begun, { kind: "unsent" });
  assert.equal(asked, 0);
});

Deno.test("a try whose wait in the pause is not wanted any more asks for no permit", async () => {
  const pacer = slowPacer();
  const aborting = new AbortController();
  let asked = 0;
  const { begun } = begin(pacer, () => Promise.resolve(void asked++), { signal: aborting.signal });
  aborting.abort();
  await assert.rejects(begun, { kind: "unsent" });
  assert.equal(asked, 0);
});

Deno.test("a try that waits for its permit is told when a host is down, and does not begin", async () => {
  const pacer = new Pacer(() => SHORT);
  const permits = new Permits(() => {});
  const { begun } = begin(pacer, (signal) => permits.take(1, signal));
  assert.ok(await isOpen(begun));
  pacer.close("It is over");
  await assert.rejects(begun, { kind: "down", message: "It is over" });
});

Deno.test("a try that gets no permit leaves its place", async () => {
  const pacer = slowPacer();
  const { begun } = begin(pacer, () => Promise.reject(new Error("the disk is full")));
  await assert.rejects(begun, /the disk is full/);
  assert.equal(pacer.enter(NEVER), undefined);
});

Deno.test("a permit is asked for once each, and one that nobody waits for is lost", async () => {
  const asked: number[] = [];
  const permits = new Permits((request) => asked.push(request));
  permits.grant(1, undefined);
  const first = permits.take(1, NEVER);
  assert.ok(await isOpen(first));
  permits.grant(2, undefined);
  assert.ok(await isOpen(first));
  permits.grant(1, undefined);
  await first;
  permits.grant(1, undefined);
  const second = permits.take(1, NEVER);
  assert.ok(await isOpen(second));
  permits.grant(1, "The disk is full");
  await assert.rejects(second, { kind: "down", message: "The disk is full" });
  assert.deepEqual(asked, [1, 1]);

  const aborting = new AbortController();
  const third = permits.take(3, aborting.signal);
  aborting.abort();
  await third;
  await permits.take(3, aborting.signal);
  assert.deepEqual(asked, [1, 1, 3], "none is asked for in vain");
});
