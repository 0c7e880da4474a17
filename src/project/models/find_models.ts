/**
 * Finds a project's models: `models/<schema>/[folders/]<name>.<sql|ts|yaml>`.
 *
 * Only names are looked at, no file is opened.
 *
 * @module
 */
import { foldName } from "~/base/text/same_name.ts";
import { UserError } from "~/base/user_error.ts";
import type { ModelLanguage, ModelName } from "~/model/model.ts";
import { MODELS_FOLDER } from "~/project/find_root.ts";
import { isPlainIdentifier, isReservedSchema } from "~/sql/identifiers.ts";
import { walkFiles } from "./walk_files.ts";

/** One model's file, not yet read. */
export interface ModelFile {
  name: ModelName;
  language: ModelLanguage;
  /** Relative to the root, with `/`. */
  path: string;
}

/** What is under `models/`, sorted by path. */
export interface FoundModels {
  files: ModelFile[];
  errors: UserError[];
}

const LANGUAGES: Readonly<Record<string, ModelLanguage>> = { sql: "sql", ts: "ts", yaml: "yaml" };

/** Extensions that people try, and the one that is meant. All others are files of no concern. */
const MISTAKEN_EXTENSIONS: Readonly<Record<string, string>> = {
  yml: "yaml",
  js: "ts",
  mjs: "ts",
  mts: "ts",
  cjs: "ts",
  cts: "ts",
  jsx: "ts",
  tsx: "ts",
};

/** Finds the models of a project. A file with a mistake in its name is told and left out. */
export function findModels(root: string): FoundModels {
  const walked = walkFiles(root, MODELS_FOLDER);
  const found: FoundModels = { files: [], errors: walked.errors };
  for (const [path, error] of walked.badLinks) {
    if (parsePath(path)) found.errors.push(error);
  }
  const badSchemas = new Set<string>();
  for (const path of walked.paths) {
    const candidate = parsePath(path);
    if (candidate === undefined) continue;
    const { schema, name, language } = candidate;
    const error = schema === undefined
      ? noSchema(path)
      : language === undefined
      ? mistakenExtension(path)
      : findBadName(path, schema, name, badSchemas);
    if (error) found.errors.push(error);
    else if (language && schema !== undefined && !badSchemas.has(schema)) {
      found.files.push({ name: `${schema}.${name}`, language, path });
    }
  }
  return refuseDuplicates(found);
}

/** Their names, sorted. By their files alone: a model with a mistake in it is among them. */
export function modelNames(root: string): ModelName[] {
  return findModels(root).files.map(({ name }) => name).sort();
}

interface Candidate {
  schema: string | undefined;
  name: string;
  /** Absent where the extension is a mistake. */
  language: ModelLanguage | undefined;
}

function parsePath(path: string): Candidate | undefined {
  const parts = path.split("/").slice(1);
  const file = parts.pop() ?? "";
  const dot = file.lastIndexOf(".");
  if (dot <= 0 || /\.d\.[a-z]+$/.test(file)) return undefined;
  const extension = file.slice(dot + 1).toLowerCase();
  const language = Object.hasOwn(LANGUAGES, extension) ? LANGUAGES[extension] : undefined;
  if (language === undefined && !Object.hasOwn(MISTAKEN_EXTENSIONS, extension)) return undefined;
  return { schema: parts[0], name: file.slice(0, dot), language };
}

function noSchema(path: string): UserError {
  const file = path.slice(MODELS_FOLDER.length + 1);
  return new UserError(`Cannot name the model: "${path}" is in no schema`, {
    at: { path },
    hint:
      `Move the file into a folder, which is its schema: "${MODELS_FOLDER}/staging/${file}" is the model "staging.${
        file.replace(/\.[^.]*$/, "")
      }". A file that is no model gets a name that begins with "_".`,
  });
}

function mistakenExtension(path: string): UserError {
  const extension = path.slice(path.lastIndexOf(".") + 1);
  const meant = MISTAKEN_EXTENSIONS[extension.toLowerCase()] ?? "sql";
  const renamed = path.slice(0, -extension.length) + meant;
  return new UserError(`Cannot read the model: ".${extension}" is not an extension of models`, {
    at: { path },
    hint:
      `Rename the file to "${renamed}", or let its name begin with "_" where it is not a model.`,
  });
}

function findBadName(
  path: string,
  schema: string,
  name: string,
  badSchemas: Set<string>,
): UserError | undefined {
  if (badSchemas.has(schema)) return undefined;
  if (isReservedSchema(schema)) {
    badSchemas.add(schema);
    return new UserError(`Cannot use the schema "${schema}": it is reserved`, {
      at: { path },
      hint: `Rename the folder "${MODELS_FOLDER}/${schema}".`,
    });
  }
  if (!isPlainIdentifier(schema)) {
    badSchemas.add(schema);
    const folder = `${MODELS_FOLDER}/${schema}`;
    return badIdentifier("schema", schema, path, `the folder "${folder}"`, MODELS_FOLDER);
  }
  if (isPlainIdentifier(name)) return undefined;
  return badIdentifier("model", name, path, "the file", path.slice(0, path.lastIndexOf("/")));
}

function badIdentifier(
  what: string,
  name: string,
  path: string,
  thing: string,
  folder: string,
): UserError {
  const proposal = name.replace(/[^A-Za-z0-9_]+/g, "_");
  const canPropose = isPlainIdentifier(proposal) && !proposal.startsWith("_");
  const extension = what === "model" ? path.slice(path.lastIndexOf(".")) : "";
  const rule = `A name has letters (a to z), digits and "_", and does not begin with a digit`;
  return new UserError(`Cannot name the ${what}: "${name}" is not an identifier`, {
    at: { path },
    hint: canPropose
      ? `Rename ${thing} to "${folder}/${proposal}${extension}". ${rule}.`
      : `Rename ${thing}. ${rule}.`,
  });
}

/** Names that SQLite takes for one table are one name, also where only the case differs. */
function refuseDuplicates({ files, errors }: FoundModels): FoundModels {
  const firstByName = new Map<string, ModelFile>();
  const kept = files.filter((file) => {
    const first = firstByName.get(foldName(file.name));
    if (first) errors.push(sameName(first, file));
    else firstByName.set(foldName(file.name), file);
    return first === undefined;
  });
  return { files: kept, errors };
}

function sameName(first: ModelFile, second: ModelFile): UserError {
  const names = first.name === second.name
    ? `both make "${first.name}"`
    : `make "${first.name}" and "${second.name}", which are one table to SQLite`;
  return new UserError(
    `Cannot tell two models apart: "${first.path}" and "${second.path}" ${names}`,
    { at: { path: second.path }, hint: "Rename one of the two files." },
  );
}
