import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { main } from "~/cli/main.ts";
import { keepOutput } from "~/cli/output/output_fixture.ts";
import { PROGRAM } from "~/cli/program.ts";
import { PROJECT_FILES } from "~/cli/templates/project_files.ts";
import { LANGUAGE_GLOBALS, TIMER_GLOBALS, WEB_GLOBALS } from "~/sandbox/guest/realm/globals.ts";
import { tempFolder } from "../../../tests/support/temp_folder.ts";

async function call(...args: string[]) {
  const { output, stdout, stderr } = keepOutput();
  const code = await main(args, output);
  return { code, stdout: stdout(), stderr: stderr() };
}

/** A folder with a project as `init` writes it. */
async function newProject() {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "spoor-init-" }));
  assert.equal((await call("init", root)).code, 0);
  return {
    root,
    call: (...args: string[]) => call(...args, "--project", root),
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

Deno.test("init writes a project in which validate finds no mistake", async () => {
  await using project = await newProject();
  assert.deepEqual(await project.call("validate"), {
    code: 0,
    stdout: "4 models, no mistake found\n",
    stderr: "",
  });
});

Deno.test("what init writes runs at once, in practice, and can be looked at", async (t) => {
  await using project = await newProject();
  await t.step("the first run sends seven customers to the practice API", async () => {
    const { code, stdout, stderr } = await project.call("run");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Practice run of 4 models\. .*nothing leaves it\.\n/);
    assert.match(stdout, /groups {4}7 new, 0 changed, 0 unchanged, 0 removed\n/);
    assert.match(stdout, /7 sent to the practice API, 7 accepted, .*nothing left this machine/);
  });
  await t.step("the second run finds nothing to do, in one line", async () => {
    const { code, stdout } = await project.call("run");
    assert.equal(code, 0);
    assert.match(stdout, /^Nothing to do: 4 models are up to date \(.*\)\n$/);
  });
  await t.step("a changed line of the file is one request", async () => {
    const file = `${project.root}/data/customers.csv`;
    const text = await Deno.readTextFile(file);
    await Deno.writeTextFile(file, text.replace("460.00", "46000.00"));
    const { stdout } = await project.call("run");
    assert.match(stdout, /groups {4}0 new, 1 changed, 6 unchanged, 0 removed\n/);
    assert.match(stdout, /1 sent to the practice API, 1 accepted/);
  });
  await t.step("practice shows the host, its requests and what it holds", async () => {
    assert.match(
      (await project.call("practice")).stdout,
      /^host +requests +faults +records .*\napi\.example\.com +8 +0 +7 /,
    );
    const requests = (await project.call("practice", "api.example.com", "-n", "2")).stdout;
    assert.match(requests, /PUT +https:\/\/api\.example\.com\/contacts\/3 +200 +\{"name":"Edsger/);
    assert.match(requests, /\n… 6 more requests \(--all shows them\)\n$/);
    const whole = (await project.call("practice", "api.example.com/contacts/7", "-v")).stdout;
    assert.match(whole, /^PUT https:\/\/api\.example\.com\/contacts\/7 {2}201, /);
    assert.match(whole, /\n {6}"email": "radia@example\.com",\n/);
    const latest = (await project.call("practice", "--verbose", "-n", "2")).stdout;
    assert.match(latest, /^PUT https:\/\/api\.example\.com\/contacts\/3 /);
    assert.match(latest, /\n… 6 more requests \(--all shows them\)\n$/);
    assert.match((await project.call("practice", "--key", "gold")).stdout, /3 requests;/);
    assert.match((await project.call("practice", "--records")).stdout, /7 records;/);
  });
  await t.step("query reads the state of practice runs, as the settings say", async () => {
    const sql = "SELECT plan, count(*) AS n FROM mart.customers GROUP BY plan ORDER BY plan";
    assert.equal(
      (await project.call("query", sql)).stdout,
      "plan    n\nbronze  2\ngold    3\nsilver  2\n3 rows\n",
    );
    assert.equal(
      (await project.call("query", sql, "--format", "csv")).stdout,
      "plan,n\nbronze,2\ngold,3\nsilver,2\n",
    );
  });
  await t.step("query names the nearest table and the place of a mistake", async () => {
    const table = await project.call("query", "mart.custmers");
    assert.equal(table.code, 2);
    assert.match(table.stderr, /there is no table "mart\.custmers"\n {2}hint: Did you mean "mart/);
    assert.match(
      (await project.call("query", "SELECT nme FROM mart.customers")).stderr,
      /no such column: nme \(column 8\)\n/,
    );
    const write = await project.call("query", "DELETE FROM mart.customers");
    assert.match(write.stderr, /begins with "DELETE", which is not a query/);
  });
  await t.step("history lists the runs, and one model's part in them", async () => {
    const runs = (await project.call("history", "--json")).stdout.trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.deepEqual(runs.map((run) => [run.type, run.run_id, run.status, run.requests_sent]), [
      ["run", 3, "ok", 1],
      ["run", 2, "ok", 0],
      ["run", 1, "ok", 7],
    ]);
    const steps = (await project.call("history", "sync.crm", "-n", "1")).stdout;
    assert.match(
      steps,
      /\n +3 {2}.* {2}ok .* mart\.customers changed\n… older runs \(--all shows them\)\n$/,
    );
    assert.match((await project.call("history", "sync.crn")).stderr, /Did you mean "sync\.crm"\?/);
  });
  await t.step("describe shows edges, directives, columns and the last run", async () => {
    const { stdout } = await project.call("describe", "sync.crm");
    assert.match(stdout, /^sync\.crm {2}tracked, models\/sync\/crm\.ts\nKeeps one contact/);
    assert.match(stdout, /\nreads {5}mart\.customers\n/);
    assert.match(stdout, /\n@allow_net +api\.example\.com\n/);
    assert.match(stdout, /\nlast run {2}ok on /);
    assert.match(stdout, /\ncustomer_id/);
  });
  await t.step("practice --clear forgets it all, and the next run sends everything", async () => {
    assert.equal(
      (await project.call("practice", "--clear")).stdout,
      "All practice is forgotten.\n",
    );
    assert.match((await project.call("practice")).stdout, /^Nothing was received yet\./);
    assert.match((await project.call("history")).stdout, /^Nothing has run yet\./);
    assert.match(
      (await project.call("query", "mart.customers")).stderr,
      /nothing has run here yet/,
    );
    assert.match((await project.call("run")).stdout, /groups {4}7 new/);
  });
});

Deno.test("run --json prints one object a line, and nothing else on stdout", async () => {
  await using project = await newProject();
  const { code, stdout, stderr } = await project.call("run", "+mart.customers", "--json");
  assert.equal(code, 0, stderr);
  const events = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assert(events.every((event) => event.schema_version === 1));
  assert.equal(events[0].type, "run_started");
  assert.equal(events.at(-1).type, "run_finished");
  assert.equal(events.at(-1).practice, true);
});

Deno.test("run exits 1 and says what to do when a model fails", async () => {
  await using project = await newProject();
  await Deno.writeTextFile(
    `${project.root}/models/mart/customers.sql`,
    "SELECT nme FROM raw.customers",
  );
  const { code, stdout } = await project.call("run");
  assert.equal(code, 1);
  assert.match(stdout, /\n {2}failed +mart\.customers .*\n +error: .*nme.*\n +at models\/mart\//);
  assert.match(stdout, /\n {2}blocked +sync\.crm /);
  assert.match(
    stdout,
    /\nFailed after .*: 1 model failed, 1 blocked, 2 ok\.\nFailed: mart\.customers\n/,
  );
});

Deno.test("init overwrites nothing, and names what is there", async () => {
  using folder = tempFolder();
  const root = folder.path;
  await Deno.writeTextFile(`${root}/README.md`, "mine");
  const { code, stderr } = await call("init", root);
  assert.equal(code, 1);
  assert.match(stderr, /^error: Cannot make a project in ".*": it holds "README\.md" already\n/);
  assert.deepEqual([...Deno.readDirSync(root)].map(({ name }) => name), ["README.md"]);
  assert.equal(await Deno.readTextFile(`${root}/README.md`), "mine");
});

Deno.test("init leaves a folder alone that holds models already, or files that would become some", async () => {
  using folder = tempFolder();
  await Deno.mkdir(`${folder.path}/models/raw`, { recursive: true });
  await Deno.writeTextFile(`${folder.path}/models/raw/customers.sql`, "SELECT 1 AS id");
  const { code, stderr } = await call("init", folder.path);
  assert.equal(code, 1);
  assert.match(stderr, /^error: Cannot make a project in ".*": it holds "models" already\n/);
  assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["models"]);
  await Deno.remove(`${folder.path}/models/raw`, { recursive: true });
  assert.equal((await call("init", folder.path)).code, 0, "an empty one does no harm");
});

Deno.test("init takes its folder from --project too, and says how to enter it", async () => {
  using folder = tempFolder();
  const root = `${folder.path}/my project`;

  const { code, stdout } = await call("--project", root, "init");

  assert.equal(code, 0);
  assert(Deno.statSync(`${root}/models`).isDirectory);
  assert(stdout.endsWith(`cd '${root}' && ${PROGRAM} run\n`), stdout);
  const both = await call("init", `${folder.path}/a`, "--project", `${folder.path}/b`);
  assert.equal(both.code, 2);
  assert.match(both.stderr, /the folder is given twice/);
  assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["my project"]);
});

Deno.test("init in a file, or below one, says what is in the way", async () => {
  using folder = tempFolder();
  const file = `${folder.path}/file`;
  await Deno.writeTextFile(file, "mine");

  for (const [dir, says] of [[file, "it is a file"], [`${file}/a`, "a part of its path is no"]]) {
    const { code, stderr } = await call("init", dir ?? "");
    assert.equal(code, 2, stderr);
    assert(stderr.startsWith(`error: Cannot make a project in "${dir}": ${says}`), stderr);
    assert.doesNotMatch(stderr, /os error/);
  }
  assert.equal(await Deno.readTextFile(file), "mine");
});

Deno.test("what init writes is checked by an editor without install, and has no fetch", async () => {
  await using project = await newProject();
  await Deno.writeTextFile(
    `${project.root}/models/sync/wrong.ts`,
    `import { http } from "spoor";\nawait http.pots("https://a.example");\nawait fetch("x");\n`,
  );
  const check = async (path: string) => {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", path],
      cwd: project.root,
      env: { NO_COLOR: "1" },
    }).output();
    return { success, text: new TextDecoder().decode(stderr) };
  };
  const good = await check("models/sync/crm.ts");
  assert(good.success, good.text);
  const bad = await check("models/sync/wrong.ts");
  assert.match(bad.text, /Property 'pots' does not exist/);
  assert.match(bad.text, /Cannot find name 'fetch'/);
});

Deno.test("the globals that init declares are ones that a model has", () => {
  const globals = PROJECT_FILES["types/globals.d.ts"] ?? "";
  const declared = [...globals.matchAll(/^declare (?:var|function) (\w+)/gm)].map(([, name]) =>
    name
  );
  const given = new Set([...LANGUAGE_GLOBALS, ...WEB_GLOBALS, ...TIMER_GLOBALS, "console"]);
  assert(declared.length > 15);
  assert.deepEqual(declared.filter((name) => name === undefined || !given.has(name)), []);
});

Deno.test("the API that init declares is the one that models get", async () => {
  const api = await Deno.readTextFile(
    fileURLToPath(new URL("../../sandbox/guest/api.ts", import.meta.url)),
  );
  assert(PROJECT_FILES["types/spoor.d.ts"]?.endsWith(api));
});

Deno.test("new writes a model that validates, by its schema or as told", async () => {
  await using project = await newProject();
  for (
    const [args, path, line] of [
      [["sync.hubspot"], "models/sync/hubspot.ts", "// @kind: tracked"],
      [["raw.orders"], "models/raw/orders.ts", "// @kind: table"],
      [["mart.revenue"], "models/mart/revenue.sql", "FROM staging.customers"],
      [["mart.plans", "--kind", "view"], "models/mart/plans.sql", "-- @kind: view"],
      [["mart.kept", "--kind", "tracked", "--sql"], "models/mart/kept.sql", "-- @unique_key: id"],
      [["mart.other", "--kind", "tracked"], "models/mart/other.ts", "// @unique_key: id"],
      [["mart.file", "--ts"], "models/mart/file.ts", "// @allow_read: data/file.csv"],
    ] as const
  ) {
    const { code, stdout, stderr } = await project.call("new", ...args);
    assert.equal(code, 0, stderr);
    assert(stdout.startsWith(`Wrote ${path}\n`), stdout);
    const text = await Deno.readTextFile(`${project.root}/${path}`);
    assert(text.split("\n").includes(line), text);
  }
  const { code, stderr } = await project.call("validate");
  assert.equal(code, 0, stderr);
});

Deno.test("new --json prints one object", async () => {
  await using project = await newProject();

  const { stdout } = await project.call("new", "sync.hubspot", "--json");

  assert.deepEqual(JSON.parse(stdout), {
    schema_version: 1,
    type: "model_file",
    name: "sync.hubspot",
    path: "models/sync/hubspot.ts",
    kind: "tracked",
  });
});

Deno.test("new refuses a name that is taken, reserved or none", async () => {
  await using project = await newProject();
  assert.match(
    (await project.call("new", "mart.customers")).stderr,
    /Cannot make the model "mart\.customers": "models\/mart\/customers\.sql" is there already/,
  );
  const reserved = await project.call("new", "main.customers");
  assert.deepEqual([reserved.code, /the schema "main" is taken/.test(reserved.stderr)], [2, true]);
  for (const hidden of ["mart._b", "_x.b"]) {
    const { code, stderr } = await project.call("new", hidden);
    assert.equal(code, 2);
    assert.match(stderr, /files and folders that begin with "_" are no models/);
  }
  const long = await project.call("new", `mart.${"a".repeat(300)}`);
  assert.match(long.stderr, /^error: Cannot make the model "mart\.a+": File name too long\n/);
  assert.equal((await project.call("validate")).stdout, "4 models, no mistake found\n");
  assert.match((await project.call("new", "hub-spot")).stderr, /its name is not "schema\.name"/);
  assert.match(
    (await project.call("new", "mart.v", "--kind", "view", "--ts")).stderr,
    /a view is written in SQL/,
  );
});
