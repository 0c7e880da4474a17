/**
 * A state file that is a link to one elsewhere, on a volume of its own, say: all that belongs to it lies beside the
 * file itself.
 *
 * @module
 */
import assert from "node:assert/strict";
import { SEND_EACH_ROW, type SyncProject, syncProject } from "../support/sync_project.ts";
import { fakeApi } from "../support/fake_api.ts";

const IGNORED = { ignore: Deno.build.os === "windows" };
const STATE = ".spoor/spoor.db";

/** Takes `.spoor` elsewhere and leaves a link to the state file. */
async function linkState({ project }: SyncProject): Promise<string> {
  const volume = await Deno.realPath(await Deno.makeTempDir({ prefix: "spoor-volume-" }));
  for (const { name } of Deno.readDirSync(project.path(".spoor"))) {
    await Deno.rename(project.path(`.spoor/${name}`), `${volume}/${name}`);
  }
  await Deno.rename(`${volume}/spoor.db`, `${volume}/state.db`);
  await Deno.rename(`${volume}/spoor.sent`, `${volume}/state.sent`);
  await Deno.symlink(`${volume}/state.db`, project.path(STATE));
  return volume;
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test(
  "a state file that is a link has its log, lock, mark and backups beside the real file",
  IGNORED,
  async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND_EACH_ROW);
    const { project } = people;
    await people.setRows(["id", "name"], [["1", "'Ada'"]]);
    assert.equal((await people.run()).code, 0);
    const volume = await linkState(people);
    try {
      await people.setRows(["id", "name"], [["1", "'Ada'"], ["2", "'Bo'"]]);

      const planned = await project.run("plan");
      assert.equal(planned.code, 0, planned.output);
      assert.match(planned.output, /1 to create, 0 to update/);
      const { code, output } = await people.run();
      assert.equal(code, 0, output);
      assert.equal(api.requests.length, 2);
      for (const command of ["history", "why sync.people 2", "state check", "state backup"]) {
        const looked = await project.run(command);
        assert.equal(looked.code, 0, looked.output);
      }

      assert.deepEqual(namesIn(project.path(".spoor")), ["spoor.db"]);
      assert.ok((await Deno.lstat(project.path(STATE))).isSymlink);
      const held = namesIn(volume);
      for (const name of ["backups", "state.db", "state.lock", "state.sent"]) {
        assert.ok(held.includes(name), held.join());
      }
      assert.match(await Deno.readTextFile(`${volume}/state.sent`), /Last sent by run 2 of /);

      await Deno.writeTextFile(`${volume}/state.sent`, "");
      const unsure = await project.run("run");
      assert.equal(unsure.code, 1);
      assert.ok(unsure.output.includes(`${volume}/state.sent says which run has sent last`));
    } finally {
      await Deno.remove(volume, { recursive: true });
    }
  },
);

Deno.test("a link that leads nowhere is no first run", IGNORED, async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  const { project } = people;
  await people.setRows(["id", "name"], [["1", "'Ada'"]]);
  await people.run();
  api.clear();
  const volume = await linkState(people);
  await Deno.remove(volume, { recursive: true });

  for (const command of ["run", "plan", "history", "validate", "state backup", "failures"]) {
    const { code, output } = await project.run(command);
    assert.equal(code, 1, output);
    assert.ok(
      output.includes(
        `Cannot use ${
          project.path(STATE)
        }: it is a link to ${volume}/state.db, and nothing is there`,
      ),
      output,
    );
    assert.match(output, /hint: Put the state file there.*; .*delete the link/);
  }
  assert.deepEqual(api.requests, []);
  assert.deepEqual(namesIn(project.path(".spoor")), ["spoor.db"]);
});

Deno.test(
  "a practice state that is a link to nowhere is in no real run's way",
  IGNORED,
  async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND_EACH_ROW);
    const { project } = people;
    await people.setRows(["id", "name"], [["1", "'Ada'"]]);
    await Deno.mkdir(project.path(".spoor"));
    await Deno.symlink("/nowhere/practice.db", project.path(".spoor/practice-state.db"));

    for (const command of ["plan", "run"]) {
      const { code, output } = await project.run(command);
      assert.equal(code, 0, output);
    }
  },
);
