/**
 * What `files` finds: all that is there. What is there and cannot be had is never taken for nothing, for then what
 * came of it would count as gone.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type FakeApi, fakeApi } from "../support/fake_api.ts";
import { TESTS_BINARY } from "../support/spoor.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";
import { RIGHTS_CAN_BE_TAKEN, runWithoutRights } from "../support/without_rights.ts";

/** Reads CSV files, and sends a removal where a row is gone. */
function sending(api: FakeApi, allowRead = "inbox"): Promise<TempProject> {
  return tempProject({
    "models/raw/people.ts": `
      // @allow_read: ${allowRead}
      import { files, save } from "spoor";
      for await (const file of files("inbox/**/*.csv")) await save.rows(file.csv());
    `,
    "models/sync/people.ts": `
      // @kind: tracked
      // @unique_key: id
      // @on_removed: deliver
      // @max_removed: 100%
      // @allow_net: ${api.host}
      import { changes, http } from "spoor";
      await changes("SELECT id FROM raw.people").each(async ({ action, key }) => {
        await http.post("${api.origin}/" + action, { json: key });
      });
    `,
    "inbox/all.csv": "id\n1\n",
    "inbox/eu/a.csv": "id\n2\n",
    "inbox/eu/b.csv": "id\n3\n",
  });
}

async function reading(pattern: string, allowRead: string): Promise<TempProject> {
  return await tempProject({
    "models/raw/files.ts": `
      // @allow_read: ${allowRead}
      import { files, save } from "spoor";
      for await (const file of files(${JSON.stringify(pattern)})) {
        await save.row({ path: file.path, text: await file.text() });
      }
    `,
  });
}

function found(project: TempProject): unknown[] {
  return project.rows('SELECT path FROM "raw.files" ORDER BY 1').map(({ path }) => path);
}

for (
  const [what, hide, says] of [
    ["a folder that may not be read", async (project: TempProject) => {
      await Deno.chmod(project.path("inbox/eu"), 0o000);
    }, /Cannot read "inbox\/eu": whoever runs Spoor may not read it\n.*hint: Let them read it/],
    ["a folder that may be listed and not entered", async (project: TempProject) => {
      await Deno.chmod(project.path("inbox/eu"), 0o644);
    }, /Cannot read "inbox\/eu\/\w\.csv": whoever runs Spoor may not read it\n/],
    ["a file that may not be read", async (project: TempProject) => {
      await project.write("inbox/eu/a.csv", "id\n9\n");
      await Deno.chmod(project.path("inbox/eu/a.csv"), 0o000);
    }, /Cannot read "inbox\/eu\/a\.csv": whoever runs Spoor may not read it\n.*hint: Let them/],
    ["what the system has another trouble with", async (project: TempProject) => {
      await project.remove("inbox/eu");
      await Deno.symlink("eu", project.path("inbox/eu"));
    }, /Cannot read "inbox\/eu": Too many levels of symbolic links\n.*hint: It does not count as/],
  ] as const
) {
  Deno.test(`${what} fails the model that finds it, and nothing counts as gone`, {
    ...RIGHTS_CAN_BE_TAKEN,
  }, async () => {
    await using api = await fakeApi();
    await using project = await sending(api);
    const first = await runWithoutRights(project.root, "run");
    assert.equal(first.code, 0, first.output);
    api.clear();
    await hide(project);

    const { code, output } = await runWithoutRights(project.root, "run");

    await Deno.chmod(project.path("inbox"), 0o755);
    if (await project.exists("inbox/eu/.")) await Deno.chmod(project.path("inbox/eu"), 0o755);
    assert.equal(code, 1, output);
    assert.match(output, says);
    assert.match(output, /blocked/);
    assert.deepEqual(api.requests, []);
  });
}

Deno.test(
  "a model whose files cannot be looked at does not keep others from running",
  RIGHTS_CAN_BE_TAKEN,
  async () => {
    await using project = await tempProject({
      "models/raw/listed.ts": `
      // @allow_read: inbox
      import { files, save } from "spoor";
      for await (const { path } of files("inbox/*.csv")) await save.row({ path });
    `,
      "models/raw/other.sql": "SELECT 1 AS id",
      "inbox/a.csv": "id\n1\n",
    });
    assert.equal((await runWithoutRights(project.root, "run")).code, 0);
    await project.write("models/raw/other.sql", "SELECT 2 AS id");
    await Deno.chmod(project.path("inbox"), 0o000);

    const { code, output } = await runWithoutRights(project.root, "run");

    await Deno.chmod(project.path("inbox"), 0o755);
    assert.equal(code, 1, output);
    assert.match(output, /Cannot read "inbox": whoever runs Spoor may not read it/);
    assert.deepEqual(project.rows("raw.other"), [{ id: 2 }]);
  },
);

Deno.test("a folder that is a link is followed where it leads to what may be read, and else refused", async (t) => {
  await using api = await fakeApi();
  using disk = tempFolder();
  await using project = await sending(api);
  assert.equal((await project.run("run")).code, 0);
  api.clear();
  await Deno.mkdir(`${disk.path}/eu`);
  for (const name of ["a.csv", "b.csv"]) {
    await Deno.copyFile(project.path(`inbox/eu/${name}`), `${disk.path}/eu/${name}`);
  }
  await project.remove("inbox/eu");
  await Deno.symlink(`${disk.path}/eu`, project.path("inbox/eu"));

  await t.step("it leads elsewhere", async () => {
    const { code, output } = await project.run("run");
    assert.equal(code, 1, output);
    assert.ok(output.includes(`Cannot read "inbox/eu": a link leads to ${disk.path}/eu, not in`));
    assert.ok(
      output.includes(`hint: Write "// @allow_read: inbox, ${disk.path}/eu" into the header`),
    );
  });
  await t.step("that is allowed", async () => {
    const model = await project.read("models/raw/people.ts");
    await project.write("models/raw/people.ts", model.replace("inbox", `inbox, ${disk.path}/eu`));
    const { code, output } = await project.run("run");
    assert.equal(code, 0, output);
  });
  await t.step("a file in it changed", async () => {
    await Deno.writeTextFile(`${disk.path}/eu/b.csv`, "id\n3\n4\n");
    assert.equal((await project.run("run")).code, 0);
  });
  assert.deepEqual(api.requests.map(({ path, json }) => [path, json]), [["/create", { id: "4" }]]);
});

Deno.test("a link to a folder gives no file twice, and none that goes in circles", async () => {
  await using project = await reading("inbox/**/*.csv", "inbox");
  await project.write("inbox/2026/a.csv", "a");
  await Deno.symlink("2026", project.path("inbox/latest"));
  await Deno.symlink("..", project.path("inbox/2026/up"));
  await Deno.symlink("nowhere", project.path("inbox/gone"));

  const { code, output } = await project.run("run");

  assert.equal(code, 0, output);
  assert.deepEqual(found(project), ["inbox/2026/a.csv"]);
});

Deno.test("a file that is a link out of what may be read is refused by its name", async () => {
  using disk = tempFolder();
  await using project = await reading("inbox/*.csv", "inbox");
  await Deno.writeTextFile(`${disk.path}/a.csv`, "a");
  await project.write("inbox/b.csv", "b");
  assert.equal((await project.run("run")).code, 0);
  await Deno.symlink(`${disk.path}/a.csv`, project.path("inbox/a.csv"));

  const { code, output } = await project.run("run");

  assert.equal(code, 1, output);
  assert.ok(output.includes(`Cannot read "inbox/a.csv": a link leads to ${disk.path}/a.csv, not`));
});

Deno.test("a name that is not UTF-8 is refused where it may be meant", {
  // Deno 2.6.8, of which the program is made where 2.9 cannot make it, does not list such names.
  ignore: Deno.build.os !== "linux" || TESTS_BINARY,
}, async (t) => {
  await using project = await reading("inbox/*.csv", "inbox");
  await project.write("inbox/a.csv", "a");
  const write = (name: string) => {
    const script = `printf x > "$(printf 'inbox/${name}')"`;
    return new Deno.Command("sh", { args: ["-c", script], cwd: project.root }).output();
  };
  await t.step("another kind of file", async () => {
    await write("caf\\351.pdf");
    const { code, output } = await project.run("run");
    assert.equal(code, 0, output);
    assert.deepEqual(found(project), ["inbox/a.csv"]);
    assert.match((await project.run("run")).output, /Nothing to do/);
  });
  await t.step("one of those that are looked for", async () => {
    await write("caf\\351.csv");
    const { code, output } = await project.run("run");
    assert.equal(code, 1, output);
    assert.match(output, /Cannot read "inbox\/caf\uFFFD\.csv": its name is not UTF-8/);
  });
});

Deno.test(
  "only the folders that a pattern may mean are looked through",
  RIGHTS_CAN_BE_TAKEN,
  async () => {
    await using project = await reading("**/*.csv", "inbox/*/*.csv");
    await project.write("inbox/eu/a.csv", "a");
    for (const folder of ["private", "inbox/eu/deep"]) {
      await Deno.mkdir(project.path(folder));
      await Deno.chmod(project.path(folder), 0o000);
    }

    const { code, output } = await runWithoutRights(project.root, "run");

    assert.equal(code, 0, output);
    assert.deepEqual(found(project), ["inbox/eu/a.csv"]);
  },
);

for (const name of ["in [prod]", "{in}", "in*?", "in\\x"]) {
  Deno.test(`a project in a folder named "${name}" finds its files`, {
    ignore: Deno.build.os === "windows",
  }, async () => {
    await using project = await tempProject({
      [`${name}/models/raw/files.ts`]: `
        // @allow_read: inbox/*.csv, [lists]/a{1}.txt
        import { files, save } from "spoor";
        for (const pattern of ["inbox/*.csv", "[lists]/a{1}.txt", "*/*.txt"]) {
          for await (const { path } of files(pattern)) await save.row({ path });
        }
      `,
      [`${name}/inbox/a[1].csv`]: "a",
      [`${name}/[lists]/a{1}.txt`]: "b",
      [`${name}/l/a1.txt`]: "not meant",
    });

    const { code, output } = await project.run("run", { cwd: project.path(name) });

    assert.equal(code, 0, output);
    assert.deepEqual(
      project.rows('SELECT path FROM "raw.files"', `${name}/.spoor/spoor.db`),
      ["inbox/a[1].csv", "[lists]/a{1}.txt", "[lists]/a{1}.txt"].map((path) => ({ path })),
    );
  });
}
