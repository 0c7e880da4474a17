/** Tracked models that send nothing: what files bring in, and tracked SQL models. */
import assert from "node:assert/strict";
import { readRun, type SyncRun } from "../support/sync_project.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";

const INBOX = `
  // @kind: tracked
  // @unique_key: id
  // @allow_read: inbox
  import { files, log, save } from "spoor";
  for await (const file of files("inbox/*.csv")) {
    log.info("read", file.path);
    await save.rows(file.csv());
  }
`;
const BELOW = `SELECT count(*) AS n, group_concat(name, ',' ORDER BY id) AS names FROM raw.people`;

async function run(project: TempProject, ...args: string[]): Promise<SyncRun> {
  return readRun(await project.run(["run", "--json", ...args]));
}

function filesRead({ events }: SyncRun): string[] {
  return events.flatMap((event) =>
    event.type === "log" && event.message.startsWith("read ") ? [event.message.slice(5)] : []
  );
}

/** Rewrites a file so that its time moves whatever the file system's clock. */
async function touch(project: TempProject, path: string): Promise<void> {
  const later = new Date(Date.now() + 60_000);
  await Deno.utime(project.path(path), later, later);
}

Deno.test("files that are new or changed are read, groups that changed are written, and the rest sleeps", async () => {
  await using project = await tempProject({
    "models/raw/people.ts": INBOX,
    "models/mart/summary.sql": BELOW,
    "inbox/a.csv": "id,name\n1,Ada\n2,Grace\n",
    "inbox/b.csv": "id,name\n3,Edsger\n",
  });
  const first = await run(project);
  assert.equal(first.code, 0, first.output);
  assert.deepEqual(filesRead(first), ["inbox/a.csv", "inbox/b.csv"]);
  assert.deepEqual(project.rows("mart.summary"), [{ n: 3, names: "Ada,Grace,Edsger" }]);

  const second = await run(project);
  assert.equal(second.model("raw.people").status, "skipped");

  await touch(project, "inbox/a.csv");
  const touched = await run(project);
  assert.equal(touched.model("raw.people").status, "skipped", "the same content, another time");

  await project.write("inbox/a.csv", "name,id\nGrace,2\nAda,1\n");
  const rewritten = await run(project);
  assert.deepEqual(filesRead(rewritten), ["inbox/a.csv"]);
  assert.equal(rewritten.model("raw.people").changed, false, "the same groups");
  assert.equal(rewritten.model("mart.summary").status, "skipped");

  await project.write("inbox/c.csv", "id,name\n4,Barbara\n2,Hopper\n");
  const added = await run(project);
  assert.deepEqual(filesRead(added), ["inbox/c.csv"]);
  assert.deepEqual(project.rows("mart.summary"), [{ n: 4, names: "Ada,Hopper,Edsger,Barbara" }]);

  await project.remove("inbox/b.csv");
  const removed = await run(project);
  assert.equal(removed.code, 0);
  assert.deepEqual(filesRead(removed), []);
  assert.deepEqual(project.rows("mart.summary").map((row) => row.n), [4], "what was read stays");

  await project.write("inbox/b.csv", "id,name\n3,Edsger\n");
  const back = await run(project);
  assert.deepEqual(filesRead(back), ["inbox/b.csv"]);
  assert.equal(back.model("mart.summary").status, "skipped");
});

Deno.test("a group of several rows is replaced as a whole", async () => {
  await using project = await tempProject({
    "models/raw/people.ts": INBOX.replace("unique_key: id", "unique_key: name"),
    "inbox/a.csv": "id,name\n1,Ada\n2,Ada\n3,Grace\n",
  });
  await run(project);
  await project.write("inbox/a.csv", "id,name\n2,Ada\n9,Ada\n");
  await run(project);

  assert.deepEqual(
    project.rows(`SELECT id, name FROM "raw.people" ORDER BY id`),
    [{ id: "2", name: "Ada" }, { id: "3", name: "Grace" }, { id: "9", name: "Ada" }],
  );
});

Deno.test("a model that fails has read no file, and written nothing", async () => {
  await using project = await tempProject({
    "models/raw/people.ts": INBOX,
    "inbox/a.csv": "id,name\n1,Ada\n",
  });
  await run(project);
  await project.write("inbox/b.csv", "id,name\n2,Grace\n");
  await project.write("inbox/c.csv", "id,name\n3\n");

  const failed = await run(project);
  assert.equal(failed.code, 1);
  assert.deepEqual(filesRead(failed), ["inbox/b.csv", "inbox/c.csv"]);
  assert.equal(project.rows("raw.people").length, 1);

  await project.write("inbox/c.csv", "id,name\n3,Edsger\n");
  const mended = await run(project);
  assert.deepEqual(filesRead(mended), ["inbox/b.csv", "inbox/c.csv"]);
  assert.equal(project.rows("raw.people").length, 3);
});

Deno.test("files that a loop was not given come with the next run", async () => {
  await using project = await tempProject({
    "models/raw/people.ts": INBOX.replace(
      "save.rows(file.csv());",
      "save.rows(file.csv()); break;",
    ),
    "inbox/a.csv": "id,name\n1,Ada\n",
    "inbox/b.csv": "id,name\n2,Grace\n",
    "inbox/c.csv": "id,name\n3,Edsger\n",
  });
  const read: string[][] = [];
  for (let i = 0; i < 4; i++) read.push(filesRead(await run(project)));

  assert.deepEqual(read, [["inbox/a.csv"], ["inbox/b.csv"], ["inbox/c.csv"], []]);
  assert.equal(project.rows("raw.people").length, 3);
});

Deno.test("another definition reads all files again, and rewrites only what differs", async () => {
  await using project = await tempProject({
    "models/raw/people.ts": INBOX,
    "models/mart/summary.sql": BELOW,
    "inbox/a.csv": "id,name\n1,Ada\n",
    "inbox/b.csv": "id,name\n2,Grace\n",
  });
  await run(project);
  await project.write("models/raw/people.ts", INBOX + "\n  log.info('done');\n");

  const edited = await run(project);

  assert.deepEqual(filesRead(edited), ["inbox/a.csv", "inbox/b.csv"]);
  assert.equal(edited.model("raw.people").changed, false);
  assert.equal(edited.model("mart.summary").status, "skipped");
});

Deno.test("saved rows without a key are an error, and nothing is written", async () => {
  await using project = await tempProject({
    "models/raw/people.ts": INBOX.replace(
      "save.rows(file.csv());",
      "save.row({ id: null, x: 1 });",
    ),
    "inbox/a.csv": "id,name\n1,Ada\n",
  });

  const failed = await run(project);

  assert.equal(failed.code, 1);
  assert.match(failed.output, /1 row has a NULL key/);
  assert.match(failed.output, /id = NULL, x = 1/);
});

Deno.test("saved rows that lack the unique key's column are an error that names it", async () => {
  await using project = await tempProject({
    "models/raw/people.ts": INBOX.replace("save.rows(file.csv());", "save.row({ x: 1 });"),
    "inbox/a.csv": "id,name\n1,Ada\n",
  });

  const failed = await run(project);

  assert.equal(failed.code, 1);
  assert.match(failed.model("raw.people").error?.message ?? "", /unique key "id"/);
});

Deno.test("a tracked SQL model keeps its table in step, and wakes what is below only when it moved", async () => {
  const values = (rows: string) => `SELECT column1 AS id, column2 AS name FROM (VALUES ${rows})`;
  await using project = await tempProject({
    "models/raw/source.sql": values("(1, 'Ada'), (2, 'Grace'), (2, 'Hopper')"),
    "models/raw/people.sql": `
      -- @kind: tracked
      -- @unique_key: id
      SELECT id, upper(name) AS name FROM raw.source
    `,
    "models/mart/summary.sql": BELOW,
  });
  const first = await run(project);
  assert.equal(first.code, 0, first.output);
  assert.deepEqual(project.rows("mart.summary"), [{ n: 3, names: "ADA,GRACE,HOPPER" }]);

  await project.write("models/raw/source.sql", values("(2, 'hopper'), (2, 'grace'), (1, 'ada')"));
  const same = await run(project);
  assert.equal(same.model("raw.source").changed, true);
  assert.equal(same.model("raw.people").changed, false);
  assert.equal(same.model("mart.summary").status, "skipped");

  const kept = hashesById(project);
  await project.write("models/raw/source.sql", values("(1, 'Ada'), (2, 'Grace'), (3, 'Edsger')"));
  const moved = await run(project);
  assert.equal(moved.model("raw.people").changed, true);
  assert.deepEqual(project.rows("mart.summary"), [{ n: 3, names: "ADA,GRACE,EDSGER" }]);
  assert.equal(hashesById(project)["1"], kept["1"]);
  assert.notEqual(hashesById(project)["2"], kept["2"]);

  await project.write("models/raw/source.sql", values("(2, 'Grace')"));
  await run(project);
  assert.deepEqual(project.rows("mart.summary"), [{ n: 1, names: "GRACE" }]);

  await project.write("models/raw/source.sql", `${values("(2, 'Grace')")} WHERE 0`);
  await run(project);
  assert.deepEqual(project.rows("mart.summary").map((row) => row.n), [0]);
});

function hashesById(project: TempProject): Record<string, unknown> {
  return Object.fromEntries(
    project.rows("raw.people").map((row) => [String(row.id), row._content_hash]),
  );
}

Deno.test("a model that only saves rows is neither adopted nor sent again", async () => {
  await using project = await tempProject({
    "models/raw/people.ts": INBOX,
    "inbox/a.csv": "id,name\n1,Ada\n",
  });

  for (
    const [option, what] of [["--adopt", "adopt raw.people"], ["--resend", "send raw.people again"]]
  ) {
    const { code, output } = await project.run(`run ${option} raw.people`);
    assert.match(output, new RegExp(`Cannot ${what}: it reads no query, and only saves rows`));
    assert.equal(code, 2, output);
  }
});
