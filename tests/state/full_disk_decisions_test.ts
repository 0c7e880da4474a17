/** What a person says and asks on a disk that is full: in the words of a run. */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { assertExplained } from "../support/mistake.ts";
import { fillDisk, smallDisk } from "../support/small_disk.ts";
import { SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";

const IGNORE = Deno.build.os !== "linux";

Deno.test({
  name: "settle, retry and state mv on a full disk say that it is full, and change nothing",
  ignore: IGNORE,
  async fn() {
    await using api = await fakeApi(() => ({ drop: true }));
    const code = `
      await query("SELECT * FROM raw.people").batches(5000, async (groups) => {
        await http.post(ORIGIN + "/people", { json: groups.length });
      });
    `;
    await using people = await syncProject(api, code, {
      directives: ["delivery: at_most_once", "retries: 0"],
    });
    await using disk = await smallDisk(people.project.path(".spoor"), "size=16m");
    if (!disk) return;
    const numbers = `WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n LIMIT 5000)`;
    await people.project.write(
      "models/raw/people.sql",
      `${numbers} SELECT id, 'lost' AS name FROM n`,
    );
    assert.equal((await people.run()).sync.delivery?.unknown, 5_000);
    const said = { says: ["Cannot write", "the disk is full"], hint: /Free some space/ };
    const settle = "unknown settle sync.people --all --sent";

    // There is room for the lock, and there is none.
    fillDisk(people.project.path(".spoor"), 32 * 1_024);
    assertExplained(await people.project.run(settle), said);
    fillDisk(people.project.path(".spoor"), 0);
    for (const command of [settle, "retry sync.people", "state mv sync.people sync.others"]) {
      assertExplained(await people.project.run(command), said);
    }

    await disk.remount("size=64m");
    const states = people.project.rows("SELECT DISTINCT state FROM 'spoor.ledger'");
    assert.deepEqual(states, [{ state: "unknown" }]);
  },
});

Deno.test({
  name: "why does not say of a run that its disk kept it from comparing, where it has sent",
  ignore: IGNORE,
  async fn() {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND_EACH_ROW, { directives: ["concurrency: 1"] });
    const folder = people.project.path(".spoor");
    await using disk = await smallDisk(folder, "size=16m");
    if (!disk) return;
    await people.project.write(
      "models/raw/people.sql",
      `WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n LIMIT 60)
       SELECT id, printf('%.1500c', 'x') AS name FROM n`,
    );
    // What is sent next has no room, and that the model failed has.
    api.answer((_, index) => {
      if (index === 2) fillDisk(folder, 20 * 1_024);
      return {};
    });
    const full = await people.project.run("run");
    assertExplained(full, { says: ["the disk is full"], hint: /run again/ });
    const [step] = people.project.rows(
      "SELECT status, groups_new FROM 'spoor.steps' WHERE model = 'sync.people'",
    );
    assert.deepEqual(step, { status: "failed", groups_new: null });

    const { stdout } = await people.project.run("why sync.people 40");

    assert.match(stdout, /next .*run 1 did not reach it/);
    assert.doesNotMatch(stdout, /before it compared/);
  },
});
