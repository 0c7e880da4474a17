import assert from "node:assert/strict";
import { Deadlines } from "./deadlines.ts";

/** Keeps the event loop alive, which deadlines alone do not. */
function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("Deadlines call each limit when its time is over, whatever the order they began in", async () => {
  const deadlines = new Deadlines();
  const over: string[] = [];
  deadlines.start(60, () => over.push("second"));
  deadlines.start(20, () => over.push("first"));
  deadlines.start(90, () => over.push("third"));
  await wait(150);
  assert.deepEqual(over, ["first", "second", "third"]);
});

Deno.test("Deadlines that are over together are called in the order of their times", async () => {
  const deadlines = new Deadlines();
  const over: string[] = [];
  deadlines.start(20, () => over.push("second"));
  deadlines.start(10, () => {
    over.push("first");
    endThird();
  });
  const endThird = deadlines.start(25, () => over.push("ended by the first"));
  const startMs = performance.now();
  while (performance.now() - startMs < 30) { /* busy, as a machine can be */ }
  await wait(0);
  await wait(0);
  assert.deepEqual(over, ["first", "second"]);
});

Deno.test("Deadlines forget a limit that was ended", async () => {
  const deadlines = new Deadlines();
  const over: string[] = [];
  const end = deadlines.start(10, () => over.push("ended"));
  deadlines.start(30, () => over.push("kept"));
  end();
  await wait(80);
  assert.deepEqual(over, ["kept"]);
});

Deno.test("Deadlines take a limit that is started when another is over", async () => {
  const deadlines = new Deadlines();
  const over: string[] = [];
  const { promise: bothOver, resolve } = Promise.withResolvers<void>();
  deadlines.start(10, () => {
    over.push("first");
    deadlines.start(10, () => {
      over.push("next");
      resolve();
    });
  });
  const endLate = deadlines.start(60_000, () => over.push("late"));
  const alive = setInterval(() => {}, 1_000);
  await bothOver;
  clearInterval(alive);
  endLate();
  assert.deepEqual(over, ["first", "next"]);
});
