/**
 * Loads a SQL or YAML model: header, the one SELECT, and the tables it reads.
 *
 * @module
 */
import { textPosition } from "~/base/text/text_position.ts";
import { UserError } from "~/base/user_error.ts";
import { readHeader } from "~/model/header.ts";
import type { Model } from "~/model/model.ts";
import { type ReadDirectives, readDirectives } from "~/model/read_directives.ts";
import {
  addDeclaredReferences,
  addTable,
  findTablesRead,
  type ReferenceMap,
  type TableRead,
} from "~/model/sql_references.ts";
import { findUnreadInYaml } from "~/model/unread_directives.ts";
import { loadYamlLibrary } from "~/model/yaml_mapping.ts";
import { readYamlModel, YAML_MODEL_KEYS, type YamlModel } from "~/model/yaml_model.ts";
import { readText } from "~/project/read_text.ts";
import { findUnboundParameter } from "~/sql/parameters.ts";
import { scanTokens } from "~/sql/query_scan.ts";
import { rewriteTableReferences } from "~/sql/rewrite_references.ts";
import { type SelectProblem, tokenizeSingleSelect } from "~/sql/single_select.ts";
import { renamedInFile } from "~/sql/table_references.ts";
import { type AnalysisCache, keep, recall } from "./analysis_cache.ts";
import type { ModelFile } from "./find_models.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { validateModel } from "./validate_model.ts";

/** A model as far as it could be read, and all that is wrong with it. */
export interface LoadedModel {
  /** Absent where there is no SQL to speak of. */
  model?: Model;
  errors: UserError[];
}

/** Loads a model whose whole file is SQL. */
export function loadSqlModel(root: string, file: ModelFile, cache?: AnalysisCache): LoadedModel {
  const text = readText(root, file.path);
  const header = readHeader(text, file.path, "--");
  const read = readDirectives(header.entries, file.path);
  read.errors.unshift(...header.errors);
  return buildModel(file, fingerprintOf([text]), { text, line: 1 }, read, cache);
}

/** Loads a model whose SQL is one key among its directives. */
export async function loadYamlModel(
  root: string,
  file: ModelFile,
  cache?: AnalysisCache,
): Promise<LoadedModel> {
  const text = readText(root, file.path);
  const fingerprint = fingerprintOf([text]);
  const key = `${YAML_SCHEME}:${fingerprint}`;
  const known = recall<YamlModel>(cache, key);
  const yaml = known ?? readYamlModel(await loadYamlLibrary(), text, file.path);
  if (!known && yaml.errors.length === 0) keep(cache, key, yaml);
  const read = readDirectives(yaml.entries, file.path, "", YAML_MODEL_KEYS);
  read.errors.unshift(...yaml.errors, ...yaml.sql ? findUnreadInYaml(yaml.sql, file.path) : []);
  return yaml.sql ? buildModel(file, fingerprint, yaml.sql, read, cache) : { errors: read.errors };
}

/** @param sql The text that holds the SELECT, and the line of the file on which it begins. */
function buildModel(
  { name, language, path }: ModelFile,
  fingerprint: string,
  sql: { text: string; line: number },
  { directives, directiveLines, errors }: ReadDirectives,
  cache: AnalysisCache | undefined,
): LoadedModel {
  const key = `${SQL_SCHEME}:${fingerprint}`;
  const known = recall<SelectReading>(cache, key);
  const found = known ?? readSelect(sql.text);
  if ("offset" in found) {
    const line = sql.line + textPosition(sql.text, found.offset).line - 1;
    const error = new UserError(found.message, { at: { path, line }, hint: found.hint });
    return { errors: [...errors, error] };
  }
  if (!known) keep(cache, key, found);
  const references: ReferenceMap = new Map();
  for (const read of found.tables) addTable(references, read, path, sql.line);
  addDeclaredReferences(references, directives.dependsOn ?? [], path, directiveLines.depends_on);
  const model: Model = {
    name,
    language,
    path,
    kind: directives.kind ?? "table",
    directives,
    directiveLines,
    references: [...references.values()],
    sql: sql.text.slice(found.start, found.end),
    fileSql: found.fileSql,
    sqlLine: sql.line + found.line - 1,
    fingerprint,
  };
  return { model, errors: errors.length > 0 ? errors : validateModel(model, []) };
}

/** Change when what is found in a text does; older entries of a cache are then passed over. */
const SQL_SCHEME = "sql-2";
const YAML_SCHEME = "yaml-1";

/** Where the SELECT stands in a text, and what it reads; lines are those of the text, from 1. */
interface SelectReading {
  start: number;
  end: number;
  line: number;
  tables: TableRead[];
  fileSql: string;
}

function readSelect(text: string): SelectReading | SelectProblem {
  const select = tokenizeSingleSelect(text);
  if (!select.ok) return select;
  const { start } = select;
  const parameter = findUnboundParameter(select.text);
  if (parameter) return { ...parameter, offset: start + parameter.offset };
  const { line } = textPosition(text, start);
  const scan = scanTokens(select.tokens);
  const tables = findTablesRead(select.text, scan.tables).map((read) => ({
    ...read,
    line: line + read.line - 1,
  }));
  const fileSql = rewriteTableReferences(select.text, renamedInFile, scan);
  return { start, end: start + select.text.length, line, tables, fileSql };
}
