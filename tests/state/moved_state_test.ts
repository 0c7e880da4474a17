/** A state file that is deleted, moved or replaced while a run goes on: what is written to it is lost to the next run. */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi } from "../support/fake_api.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";
import { STATE } from "./state_file.ts";

/** At 20 ms each they take ten seconds; a run looks once a second. */
const ROWS = 500;

const GONE = /Cannot go on: \.spoor\/spoor\.db was deleted or moved away while the run went on/;
const REPLACED =
  /Cannot go on: another file is in the place of \.spoor\/spoor\.db since the run began/;

/** Sends all rows of `raw.rows`, or those of another table. */
function sender(api: FakeApi, table: string): string {
  return `
    // @kind: tracked
    // @unique_key: id
    // @concurrency: 1
    // @allow_net: ${api.host}
    import { http, query } from "spoor";
    await query("SELECT id FROM ${table}").each(async (row) => {
      await http.post("${api.origin}/rows", { json: row });
    });
  `;
}

async function sendingProject(api: FakeApi, rows: number): Promise<TempProject> {
  return await tempProject({
    "models/raw/rows.sql": `
      WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ${rows})
      SELECT id FROM n
    `,
    "models/sync/one.ts": sender(api, "raw.rows"),
  });
}

interface Move {
  what: string;
  move: (project: TempProject) => Promise<void>;
  says: RegExp;
  /** Where the run has gone on writing, if it is anywhere. */
  file?: string;
}

const MOVES: readonly Move[] = [
  { what: "whose folder is deleted", move: (project) => project.remove(".spoor"), says: GONE },
  {
    what: "whose folder is moved",
    move: ({ root }) => Deno.rename(`${root}/.spoor`, `${root}/.moved`),
    says: GONE,
    file: ".moved/spoor.db",
  },
  {
    what: "that is moved alone",
    move: ({ root }) => Deno.rename(`${root}/${STATE}`, `${root}/moved.db`),
    says: GONE,
    file: "moved.db",
  },
  {
    what: "that is replaced by a backup",
    async move(project) {
      await Deno.rename(project.path(STATE), project.path("moved.db"));
      await Deno.copyFile(project.path("backup.db"), project.path(STATE));
    },
    says: REPLACED,
    file: "moved.db",
  },
];

for (const { what, move, says, file } of MOVES) {
  Deno.test(`a run ends soon that writes to a state file ${what}, and says so`, async () => {
    await using api = await fakeApi();
    await using project = await sendingProject(api, 1);
    await project.run("run");
    await project.run("state backup backup.db");
    await project.write(
      "models/raw/rows.sql",
      (await project.read("models/raw/rows.sql")).replace("id < 1", `id < ${ROWS}`),
    );
    api.clear();
    api.answer(() => ({ json: {}, delayMs: 20 }));
    await using running = project.start("run");
    await api.received(10);
    await move(project);
    const { code, output } = await running.result;

    assert.equal(code, 1, output);
    assert.match(output, says);
    assert.match(output, /Nothing more was sent\./);
    assert.ok(api.requests.length < ROWS - 1, "it has sent everything");
    if (file !== undefined) {
      const accepted = project.rows(`SELECT count(*) AS n FROM "spoor.accepted.sync.one"`, file);
      assert.deepEqual(accepted, [{ n: 1 + api.requests.length }], "what was accepted is in it");
      if (says === REPLACED) {
        const { output } = await project.run("state check");
        assert.match(output, /older than what was sent/, "the log of before is no part of it");
      }
      await Deno.mkdir(project.path(".spoor"), { recursive: true });
      await Deno.copyFile(project.path(file), project.path(STATE));
      assert.deepEqual(project.rows(`SELECT status FROM "spoor.runs" ORDER BY id`), [{
        status: "ok",
      }, { status: "failed" }]);
    }
    if (file === undefined) return;
    api.answer(() => ({ json: {} }));
    const next = await project.run("run");
    assert.equal(next.code, 0, next.output);
    assert.equal(api.requests.length, ROWS - 1, "each was sent once");
  });
}

Deno.test("no model sends its first request when the state file was moved, and the run fails", async () => {
  const { promise: moved, resolve: go } = Promise.withResolvers<void>();
  await using api = await fakeApi(() => moved.then(() => ({ json: {} })));
  await using project = await sendingProject(api, 1);
  await project.write("models/sync/two.ts", sender(api, "sync.one"));
  await using running = project.start("run");
  await api.received(1);
  await Deno.rename(project.path(".spoor"), project.path(".moved"));
  go();
  const { code, output } = await running.result;

  assert.equal(code, 1, output);
  assert.match(output, GONE);
  assert.equal(api.requests.length, 1);
  assert.deepEqual(project.rows('SELECT id FROM "sync.one"', ".moved/spoor.db"), [{ id: 1 }]);
});

Deno.test("a run that has sent all before its state file was moved fails at its end", async () => {
  const { promise: moved, resolve: go } = Promise.withResolvers<void>();
  await using api = await fakeApi(() => moved.then(() => ({ json: {} })));
  await using project = await sendingProject(api, 1);
  await using running = project.start("run");
  await api.received(1);
  await Deno.rename(project.path(".spoor"), project.path(".moved"));
  go();
  const { code, output } = await running.result;

  assert.equal(code, 1, output);
  assert.match(output, GONE);
});
