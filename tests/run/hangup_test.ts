/**
 * SIGHUP, which a terminal that is closed sends to each process in it, mostly more than once.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi } from "../support/fake_api.ts";
import { childrenOf } from "../support/process_use.ts";
import { readEvents } from "../support/run_steps.ts";
import { killAfter } from "../support/spoor.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";

const ROWS = 40;

/** Windows has no such signal; the processes of a run are found by `/proc`. */
const POSSIBLE = { ignore: Deno.build.os !== "linux" };

async function sendingProject(api: FakeApi): Promise<TempProject> {
  return await tempProject({
    "models/a/people.sql": `
      WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ${ROWS})
      SELECT id FROM n
    `,
    "models/sync/crm.ts": `
      // @kind: tracked
      // @unique_key: id
      // @delivery: at_most_once
      // @allow_net: ${api.host}
      import { http, query } from "spoor";
      await query("SELECT id FROM a.people").each(async (row) => {
        await http.post("${api.origin}/people", { json: row });
      });
    `,
  });
}

/** The run itself last: its guest is to live on until the run has ended it. */
async function hangUp(pid: number): Promise<void> {
  for (const each of [...await childrenOf(pid), pid]) Deno.kill(each, "SIGHUP");
}

Deno.test(
  "a closed terminal stops a run cleanly, and does not end it by being told twice",
  POSSIBLE,
  async () => {
    await using api = await fakeApi(() => ({ json: {}, delayMs: 40 }));
    await using project = await sendingProject(api);
    await using running = project.start("run --json");
    await api.received(10);
    await hangUp(running.pid);
    const { code, stdout } = await killAfter(running, running.waitFor(/Stopping/), "SIGHUP");

    assert.equal(code, 1);
    const { steps, finished } = readEvents(stdout);
    assert.equal(finished?.status, "cancelled", stdout);
    const delivery = steps["sync.crm"]?.delivery;
    assert.equal(delivery?.unknown, 0);
    assert.equal(delivery?.saved, api.requests.length);
    assert.equal(delivery?.left, ROWS - api.requests.length);
  },
);

Deno.test(
  "a run that nohup has started goes on where its terminal is closed",
  POSSIBLE,
  async () => {
    await using api = await fakeApi(() => ({ json: {}, delayMs: 40 }));
    await using project = await sendingProject(api);
    await using running = project.start("run --json", { under: ["nohup"] });
    await Promise.race([api.received(10), running.result]);
    await hangUp(running.pid);
    const { code, output } = await running.result;

    assert.equal(code, 0, output);
    assert.equal(api.requests.length, ROWS);
  },
);
