/**
 * The temporary folder of a machine is everybody's.
 *
 * @module
 */
import assert from "node:assert/strict";
import { tempFolder } from "../support/temp_folder.ts";
import { tempProject } from "../support/temp_project.ts";

Deno.test("a run leaves nothing in the temporary folder that a later one would trust", async () => {
  await using project = await tempProject({
    "models/a/rows.sql": "SELECT 1 AS id",
    "models/a/more.ts": `
      import { query, save } from "spoor";
      for await (const row of query("SELECT id FROM a.rows")) await save.row(row);
    `,
  });
  using folder = tempFolder();
  const { code, output } = await project.run("run", { env: { TMPDIR: folder.path } });
  assert.equal(code, 0, output);
  assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), []);
});
