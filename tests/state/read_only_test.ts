/**
 * A project on a disk, or in a folder, where nothing may be written: what only reads goes on reading, and
 * what would write says so.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { assertExplained } from "../support/mistake.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";
import { RIGHTS_CAN_BE_TAKEN, runWithoutRights } from "../support/without_rights.ts";

const POSSIBLE = RIGHTS_CAN_BE_TAKEN;
const run = (project: TempProject, args: string) => runWithoutRights(project.root, args);

const FILES = {
  "models/raw/people.sql": "SELECT 1 AS id, 'Ada' AS name",
  "models/mart/people.sql": "-- @kind: tracked\n-- @unique_key: id\nSELECT * FROM raw.people",
};

/** Takes all rights to write to `.spoor` away; disposing gives them back, so that it can be removed. */
async function closed(project: TempProject): Promise<AsyncDisposable> {
  const modes = async (file: number, folder: number) => {
    await Deno.chmod(project.path(".spoor"), 0o755);
    for await (const { name, isFile } of Deno.readDir(project.path(".spoor"))) {
      await Deno.chmod(project.path(`.spoor/${name}`), isFile ? file : folder);
    }
    await Deno.chmod(project.path(".spoor"), folder);
  };
  await modes(0o444, 0o555);
  return { [Symbol.asyncDispose]: () => modes(0o644, 0o755) };
}

Deno.test("where nothing may be written, reading commands read", POSSIBLE, async () => {
  await using project = await tempProject(FILES);
  assert.equal((await project.run("run")).code, 0);
  assert.equal((await project.run("run --practice")).code, 0);
  await using _ = await closed(project);

  for (
    const [command, says] of [
      ["query raw.people", /Ada/],
      ["why mart.people 1", /mart\.people +id = 1/],
      ["history", /spoor run/],
      ["failures", /./],
      ["unknown", /Nothing is unknown/],
      ["validate", /2 models, no mistake found/],
      ["describe mart.people", /mart\.people/],
      ["auth", /No service is set/],
      ["state list", /mart\.people/],
      ["state check", /The state is whole/],
      ["query raw.people --practice", /Ada/],
      ["practice", /./],
      ["state backup copy.db", /The state was copied to/],
    ] as const
  ) {
    const { code, output } = await run(project, command);
    assert.equal(code, 0, `${command}: ${output}`);
    assert.match(output, says);
  }

  assert.deepEqual(project.rows("raw.people", "copy.db"), [{ id: 1, name: "Ada" }]);
});

Deno.test(
  "where nothing may be written, what writes says so and what to do",
  POSSIBLE,
  async () => {
    await using project = await tempProject(FILES);
    assert.equal((await project.run("run")).code, 0);
    await using _ = await closed(project);

    for (
      const command of [
        "run",
        "plan",
        "retry --all",
        "unknown settle mart.people --all --sent",
        "state mv mart.people mart.other",
        "state backup",
        "auth crm --forget",
      ]
    ) {
      const result = await run(project, command);
      assertExplained(result, { says: [/Cannot write \S+\.spoor/], hint: /writable/ });
    }
  },
);

Deno.test(
  "a log that nobody can read without writing is told, and what to do",
  POSSIBLE,
  async () => {
    await using project = await tempProject(FILES);
    assert.equal((await project.run("run")).code, 0);
    {
      // As a copy of the files has it that was made while a run went on.
      using db = new DatabaseSync(project.path(".spoor/spoor.db"));
      db.exec(`CREATE TABLE "raw.more" (id)`);
      for (const end of ["", "-wal"]) {
        await Deno.copyFile(project.path(`.spoor/spoor.db${end}`), project.path(`copy${end}`));
      }
    }
    for (const end of ["", "-wal"]) {
      await Deno.rename(project.path(`copy${end}`), project.path(`.spoor/spoor.db${end}`));
    }
    await using _ = await closed(project);

    assertExplained(await run(project, "query raw.people"), {
      says: [/Cannot read \S+spoor\.db: its last changes are in spoor\.db-wal/],
      hint: /writable|copy/,
    });
  },
);

Deno.test(
  "a first run that was killed while it made the state file is taken back, or it is said why not",
  POSSIBLE,
  async () => {
    await using project = await tempProject(FILES);
    await Deno.mkdir(project.path(".spoor"));
    {
      using db = new DatabaseSync(project.path("begun.db"));
      db.exec("CREATE TABLE begun (a); DROP TABLE begun; PRAGMA cache_size=2; BEGIN");
      db.exec(`CREATE TABLE "spoor.meta" AS
               SELECT hex(zeroblob(2000)) AS a FROM json_each(json_array(${"1,".repeat(99)}1))`);
      for (const end of ["", "-journal"]) {
        await Deno.copyFile(project.path(`begun.db${end}`), project.path(`.spoor/spoor.db${end}`));
      }
    }
    {
      await using _ = await closed(project);
      assertExplained(await run(project, "query raw.people"), {
        says: [/Cannot read \S+spoor\.db: what to take back of it is in spoor\.db-journal/],
        hint: /writable|copy/,
      });
    }

    const looked = await run(project, "history");
    const ran = await run(project, "run");

    assert.equal(looked.code, 0, looked.output);
    assert.match(looked.output, /Nothing has run yet|has not run/);
    assert.equal(ran.code, 0, ran.output);
  },
);
