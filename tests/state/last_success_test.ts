/** "last success": when a model last did all it had to do, whatever failed since. */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { readLines } from "../support/read_lines.ts";
import { COLUMNS, rowsOf, SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";

Deno.test("the last success of a model is none until one was, and no failure moves it", async () => {
  let status = 422;
  await using api = await fakeApi(({ path }) => ({ status: path === "/people/2" ? status : 200 }));
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(3));
  const lastSuccess = async () => {
    const lines = await readLines(people.project, "state", "list");
    const told = lines.find(({ model }) => model === "sync.people");
    const [kept] = people.project.rows(
      `SELECT last_success_run FROM 'spoor.models' WHERE model = 'sync.people'`,
    );
    return [told?.last_success_at, kept?.last_success_run];
  };

  assert.equal((await people.run()).sync.status, "failed");
  assert.deepEqual(await lastSuccess(), [null, 0]);

  status = 200;
  assert.equal((await people.run()).sync.status, "ok");
  const [ended] = people.project.rows(`SELECT ended_at FROM 'spoor.runs' WHERE id = 2`);
  assert.deepEqual(await lastSuccess(), [ended?.ended_at, 2]);

  status = 422;
  await people.setRows(COLUMNS, rowsOf(3, "Bo"));
  assert.equal((await people.run()).sync.status, "failed");
  assert.deepEqual(await lastSuccess(), [ended?.ended_at, 2]);
});
