/** Standard output that takes nothing: a log on a full disk. Linux has a file that is always full. */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { runSpoor } from "../support/spoor.ts";
import { SEND_EACH_ROW, syncProject } from "../support/sync_project.ts";

const FULL = "/dev/full";
const ignore = Deno.build.os !== "linux";

/** Calls Spoor with its standard output on the full disk; gives its exit code and the lines of the other. */
async function callOnFullDisk(root: string, ...args: string[]) {
  const under = ["sh", "-c", `"$@" >${FULL}`, "sh"];
  const { code, stderr } = await runSpoor(args, { cwd: root, under });
  return { code, lines: stderr.trimEnd().split("\n") };
}

const SAID = "error: Cannot write to standard output: the disk is full; " +
  "what follows is not shown, and what was begun goes on to its end";

Deno.test({
  name: "a run whose output cannot be written goes on, says so in one line, and exits 1",
  ignore,
  async fn() {
    for (const options of [[], ["--json"]]) {
      await using api = await fakeApi();
      await using people = await syncProject(api, SEND_EACH_ROW);
      await people.setRows(["id"], [["1"], ["2"], ["3"]]);

      const { code, lines } = await callOnFullDisk(people.project.root, "run", ...options);

      assert.deepEqual([code, lines], [1, [SAID]]);
      assert.equal(api.requests.length, 3);
      assert.equal(people.project.rows("sync.people").length, 3);
      assert.deepEqual(people.project.rows('SELECT status FROM "spoor.runs"'), [{ status: "ok" }]);
    }
  },
});

Deno.test({
  name: "commands that only show something say in one line that they cannot, and exit 1",
  ignore,
  async fn() {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND_EACH_ROW);
    await people.setRows(["id"], [["1"]]);
    await people.run();

    for (const args of [["history"], ["why", "sync.people", "1"], ["plan"], ["help"]]) {
      const { code, lines } = await callOnFullDisk(people.project.root, ...args);
      assert.deepEqual([code, lines], [1, [SAID]], args.join(" "));
    }
    const wrong = await callOnFullDisk(people.project.root, "history", "sync.nobody", "--json");
    assert.notEqual(wrong.code, 0);
    assert.equal(wrong.lines[0], SAID);
    assert.match(wrong.lines.join("\n"), /^error: .*sync\.nobody/m);
  },
});
