/**
 * More groups than one call takes arguments (about 125,000): what lists them lists them all.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { tempProject } from "../../support/temp_project.ts";

const GROUPS = 130_000;

Deno.test("130,000 groups are listed by all that lists them", async (t) => {
  await using project = await tempProject({
    "models/raw/people.sql": `
      WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ${GROUPS})
      SELECT id FROM n
    `,
    "models/sync/people.ts": `
      // @kind: tracked
      // @unique_key: id
      // @max_attempts: 1
      import { query } from "spoor";
      await query("SELECT id FROM raw.people").batches(${GROUPS}, () => {
        throw new Error("no");
      });
    `,
  });
  const { code, output } = await project.run("run");
  assert.equal(code, 1, output);

  const lists = (command: string, says: RegExp) =>
    t.step(command, async () => {
      const { code, stdout, stderr } = await project.run(command);
      assert.equal(stderr.includes("Maximum call stack"), false, stderr);
      assert.match(stdout, says);
      assert.equal(code, 0);
    });

  await lists("failures --all", /130000/);
  await lists("query raw.people --all", /\n\s*130000\b/);
  await project.write(
    "models/sync/people.ts",
    `${await project.read("models/sync/people.ts")}// Compared anew.\n`,
  );
  await lists("plan --all", /130,000 groups are held back/);
  {
    using state = new DatabaseSync(project.path(".spoor/spoor.db"));
    state.exec(`UPDATE "spoor.ledger" SET state = 'settled', settled_hash = NULL, parked = 0`);
  }
  await lists("unknown", /130,000 groups/);
});
