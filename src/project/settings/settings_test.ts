import assert from "node:assert/strict";
import { parse } from "yaml";
import { tempProject } from "../../../tests/support/temp_project.ts";
import { readFlatYaml } from "./flat_yaml.ts";
import { defaultSettings, loadSettings, parseSettings } from "./settings.ts";

async function mistakesOf(text: string): Promise<string[]> {
  const { errors } = await parseSettings(text);
  return errors.map(({ at, message, hint }) => `${at?.path}:${at?.line} ${message} | ${hint}`);
}

Deno.test("a project without spoor.yaml has the default settings", async () => {
  await using project = await tempProject({});
  assert.deepEqual(await loadSettings(project.root), {
    settings: defaultSettings(),
    errors: [],
    warnings: [],
  });
  assert.deepEqual(defaultSettings(), {
    practice: false,
    memoryMb: 1_024,
    defaults: {},
    defaultPlaces: {},
    rateLimits: {},
  });
});

Deno.test("spoor.yaml sets what it names", async () => {
  await using project = await tempProject({
    "spoor.yaml":
      "practice: true\njobs: 4\nmemory_mb: 512\ndefaults:\n  retries: 2\n  timeout: 5s\n  model_timeout: 1m\n  concurrency: 8\nrate_limits:\n  crm: 100/10s\n",
  });
  assert.deepEqual(await loadSettings(project.root), {
    settings: {
      practice: true,
      jobs: 4,
      memoryMb: 512,
      defaults: { retries: 2, timeoutMs: 5_000, modelTimeoutMs: 60_000, concurrency: 8 },
      defaultPlaces: {
        retries: { path: "spoor.yaml", line: 5, column: 3 },
        timeout: { path: "spoor.yaml", line: 6, column: 3 },
        model_timeout: { path: "spoor.yaml", line: 7, column: 3 },
        concurrency: { path: "spoor.yaml", line: 8, column: 3 },
      },
      rateLimits: { crm: { count: 100, windowMs: 10_000 } },
    },
    errors: [],
    warnings: [],
  });
});

Deno.test("spoor.yaml may name the project whose state it is", async () => {
  const id = "01c46dcb-feae-4d78-9421-0c12f3b25767";
  for (
    const [text, line] of [[`project_id: ${id}\n`, 1], [`defaults:\nproject_id: "${id}"\n`, 2]]
  ) {
    const { settings, errors } = await parseSettings(String(text));
    assert.deepEqual(errors, []);
    assert.deepEqual(settings.project, { id, at: { path: "spoor.yaml", line, column: 1 } });
  }
});

Deno.test("an empty spoor.yaml, and empty defaults, set nothing", async () => {
  for (const text of ["", "# nothing\n", "defaults:\n"]) {
    assert.deepEqual(await parseSettings(text), {
      settings: defaultSettings(),
      errors: [],
      warnings: [],
    });
  }
});

const MISTAKES: [text: string, words: string[]][] = [
  ["# c\npractise: true\n", [
    `spoor.yaml:2 Cannot read the settings: "practise" is not a setting | Did you mean "practice"?`,
  ]],
  ["connections: 1\n", [
    `spoor.yaml:1 Cannot read the settings: "connections" is not a setting | Use one of practice, jobs, memory_mb, project_id, defaults, rate_limits, auth.`,
  ]],
  ["practice: yes\njobs: 0\n", [
    `spoor.yaml:1 Cannot read "practice": "yes" is neither true nor false | Write "true" or "false".`,
    `spoor.yaml:2 Cannot read "jobs": 0 is out of range | Write a whole number from 1 to 1000.`,
  ]],
  ["rate_limits:\n  crm: 0/s\n  a.b: 1/s\n  c: [1]\n", [
    `spoor.yaml:2 Cannot read "crm": "0/s" lets no request through | Write requests per window: "100/10s", "5/s", "10/min", "1000/h".`,
    `spoor.yaml:3 Cannot read "a.b": it is not the name of a limit | A name has letters, digits, "_" and "-", as in "hubspot".`,
    `spoor.yaml:4 Cannot read "c": it is not a single value | Write "c: 100/10s".`,
  ]],
  ["rate_limits: {__proto__: 5/s}\n", [
    `spoor.yaml:1 Cannot read "__proto__": it is not the name of a limit | A name has letters, digits, "_" and "-", as in "hubspot".`,
  ]],
  ["rate_limits: 5\n", [
    `spoor.yaml:1 Cannot read "rate_limits": it is not a list of limits | Write "crm: 100/10s" below it, indented by two spaces.`,
  ]],
  ["jobs: 2\nproject_id: 3f2a9c\n", [
    `spoor.yaml:2 Cannot read "project_id": it is not the id of a project | Write the id that "spoor state check" shows, or take the line out.`,
  ]],
  ["jobs: 2\njobs: 3\n", [
    `spoor.yaml:2 Cannot read the settings: "jobs" is given twice | Keep one of the two lines.`,
  ]],
  ["jobs: [2]\n", [
    `spoor.yaml:1 Cannot read "jobs": it is not a single value | Write "jobs: value".`,
  ]],
  ["defaults:\n  retires: 3\n  kind: view\n  timeout: soon\n", [
    `spoor.yaml:2 Cannot read the settings: "retires" is not a directive that has a default here | Did you mean "retries"?`,
    `spoor.yaml:3 Cannot read the settings: "kind" is not a directive that has a default here | Use one of concurrency, timeout, model_timeout, retries, delivery, on_removed, max_removed, max_changes, max_attempts.`,
    `spoor.yaml:4 Cannot read "timeout": "soon" is not a duration | Write a number and a unit: "500ms", "30s", "10m", "2h".`,
  ]],
  ["defaults: 3\n", [
    `spoor.yaml:1 Cannot read "defaults": it is not a list of directives | Write "retries: 3" below it, indented by two spaces.`,
  ]],
];

for (const [text, words] of MISTAKES) {
  Deno.test(`spoor.yaml with ${JSON.stringify(text)} is a mistake`, async () => {
    assert.deepEqual(await mistakesOf(text), words);
  });
}

Deno.test("a spoor.yaml that is not YAML is told with its line", async () => {
  assert.match(
    (await mistakesOf("practice: [\n")).join(),
    /^spoor\.yaml:\d Cannot read the YAML: /,
  );
  assert.match((await mistakesOf("- a\n")).join(), /it is not a list of keys with values/);
});

Deno.test("a spoor.yaml in which lists lie in lists without end is told so", async () => {
  for (const bracket of ["[", "{", "- "]) {
    const text = `jobs: 2\ndefaults:\n  ${bracket.repeat(300_000)}\n`;
    const [first = ""] = await mistakesOf(text);
    assert.match(first, /^spoor\.yaml:\d Cannot read the YAML: it is nested too deeply \| /);
  }
});

Deno.test("settings in spoor.yml are not passed over in silence", async () => {
  await using project = await tempProject({ "spoor.yml": "practice: true\n" });
  const { errors } = await loadSettings(project.root);
  assert.deepEqual(errors.map((error) => `${error.message} | ${error.hint}`), [
    `Cannot read the settings: they are in "spoor.yml" | Rename the file to "spoor.yaml".`,
  ]);
});

Deno.test("the short cut for plain settings reads what the YAML package reads, or nothing", () => {
  const texts = [
    "practice: true\n# c\n\njobs: 4 # cores\nmemory_mb: 0512\n",
    "a: 1",
    "a: 0a1-b-2_c # d\nb: 2026-11-26\n",
    "a: 1-\n",
    "a: -1\n",
    "a: b--c\n",
    "a: b\r\nc: d\r\n",
    "a:  b  \n",
    "a: b#c\n",
    "a: 'b'\n",
    "a: b c\n",
    "a:b\n",
    "a:\n  b: 1\n",
    "a: |\n  x\n",
    "a: 1\n b: 2\n",
    "%YAML 1.1\n---\na: 1\n",
    "a: &x 1\n",
    "a: !!str 1\n",
    "\ta: 1\n",
    "a: 1\n---\n",
  ];
  let taken = 0;
  for (const text of texts) {
    const pairs = readFlatYaml(text);
    if (pairs === undefined) continue;
    taken++;
    const read = pairs.map(({ key, value }) => [key, value.type === "scalar" ? value.text : ""]);
    assert.deepEqual(read, Object.entries(parse(text, { schema: "failsafe" })), text);
  }
  assert.equal(taken, 5);
});

Deno.test("an alias that leads into itself is a mistake like others", async () => {
  for (const text of ["a: &a [*a]", "defaults: &d\n  max_changes: *d\n"]) {
    const { errors } = await parseSettings(text);
    assert.ok(errors.length > 0, text);
    for (const { message } of errors) assert.match(message, /^Cannot read /);
  }
});
