/** A push whose disk becomes full: clear words, a whole state file, and the next run goes on. */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi } from "../support/fake_api.ts";
import { assertExplained } from "../support/mistake.ts";
import { smallDisk } from "../support/small_disk.ts";
import { spoorCommand, type SpoorResult } from "../support/spoor.ts";
import { tempProject } from "../support/temp_project.ts";
import { SEND_EACH_ROW, type SyncProject, syncProject } from "../support/sync_project.ts";
import { STATE } from "./state_file.ts";

const PEOPLE = 1_000;

/** Rows of some size, so that acknowledging them fills a disk. */
const LARGE_ROWS = `
  WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ${PEOPLE})
  SELECT id, printf('%.200c', 'x') AS name FROM n
`;

/** Directives: how many groups may be sent twice, at most. */
const CONCURRENCY = 4;

async function largeProject(api: FakeApi): Promise<SyncProject> {
  const people = await syncProject(api, SEND_EACH_ROW, {
    directives: [`concurrency: ${CONCURRENCY}`, "retries: 0"],
  });
  await people.project.write("models/raw/people.sql", LARGE_ROWS);
  return people;
}

/** The run that had no room, and the one that has: far end, words and file. */
async function assertGoesOn(
  people: SyncProject,
  api: FakeApi,
  full: SpoorResult,
  makeRoom: () => Promise<unknown>,
): Promise<void> {
  assertExplained(full, { says: [STATE, /full|quota/], hint: /run again/ });
  assert.ok(api.requests.length > 0, `the disk was full too early\n${full.output}`);
  assert.ok(api.requests.length < PEOPLE, "the disk was not full");
  await makeRoom();
  const check = await people.project.run("state check");
  assert.equal(check.code, 0, check.output);
  const saved = people.project.rows("sync.people").length;
  assert.ok(
    api.requests.length - saved <= CONCURRENCY,
    `${api.requests.length} sent, ${saved} kept`,
  );

  const next = await people.run();

  assert.equal(next.code, 0, next.output);
  const byPath = Map.groupBy(api.requests, ({ path }) => path);
  assert.equal(byPath.size, PEOPLE, "a group was lost");
  const repeated = [...byPath.values()].filter((requests) => requests.length > 1);
  assert.ok(repeated.length <= CONCURRENCY, `${repeated.length} groups came twice`);
  for (const requests of repeated) {
    assert.equal(new Set(requests.map(({ key }) => key)).size, 1, "a repeat had another key");
  }
  assert.equal(people.project.rows("sync.people").length, PEOPLE);
}

Deno.test({
  name: "a push on a disk that becomes full stops with its reason, and goes on when there is room",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using api = await fakeApi();
    await using people = await largeProject(api);
    await using disk = await smallDisk(people.project.path(".spoor"), "size=2m");
    if (!disk) return;
    const full = await people.project.run("run");
    await assertGoesOn(people, api, full, () => disk.remount("size=64m"));
  },
});

Deno.test({
  name: "a push whose file may not grow any more, as by a quota, stops and goes on in the same way",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using api = await fakeApi();
    await using people = await largeProject(api);

    // Blocks of 512 bytes, as POSIX has it for sh. The signal would end the program without a word.
    const limited = `trap '' XFSZ; ulimit -f 2000; exec "$@"`;
    const full = await people.project.run("run", { under: ["sh", "-c", limited, "sh"] });
    await assertGoesOn(people, api, full, () => Promise.resolve());
  },
});

/** Takes about 80 MB of temporary files. */
const SORTED = `
  WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 100000)
  SELECT count(DISTINCT h) AS n FROM (SELECT printf('%0400d', id) AS h FROM n)
`;

Deno.test({
  name: "what does not fit into memory lies beside the state, however small /tmp and /var/tmp are",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using project = await tempProject({ "models/mart/n.sql": SORTED });
    // SQLite takes the first of these. What the program lies in stays in sight.
    const small = ["/var/tmp", "/tmp"].filter((path) =>
      !spoorCommand().some((word) => word.startsWith(`${path}/`))
    );
    const mounts = small.map((path) => `mount -t tmpfs -o size=1m none ${path}`);
    const moves = ["mount --bind . /mnt", ...mounts, "cd /mnt", "unset TMPDIR"].join(" && ");
    const { code, output } = await project.run("run", {
      under: ["unshare", "--mount", "sh", "-c", `${moves} && exec "$@"`, "sh"],
    });
    if (/unshare failed|permission denied/i.test(output)) {
      // deno-lint-ignore no-console -- a skip without its reason would be a silent one.
      return void console.log("\nskipped: this needs the right to mount a file system");
    }

    assert.equal(code, 0, output);
    assert.deepEqual(project.rows("mart.n"), [{ n: 100_000 }]);
  },
});

Deno.test({
  name: "where a variable names a folder for temporary files, and it is full, that is told",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using project = await tempProject({ "models/mart/n.sql": SORTED });
    const small = project.path("small");
    await using disk = await smallDisk(small, "size=1m");
    if (!disk) return;

    const full = await project.run("run", { env: { TMPDIR: small } });

    assertExplained(full, { says: [STATE, "full"], hint: new RegExp(`TMPDIR \\(${small}\\)`) });
  },
});
