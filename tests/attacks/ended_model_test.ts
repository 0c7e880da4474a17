/**
 * A model that was ended has to be gone: its thread stops, its memory comes back.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { childrenOf, isRunning, processorTicks } from "../support/process_use.ts";
import { tempProject } from "../support/temp_project.ts";
import { until } from "../support/until.ts";

/** Ways to be busy for ever: in a loop, inside a built-in function, in promises. */
const BUSY = {
  loop: `for (;;);`,
  pattern: `/^(a+)+$/.test("a".repeat(60) + "b");`,
  promises:
    `(function again(): void { Promise.resolve().then(again); })(); await new Promise(() => {});`,
};

/** Ways to be there for ever. */
const ENDLESS = { ...BUSY, wait: "await new Promise(() => {});" };

Deno.test({
  name: "models that were ended in a loop, a pattern and promises use no processor any more",
  ignore: Deno.build.os !== "linux", // `/proc` tells how much a process uses.
  async fn() {
    await using api = await fakeApi([{ hang: true }]);
    await using project = await tempProject({
      ...modelFiles(BUSY, (source) => `// @kind: table\n// @model_timeout: 1s\n${source}\n`),
      "models/a/waits.ts": `
        // @kind: table
        // @allow_net: ${api.host}
        import { http } from "spoor";
        await http.get("${api.origin}/", { timeout: 60_000, retries: 0 });
      `,
    });
    await using spoor = project.start(["run", "--json", "--jobs", "4"]);
    for (const name of Object.keys(BUSY)) {
      await spoor.waitFor(new RegExp(`"model_finished","model":"a\\.${name}"`));
    }
    // The model that waits is all that is left.
    await until(
      async () => (await childrenOf(spoor.pid)).length === 1,
      "models that were ended are gone",
    );

    const left = [spoor.pid, ...await childrenOf(spoor.pid)];
    const before = await Promise.all(left.map(processorTicks));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const after = await Promise.all(left.map(processorTicks));

    const usedTicks = sum(after) - sum(before);
    assert.ok(usedTicks < 30, `the processes used ${usedTicks} % of a processor`);
  },
});

Deno.test({
  name: "models in a loop, a pattern, promises and a wait end with a Spoor that was killed",
  ignore: Deno.build.os !== "linux", // `/proc` tells which processes there are.
  async fn() {
    const files = modelFiles(ENDLESS, (source, name) =>
      `// @kind: table
import { log } from "spoor";
log.info("${name} is busy now");
await new Promise((resolve) => setTimeout(resolve, 100));
${source}
`);
    await using project = await tempProject(files);
    await using spoor = project.start(["run", "--json", "--jobs", "4"]);
    for (const name of Object.keys(ENDLESS)) {
      await spoor.waitFor(new RegExp(`${name} is busy now`));
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    const guests = await childrenOf(spoor.pid);
    assert.equal(guests.length, Object.keys(ENDLESS).length);

    spoor.kill("SIGKILL");
    await spoor.result;

    await until(
      async () => !(await Promise.all(guests.map(isRunning))).includes(true),
      "models of a Spoor that was killed are gone",
    );
  },
});

function modelFiles(
  sources: Readonly<Record<string, string>>,
  text: (source: string, name: string) => string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sources).map(([name, source]) => [`models/a/${name}.ts`, text(source, name)]),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
