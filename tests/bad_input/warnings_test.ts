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

Deno.test("validate and plan warn of a table that sends all its rows in every run", async () => {
  await using project = await tempProject({ ...PEOPLE, "models/sync/people.ts": SENDING });

  const validated = await project.run("validate");
  assert.equal(validated.code, 0);
  assert.match(validated.stderr, new RegExp(`^warning: ${WORDS}$`, "m"));
  assert.match(validated.stderr, /^ {2}at models\/sync\/people\.ts:5$/m);
  assert.match(validated.stderr, /^ {2}hint: .*"\/\/ @kind: tracked".* what changed/m);
  assert.match(validated.stdout, /2 models, no mistake found/);

  const planned = await project.run("plan");
  assert.equal(planned.code, 0);
  assert.match(planned.output, new RegExp(`warning +${WORDS}`));
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
