import assert from "node:assert/strict";
import { TESTS_BINARY } from "../support/spoor.ts";
import { playHistory } from "./history.ts";

/** State files have served before after so many. */
const SEEDS = 60;

Deno.test({
  name:
    "a history is the same with the quick database, used before, as with a plain one of its own",
  ignore: TESTS_BINARY,
  async fn() {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const quick = await playHistory(seed, { tells: true });
      const plain = await playHistory(seed, { tells: true, isPlain: true });
      assert.deepEqual(quick, plain, `seed ${seed}`);
    }
  },
});
