/**
 * Floor: a raw fetch loop. Arguments: URL, number of requests, how many at once.
 *
 * @module
 */
import { timedWork } from "./timed_work.ts";

const [url = "", count = "0", concurrency = "1"] = Deno.args;

await timedWork(async () => {
  let next = 1;
  async function sendUntilDone(): Promise<void> {
    while (next <= Number(count)) {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(account(next++)),
      });
      await response.json();
      if (response.status !== 201) throw new Error(`Cannot go on: status ${response.status}`);
    }
  }
  await Promise.all(Array.from({ length: Number(concurrency) }, sendUntilDone));
});

/** As large as a row of the benchmark's accounts. */
function account(id: number): Record<string, unknown> {
  return {
    account_id: id,
    email: `user${id}@example.com`,
    name: `Account ${id % 9973}`,
    plan: "business",
    country: "DE",
    seats: 1 + id % 250,
    balance: id / 100,
    updated_at: "2026-10-01T08:30:00Z",
  };
}
