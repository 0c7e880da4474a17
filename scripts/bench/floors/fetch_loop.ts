/**
 * Floor: a raw fetch loop. Arguments: URL, number of requests, how many at once.
 *
 * @module
 */
import { account } from "./account.ts";
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
