/**
 * Output that nobody reads: a paused pager, a collector that hangs. It holds up what is printed, and neither
 * signals nor the clock. A FIFO that is open for reading and not read is such a reader.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi } from "../support/fake_api.ts";
import type { RunningSpoor } from "../support/spoor.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";

const POSSIBLE = { ignore: Deno.build.os === "windows" };
/** More lines than a pipe has room for, which is 64 KiB on Linux. */
const LINES = 4_000;
/** Longer than any of these runs takes: it is there for one that hangs. */
const LONGEST_MS = 90_000;

/** A model that fills the pipe, and sends each of its rows. */
function files(api: FakeApi) {
  return {
    "models/a/people.sql":
      "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 300) SELECT id FROM n",
    "models/sync/crm.ts": `
      // @kind: tracked
      // @unique_key: id
      // @allow_net: ${api.host}
      import { http, log, query } from "spoor";
      for (let line = 0; line < ${LINES}; line++) log.info("line " + line + " of what nobody reads");
      await query("SELECT id FROM a.people").each(async (row) => {
        await http.post("${api.origin}/people", { json: row });
      });
    `,
  };
}

/** Spoor with its output going into a FIFO, and the reader's end of it. */
interface Unread extends AsyncDisposable {
  running: RunningSpoor;
  reader: Deno.FsFile;
}

async function startUnread(
  project: TempProject,
  call: string,
  streams: ">" | ">&2 2>" | ">pipe 2>&1 #" = ">",
): Promise<Unread> {
  const fifo = project.path("pipe");
  assert.ok((await new Deno.Command("mkfifo", { args: [fifo] }).output()).success);
  // Opened for both, it waits for nobody.
  const reader = await Deno.open(fifo, { read: true, write: true });
  const running = project.start(call, { under: ["sh", "-c", `exec "$@" ${streams}pipe`, "sh"] });
  const timer = setTimeout(() => running.kill("SIGKILL"), LONGEST_MS);
  return {
    running,
    reader,
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      await running[Symbol.asyncDispose]();
      reader.close();
    },
  };
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  for (const options of ["", " --json"]) {
    Deno.test(
      `${signal} ends a run${options} whose output nobody reads, and its state is whole`,
      POSSIBLE,
      async () => {
        await using api = await fakeApi(() => ({ json: {}, delayMs: 20 }));
        await using project = await tempProject(files(api));
        await using run = await startUnread(project, `run${options}`);
        await sends(run, api, 10);

        run.running.kill(signal);
        const { code, stderr } = await run.running.result;

        assert.equal(code, 1);
        assert.match(
          stderr,
          /^error: Cannot write to standard output: nobody reads it; the rest of it is not shown$/m,
        );
        await assertWhole(project, api);
      },
    );
  }
}

/** Waits until so many requests have come, or the run was killed because they never do. */
async function sends(run: Unread, api: FakeApi, count: number): Promise<void> {
  const ended = run.running.result.then(() => assert.fail("the run did not get so far"));
  await Promise.race([api.received(count), ended]);
}

/** What was sent is recorded, what was not is left, and the next run can begin and does the rest. */
async function assertWhole(project: TempProject, api: FakeApi) {
  const sent = api.requests.length;
  assert.ok(sent > 0 && sent < 300, String(sent));
  assert.equal(project.rows("sync.crm").length, sent);
  assert.deepEqual(project.rows(`SELECT status FROM "spoor.runs"`), [{ status: "cancelled" }]);
  api.answer(() => ({ json: {} }));
  const next = await project.run("run --json");
  assert.equal(next.code, 0, next.output);
  assert.equal(api.requests.length, 300);
}

Deno.test("the clock ends a run both of whose streams nobody reads", POSSIBLE, async () => {
  await using api = await fakeApi(() => ({ json: {}, delayMs: 100 }));
  await using project = await tempProject(files(api));
  await using run = await startUnread(project, "run --timeout 8s", ">pipe 2>&1 #");

  assert.equal((await run.running.result).code, 1);
  await assertWhole(project, api);
});

Deno.test("a second Ctrl-C ends at once what nobody reads", POSSIBLE, async () => {
  await using api = await fakeApi(() => ({ json: {}, delayMs: 600_000 }));
  await using project = await tempProject(files(api));
  await using run = await startUnread(project, "run", ">&2 2>");
  await sends(run, api, 1);

  run.running.kill("SIGINT");
  run.running.kill("SIGTERM");

  assert.equal((await run.running.result).code, 130);
});

Deno.test(
  "a reader that comes back gets every line in its order before the run ends",
  POSSIBLE,
  async () => {
    await using api = await fakeApi();
    await using project = await tempProject(files(api));
    await using run = await startUnread(project, "run --json");
    await sends(run, api, 300);
    let isOver = false;
    const code = run.running.result.then((result) => {
      isOver = true;
      return result.code;
    });

    const text = await readUntil(run.reader, /"run_finished".*\n/);

    assert.equal(await code, 0);
    assert.ok(isOver);
    const events = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    const lines = events.filter(({ type }) => type === "log").map(({ message }) => message);
    assert.deepEqual(
      lines,
      Array.from({ length: LINES }, (_, line) => `line ${line} of what nobody reads`),
    );
  },
);

async function readUntil(reader: Deno.FsFile, end: RegExp): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  let text = "";
  while (!end.test(text.slice(-10_000))) {
    const length = await reader.read(buffer);
    text += decoder.decode(buffer.subarray(0, length ?? 0), { stream: true });
  }
  return text;
}
