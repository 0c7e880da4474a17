/**
 * The simulation is not made by its quick database: a plain one gives the same.
 *
 * @module
 */
import assert from "node:assert/strict";
import { playHistory } from "./history.ts";

/** State files have served before after so many. */
const SEEDS = 60;

Deno.test("a history is the same with the quick database, used before, as with a plain one of its own", async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const quick = await playHistory(seed, { tells: true });
    const plain = await playHistory(seed, { tells: true, isPlain: true });
    assert.deepEqual(quick, plain, `seed ${seed}`);
  }
});
