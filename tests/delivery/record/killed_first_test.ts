/** `spoor describe` of a model whose last run was killed: it has run, and did not come to its end. */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { readLines } from "../../support/read_lines.ts";
import {
  COLUMNS,
  killWhileOut,
  rowsOf,
  SEND_EACH_ROW,
  syncProject,
} from "../../support/sync_project.ts";

Deno.test("describe tells of a last run that was killed, the first one or a later one", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(5));
  const lastRun = async () => {
    const { stdout } = await people.project.run("describe sync.people");
    const [model] = await readLines(people.project, "describe", "sync.people");
    const { run_id: run, status } = model?.last_run as Record<string, unknown>;
    return [run, status, /^last run +(.*)$/m.exec(stdout)?.[1]];
  };
  await killWhileOut(api, people, 2);

  const [first, status, text] = await lastRun();
  assert.deepEqual([first, status], [1, "died"]);
  assert.match(String(text), /^died on \d{4}-\S+ \S+: the run was killed/);

  api.answer(() => ({ json: {} }));
  await people.run();
  assert.deepEqual((await lastRun()).slice(0, 2), [2, "ok"]);
  await people.setRows(COLUMNS, rowsOf(5, "Bo"));
  await killWhileOut(api, people, 2);
  assert.deepEqual((await lastRun()).slice(0, 2), [3, "died"]);
});
