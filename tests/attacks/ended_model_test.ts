/**
 * A model that was ended has to be gone: its thread stops, its memory comes back.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { childrenOf, isRunning, processorTicks } from "../support/process_use.ts";
import { tempProject } from "../support/temp_project.ts";

/** Ways to be busy for ever: in a loop, inside a built-in function, in promises. */
const BUSY = {
  loop: `for (;;);`,
  pattern: `/^(a+)+$/.test("a".repeat(60) + "b");`,
  promises:
    `(function again(): void { Promise.resolve().then(again); })(); await new Promise(() => {});`,
};

for (const [name, source] of Object.entries(BUSY)) {
  Deno.test({
    name: `a model that was ended in a ${name} uses no processor any more`,
    ignore: Deno.build.os !== "linux", // `/proc` tells how much a process uses.
    async fn() {
      await using api = await fakeApi([{ hang: true }]);
      await using project = await tempProject({
        "models/a/busy.ts": `// @kind: table\n// @model_timeout: 1s\n${source}\n`,
        "models/a/waits.ts": `
          // @kind: table
          // @allow_net: ${api.host}
          import { http } from "spoor";
          await http.get("${api.origin}/", { timeout: 60_000, retries: 0 });
        `,
      });
      await using spoor = project.start(["run", "--json", "--jobs", "2"]);
      await spoor.waitFor(/"model_finished","model":"a\.busy"/);
      await new Promise((resolve) => setTimeout(resolve, 3_000));

      const before = await processorTicks(spoor.pid);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const usedTicks = await processorTicks(spoor.pid) - before;

      assert.ok(usedTicks < 30, `the process used ${usedTicks} % of a processor`);
    },
  });
}

for (const [name, source] of Object.entries({ ...BUSY, wait: "await new Promise(() => {});" })) {
  Deno.test({
    name: `a model that is busy in a ${name} ends with a Spoor that was killed`,
    ignore: Deno.build.os !== "linux", // `/proc` tells which processes there are.
    async fn() {
      await using project = await tempProject({
        "models/a/busy.ts": `// @kind: table
import { log } from "spoor";
log.info("busy now");
await new Promise((resolve) => setTimeout(resolve, 100));
${source}
`,
      });
      await using spoor = project.start(["run", "--json"]);
      await spoor.waitFor(/busy now/);
      await new Promise((resolve) => setTimeout(resolve, 500));
      const guests = await childrenOf(spoor.pid);
      assert.equal(guests.length, 1);

      spoor.kill("SIGKILL");
      await spoor.result;
      await new Promise((resolve) => setTimeout(resolve, 500));

      for (const guest of guests) assert.ok(!await isRunning(guest), "it still runs");
    },
  });
}
