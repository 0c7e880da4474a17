/**
 * `spoor new`: writes a model file to begin with.
 *
 * @module
 */
import { dirname } from "node:path";
import { withoutErrorNumber } from "~/base/files/system_words.ts";
import { messageOf } from "~/base/message_of.ts";
import { isSameName } from "~/base/text/same_name.ts";
import { UserError } from "~/base/user_error.ts";
import { type Call, defineCommand, ExitCode, type OptionTable } from "~/cli/command.ts";
import { namedProjectOf, projectOf } from "~/cli/find_project.ts";
import { PROGRAM } from "~/cli/program.ts";
import { type NewModel, renderNewModel } from "~/cli/templates/model_template.ts";
import { KIND_NAMES, type KindName } from "~/model/model.ts";
import { MODELS_FOLDER } from "~/project/find_root.ts";
import { findModels, type ModelFile } from "~/project/models/find_models.ts";
import { stateOption } from "~/run/command_text.ts";
import { isReservedSchema, type ModelNameParts, parseModelName } from "~/sql/identifiers.ts";

const OPTIONS = {
  kind: {
    type: "string",
    value: "KIND",
    choices: KIND_NAMES,
    help: "How its table is kept",
  },
  sql: { type: "boolean", help: "Write it in SQL" },
  ts: { type: "boolean", help: "Write it in TypeScript" },
} as const satisfies OptionTable;

/** Writes a model's file. */
export const newCommand = defineCommand({
  name: "new",
  summary: "Write a model file to begin with",
  details: [
    "Unless told otherwise, a model of the schema sync is tracked and in TypeScript, one of raw a",
    "table in TypeScript, and one of any other schema a table in SQL.",
  ].join("\n"),
  positionals: [{ name: "model", help: "Its name: schema.name", required: true }],
  options: OPTIONS,
  examples: [
    ["spoor new sync.hubspot", "A model that sends: models/sync/hubspot.ts"],
    ["spoor new mart.revenue", "A table by SQL: models/mart/revenue.sql"],
    ["spoor new staging.orders --kind view", "A view: models/staging/orders.sql"],
  ],
  run({ options, positionals: [name = ""], output }) {
    const parts = readName(name);
    const root = projectOf(options);
    const { files } = findModels(root);
    const model = chooseModel(parts, options, files);
    const path = `${MODELS_FOLDER}/${parts.schema}/${parts.name}.${model.language}`;
    const same = files.find((file) => isSameName(file.name, name));
    if (same) throw alreadyThere(name, same.path);

    writeNew(root, path, name, renderNewModel(model));
    if (options.json) {
      output.json("model_file", { name, path, kind: model.kind });
      return ExitCode.Ok;
    }
    output.line(`Wrote ${output.style.strong(path)}`);
    const option = stateOption(false, namedProjectOf(options));
    const validate = `${PROGRAM} validate${option}`;
    output.line(`Put its names right, then "${validate}" and "${PROGRAM} run +${name}${option}".`);
    return ExitCode.Ok;
  },
});

function readName(name: string): ModelNameParts {
  const parts = parseModelName(name);
  if (!parts) {
    throw new UserError(`Cannot make the model "${name}": its name is not "schema.name"`, {
      hint: `Use letters, digits and "_" around one dot, as in "mart.customers".`,
      exitCode: 2,
    });
  }
  if (parts.schema.startsWith("_") || parts.name.startsWith("_")) {
    throw new UserError(
      `Cannot make the model "${name}": files and folders that begin with "_" are no models`,
      { hint: `Leave out the "_" at the beginning.`, exitCode: 2 },
    );
  }
  if (isReservedSchema(parts.schema)) {
    throw new UserError(`Cannot make the model "${name}": the schema "${parts.schema}" is taken`, {
      hint: `Use another schema, such as "mart.${parts.name}".`,
      exitCode: 2,
    });
  }
  return parts;
}

function chooseModel(
  parts: ModelNameParts,
  { kind, sql, ts }: Call<typeof OPTIONS>["options"],
  files: readonly ModelFile[],
): NewModel {
  const isSync = parts.schema === "sync" && !sql;
  const chosenKind = (kind as KindName | undefined) ?? (isSync ? "tracked" : "table");
  const usesTypescript = ts || (chosenKind === "tracked" && !sql) ||
    (parts.schema === "raw" && chosenKind === "table" && !sql);
  if ((ts && sql) || (ts && chosenKind === "view")) {
    const state = sql ? "it cannot be both SQL and TypeScript" : "a view is written in SQL";
    throw new UserError(`Cannot make the model "${parts.schema}.${parts.name}": ${state}`, {
      hint: "Leave --ts out.",
      exitCode: 2,
    });
  }
  const language = usesTypescript ? "ts" : "sql";
  return { ...parts, kind: chosenKind, language, source: likelySource(parts, files) };
}

const SCHEMAS_BELOW: Readonly<Record<string, readonly string[]>> = {
  staging: ["raw"],
  mart: ["staging", "raw"],
  sync: ["mart", "staging"],
};

/** A model that this one probably reads: of the schema before its own, if it can be of its name. */
function likelySource({ schema, name }: ModelNameParts, files: readonly ModelFile[]): string {
  const schemas = SCHEMAS_BELOW[schema] ?? ["mart", "staging", "raw"];
  const names = files.map((file) => file.name);
  for (const before of schemas) {
    const sameName = names.find((other) => other === `${before}.${name}`);
    const found = sameName ?? names.find((other) => other.startsWith(`${before}.`));
    if (found) return found;
  }
  return `${schemas[0]}.${schema === "sync" ? "customers" : name}`;
}

function writeNew(root: string, path: string, name: string, text: string): void {
  try {
    Deno.mkdirSync(dirname(`${root}/${path}`), { recursive: true });
    Deno.writeTextFileSync(`${root}/${path}`, text, { createNew: true });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw alreadyThere(name, path);
    const why = withoutErrorNumber(messageOf(error));
    throw new UserError(`Cannot make the model "${name}": ${why}`, {
      hint: `Choose another name, and see that "${MODELS_FOLDER}/" may be written to.`,
      cause: error,
    });
  }
}

function alreadyThere(name: string, path: string): UserError {
  return new UserError(`Cannot make the model "${name}": "${path}" is there already`, {
    hint: "Choose another name, or edit that file.",
  });
}
