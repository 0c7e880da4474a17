/**
 * The lock between runtimes and users: Deno 2.9, the compiled program of Deno 2.6 and another user's run
 * shut each other out.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { DatabaseSync } from "node:sqlite";
import { heldSince } from "~/store/file/run_lock.ts";
import { assertExplained } from "../support/mistake.ts";
import { killAfter, spoorEnv, TESTS_BINARY } from "../support/spoor.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";
import { RIGHTS_CAN_BE_TAKEN, runWithoutRights } from "../support/without_rights.ts";

const LOCK = ".spoor/spoor.lock";
const HELD = ".spoor/spoor.lock.held";

const FILES = {
  "models/a/one.sql": "SELECT 1 AS id",
  "models/b/waits.ts": `
    import { log } from "spoor";
    log.info("waiting");
    await new Promise(() => setInterval(() => {}, 1e6));
  `,
};

Deno.test("a run is shut out by another that locks by SQLite alone, as one on Deno 2.6 does", async () => {
  await using project = await tempProject(FILES);
  assert.equal((await project.run("run a.one")).code, 0);
  {
    using other = new DatabaseSync(project.path(HELD), { timeout: 0 });
    other.exec("BEGIN EXCLUSIVE");
    for (const command of ["run a.one", "plan a.one", "retry --all", "state mv a.one a.two"]) {
      assertExplained(await project.run(command), { says: [/another process holds the lock/] });
    }
    const holder = { pid: 1, since: "2026-01-01T00:00:00.000Z", command: "spoor run" };
    await project.write(LOCK, JSON.stringify(holder));
    assert.equal(heldSince(project.path(LOCK)), holder.since, "who only looks sees it");
  }
  assert.equal(heldSince(project.path(LOCK)), undefined, "what is written alone is no lock");
  assert.equal((await project.run("run a.one")).code, 0, "and it is given back");
});

Deno.test({
  name: "a run is shut out by another that locks by the system alone, as an earlier Spoor does",
  // On Deno 2.6, that of the compiled program in tests, there is no such lock.
  ignore: TESTS_BINARY || !("tryLockSync" in Deno.FsFile.prototype),
  async fn() {
    await using project = await tempProject(FILES);
    assert.equal((await project.run("run a.one")).code, 0);
    {
      using other = Deno.openSync(project.path(LOCK), { read: true, write: true });
      other.lockSync(true);
      assertExplained(await project.run("run a.one"), { says: [/another process holds the lock/] });
    }
    assert.equal((await project.run("run a.one")).code, 0, "and it is given back");
  },
});

Deno.test("a run holds the SQLite lock as long as it lasts, and no longer, killed or not", async () => {
  await using project = await tempProject(FILES);
  await using running = project.start("run");
  await running.waitFor(/waiting/);

  assert.equal(isFree(project), false);
  await killAfter(running, Promise.resolve());
  assert.equal(isFree(project), true, "after it was killed");
  assert.equal((await project.run("run a.one")).code, 0);
  assert.equal(isFree(project), true, "after one that ended");
  assert.equal(await project.exists(`${HELD}-journal`), false);
});

function isFree(project: TempProject): boolean {
  using db = new DatabaseSync(project.path(HELD), { timeout: 0 });
  try {
    db.exec("BEGIN EXCLUSIVE");
    return true;
  } catch {
    // The only thing that can be in the way of it.
    return false;
  }
}

Deno.test({
  name: "the compiled program and the sources shut each other out, and see each other's runs",
  ignore: !TESTS_BINARY,
  async fn() {
    await using project = await tempProject(FILES);
    const sources = fileURLToPath(new URL("../..", import.meta.url));
    const fromSources = async (args: string[]) => {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-prompt", "--no-check", `${sources}main.ts`, ...args],
        cwd: project.root,
        clearEnv: true,
        env: spoorEnv(),
      }).output();
      return { code, stderr: new TextDecoder().decode(stderr) };
    };
    await using running = project.start("run");
    await running.waitFor(/waiting/);
    assert.ok(heldSince(project.path(LOCK)));

    const second = await fromSources(["run", "a.one"]);

    assert.equal(second.code, 1, second.stderr);
    assert.match(
      second.stderr,
      RegExp(`process ${running.pid} \\("spoor run"\\) has held the lock`),
    );
    await killAfter(running, Promise.resolve());
    assert.equal((await fromSources(["run", "a.one"])).code, 0);
  },
});

for (const name of [HELD, LOCK]) {
  Deno.test(
    `a ${name} that may not be written is named, and nothing runs`,
    RIGHTS_CAN_BE_TAKEN,
    async () => {
      await using project = await tempProject(FILES);
      assert.equal((await project.run("run a.one")).code, 0);
      await Deno.chmod(project.path(name), 0o444);

      assertExplained(await runWithoutRights(project.root, "run a.one"), {
        says: [/Cannot write \S+spoor\.lock/],
        hint: RegExp(`Make \\S+${RegExp.escape(name)} writable for the user that runs Spoor`),
      });
      assert.equal(project.rows("spoor.runs").length, 1);
    },
  );
}
