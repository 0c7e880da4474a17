import assert from "node:assert/strict";
import { limiterOf, slowCommits } from "./limiter_fixture.ts";
import { RateLimits } from "./rate_limits.ts";

Deno.test("a slow disk makes no window longer: 1,000 requests at 100/10s, answered in 5 ms", async () => {
  using made = limiterOf(100, { ms: 40 });
  const { time, limiter } = made;
  const givenMs: number[] = [];
  for (let request = 0; request < 1_000; request++) {
    limiter.ask((grant) => {
      givenMs.push(time.nowMs);
      time.after(5, () => limiter.arrived(grant, false));
    });
  }

  await time.goTo(100_000);

  assert.equal(givenMs.length, 1_000);
  const [first = 0, last = 0] = [givenMs[0], givenMs.at(-1)];
  assert.ok(last - first >= 90_000 && last - first <= 90_100, `${last - first} ms`);
  for (let index = 100; index < givenMs.length; index++) {
    assert.ok((givenMs[index] ?? 0) - (givenMs[index - 100] ?? 0) > 10_000, String(index));
  }
});

Deno.test("the next window begins as soon as an answer says that it may", async () => {
  using made = limiterOf(2, { ms: 1 });
  const { time, limiter } = made;
  const givenMs: number[] = [];
  for (let request = 0; request < 20; request++) {
    limiter.ask((grant) => {
      givenMs.push(time.nowMs);
      time.after(5, () => limiter.arrived(grant, false));
    });
  }

  await time.goTo(100_000);

  const [first = 0, last = 0] = [givenMs[0], givenMs.at(-1)];
  assert.ok(last - first >= 90_000 && last - first <= 90_100, `${last - first} ms`);
});

Deno.test("what is sent late, as the process stood still, is in the window of then", async () => {
  using made = limiterOf(2, { ms: 1 });
  const { time, limiter } = made;
  const given: { grant: number; atMs: number }[] = [];
  for (let request = 0; request < 3; request++) {
    limiter.ask((grant) => given.push({ grant, atMs: time.nowMs }));
  }
  await time.goTo(100);
  assert.equal(given.length, 2);
  // Nothing was sent until now; the clock has gone on, and what is told of it comes last.
  time.nowMs += 60_000;
  await time.goTo(60_200);
  assert.equal(given.length, 2);
  for (const { grant } of given) limiter.sent(grant);
  await time.goTo(90_000);

  const [, , third] = given;
  assert.ok(third && third.atMs > 60_200 + 10_000, `${third?.atMs}`);
});

Deno.test("a grant is on disk before it is given, as of a time that is not before its use", async () => {
  using made = limiterOf(2, { ms: 40 });
  const { time, limiter, grants } = made;
  const recorded: number[][] = [];
  const ask = () =>
    limiter.ask((grant) => {
      recorded.push([time.now().wallMs, ...grants.load()]);
      limiter.sent(grant);
    });
  for (let request = 0; request < 4; request++) ask();

  await time.goTo(25_000);

  assert.equal(recorded.length, 4);
  for (const [index, [usedMs = 0, ...counted]] of recorded.entries()) {
    const own = counted.at(-1) ?? 0;
    assert.ok(counted.length > index % 2 && own >= usedMs, `${usedMs}: ${counted}`);
  }
});

Deno.test("a grant that comes to be given later than it was recorded for is recorded anew", async () => {
  using made = limiterOf(1, { ms: 40 });
  const { time, limiter, grants } = made;
  const used: number[] = [];
  limiter.ask(() => used.push(time.now().wallMs));
  // SQL holds the thread while the record is written.
  time.nowMs += 5_000;

  await time.goTo(6_000);

  assert.equal(used.length, 1);
  assert.ok((grants.load().at(-1) ?? 0) >= (used[0] ?? 0), `${grants.load()} of ${used}`);
});

Deno.test("a grant that nobody waits for any more is given to who asks next", async () => {
  using made = limiterOf(1, { ms: 40 });
  const { time, limiter } = made;
  limiter.ask(() => assert.fail("it has given up its place"))();
  const giveUp = limiter.ask(() => assert.fail("it has given up its place"));
  await time.goTo(10);
  giveUp();
  await time.goTo(1_000);
  const given: number[] = [];
  limiter.ask(() => given.push(time.nowMs));
  await time.goTo(2_000);

  assert.equal(given.length, 1);
});

Deno.test("a limit waits by one timer, however many ask, and by none once nobody does", async () => {
  using made = limiterOf(1, { ms: 0 });
  const { time, limiter } = made;
  limiter.ask((grant) => limiter.arrived(grant, false));
  await time.goTo(100);
  assert.equal(time.timers, 0);
  const asked = Array.from({ length: 20 }, () => limiter.ask(() => {}));
  assert.equal(time.timers, 1);
  for (const giveUp of asked) giveUp();
  assert.equal(time.timers, 0, "the process does not live on for it");
});

Deno.test("models that name one limit share it, and others do not", () => {
  using made = limiterOf(1, { ms: 0 });
  const limits = new RateLimits(made.db, slowCommits(made.time, { ms: 0 }), made.time);
  const rate = { count: 1, windowMs: 1_000 };
  const crm = limits.get("crm", rate);
  assert.equal(limits.get("crm", rate), crm);
  assert.notEqual(limits.get("mail", rate), crm);
});

Deno.test("where a grant cannot be recorded, who asked is told why, and nothing leaves", async () => {
  using made = limiterOf(1, { ms: 1, isFull: true });
  const { time, limiter } = made;
  const refusals: (string | undefined)[] = [];
  limiter.ask((_, refusal) => refusals.push(refusal));
  await time.goTo(100);

  assert.match(refusals[0] ?? "", /Cannot record that a request is to be sent: the disk is full/);
});

Deno.test("a jump of the clock that a full disk kept from being recorded is recorded with the next grant", async () => {
  const disk = { ms: 1, isFull: false };
  using made = limiterOf(3, disk);
  const { time, limiter, grants } = made;
  limiter.ask(() => {});
  await time.goTo(100);
  const [before = 0] = grants.load();
  time.setMs = 30_000;
  disk.isFull = true;
  limiter.ask(() => {});
  await time.goTo(200);
  disk.isFull = false;
  limiter.ask(() => {});
  await time.goTo(300);

  assert.equal(grants.load()[0], before + 30_000);
});

Deno.test("a grant that was on disk before the clock was set is recorded anew before it is given", async () => {
  using made = limiterOf(3, { ms: 40 });
  const { time, limiter, grants } = made;
  limiter.ask(() => assert.fail("it has given up its place"))();
  await time.goTo(100);
  time.setMs = 30_000;
  const recorded: number[][] = [];
  limiter.ask(() => recorded.push(grants.load()));
  await time.goTo(1_000);

  assert.equal(recorded.length, 1);
  assert.ok((recorded[0]?.at(-1) ?? 0) >= 1_030_000, String(recorded));
});
