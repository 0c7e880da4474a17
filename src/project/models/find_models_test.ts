import assert from "node:assert/strict";
import { type ProjectFiles, tempProject } from "../../../tests/support/temp_project.ts";
import { findModels } from "./find_models.ts";

async function find(paths: readonly string[]) {
  const files: ProjectFiles = Object.fromEntries(paths.map((path) => [path, ""]));
  await using project = await tempProject(files);
  const { files: found, errors } = findModels(project.root);
  return {
    models: found.map(({ name, language, path }) => `${name} ${language} ${path}`),
    errors: errors.map(({ at, message, hint }) => `${at?.path} ${message} | ${hint}`),
  };
}

Deno.test("models are files in folders, whose first is the schema", async () => {
  const { models, errors } = await find([
    "models/raw/orders.ts",
    "models/mart/deep/er/customers.sql",
    "models/mart/totals.yaml",
    "models/mart/Upper.SQL",
  ]);
  assert.deepEqual(errors, []);
  assert.deepEqual(models, [
    "mart.Upper sql models/mart/Upper.SQL",
    "mart.customers sql models/mart/deep/er/customers.sql",
    "mart.totals yaml models/mart/totals.yaml",
    "raw.orders ts models/raw/orders.ts",
  ]);
});

Deno.test("names that begin with _ or . and files of other sorts are no models", async () => {
  const { models, errors } = await find([
    "models/_lib/crm.ts",
    "models/raw/_shared.ts",
    "models/raw/.hidden.sql",
    "models/.git/x.sql",
    "models/raw/types.d.ts",
    "models/raw/orders.csv",
    "models/raw/data.json",
    "models/README.md",
    "models/Makefile",
    "models/_note.sql",
    "lib/crm.ts",
  ]);
  assert.deepEqual({ models, errors }, { models: [], errors: [] });
});

Deno.test("a project without models/ has none", async () => {
  await using project = await tempProject({});
  await project.remove("models");
  assert.deepEqual(findModels(project.root), { files: [], errors: [] });
});

const MISTAKES: [name: string, paths: string[], errors: string[]][] = [
  ["a file directly in models/", ["models/orders.sql"], [
    `models/orders.sql Cannot name the model: "models/orders.sql" is in no schema | ` +
    `Move the file into a folder, which is its schema: "models/staging/orders.sql" is the model ` +
    `"staging.orders". A file that is no model gets a name that begins with "_".`,
  ]],
  ["the extension .yml", ["models/a/b.yml"], [
    `models/a/b.yml Cannot read the model: ".yml" is not an extension of models | ` +
    `Rename the file to "models/a/b.yaml", or let its name begin with "_" where it is not a model.`,
  ]],
  ["the extension .js", ["models/a/b.js"], [
    `models/a/b.js Cannot read the model: ".js" is not an extension of models | ` +
    `Rename the file to "models/a/b.ts", or let its name begin with "_" where it is not a model.`,
  ]],
  ["a name that is no identifier", ["models/a/my-table.sql"], [
    `models/a/my-table.sql Cannot name the model: "my-table" is not an identifier | ` +
    `Rename the file to "models/a/my_table.sql". A name has letters (a to z), digits and "_", ` +
    `and does not begin with a digit.`,
  ]],
  ["a name with a digit first", ["models/a/1st.sql"], [
    `models/a/1st.sql Cannot name the model: "1st" is not an identifier | ` +
    `Rename the file. A name has letters (a to z), digits and "_", and does not begin with a digit.`,
  ]],
  ["a name with a dot", ["models/a/b.v2.sql"], [
    `models/a/b.v2.sql Cannot name the model: "b.v2" is not an identifier | ` +
    `Rename the file to "models/a/b_v2.sql". A name has letters (a to z), digits and "_", ` +
    `and does not begin with a digit.`,
  ]],
  ["a schema that is no identifier, told once", [
    "models/my schema/a.sql",
    "models/my schema/b.sql",
  ], [
    `models/my schema/a.sql Cannot name the schema: "my schema" is not an identifier | ` +
    `Rename the folder "models/my schema" to "models/my_schema". A name has letters (a to z), ` +
    `digits and "_", and does not begin with a digit.`,
  ]],
];

for (const [name, paths, errors] of MISTAKES) {
  Deno.test(`${name} is a mistake`, async () => {
    assert.deepEqual(await find(paths), { models: [], errors });
  });
}

for (const schema of ["spoor", "main", "temp", "Main", "sqlite", "sqlite_x"]) {
  Deno.test(`the schema ${schema} is reserved`, async () => {
    const { models, errors } = await find([`models/${schema}/a.sql`, `models/${schema}/b.sql`]);
    assert.deepEqual(models, []);
    assert.deepEqual(errors, [
      `models/${schema}/a.sql Cannot use the schema "${schema}": it is reserved | ` +
      `Rename the folder "models/${schema}".`,
    ]);
  });
}

Deno.test("two files with one name are a mistake that names both; the first one counts", async () => {
  const { models, errors } = await find(["models/a/b.sql", "models/a/sub/b.ts"]);
  assert.deepEqual(models, ["a.b sql models/a/b.sql"]);
  assert.deepEqual(errors, [
    `models/a/sub/b.ts Cannot tell two models apart: "models/a/b.sql" and "models/a/sub/b.ts" both ` +
    `make "a.b" | Rename one of the two files.`,
  ]);
});

Deno.test("two names that differ in case only are one to SQLite", async () => {
  const { errors } = await find(["models/a/sub/b.sql", "models/a/sub/B.sql"]);
  assert.deepEqual(errors, [
    `models/a/sub/b.sql Cannot tell two models apart: "models/a/sub/B.sql" and "models/a/sub/b.sql" ` +
    `make "a.B" and "a.b", which are one table to SQLite | Rename one of the two files.`,
  ]);
});

Deno.test("links are followed inside of the project, and refused where they lead out of it", async () => {
  await using outside = await tempProject({ "secret.sql": "SELECT 1" });
  await using project = await tempProject({ "shared/a.sql": "", "models/x/real.sql": "" });
  await Deno.symlink(project.path("shared"), project.path("models/linked"));
  await Deno.symlink(project.path("models"), project.path("models/x/circle"));
  await Deno.symlink(outside.path("secret.sql"), project.path("models/x/out.sql"));
  await Deno.symlink(outside.root, project.path("models/y"));
  await Deno.symlink(outside.path("secret.sql"), project.path("models/x/data.csv"));
  await Deno.symlink(project.path("nowhere.sql"), project.path("models/x/gone.sql"));

  const { files, errors } = findModels(project.root);

  assert.deepEqual(files.map((file) => file.name), ["linked.a", "x.real"]);
  assert.deepEqual(errors.map(({ at, message }) => `${at?.path} ${message}`).sort(), [
    `models/x/gone.sql Cannot read the file: it does not exist`,
    `models/x/out.sql Cannot read "models/x/out.sql": it is a link that leads out of the project`,
    `models/y Cannot read "models/y": it is a link that leads out of the project`,
  ]);
});
