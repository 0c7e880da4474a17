/**
 * Floor: a raw fetch loop of bodies that are built beforehand. Arguments: URL, rows, rows in a body, how many
 * at once.
 *
 * @module
 */
import { timedWork } from "./timed_work.ts";

const [url = "", rows = "0", size = "1", concurrency = "1"] = Deno.args;

const bodies = Array.from({ length: Math.ceil(Number(rows) / Number(size)) }, (_, index) => {
  const first = 1 + index * Number(size);
  const last = Math.min(Number(rows), first + Number(size) - 1);
  const ids = Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
  return JSON.stringify(ids.map(account));
});

await timedWork(async () => {
  let next = 0;
  async function sendUntilDone(): Promise<void> {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      await response.json();
      if (response.status !== 201) throw new Error(`Cannot go on: status ${response.status}`);
    }
  }
  await Promise.all(Array.from({ length: Number(concurrency) }, sendUntilDone));
});

/** A row of the benchmark's mart. */
function account(id: number): Record<string, unknown> {
  return {
    account_id: id,
    email: `user${id}@example.com`,
    name: `Account ${id % 9973}`,
    plan: ["free", "starter", "business"][id % 3],
    country: id % 2 === 0 ? "DE" : "SE",
    seats: 1 + id % 250,
    balance: (id * 37 % 1_000_003) / 100,
    updated_at: "2026-10-01T08:30:00Z",
    note: "note 1",
  };
}
