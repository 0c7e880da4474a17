/**
 * Memory does not grow with the number of rows.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { readEvents } from "../support/run_steps.ts";
import { TESTS_BINARY } from "../support/spoor.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";

const ROWS = 300_000;
const LIMIT_MB = 300;

/** The most memory that a process has held so far, where the system tells. */
async function peakMb(pid: number): Promise<number | undefined> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  const kb = /^VmHWM:\s*(\d+) kB/m.exec(status)?.[1];
  return kb === undefined ? undefined : Number(kb) / 1_024;
}

/** Runs Spoor to its end. */
async function measured(
  project: TempProject,
  args: string,
): Promise<{ peakMb: number; stdout: string }> {
  await using running = project.start(args);
  let peak = 0;
  const timer = setInterval(async () => {
    peak = Math.max(peak, await peakMb(running.pid) ?? 0);
  }, 20);
  const { code, stdout, output } = await running.result;
  clearInterval(timer);
  assert.equal(code, 0, output.slice(-2_000));
  return { peakMb: peak, stdout };
}

function assertIsSmall(peakMb: number): void {
  // deno-lint-ignore no-console -- the figure is what one wants to see.
  console.log(`peak memory: ${Math.round(peakMb)} MB`);
  assert.ok(peakMb > 0 && peakMb < LIMIT_MB, `${Math.round(peakMb)} MB`);
}

Deno.test({
  name: `${ROWS} rows are ingested, copied and read within ${LIMIT_MB} MB`,
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using project = await tempProject({
      "models/raw/rows.ts": `
        import { save } from "spoor";
        const text = "a text of some length, so that rows weigh something: ";
        for (let id = 0; id < ${ROWS}; id++) await save.row({ id, name: text + id, amount: id / 7 });
      `,
      "models/mart/copy.sql": "SELECT id % 100 AS bucket, id, name, amount FROM raw.rows",
      "models/mart/read.ts": `
        import { query, save } from "spoor";
        let n = 0;
        for await (const row of query("SELECT * FROM mart.copy")) n += row.bucket;
        await save.row({ n });
      `,
    });
    const { peakMb, stdout } = await measured(project, "run --json");

    const { steps } = readEvents(stdout);
    assert.equal(steps["mart.copy"]?.rows, ROWS);
    assert.deepEqual(project.rows("mart.read"), [{ n: ROWS * 49.5 }]);
    assertIsSmall(peakMb);
  },
});

Deno.test({
  name: `${ROWS} rows are compared with what the far side holds within ${LIMIT_MB} MB`,
  ignore: Deno.build.os !== "linux",
  async fn() {
    const text = "a text of some length so that rows weigh something: ";
    await using project = await tempProject({
      "models/raw/rows.sql": `
        WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ${ROWS})
        SELECT id, '${text}' || id AS name, id / 7.0 AS amount FROM n
      `,
      "models/sync/rows.ts": `
        // @kind: tracked
        // @unique_key: id
        // @allow_net: 127.0.0.1:9
        import { http, query } from "spoor";
        await query("SELECT * FROM raw.rows").each((row) => http.post("http://127.0.0.1:9/", { json: row }));
      `,
    });
    const lines = Array.from(
      { length: ROWS },
      (_, i) => `${i + 1},${i % 100 === 0 ? "other" : text + (i + 1)},${(i + 1) / 7}\n`,
    );
    await project.write("held.csv", `id,name,amount\n${lines.join("")}`);
    const { stdout } = await project.run("run --json raw.rows");
    assert.match(stdout, /"status":"ok"/);

    const { peakMb, stdout: adopted } = await measured(
      project,
      "run --json sync.rows --adopt sync.rows --held held.csv",
    );

    const { steps } = readEvents(adopted);
    assert.equal(steps["sync.rows"]?.adopted?.differ, ROWS / 100);
    assertIsSmall(peakMb);
  },
});

Deno.test({
  name: "the compiled program says which limit values have met that memory_mb does not raise",
  ignore: !TESTS_BINARY,
  async fn() {
    await using project = await tempProject({
      "spoor.yaml": "memory_mb: 4000",
      "models/a/large.ts": `
        const all = [];
        while (true) all.push(new Array(1_000_000).fill(0.5));
      `,
    });
    const { code, output } = await project.run("run");

    assert.equal(code, 1, output);
    assert.match(
      output,
      /its values took more than 1024 MB, the most that this program gives them/,
    );
    assert.match(output, /"memory_mb" in spoor\.yaml lets only bytes take more/);
  },
});

Deno.test("many large bodies at once do not take several times their memory", async () => {
  await using api = await fakeApi();
  await using project = await tempProject({
    // The bodies are 216 MB.
    "spoor.yaml": "memory_mb: 400",
    "models/raw/rows.sql": `
      WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 48)
      SELECT id FROM n
    `,
    "models/sync/rows.ts": `
      // @kind: tracked
      // @unique_key: id
      // @concurrency: 48
      // @allow_net: ${api.host}
      import { http, query } from "spoor";
      const large = "z".repeat(4_500_000);
      await query("SELECT id FROM raw.rows").each(async (row) => {
        await http.post("${api.origin}/", { body: row.id + large });
      });
    `,
  });
  const { code, output } = await project.run("run");

  assert.equal(code, 0, output);
  assert.equal(api.requests.length, 48);
});
