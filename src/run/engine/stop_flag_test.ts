import assert from "node:assert/strict";
import { StopFlag } from "./stop_flag.ts";

Deno.test("what main asks for is seen by whoever shares the memory, and the last word counts", () => {
  const main = new StopFlag();
  const engine = new StopFlag(main.memory);
  assert.equal(engine.asked, undefined);
  main.ask(false);
  assert.deepEqual(engine.asked, { isTimeOver: false });
  main.ask(true);
  assert.deepEqual(engine.asked, { isTimeOver: true });
});
