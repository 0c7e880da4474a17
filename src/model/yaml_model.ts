/**
 * YAML models: directives as keys, and the SELECT under `sql`.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import type { DirectiveEntry } from "./read_directives.ts";
import {
  readYamlMapping,
  type YamlLibrary,
  type YamlPair,
  type YamlValue,
} from "./yaml_mapping.ts";

/** A YAML model, taken apart. */
export interface YamlModel {
  entries: DirectiveEntry[];
  /** The text under `sql`, and the line of the file on which it begins. */
  sql?: { text: string; line: number };
  errors: UserError[];
}

/** Keys of a YAML model that are no directives. */
export const YAML_MODEL_KEYS: readonly string[] = ["sql"];

/** Takes a YAML model apart. Values of directives are not looked at. */
export function readYamlModel(yaml: YamlLibrary, text: string, path: string): YamlModel {
  const { pairs, errors } = readYamlMapping(yaml, text, path);
  const model: YamlModel = { entries: [], errors };
  if (errors.length > 0) return model;
  for (const pair of pairs) {
    if (pair.key === "sql") readSql(pair, path, model);
    else readEntry(pair, path, model);
  }
  if (model.sql === undefined && model.errors.length === 0) {
    model.errors.push(
      new UserError(`Cannot read the model: it has no key "sql"`, {
        at: { path },
        hint: `Write "sql: |" and below it the SELECT, indented by two spaces.`,
      }),
    );
  }
  return model;
}

function readSql({ value, line, column }: YamlPair, path: string, model: YamlModel): void {
  const at = { path, line, column };
  if (value.type !== "scalar") {
    const hint = `Write "sql: |" and below it the SELECT, indented by two spaces.`;
    model.errors.push(new UserError(`Cannot read "sql": it is not a text`, { at, hint }));
  } else if (model.sql) {
    const hint = "Keep one of the two; a model is one SELECT.";
    model.errors.push(
      new UserError(`Cannot read the model header: "sql" is given twice`, { at, hint }),
    );
  } else {
    model.sql = { text: value.text, line: value.isBlock ? value.line + 1 : value.line };
  }
}

function readEntry({ key, value, line, column }: YamlPair, path: string, model: YamlModel): void {
  const read = toEntryValue(value);
  if (read !== undefined) {
    model.entries.push({ name: key, value: read, line, column });
    return;
  }
  model.errors.push(
    new UserError(`Cannot read "${key}": it is neither a text nor a list`, {
      at: { path, line, column },
      hint: `Write "${key}: value", or "${key}: [one, two]".`,
    }),
  );
}

function toEntryValue(value: YamlValue): string | readonly string[] | undefined {
  if (value.type === "scalar") return value.text.trim();
  return value.type === "list" ? value.items.map((item) => item.trim()) : undefined;
}
