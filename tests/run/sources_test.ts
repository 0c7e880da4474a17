/**
 * TypeScript models that read no table: those that can reach nothing but files are skipped while
 * the files are what they were; all others run every time.
 *
 * @module
 */
import assert from "node:assert/strict";
import { runSteps } from "../support/run_steps.ts";
import { tempProject } from "../support/temp_project.ts";

const INBOX = {
  "models/raw/inbox.ts": `
    // @allow_read: inbox, one/*.csv
    import { files, save } from "spoor";
    for (const pattern of ["inbox/**/*.txt", "one/*.csv"]) {
      for (const file of await files(pattern)) {
        await save.row({ path: file.path, text: await file.text() });
      }
    }
  `,
  "models/mart/inbox.sql": "SELECT count(*) AS n FROM raw.inbox",
  "inbox/a.txt": "one",
  "inbox/deep/b.txt": "two",
  "one/c.csv": "three",
};

Deno.test("a source of files runs only when a file is not what it was", async (t) => {
  await using project = await tempProject(INBOX);
  const first = await runSteps(project);
  assert.equal(first.code, 0, first.output);
  assert.deepEqual(project.rows('SELECT path FROM "raw.inbox" ORDER BY 1'), [
    { path: "inbox/a.txt" },
    { path: "inbox/deep/b.txt" },
    { path: "one/c.csv" },
  ]);

  const expectSkipped = async (why: string) => {
    const { steps } = await runSteps(project);
    assert.equal(steps["raw.inbox"]?.status, "skipped", why);
    assert.equal(steps["raw.inbox"]?.reason, "files unchanged");
    assert.equal(steps["mart.inbox"]?.status, "skipped", why);
  };
  const expectRun = async (reason: string | RegExp) => {
    const { steps, output } = await runSteps(project);
    assert.equal(steps["raw.inbox"]?.status, "ok", output);
    assert.match(steps["raw.inbox"]?.reason ?? "", RegExp(reason));
    await expectSkipped("the run after it");
  };

  await t.step("nothing happened", () => expectSkipped("nothing happened"));
  await t.step("a file was touched", async () => {
    await Deno.utime(project.path("inbox/a.txt"), new Date(2020, 1, 1), new Date(2020, 1, 1));
    await expectSkipped("touched");
  });
  await t.step("other content of the same size", async () => {
    await project.write("inbox/a.txt", "ONE");
    await expectRun("inbox/a.txt changed");
  });
  await t.step("a new file in a folder", async () => {
    await project.write("inbox/new/deeper/d.txt", "four");
    await expectRun("inbox/new/deeper/d.txt changed");
  });
  await t.step("a file is gone", async () => {
    await project.remove("inbox/deep/b.txt");
    await expectRun("inbox/deep/b.txt changed");
  });
  await t.step("a new file by a glob", async () => {
    await project.write("one/e.csv", "five");
    await expectRun("one/e.csv changed");
  });
  await t.step("a file that the glob does not cover", async () => {
    await project.write("one/e.txt", "six");
    await expectSkipped("not covered");
  });
  await t.step("two files at once", async () => {
    await project.write("one/e.csv", "5");
    await project.write("inbox/a.txt", "1");
    await expectRun("2 files changed");
  });
  assert.deepEqual(project.rows('SELECT text FROM "raw.inbox" ORDER BY 1'), [
    { text: "1" },
    { text: "5" },
    { text: "four" },
    { text: "three" },
  ]);
});

Deno.test("a source that failed reads its files again", async () => {
  await using project = await tempProject({
    "models/raw/a.ts": `
      // @allow_read: in
      import { files, save } from "spoor";
      for (const file of await files("in/*")) {
        if (await file.text() === "bad") throw new Error("bad file");
        await save.row({ path: file.path });
      }
    `,
    "in/a.txt": "bad",
  });
  assert.equal((await runSteps(project)).code, 1);
  assert.equal((await runSteps(project)).code, 1);

  await project.write("in/a.txt", "good");
  assert.equal((await runSteps(project)).statuses["raw.a"], "ok");
  assert.equal((await runSteps(project)).statuses["raw.a"], "skipped");
});

Deno.test("a source that may reach the network or variables, or nothing, runs every time", async () => {
  await using project = await tempProject({
    "models/raw/net.ts": `
      // @allow_net: 127.0.0.1:9
      // @allow_read: in
      import { save } from "spoor";
      await save.row({ id: 1 });
    `,
    "models/raw/env.ts": `
      // @allow_env: HOME
      // @allow_read: in
      import { save } from "spoor";
      await save.row({ id: 1 });
    `,
    "models/raw/nothing.ts": `
      import { save } from "spoor";
      await save.row({ id: 1 });
    `,
    "models/mart/reader.sql": "SELECT * FROM raw.net, raw.env, raw.nothing".replace(
      "*",
      "count(*) AS n",
    ),
  });
  await runSteps(project);

  const { steps } = await runSteps(project);

  for (const model of ["raw.net", "raw.env", "raw.nothing"]) {
    assert.equal(steps[model]?.status, "ok");
    assert.equal(steps[model]?.reason, "a source runs every time");
    assert.equal(steps[model]?.changed, false);
  }
  assert.equal(steps["mart.reader"]?.status, "skipped");
});

Deno.test("a source that saves nothing has no table, is skipped, and its reader says so", async () => {
  await using project = await tempProject({
    "models/raw/empty.ts": `
      // @allow_read: in
      import { files, save } from "spoor";
      for (const file of await files("in/*.txt")) await save.row({ path: file.path });
    `,
    "models/mart/reader.sql": "SELECT path FROM raw.empty",
  });
  const first = await runSteps(project);
  assert.equal(first.statuses["raw.empty"], "ok");
  assert.equal(first.statuses["mart.reader"], "failed");
  const error = first.steps["mart.reader"]?.error;
  assert.equal(error?.at?.path, "models/mart/reader.sql");
  assert.match(error?.message ?? "", /Cannot run mart\.reader: raw\.empty has no table/);
  assert.match(error?.hint ?? "", /once it has saved a row/);

  assert.equal((await runSteps(project)).statuses["raw.empty"], "skipped");

  await project.write("in/a.txt", "x");
  const third = await runSteps(project);
  assert.deepEqual(third.statuses, { "raw.empty": "ok", "mart.reader": "ok" });
});

Deno.test("a source that saves nothing any more leaves an empty table", async () => {
  await using project = await tempProject({
    "models/raw/a.ts": `
      // @allow_read: in
      import { files, save } from "spoor";
      for (const file of await files("in/*.txt")) await save.row({ path: file.path });
    `,
    "models/mart/reader.sql": "SELECT path FROM raw.a",
    "in/a.txt": "x",
  });
  await runSteps(project);
  await project.remove("in/a.txt");

  const { steps } = await runSteps(project);

  assert.deepEqual(project.rows("mart.reader"), []);
  assert.equal(steps["raw.a"]?.rows, 0);
  assert.deepEqual(Object.values((await runSteps(project)).statuses), ["skipped", "skipped"]);
});

Deno.test("the state and the secrets are not among the files that a source may read", async () => {
  await using project = await tempProject({ ".env": "TOKEN=abc", "data.txt": "x" });
  const model = (code: string) =>
    `// @allow_read: ${project.root}\nimport { files, save } from "spoor";\n${code}\n`;
  const reading = (path: string) =>
    model(`
      for await (const file of files("${project.root}/${path}")) {
        await save.row({ text: await file.text().catch(() => "refused") });
      }
    `);
  await project.write(
    "models/raw/all.ts",
    model(`for await (const { path } of files("${project.root}/**/*")) await save.row({ path });`),
  );
  await project.write("models/raw/env.ts", reading(".env"));
  await project.write("models/raw/state.ts", reading(".spoor/spoor.db"));

  const { output, steps } = await runSteps(project);

  assert.doesNotMatch(output, /TOKEN=abc/);
  assert.deepEqual(project.rows('SELECT path FROM "raw.all" ORDER BY 1').map(({ path }) => path), [
    "data.txt",
    "models/raw/all.ts",
    "models/raw/env.ts",
    "models/raw/state.ts",
  ]);
  for (const name of ["raw.env", "raw.state"]) {
    const { status, error } = steps[name] ?? {};
    assert.equal(status, "failed", output);
    assert.match(
      error?.message ?? "",
      /^Cannot read "\S+": it holds secrets or Spoor's own state, which no model may read$/,
    );
    assert.doesNotMatch(error?.hint ?? "", /@allow_read/, "that would be refused");
  }
});
