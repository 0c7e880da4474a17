/**
 * A state that is there and cannot be reached: files of another user, a volume that is not mounted. What is
 * said names what is in the way, and throws nothing away.
 *
 * @module
 */
import assert from "node:assert/strict";
import { assertExplained } from "../support/mistake.ts";
import { SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";
import { fakeApi } from "../support/fake_api.ts";
import { tempProject } from "../support/temp_project.ts";
import { RIGHTS_CAN_BE_TAKEN, runWithoutRights } from "../support/without_rights.ts";

const FILES = { "models/a/one.sql": "SELECT 1 AS id" };

Deno.test(
  "a state file that is another user's is named, as what is to be writable",
  RIGHTS_CAN_BE_TAKEN,
  async () => {
    await using project = await tempProject(FILES);
    assert.equal((await project.run("run")).code, 0);
    await Deno.chmod(project.path(".spoor/spoor.db"), 0o444);

    assertExplained(await runWithoutRights(project.root, "run --full"), {
      says: [/Cannot write \S+\.spoor\/spoor\.db/],
      hint: /Make \S+\.spoor\/spoor\.db writable/,
    });
  },
);

Deno.test(
  "a state file that may not be read is named to who only reads, as what is to be readable",
  RIGHTS_CAN_BE_TAKEN,
  async () => {
    await using project = await tempProject(FILES);
    assert.equal((await project.run("run")).code, 0);
    const path = project.path(".spoor/spoor.db");
    for (const [closed, name] of [[path, "spoor\\.db"], [project.path(".spoor"), "\\.spoor"]]) {
      await Deno.chmod(closed ?? "", 0);
      for (const command of ["history", "query a.one", "state check", "plan"]) {
        const result = await runWithoutRights(project.root, command);
        assertExplained(result, {
          says: [RegExp(`Cannot read \\S+${name}: `)],
          hint: RegExp(`Make \\S+${name} readable`),
        });
      }
      await Deno.chmod(closed ?? "", closed === path ? 0o644 : 0o755);
    }
  },
);

Deno.test(
  "a mark of what was sent that may not be read is to be made readable, not to be deleted",
  RIGHTS_CAN_BE_TAKEN,
  async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND_EACH_ROW);
    const { project } = people;
    await people.setRows(["id"], [["1"]]);
    await people.run();
    await Deno.chmod(project.path(".spoor/spoor.sent"), 0);

    const result = await runWithoutRights(project.root, "run");

    assertExplained(result, {
      says: [/spoor\.sent says which run has sent last, and whoever runs Spoor may not read it/],
      hint: /Make \.spoor\/spoor\.sent readable/,
    });
    assert.doesNotMatch(result.output, /delete/i);
  },
);

for (
  const { name, target, says, hint } of [
    {
      name: "a .spoor that leads to a volume that is not mounted",
      target: "/spoor-no-such-volume/state",
      says: [
        /Cannot use \S+\.spoor: it is a link to "\/spoor-no-such-volume\/state", which is not there/,
      ],
      hint: /Mount the volume/,
    },
    {
      name: "a .spoor that leads back to itself",
      target: ".spoor",
      says: [/Cannot use \S+\.spoor: it is a link to ".spoor", and that leads back to it/],
      hint: /Let the link lead to the folder/,
    },
  ]
) {
  Deno.test({
    name: `${name} is told by who runs and by who reads`,
    // There it takes a right of its own to make a link.
    ignore: Deno.build.os === "windows",
    async fn() {
      await using project = await tempProject(FILES);
      await Deno.symlink(target, project.path(".spoor"));
      for (const command of ["run", "plan", "history", "query a.one", "state check"]) {
        assertExplained(await project.run(command), { says, hint });
      }
    },
  });
}

Deno.test({
  name: "a path that is too long for SQLite is called that, also where only a plan's copy has one",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using project = await tempProject({});
    const folderOf = (bytes: number) => {
      const parts = [project.root, "d".repeat(240), ""];
      parts[2] = "e".repeat(bytes - parts.join("/").length);
      return parts.join("/");
    };
    for (const [bytes, command] of [[470, "plan"], [500, "run"]] as const) {
      const folder = folderOf(bytes);
      await Deno.mkdir(`${folder}/models/a`, { recursive: true });
      await Deno.writeTextFile(`${folder}/models/a/one.sql`, "SELECT 1 AS id");
      if (command === "plan") {
        const run = await project.run("run", { cwd: folder });
        assert.equal(run.code, 0, run.output);
      }

      assertExplained(await project.run(command, { cwd: folder }), {
        says: ["Cannot open", "the path is too long for SQLite"],
        hint: /Put the project into a folder whose path is shorter, by \d+ bytes/,
      });
    }
  },
});
