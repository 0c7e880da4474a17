/**
 * A model that was ended has to be gone: its thread stops, its memory comes back.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { processorTicks } from "../support/process_use.ts";
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
