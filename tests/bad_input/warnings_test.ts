/**
 * What is no mistake for certain, and is worth a word before anything runs.
 *
 * @module
 */
import assert from "node:assert/strict";
import { tempProject } from "../support/temp_project.ts";

const PEOPLE = { "models/mart/people.sql": "SELECT 1 AS id" };
const SENDING = `
  // @allow_net: api.example
  import { http, query } from "spoor";

  for await (const row of query("SELECT id FROM mart.people")) {
    await http.post("https://api.example/people", { json: row });
  }
`;
const WORDS = "sync.people sends all its rows whenever it runs, because its kind is table";

Deno.test("validate and plan warn of a table that sends all its rows in every run, and of a verify that nobody asks", async () => {
  await using project = await tempProject({
    ...PEOPLE,
    "models/sync/people.ts": SENDING,
    "models/sync/unasked.ts": `
      // @kind: tracked
      // @unique_key: id
      // @allow_net: api.example
      import { query, save } from "spoor";
      await save.rows(await query("SELECT id FROM mart.people"));
      export const verify = () => true;
    `,
  });
  const unasked = "sync.unasked exports verify, which is never asked";

  const validated = await project.run("validate");
  assert.equal(validated.code, 0);
  assert.match(validated.stderr, new RegExp(`^warning: ${WORDS}$`, "m"));
  assert.match(validated.stderr, /^ {2}at models\/sync\/people\.ts:5$/m);
  assert.match(validated.stderr, /^ {2}hint: .*"\/\/ @kind: tracked".* what changed/m);
  assert.match(validated.stderr, new RegExp(`^warning: ${unasked}`, "m"));
  assert.match(validated.stdout, /3 models, no mistake found/);

  const planned = await project.run("plan");
  assert.equal(planned.code, 0);
  assert.match(planned.output, new RegExp(`warning +${WORDS}`));
  assert.match(planned.output, new RegExp(`warning +${unasked}`));
  assert.match((await project.run("plan --format md")).output, new RegExp(WORDS));
});

Deno.test("a warning is an object of its own in JSON", async () => {
  await using project = await tempProject({ ...PEOPLE, "models/sync/people.ts": SENDING });

  const { stdout } = await project.run("validate --json");

  const [warning, valid] = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(warning.type, "warning");
  assert.equal(warning.message, WORDS);
  assert.deepEqual(warning.at, { path: "models/sync/people.ts", line: 5 });
  assert.deepEqual([valid.type, valid.warnings], ["valid", 1]);
  const plan = JSON.parse((await project.run("plan --json")).stdout);
  assert.deepEqual(plan.models[1].warnings, [WORDS]);
});

Deno.test("what sends only what changed, sends nothing or reads no model is not warned of", async () => {
  await using project = await tempProject({
    ...PEOPLE,
    "models/sync/tracked.ts": `// @kind: tracked\n// @unique_key: id\n${SENDING.trim()}`,
    "models/sync/reading.ts": SENDING.replace("http.post", "http.get").replace(
      ", { json: row }",
      "",
    ),
    "models/raw/source.ts": `
      // @allow_net: api.example
      import { http, save } from "spoor";
      const { json } = await http.post("https://api.example/search", { json: {} });
      await save.rows(json);
    `,
    "models/sync/own.ts": SENDING.replace("http.post", "api.post").replace(
      "for await",
      "const api = { post(..._: unknown[]): void {} };\nfor await",
    ).replace("http, ", ""),
  });

  const { code, output } = await project.run("validate");

  assert.equal(output.trim(), "5 models, no mistake found");
  assert.equal(code, 0);
});

const NOW_HINT =
  'Write "-- @volatile: true" to run it each time, or "-- @volatile: false" to keep it so.';

Deno.test("validate and plan warn of the present time in SQL, also while the model is up to date", async () => {
  await using project = await tempProject({
    "models/raw/offers.sql": "SELECT 1 AS id, '2020-01-01' AS until",
    "models/mart/active.sql":
      "-- Those that hold.\nSELECT id FROM raw.offers\nWHERE until > date('now')",
    "models/mart/days.yaml": "description: Today\nsql: |\n  SELECT\n    CURRENT_DATE AS day\n",
    "models/mart/shown.sql": "-- @kind: view\nSELECT id, datetime() AS at FROM raw.offers",
    "models/mart/reader.sql": "SELECT at FROM mart.shown",
    "models/sync/offers.ts": `
      // @kind: tracked
      // @unique_key: id
      import { query, save } from "spoor";
      for await (const row of query(\`
        SELECT id FROM raw.offers
        WHERE until < CURRENT_TIMESTAMP
      \`)) await save.row(row);
    `,
  });
  const active = "mart.active uses the present time, and runs only when what it reads changes";

  const { code, stderr, stdout } = await project.run("validate");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /6 models, no mistake found/);
  const told = [...stderr.matchAll(/^warning: (.+)\n {2}at (.+)\n {2}hint: (.+)$/gm)];
  assert.deepEqual(told.map(([, message, at, hint]) => [at, message, hint]), [
    ["models/mart/active.sql:3", active, NOW_HINT],
    [
      "models/mart/days.yaml:4",
      "mart.days uses the present time, and runs only when its definition changes",
      NOW_HINT.replaceAll("-- @", ""),
    ],
    [
      "models/mart/shown.sql:2",
      "mart.shown shows the present time, and what reads it runs only when what it reads changes",
      NOW_HINT,
    ],
    [
      "models/sync/offers.ts:6",
      "sync.offers uses the present time, and runs only when what it reads changes",
      NOW_HINT.replaceAll("--", "//"),
    ],
  ]);

  const line = `warning   ${active} (models/mart/active.sql:3). ${NOW_HINT}`;
  assert.ok((await project.run("plan")).output.includes(line));
  await project.run("run");
  const planned = await project.run("plan");
  assert.match(planned.output, /Nothing to do/);
  assert.ok(planned.output.includes(line), planned.output);
  assert.ok((await project.run("plan --format md")).output.includes(active));
  const { models } = JSON.parse((await project.run("plan --json")).stdout);
  assert.deepEqual(
    models.filter(({ warnings }: { warnings?: string[] }) => warnings).map(
      ({ model }: { model: string }) => model,
    ),
    ["mart.days", "mart.active", "mart.shown", "sync.offers"],
  );
});

Deno.test("validate and plan warn of what makes every group that is sent another one", async () => {
  const sync = (select: string) => `
    // @kind: tracked
    // @unique_key: id
    // @allow_net: api.example
    import { http, query } from "spoor";
    await query.all("SELECT random() AS r FROM mart.people");
    await query(\`
      SELECT ${select} FROM mart.people ORDER BY random()
    \`).each((row) => http.post("https://api.example/people", { json: row }));
  `;
  await using project = await tempProject({
    ...PEOPLE,
    "models/sync/at.ts": sync("id, current_timestamp AS synced_at"),
    "models/sync/day.ts": sync("id, date('now') AS day"),
    "models/sync/plain.ts": sync("id"),
    "models/sync/random.ts": sync("id, hex(randomblob(8)) AS token"),
    "models/sync/source.ts": sync("1 AS id, datetime() AS at").replaceAll("FROM mart.people", ""),
    "models/sync/wanted.ts": sync("id, datetime() AS at").replace(
      "// @unique_key",
      "// @volatile: true\n    // @unique_key",
    ),
  });
  const anew = (name: string, what: string) =>
    `sync.${name} sends all its groups again whenever it runs: its query selects ${what}`;
  const ofTime = "Leave it out of the query, or take the date alone: date('now').";

  const { code, stderr } = await project.run("validate");
  assert.equal(code, 0, stderr);
  const told = [...stderr.matchAll(/^warning: (.+)\n {2}at (.+)\n {2}hint: (.+)$/gm)];
  assert.deepEqual(told.map(([, message, at, hint]) => [at, message, hint]), [
    ["models/sync/at.ts:7", anew("at", "the present time"), ofTime],
    [
      "models/sync/day.ts:7",
      "sync.day uses the present time, and runs only when what it reads changes",
      NOW_HINT.replaceAll("--", "//"),
    ],
    [
      "models/sync/random.ts:7",
      anew("random", "a random value"),
      "Leave it out of the query: what was sent is compared with it.",
    ],
    ["models/sync/source.ts:7", anew("source", "the present time"), ofTime],
  ]);
  const planned = await project.run("plan");
  assert.ok(planned.output.includes(`warning   ${anew("at", "the present time")} (`));
});

Deno.test("of the present time nothing is said where @volatile is written, or where the model runs each time anyway", async () => {
  await using project = await tempProject({
    "models/raw/offers.sql": "SELECT 1 AS id, '2020-01-01' AS until",
    "models/mart/each_time.sql": "-- @volatile: true\nSELECT id, date() AS day FROM raw.offers",
    "models/mart/once.sql": "-- @volatile: false\nSELECT id, date() AS day FROM raw.offers",
    "models/mart/last.sql": "-- @kind: view\nSELECT id, date() AS day FROM raw.offers",
    "models/mart/shown.sql": "-- @kind: view\n-- @volatile: true\nSELECT date() AS day",
    "models/mart/reader.sql": "SELECT day FROM mart.shown",
    "models/mart/foreign.sql": "SELECT id, date() AS day FROM spoor.runs",
    "models/mart/words.sql": "-- date('now')\nSELECT 'now' AS now, id AS date FROM raw.offers",
  });

  const { code, output } = await project.run("validate");
  assert.equal(output.trim(), "8 models, no mistake found");
  assert.equal(code, 0);

  await project.run("run");
  await project.run("run");
  const steps = project.rows(
    `SELECT model, reason FROM "spoor.steps" WHERE run_id = 2 ORDER BY model`,
  );
  assert.deepEqual(steps, [
    { model: "mart.each_time", reason: "@volatile" },
    { model: "mart.foreign", reason: "it reads spoor.runs, which no model makes" },
    { model: "mart.reader", reason: "mart.shown changed" },
    { model: "mart.shown", reason: "@volatile" },
  ]);
});

Deno.test("validate warns of a token that is asked for without encryption, unless on this machine", async () => {
  const service = (name: string, url: string) =>
    `  ${name}:\n    authorize_url: https://login.example/a\n    token_url: ${url}\n    client_id: x\n`;
  await using project = await tempProject({
    "spoor.yaml": `auth:\n${service("crm", "http://login.example/t")}${
      service("here", "http://127.0.0.1:8080/t")
    }${service("local", "http://localhost/t")}${service("six", "http://[::1]/t")}${
      service("good", "https://login.example/t")
    }`,
  });

  const { code, stderr } = await project.run("validate");

  assert.equal(code, 0);
  assert.match(
    stderr,
    /^warning: "token_url" of the service "crm" is not encrypted: http:\/\/login\.example\/t$/m,
  );
  assert.match(stderr, /^ {2}at spoor\.yaml:4$/m);
  assert.match(stderr, /^ {2}hint: Use https:\/\//m);
  assert.equal(stderr.match(/warning:/g)?.length, 1);
});
