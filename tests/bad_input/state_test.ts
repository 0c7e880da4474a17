/**
 * State files that are damaged, newer or cannot be written.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { assertExplained } from "../support/mistake.ts";
import { smallDisk } from "../support/small_disk.ts";
import { tempProject } from "../support/temp_project.ts";

const ONE_MODEL = { "models/a/b.sql": "SELECT 1 AS id" };
const STATE = ".spoor/spoor.db";

/** Commands that read or write the state file. */
const COMMANDS = [
  "run",
  "history",
  "query a.b",
  "state list",
  "state check",
  "state backup",
  "state mv a.old a.b",
];

for (const command of COMMANDS) {
  Deno.test(`spoor ${command} leaves a state file from a newer Spoor as it is`, async () => {
    await using project = await tempProject(ONE_MODEL);
    await project.run("run");
    {
      using database = new DatabaseSync(project.path(STATE));
      database.exec("PRAGMA user_version = 4000; PRAGMA wal_checkpoint(TRUNCATE);");
    }
    const before = await project.bytes(STATE);

    const result = await project.run(command);

    assertExplained(result, { says: [/newer/i, ".spoor/spoor.db"], hint: /update|upgrade|newer/ });
    assert.deepEqual(await project.bytes(STATE), before);
  });

  Deno.test(`spoor ${command} leaves a state file that is no database as it is`, async () => {
    await using project = await tempProject(ONE_MODEL);
    await project.write(STATE, "This is not a database, but a text of some length.\n".repeat(50));
    const before = await project.bytes(STATE);

    const result = await project.run(command);

    assertExplained(result, { says: [".spoor/spoor.db"], hint: /./ });
    assert.deepEqual(await project.bytes(STATE), before);
  });

  Deno.test(`spoor ${command} leaves another program's database as it is`, async () => {
    await using project = await tempProject(ONE_MODEL);
    await Deno.mkdir(project.path(".spoor"));
    {
      using database = new DatabaseSync(project.path(STATE));
      database.exec("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('keep me')");
    }
    const before = await project.bytes(STATE);

    const result = await project.run(command);

    assertExplained(result, { says: [".spoor/spoor.db"] });
    assert.deepEqual(await project.bytes(STATE), before);
  });
}

Deno.test("a state file whose pages are damaged is left as it is", async () => {
  await using project = await tempProject({
    "models/a/b.ts": `
      // @kind: table
      import { save } from "spoor";
      for (let i = 0; i < 5000; i++) await save.row({ i, text: "x".repeat(100) });
    `,
  });
  await project.run("run");
  {
    using database = new DatabaseSync(project.path(STATE));
    database.exec("PRAGMA wal_checkpoint(TRUNCATE);");
  }
  const bytes = await project.bytes(STATE);
  bytes.fill(0xa5, 4096, 4096 * 20);
  await project.write(STATE, bytes);

  const result = await project.run("run");

  assertExplained(result, { says: [/damaged|malformed|corrupt/i, ".spoor/spoor.db"] });
  assert.deepEqual(await project.bytes(STATE), bytes);
});

Deno.test("a state file that was cut is left as it is", async () => {
  await using project = await tempProject(ONE_MODEL);
  await project.run("run");
  const bytes = (await project.bytes(STATE)).slice(0, 5000);
  await Deno.remove(project.path(`${STATE}-wal`)).catch(() => {});
  await Deno.remove(project.path(`${STATE}-shm`)).catch(() => {});
  await project.write(STATE, bytes);

  const result = await project.run("run");

  assertExplained(result, { says: [".spoor/spoor.db"] });
  assert.deepEqual(await project.bytes(STATE), bytes);
});

Deno.test("a folder in the state file's place, and a file in its folder's, are told as that", async () => {
  await using project = await tempProject({ "models/mart/a.sql": "SELECT 1 AS id" });
  for (const command of ["run", "plan", "history"]) {
    await Deno.mkdir(project.path(STATE), { recursive: true });
    const folder = await project.run(command);
    assertExplained(folder, { says: [/spoor\.db: it is a folder/], hint: /Move it away/ });
    await project.remove(".spoor");
    await project.write(".spoor", "text");
    const file = await project.run(command);
    assertExplained(file, { says: [/\.spoor: it is a file/], hint: /Move it away/ });
    await project.remove(".spoor");
  }
});

Deno.test("a full disk is explained, and the next run with room goes on", async () => {
  await using project = await tempProject({
    "models/a/small.sql": "SELECT 1 AS id",
    "models/a/large.ts": `
      // @kind: table
      import { save } from "spoor";
      for (let i = 0; i < 40_000; i++) await save.row({ i, text: "x".repeat(200) });
    `,
  });
  const folder = project.path(".spoor");
  {
    await using disk = await smallDisk(folder, "size=2m");
    if (!disk) return;

    const result = await project.run("run");

    assertExplained(result, { says: [/disk|full|space/i], hint: /./ });
    using database = new DatabaseSync(project.path(STATE), { readOnly: true });
    assert.equal(database.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok");
    assert.equal(
      database.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'a.large'").get()
        ?.["n"],
      0,
    );
  }
  assert.equal((await project.run("run")).code, 0);
  assert.deepEqual(project.rows(`SELECT count(*) AS n FROM "a.large"`), [{ n: 40_000 }]);
});

Deno.test("a folder that cannot be written is explained", async () => {
  await using project = await tempProject();
  const folder = project.path("readonly");
  await using disk = await smallDisk(folder, "size=1m");
  if (!disk) return;
  await project.write("readonly/models/a/b.sql", "SELECT 1 AS id");
  await disk.remount("ro");

  const result = await project.run("run", { cwd: folder });

  assertExplained(result, { says: [/\.spoor/, /read-only|write|permission/i], hint: /./ });
});
