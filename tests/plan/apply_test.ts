/**
 * `spoor apply` against the real program: it sends just what the plan shows, or refuses.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { PlanDocument } from "~/plan/plan_document.ts";
import { type FakeApi, fakeApi } from "../support/fake_api.ts";
import {
  COLUMNS,
  rowsOf,
  SEND_EACH_ROW,
  type SyncProject,
  syncProject,
} from "../support/sync_project.ts";
import { keepPlan, makePlan, planned, received, SEND_CHANGES, sorted } from "./plan_project.ts";

/** Two groups that were accepted; then one changes, one comes, one goes; and a plan of that. */
async function changedPeople(api: FakeApi): Promise<SyncProject> {
  const people = await syncProject(api, SEND_CHANGES, { directives: ["on_removed: deliver"] });
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"], ["3", "'Cy'"]]);
  await people.run();
  api.clear();
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bob'"], ["4", "'Di'"]]);
  return people;
}

async function apply({ project }: SyncProject) {
  return await project.run(["apply", "plan.json"]);
}

async function readPlan({ project }: SyncProject): Promise<PlanDocument> {
  return JSON.parse(await project.read("plan.json"));
}

Deno.test("apply sends just the requests of the plan, and the next plan has nothing", async (t) => {
  await using api = await fakeApi();
  await using people = await changedPeople(api);
  const { plan, sync } = await makePlan(people.project, "-o", "plan.json");

  await t.step("a plan that is kept is kept whole, and is its owner's alone", async () => {
    assert.equal(plan.complete, true);
    assert.deepEqual(await readPlan(people), plan);
    if (Deno.build.os !== "windows") {
      const { mode } = await Deno.stat(people.project.path("plan.json"));
      assert.equal((mode ?? 0) & 0o777, 0o600);
    }
  });

  const applied = await apply(people);

  assert.equal(applied.code, 0, applied.output);
  assert.deepEqual(sorted(sync.requests.map(planned)), sorted(api.requests.map(received)));
  assert.equal(api.requests.length, 3);
  assert.equal((await people.project.run(["plan", "--exit-code"])).code, 0);
  assert.equal(people.project.rows("spoor.ledger").length, 0);
});

Deno.test("apply sends the plan of a project that never ran, keys in bodies included", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_CHANGES);
  await people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bo'"]]);
  await keepPlan(people);
  const [, sync] = (await readPlan(people)).models;

  const applied = await apply(people);

  assert.equal(applied.code, 0, applied.output);
  assert.deepEqual(sorted((sync?.requests ?? []).map(planned)), sorted(api.requests.map(received)));
  assert.match(
    (await apply(people)).stderr,
    /Cannot apply the plan: run 1 has applied it already, as far as it came$/m,
  );
});

Deno.test("apply takes the options of the plan", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_CHANGES);
  await people.setRows(COLUMNS, rowsOf(3));
  await people.run();
  api.clear();
  await keepPlan(people, "sync.people", "--resend", "sync.people");

  const applied = await apply(people);

  assert.equal(applied.code, 0, applied.output);
  assert.equal(api.requests.length, 3);
});

Deno.test("an edited plan is refused, and nothing is sent; one that was only laid out anew is none", async () => {
  await using api = await fakeApi();
  await using people = await changedPeople(api);
  await keepPlan(people);
  const plan = await readPlan(people);
  const text = await people.project.read("plan.json");
  await people.project.write("plan.json", text.replaceAll("Bob", "Rob"));

  const applied = await apply(people);

  assert.equal(applied.code, 1);
  assert.match(applied.stderr, /Cannot apply plan\.json: it was edited after it was made/);
  assert.equal(api.connections, 0);

  await people.project.write("plan.json", JSON.stringify(plan));

  assert.equal((await apply(people)).code, 0);
  assert.equal(api.requests.length, 3);
});

const MOVED: readonly [
  what: string,
  move: (people: SyncProject) => Promise<unknown>,
  says: RegExp,
][] = [
  [
    "a group that holds something else",
    (people) => people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Rob'"], ["4", "'Di'"]]),
    /sync\.people: id = 2 holds something else now/,
  ],
  [
    "a group more",
    (people) =>
      people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bob'"], ["4", "'Di'"], ["5", "'E'"]]),
    /sync\.people: id = 5 changes now, and did not then/,
  ],
  [
    "a group less",
    (people) => people.setRows(COLUMNS, [["1", "'Ada'"], ["2", "'Bob'"]]),
    /sync\.people: id = 4 no longer changes/,
  ],
  [
    "another model",
    (people) => people.setSync(`${SEND_CHANGES}\n// another text`),
    /sync\.people: its definition was changed/,
  ],
  [
    "a model that sends elsewhere",
    (people) =>
      people.setSync(SEND_CHANGES.replace(`"/" + change.action`, `"/v2/" + change.action`)),
    /id = 2 would be sent by POST http:\S+\/v2\/update\/2 now, by POST http:\S+\/update\/2 then/,
  ],
  ["a run in between", (people) => people.run(), /sync\.people has changed its data by a run/],
  [
    "a run that left nothing to do",
    (people) => people.run(),
    /raw\.people: it was to run then, it is up to date now/,
  ],
];

Deno.test("apply refuses what has moved, says so, and sends nothing", async (t) => {
  await using api = await fakeApi();
  await using planned = await changedPeople(api);
  await keepPlan(planned);
  for (const [what, move, says] of MOVED) {
    await t.step(`after ${what}`, async () => {
      await using people = await planned.copy();
      await move(people);
      api.clear();

      const applied = await apply(people);

      assert.equal(applied.code, 1);
      assert.match(applied.stderr, /moved since it was made/);
      assert.match(applied.stderr, says);
      assert.match(applied.stderr, /Nothing was sent/);
      assert.equal(api.connections, 0);
    });
  }
});

Deno.test("apply refuses where a variable that moved decides how a group ends, and a request of none", async () => {
  const ends = `if (change.key.id === Number(env("LIST", "0"))) await change.reject("no");`;
  const code = `${SEND_CHANGES.replace(/\}\);\s*$/, `${ends}\n});`)}
    await http.post(ORIGIN + "/end", { json: { list: env("LIST", "0") } });`;
  await using api = await fakeApi();
  await using people = await changedPeople(api);
  await people.setSync(code, ["on_removed: deliver", "allow_env: LIST"]);
  await keepPlan(people);
  await people.project.write(".env", "LIST=2");
  api.clear();

  const applied = await apply(people);

  assert.equal(applied.code, 1);
  assert.match(applied.stderr, /id = 2 ended otherwise \(accepted then, unknown now\)/);
  assert.match(
    applied.stderr,
    /what belongs to no group would be sent with another body: list is "0" then, "2" now/,
  );
  assert.equal(api.connections, 0);
});

Deno.test("apply refuses when a table that nothing sends has moved", async () => {
  await using api = await fakeApi();
  await using people = await changedPeople(api);
  await people.project.write("models/mart/a.sql", "SELECT 1 AS id");
  await people.project.write("spoor.yaml", "");
  await people.project.write("inbox/a.csv", "n\n1\n");
  await people.project.write(
    "models/raw/files.ts",
    `// @allow_read: inbox
    import { files, save } from "spoor";
    for await (const file of files("inbox/*.csv")) await save.rows(await Array.fromAsync(file.csv()));`,
  );
  await keepPlan(people);
  await people.project.write("inbox/a.csv", "n\n2\n");

  const applied = await apply(people);

  assert.equal(applied.code, 1);
  assert.match(applied.stderr, /raw\.files: its rows are others now/);
  assert.equal(api.connections, 0);
});

Deno.test("apply counts all that has moved, and --verbose or --all lists it", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);
  await people.setRows(COLUMNS, rowsOf(30, "Ada"));
  await keepPlan(people);
  await people.setRows(COLUMNS, rowsOf(30, "Eve"));

  const { stderr } = await apply(people);

  const total = Number(/: (\d+) things have moved/.exec(stderr)?.[1]);
  const [, more] = /… (\d+) more \(--verbose shows them\)/.exec(stderr) ?? [];
  assert.ok(total >= 30, stderr);
  assert.equal(stderr.match(/^ {4}[^…\s]/gm)?.length, total - Number(more));
  for (const option of ["--verbose", "--all"]) {
    const all = (await people.project.run(["apply", "plan.json", option])).stderr;
    assert.equal(all.match(/^ {4}[^…\s]/gm)?.length, total, all);
    assert.match(all, /id = 30 /);
    assert.doesNotMatch(all, /… \d+ more/);
  }
  assert.equal(api.connections, 0);
});

Deno.test("a plan of another project is refused", async () => {
  await using api = await fakeApi();
  await using people = await changedPeople(api);
  await using others = await changedPeople(api);
  await keepPlan(people);
  await others.project.write("plan.json", await people.project.read("plan.json"));

  const applied = await apply(others);
  await people.project.remove(".spoor");
  await keepPlan(people);
  await others.project.write("plan.json", await people.project.read("plan.json"));
  const appliedOfNone = await apply(others);

  assert.deepEqual([applied.code, appliedOfNone.code], [1, 1]);
  assert.match(applied.stderr, /it is of another project/);
  assert.match(
    appliedOfNone.stderr,
    /it was made where there was no state in \.spoor, and here is/,
  );
  assert.equal(api.connections, 0);
});

Deno.test("apply refuses a file that is not there", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(api, SEND_EACH_ROW);

  const applied = await people.project.run("apply nowhere.json");

  assert.equal(applied.code, 2);
  assert.match(applied.stderr, /Cannot read nowhere\.json: there is no such file/);
});

Deno.test("apply refuses where a header would be another, and not where only its date or signature is", async () => {
  await using api = await fakeApi();
  await using people = await syncProject(
    api,
    `await query("SELECT * FROM raw.people").each(async (row) => {
      await http.post(ORIGIN + "/people", {
        json: row,
        headers: {
          "X-Account": env("ACCOUNT"),
          "X-Sent-Date": String(performance.now()),
          "X-Proof": hmac(secret("SIGNING"), JSON.stringify(row)),
        },
      });
    });`,
    {
      directives: ["allow_env: ACCOUNT", "secrets: SIGNING"],
      files: { ".env": "SIGNING=s3cr3t-key\n" },
    },
  );
  await people.setRows(COLUMNS, [["1", "'Ada'"]]);
  const applyFor = (account: string) =>
    people.project.run(["apply", "plan.json"], { env: { ACCOUNT: account } });
  await people.project.run(["plan", "-o", "plan.json"], { env: { ACCOUNT: "sandbox" } });

  const other = await applyFor("live");
  assert.equal(other.code, 1);
  assert.match(
    other.output,
    /sync\.people: id = 1 would be sent with another header x-account: "sandbox" then, "live" now/,
  );
  assert.match(other.output, /hint: .* makes anew each time .* is never as planned/);
  assert.equal(api.requests.length, 0);

  const same = await applyFor("sandbox");
  assert.equal(same.code, 0, same.output);
  assert.equal(api.requests[0]?.headers["x-account"], "sandbox");
});

Deno.test("a plan that sends is not applied where every run is practice, and of practice it is told", async () => {
  await using api = await fakeApi();
  await using people = await changedPeople(api);
  await keepPlan(people);
  await people.project.write("spoor.yaml", "practice: true\n");

  const refused = await apply(people);

  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /it is of a real run, and "spoor\.yaml" makes every run practice/,
  );
  assert.match(refused.stderr, /at spoor\.yaml\n/);
  assert.match(refused.stderr, /hint: Nothing was sent\. Take "practice: true" out/);
  assert.doesNotMatch(refused.output, /state/);
  assert.equal(api.connections, 0);

  await people.project.remove("spoor.yaml");
  assert.equal((await apply(people)).code, 0, "nothing has moved");
  assert.equal(api.requests.length, 3);
});
