/**
 * What `spoor new` writes: a header and a body that runs once its names are put right, and that
 * teaches on the way.
 *
 * @module
 */
import type { KindName } from "~/model/model.ts";
import type { ModelNameParts } from "~/sql/identifiers.ts";

/** What to write a model file for. */
export interface NewModel extends ModelNameParts {
  kind: KindName;
  language: "sql" | "ts";
  /** A model to read from: one of the project, or a likely name. */
  source: string;
}

/** The text of a new model's file. */
export function renderNewModel(model: NewModel): string {
  if (model.language === "sql") return renderSqlModel(model);
  return model.kind === "tracked" ? renderSync(model) : renderSource(model);
}

function renderSqlModel({ kind, name, source }: NewModel): string {
  const key = kind === "tracked" ? "-- @unique_key: id\n" : "";
  return `-- @kind: ${kind}
${key}-- @description: What ${name} holds

-- One SELECT; the tables that it reads are models, and decide what runs before it.
SELECT *
FROM ${source}
`;
}

function renderSource({ kind, name }: NewModel): string {
  return `// @kind: ${kind}
// @allow_read: data/${name}.csv
// @description: What ${name} holds

import { files, save } from "spoor";

// @allow_read says which files the model may read. It runs again when one of them changes.
for await (const file of files("data/${name}.csv")) {
  for await (const row of file.csv()) {
    await save.row(row);
  }
}

// From an API instead: "@allow_net: api.example.com" in the header, \`http\` from "spoor", and
//   const answer = await http.get("https://api.example.com/${name}");
//   await save.rows(answer.json);
`;
}

function renderSync({ name, source }: NewModel): string {
  return `// @kind: tracked
// @unique_key: id
// @allow_net: api.example.com
// @description: What ${name} sends, and where

import { http, query } from "spoor";

// Only groups of rows (by @unique_key) that are new, or differ from what was last accepted, come
// out of this query. What it selects is what is compared: leave out what is not sent.
const rows = query(\`
  SELECT id, name
  FROM ${source}
\`);

// Returning marks a group as sent, then and there. Throwing does not: it comes again in the next
// run. Any answer but 200-299 throws.
await rows.each(async (row) => {
  await http.post("https://api.example.com/${name}", { json: row });
});

// A token: "@secrets: API_TOKEN" in the header, its value in .env, \`secret\` from "spoor", and
//   headers: { Authorization: \`Bearer \${secret("API_TOKEN")}\` },
`;
}
