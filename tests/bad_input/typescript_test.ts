/**
 * Mistakes in TypeScript models: syntax, exceptions at their line, and what the sandbox refuses.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi } from "../support/fake_api.ts";
import { assertExplained, type Mistake, testMistakes } from "../support/mistake.ts";
import { tempProject } from "../support/temp_project.ts";

/** A model with these lines below `// @kind: table`. */
function ts(
  name: string,
  lines: string,
  says: Mistake["says"],
  more: Partial<Mistake> = {},
): Mistake {
  return {
    name,
    files: { "models/a/b.ts": `// @kind: table\n${lines}\n` },
    says,
    ...more,
  };
}

testMistakes([
  ts("a syntax error", `const a: number = 1;\nconst b = (;\n`, [/Cannot/], {
    at: "models/a/b.ts:3",
    hint: /just before: a bracket/,
  }),
  ts("a syntax error in an imported file", `import { a } from "../_lib/a.ts";`, [/Cannot/], {
    files: {
      "models/a/b.ts": `// @kind: table\nimport { a } from "../_lib/a.ts";\nconsole.log(a);\n`,
      "models/_lib/a.ts": `export const b = 1;\nexport const a = ;\n`,
    },
    at: "models/_lib/a.ts:2",
  }),
  ts("an import that is not allowed", `\nimport { readFileSync } from "node:fs";`, [`"node:fs"`], {
    at: "models/a/b.ts:3",
    hint: /spoor|relative/,
  }),
  ts("an import of a package", `import x from "lodash";`, [`"lodash"`], { at: "models/a/b.ts:2" }),
  ts("an import of a file that is not there", `import { a } from "../_lib/no.ts";`, [/no\.ts/], {
    at: "models/a/b.ts:2",
  }),
  ts(
    "an import from outside of the project",
    `import { a } from "../../../x.ts";`,
    [/\.\.\/x\.ts/],
    {
      at: "models/a/b.ts:2",
      hint: /project/,
    },
  ),
  ts("a computed import", `await import(["node:", "fs"].join(""));`, [/import/], {
    at: "models/a/b.ts:2",
  }),
  ts(
    "a name that spoor does not export",
    `import { save, qery } from "spoor";\nqery("SELECT 1");`,
    [
      `Cannot import "qery" from "spoor": there is no such name`,
    ],
    { at: "models/a/b.ts:2", hint: /Did you mean "query"\?/ },
  ),
  ts("a name that is not like any of spoor", `import { zebra } from "spoor";\nzebra();`, [
    `Cannot import "zebra"`,
  ], { at: "models/a/b.ts:2", hint: /one of query, changes,.* log/ }),
  ts("a default import of spoor", `import spoor from "spoor";\nspoor.query("SELECT 1");`, [
    `Cannot import "default" from "spoor"`,
  ], { at: "models/a/b.ts:2", hint: /import \{ query, save \} from "spoor"/ }),
  ts(
    "a type of spoor that is imported as a value",
    `import {\n  Row,\n  query,\n} from "spoor";\nquery("SELECT 1");`,
    [
      `Cannot import "Row" from "spoor": it is a type`,
    ],
    { at: "models/a/b.ts:3", hint: /import type \{ Row \} from "spoor"/ },
  ),
  ts(
    "a name that an imported file does not export",
    `import { b } from "../_lib/a.ts";\nb();`,
    [/'models\/_lib\/a\.ts' does not provide an export named 'b'$/m],
    {
      files: {
        "models/a/b.ts": `// @kind: table\nimport { b } from "../_lib/a.ts";\nb();\n`,
        "models/_lib/a.ts": `export const a = 1;\n`,
      },
      isTheirs: true,
      command: "run",
      at: "models/a/b.ts:2",
      hint: /import type/,
    },
  ),
  ...([
    ["fetch", `await fetch("https://a.example");`, /http\.get.*@allow_net/],
    ["Deno", `Deno.readTextFileSync("x");`, /files.*@allow_read.*env.*@allow_env/],
    ["process", `process.env.HOME;`, /env\("NAME"\).*@allow_env/],
    ["require", `(require as any)("fs");`, /import/],
    ["Buffer", `Buffer.from("x");`, /Uint8Array|TextEncoder/],
  ] as const).map(([name, code, hint]) =>
    ts(`${name}, which models do not have,`, code, [`${name} is not defined`], {
      isTheirs: true,
      command: "run",
      at: "models/a/b.ts:2",
      hint,
    })
  ),
  ...[`http.oauth("crn")`, `http.oauth({ provider: "crn" })`].map((call) =>
    ts(`a service that spoor.yaml does not have, in ${call},`, "", [
      `Cannot use http.oauth("crn"): spoor.yaml has no such service`,
    ], {
      files: {
        "spoor.yaml":
          "auth:\n  crm:\n    authorize_url: https://a.example/a\n    token_url: https://a.example/t\n    client_id: x\n",
        "models/a/b.ts":
          `// @allow_net: a.example\nimport { http } from "spoor";\nawait http.get("https://a.example", {\n  headers: { Authorization: \`Bearer \${${call}}\` },\n});\n`,
      },
      at: "models/a/b.ts:4",
      hint: /crm/,
    })
  ),
  ts("a service whose token_url the model may not reach", "", [
    `Cannot use http.oauth("crm"): its token_url is not in @allow_net`,
  ], {
    files: {
      "spoor.yaml":
        "auth:\n  crm:\n    authorize_url: https://login.example/a\n    token_url: https://login.example/t\n    client_id: x\n",
      "models/a/b.ts":
        `// @allow_net: a.example\nimport { http } from "spoor";\nawait http.get("https://a.example", {\n  headers: { Authorization: \`Bearer \${http.oauth("crm")}\` },\n});\n`,
    },
    at: "models/a/b.ts:4",
    hint: /"\/\/ @allow_net: a\.example, login\.example"/,
  }),
  ts(
    "an exception",
    `type A = {\n  b: string;\n};\nconst a: A = { b: "x" };\nthrow new Error("no " + a.b);`,
    [
      "no x",
    ],
    { isTheirs: true, command: "run", at: "models/a/b.ts:6" },
  ),
  ts("an exception in an imported file", `import { a } from "../_lib/a.ts";\na();`, ["deep down"], {
    files: {
      "models/a/b.ts": `// @kind: table\nimport { a } from "../_lib/a.ts";\na();\n`,
      "models/_lib/a.ts": `export function a(): never {\n  throw new Error("deep down");\n}\n`,
    },
    isTheirs: true,
    command: "run",
    at: "models/_lib/a.ts:2",
  }),
  ts("a mistake of types at run time", `const a = JSON.parse("{}");\na.b.c();`, [/reading 'c'/], {
    isTheirs: true,
    command: "run",
    at: "models/a/b.ts:3",
  }),
  ts("something thrown that is no error", `throw "just a text";`, ["just a text"], {
    isTheirs: true,
    command: "run",
  }),
  ts(
    "a host that is not allowed",
    `import { http } from "spoor";\nawait http.get("https://api.example.com/x");`,
    [
      "api.example.com",
    ],
    { command: "run", at: "models/a/b.ts:3", hint: /@allow_net: .*api\.example\.com/ },
  ),
  ts(
    "a file that is not allowed",
    `import { files } from "spoor";\nfor await (const file of files("data/*.csv")) await file.text();`,
    [
      /data\//,
    ],
    {
      files: {
        "models/a/b.ts":
          `// @kind: table\nimport { files } from "spoor";\nfor await (const file of files("data/*.csv")) await file.text();\n`,
        "data/a.csv": "a\n1\n",
      },
      command: "run",
      at: "models/a/b.ts:3",
      hint: /@allow_read: .*data/,
    },
  ),
  ts(
    "a file that is not there",
    `// @allow_read: data\nimport { files } from "spoor";\nfor await (const file of files("data/no.csv")) await file.text();`,
    [`Cannot read "data/no.csv": there is no such file`],
    { command: "run", at: "models/a/b.ts:4", hint: /files\("data\/\*\.csv"\)/ },
  ),
  ts(
    "more retries than there can be",
    `// @allow_net: a.example\nimport { http } from "spoor";\nawait http.get("https://a.example", { retries: 1e9 });`,
    ["Cannot use 1000000000 retries"],
    { command: "run", at: "models/a/b.ts:4", hint: /from 0 to 100/ },
  ),
  ts(
    "a secret that is not listed",
    `import { secret } from "spoor";\nsecret("TOKEN");`,
    [`TOKEN`],
    {
      command: "run",
      at: "models/a/b.ts:3",
      hint: /@secrets: .*TOKEN/,
    },
  ),
  ts(
    "a secret that is not listed beside others",
    `// @secrets: A, B\n// @allow_net: example.com\nimport { secret } from "spoor";\nsecret("TOKEN");`,
    ["TOKEN"],
    {
      command: "run",
      options: { env: { A: "hidden-1", B: "hidden-2" } },
      at: "models/a/b.ts:5",
      hint: /"\/\/ @secrets: A, B, TOKEN"/,
    },
  ),
  ts(
    "a variable that is not listed beside others",
    `// @allow_env: A\nimport { env } from "spoor";\nenv("REGION");`,
    ["REGION"],
    { command: "run", at: "models/a/b.ts:4", hint: /"\/\/ @allow_env: A, REGION"/ },
  ),
  ts(
    "a file that is not allowed beside others",
    `// @allow_read: data\nimport { files } from "spoor";\nfor await (const file of files("inbox/a.csv")) log(file);`,
    ["inbox/a.csv"],
    { command: "run", at: "models/a/b.ts:4", hint: /"\/\/ @allow_read: data, inbox\/a\.csv"/ },
  ),
  ts(
    "a secret that is not set",
    `// @secrets: TOKEN\n// @allow_net: example.com\nimport { secret } from "spoor";\nsecret("TOKEN");`,
    [
      `TOKEN`,
    ],
    { command: "run", hint: /\.env/ },
  ),
  ts("a variable that is not listed", `import { env } from "spoor";\nenv("REGION");`, [`REGION`], {
    command: "run",
    at: "models/a/b.ts:3",
    hint: /@allow_env: .*REGION/,
  }),
  ts(
    "a variable that is not set",
    `// @allow_env: REGION\nimport { env } from "spoor";\nenv("REGION");`,
    [
      `REGION`,
    ],
    { command: "run", at: "models/a/b.ts:4" },
  ),
  ts(
    "a table that a query does not declare",
    `// @depends_on: a.one\nimport { query, save } from "spoor";\nconst name: string = "a.two";\nawait save.rows(await query.all("SELECT * FROM " + name));`,
    [
      "a.two",
    ],
    {
      files: {
        "models/a/one.sql": "SELECT 1 AS id",
        "models/a/two.sql": "SELECT 1 AS id",
        "models/a/b.ts":
          `// @kind: table\n// @depends_on: a.one\nimport { query, save } from "spoor";\nconst name: string = "a.two";\nawait save.rows(await query.all("SELECT * FROM " + name));\n`,
      },
      command: "run",
      at: "models/a/b.ts:5",
      hint: /"\/\/ @depends_on: a\.one, a\.two"/,
    },
  ),
  {
    name: "a model that delivers removals and reads by query()",
    files: {
      "models/a/one.sql": "SELECT 1 AS id",
      "models/a/b.ts":
        `// @kind: tracked\n// @unique_key: id\n// @on_removed: deliver\nimport { query } from "spoor";\nawait query("SELECT * FROM a.one").each(() => {});\n`,
    },
    says: ["Cannot deliver what a.b removes", "query()"],
    at: "models/a/b.ts:5",
    hint: /changes\(\)/,
  },
  ts("a model that takes too long", `// @model_timeout: 300ms\nfor (;;);`, [/300 ?ms/], {
    command: "run",
    hint: /@model_timeout/,
  }),
]);

Deno.test("an answer that is no success is explained, with its status and its words", async () => {
  await using api = await fakeApi([{ status: 422, json: { message: "email is taken" } }]);
  await using project = await tempProject({
    "models/a/b.ts": `
      // @kind: table
      // @allow_net: ${api.host}
      import { http } from "spoor";
      await http.post("${api.origin}/contacts", { json: { email: "a@b.c" } });
    `,
  });

  const result = await project.run("run");

  assertExplained(result, {
    says: ["422", "email is taken", "/contacts"],
    at: "models/a/b.ts:4",
    isTheirs: true,
  });
  assert.equal(api.requests.length, 1);
});

Deno.test("a server that cannot be reached is explained", async () => {
  const { host, origin } = await (async () => {
    await using api = await fakeApi();
    return { host: api.host, origin: api.origin };
  })();
  await using project = await tempProject({
    "models/a/b.ts": `
      // @kind: table
      // @allow_net: ${host}
      // @retries: 1
      import { http } from "spoor";
      await http.get("${origin}/contacts");
    `,
  });

  const result = await project.run("run");

  assertExplained(result, { says: [host], at: "models/a/b.ts:5" });
});

Deno.test("an exception of a model is told by its own place, and by none in Spoor, with --verbose neither", async () => {
  await using project = await tempProject({
    "models/a/b.ts": `// @kind: table\nthrow new Error("here");\n`,
  });

  for (const command of ["run", "run --verbose"]) {
    const result = await project.run(command);
    assertExplained(result, { says: ["here"], at: "models/a/b.ts:2", isTheirs: true });
    assert.doesNotMatch(result.output, /entry\.(?:ts|js)/);
  }
});
