/**
 * Memory does not grow with the number of rows.
 *
 * @module
 */
import assert from "node:assert/strict";
import { tempProject } from "../support/temp_project.ts";
import { readEvents } from "./steps.ts";

const ROWS = 300_000;
const LIMIT_MB = 300;

/** The most memory that a process has held so far, where the system tells. */
async function peakMb(pid: number): Promise<number | undefined> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  const kb = /^VmHWM:\s*(\d+) kB/m.exec(status)?.[1];
  return kb === undefined ? undefined : Number(kb) / 1_024;
}

Deno.test({
  name: `${ROWS} rows are ingested, copied and read within ${LIMIT_MB} MB`,
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using project = await tempProject({
      "models/raw/rows.ts": `
        import { save } from "spoor";
        const text = "a text of some length, so that rows weigh something: ";
        for (let id = 0; id < ${ROWS}; id++) await save.row({ id, name: text + id, amount: id / 7 });
      `,
      "models/mart/copy.sql": "SELECT id % 100 AS bucket, id, name, amount FROM raw.rows",
      "models/mart/read.ts": `
        import { query, save } from "spoor";
        let n = 0;
        for await (const row of query("SELECT * FROM mart.copy")) n += row.bucket;
        await save.row({ n });
      `,
    });
    await using running = project.start("run --json");
    let peak = 0;
    const timer = setInterval(async () => {
      peak = Math.max(peak, await peakMb(running.pid) ?? 0);
    }, 20);
    const { code, stdout, output } = await running.result;
    clearInterval(timer);

    assert.equal(code, 0, output.slice(-2_000));
    const { steps } = readEvents(stdout);
    assert.equal(steps["mart.copy"]?.rows, ROWS);
    assert.deepEqual(project.rows("mart.read"), [{ n: ROWS * 49.5 }]);
    // deno-lint-ignore no-console -- the figure is what one wants to see.
    console.log(`peak memory: ${Math.round(peak)} MB`);
    assert.ok(peak > 0 && peak < LIMIT_MB, `${Math.round(peak)} MB`);
  },
});
