/**
 * Deterministic simulation of deliveries: each seed plays one history of edits, runs, faults and crashes, in
 * simulated time, with the core as it is. A seed that fails fails again, event by event.
 *
 * `SPOOR_SEEDS=1000000` plays more, from `SPOOR_FIRST_SEED` on; `SPOOR_SEED=17` plays one and tells its story.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- its figure is to be seen.
import assert from "node:assert/strict";
import { playHistory } from "./history.ts";

const SEEDS = Number(Deno.env.get("SPOOR_SEEDS") ?? 2_000);
/** The first of them, so that several processes can share many. */
const FIRST = Number(Deno.env.get("SPOOR_FIRST_SEED") ?? 1);
const ONE = Deno.env.get("SPOOR_SEED");
/** A million take hours. */
const TOLD_EVERY = 20_000;
/** So many failing seeds are shown; one tells most. */
const SHOWN = 3;

Deno.test("deliveries: whatever happens, nothing is lost, marked wrongly or sent without a reason", async () => {
  const seeds = ONE === undefined
    ? Array.from({ length: SEEDS }, (_, index) => FIRST + index)
    : [Number(ONE)];
  const sums = { requests: 0, crashes: 0, plans: 0 };
  const wrong: number[] = [];
  for (const seed of seeds) {
    const history = await playHistory(seed, { tells: ONE !== undefined });
    sums.requests += history.requests;
    sums.crashes += history.crashes;
    sums.plans += history.plans;
    if (ONE !== undefined) console.log(history.story.join("\n"));
    if (history.wrong) {
      wrong.push(seed);
      console.log(`seed ${seed}: ${history.wrong.message}`);
    }
    if ((seed - FIRST + 1) % TOLD_EVERY === 0) console.log(`seed ${seed}: ${wrong.length} wrong`);
  }
  for (const seed of wrong.slice(0, SHOWN)) console.log(await describe(seed));
  const { requests, crashes, plans } = sums;
  console.log(
    `${seeds.length} histories, ${requests} requests, ${crashes} crashes, ${plans} plans: ${wrong.length} wrong`,
  );
  assert.equal(wrong.length, 0);
});

/** A seed that is played again ends in the same way, and this time its story is told. */
async function describe(seed: number): Promise<string> {
  const { story, wrong } = await playHistory(seed, { tells: true });
  return `seed ${seed}: ${wrong?.stack}\n${story.join("\n")}\n`;
}
