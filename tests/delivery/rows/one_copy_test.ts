/**
 * What was saved as it was read is kept once: the target is a view of the accepted rows. Nobody who reads it
 * should notice.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../../support/fake_api.ts";
import { runSteps } from "../../support/run_steps.ts";
import {
  COLUMNS,
  rowsOf,
  SEND_EACH_ROW,
  SEND_IN_LOOP,
  type SyncProject,
  syncProject,
} from "../../support/sync_project.ts";
import { tempProject } from "../../support/temp_project.ts";

const WITH_REMOTE_ID = SEND_EACH_ROW.replace(
  /\}\);\s*$/,
  `return { ...row, remote_id: "r" + row.id };\n});`,
);

function targetType({ project }: SyncProject): unknown {
  return project.rows("SELECT type FROM sqlite_schema WHERE name = 'sync.people'")[0]?.type;
}

for (const code of [SEND_EACH_ROW, SEND_IN_LOOP]) {
  const how = code === SEND_IN_LOOP ? "hands its rows back" : "returns nothing";
  Deno.test(`a model that ${how} has its rows once, until one gets more columns`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, code);
    const { project } = people;
    await project.write(
      "models/mart/sent.sql",
      `SELECT r.id, s.name AS sent FROM raw.people AS r LEFT JOIN sync.people AS s ON s.id = r.id`,
    );
    await people.setRows(COLUMNS, rowsOf(3));
    const first = await people.run();
    assert.equal(first.code, 0, first.output);
    assert.equal(first.sync.rows, 3);
    assert.equal(targetType(people), "view");
    const sent = () => project.rows('SELECT sent FROM "mart.sent" ORDER BY id').map((r) => r.sent);
    assert.deepEqual(sent(), ["Ada", "Ada", "Ada"]);
    await people.setRows(COLUMNS, [["1", "'Grace'"], ["2", "'Ada'"]]);
    const removed = await people.run();
    assert.equal(removed.code, 0, removed.output);
    assert.deepEqual(project.rows('SELECT id, name FROM "sync.people" ORDER BY id'), [
      { id: 1, name: "Grace" },
      { id: 2, name: "Ada" },
    ]);
    assert.deepEqual(sent(), ["Grace", "Ada"]);
    const hashes = project.rows("sync.people").map(({ id, _content_hash: hash }) => [id, hash]);

    await people.setSync(WITH_REMOTE_ID);
    await people.setRows(COLUMNS, [["1", "'Grace'"], ["2", "'Ada'"], ["3", "'Alan'"]]);
    const wider = await people.run();

    assert.equal(wider.code, 0, wider.output);
    assert.equal(targetType(people), "table");
    assert.deepEqual(wider.sync.column_changes, ["+ remote_id"]);
    assert.deepEqual(project.rows('SELECT id, name, remote_id FROM "sync.people" ORDER BY id'), [
      { id: 1, name: "Grace", remote_id: null },
      { id: 2, name: "Ada", remote_id: null },
      { id: 3, name: "Alan", remote_id: "r3" },
    ]);
    assert.deepEqual(sent(), ["Grace", "Ada", "Alan"]);
    const after = project.rows("sync.people").map(({ id, _content_hash: hash }) => [id, hash]);
    assert.deepEqual(after.slice(0, 2), hashes);
    api.clear();
    await people.run("--full");
    assert.equal(api.requests.length, 0, "nothing is sent again for it");
  });
}

Deno.test("a model reads another's target, and not what lies behind it", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  const { project } = people;
  await people.setRows(COLUMNS, rowsOf(2));
  const header = "// @depends_on: sync.people\nimport { query, save } from 'spoor';\n";
  await project.write(
    "models/mart/allowed.ts",
    `${header}for (const row of await query.all('SELECT id, name FROM sync.people WHERE id = 2')) {
      await save.row(row);
    }`,
  );
  await project.write(
    "models/mart/hidden.ts",
    `${header}const name = "spoor.accepted.sync.people";
    await query.all('WITH "sync.people" AS (SELECT * FROM "' + name + '") SELECT * FROM "sync.people"');`,
  );

  const { statuses, output } = await runSteps(project);

  assert.equal(targetType(people), "view");
  assert.equal(statuses["mart.allowed"], "ok", output);
  assert.deepEqual(project.rows("mart.allowed"), [{ id: 2, name: "Ada" }]);
  assert.equal(statuses["mart.hidden"], "failed");
  assert.match(output, /reads spoor\.accepted\.sync\.people, which the model does not declare/);
  const shown = await project.run(["query", "SELECT id, name FROM sync.people", "--json"]);
  assert.match(shown.stdout, /"Ada"/);
});

Deno.test("what was adopted is kept once too", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(2));

  const run = await people.run("--adopt", "sync.people");

  assert.equal(run.code, 0, run.output);
  assert.equal(api.requests.length, 0);
  assert.equal(targetType(people), "view");
  assert.equal(people.project.rows("sync.people").length, 2);
});

Deno.test("a model that was tracked and saves nothing as a table has an empty table", async () => {
  const code = "import { save } from 'spoor';\n";
  await using project = await tempProject({
    "models/a/t.ts":
      `// @kind: tracked\n// @unique_key: id\n${code}for (const id of [1, 2]) await save.row({ id });`,
  });
  await runSteps(project);
  assert.deepEqual(project.rows("SELECT type FROM sqlite_schema WHERE name = 'a.t'"), [
    { type: "view" },
  ]);
  await project.write("models/a/t.ts", `${code}if (Date.now() < 0) await save.row({ id: 3 });`);

  const { code: exitCode, output } = await runSteps(project);

  assert.equal(exitCode, 0, output);
  assert.deepEqual(project.rows("SELECT type FROM sqlite_schema WHERE name = 'a.t'"), [
    { type: "table" },
  ]);
  assert.deepEqual(project.rows("a.t"), []);
});
