/**
 * Loads a TypeScript model: header, modules, and what can be known of its queries.
 *
 * @module
 */
import { lineInFile, textPosition } from "~/base/text/text_position.ts";
import { type SourceLocation, UserError } from "~/base/user_error.ts";
import { readHeader } from "~/model/header.ts";
import type { Model, ModelQuery } from "~/model/model.ts";
import { readDirectives } from "~/model/read_directives.ts";
import {
  addDeclaredReferences,
  addTable,
  findTablesRead,
  type ReferenceMap,
} from "~/model/sql_references.ts";
import { readSingleSelect } from "~/sql/single_select.ts";
import type { ModelFile } from "./find_models.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { type ClosureModule, loadImportClosure } from "./import_closure.ts";
import type { LoadedModel } from "./load_sql_model.ts";
import type { ModuleStore } from "./module_store.ts";
import { validateModel } from "./validate_model.ts";

/**
 * Loads a TypeScript model.
 *
 * @throws {UserError} The file cannot be read.
 */
export async function loadTypescriptModel(
  store: ModuleStore,
  { name, path }: ModelFile,
): Promise<LoadedModel> {
  const { modules, errors: importErrors } = await loadImportClosure(store, path);
  const header = readHeader(modules[0]?.source ?? "", path, "//");
  const { directives, directiveLines, errors } = readDirectives(header.entries, path);
  const queries = readQueries(modules);
  const headerErrors = [...header.errors, ...errors];

  addDeclaredReferences(
    queries.references,
    directives.dependsOn ?? [],
    path,
    directiveLines.depends_on,
  );
  const model: Model = {
    name,
    language: "ts",
    path,
    kind: directives.kind ?? "table",
    directives,
    directiveLines,
    references: [...queries.references.values()],
    modules: modules.map(({ path, source, imports }) => ({ path, source, imports })),
    queries: queries.whole,
    hasDynamicQuery: queries.dynamic.length > 0,
    queriesTables: queries.readsTables,
    ...findSending(modules),
    exportsVerify: modules[0]?.analysis.exportsVerify ?? false,
    ...(queries.rowsAt && { readsRowsAt: queries.rowsAt }),
    fingerprint: fingerprintOf(modules.map((module) => module.source)),
  };
  // What follows from a directive that could not be read is not worth telling.
  const invalid = headerErrors.length > 0
    ? []
    : [...validateModel(model, queries.dynamic), ...checkVerify(model, modules[0])];
  return { model, errors: [...headerErrors, ...importErrors, ...queries.errors, ...invalid] };
}

function findSending(modules: readonly ClosureModule[]): Pick<Model, "sendsAt" | "services"> {
  const sending = modules.find(({ analysis }) => analysis.sendsAt !== undefined);
  const services = modules.flatMap(({ path, analysis: { services = [] } }) =>
    services.map(({ name, line }) => ({ name, at: { path, line } }))
  );
  return {
    ...sending?.analysis.sendsAt !== undefined &&
      { sendsAt: { path: sending.path, line: sending.analysis.sendsAt } },
    ...services.length > 0 && { services },
  };
}

function checkVerify({ kind, path }: Model, module: ClosureModule | undefined): UserError[] {
  const bad = module?.analysis.badVerify;
  if (kind !== "tracked" || !bad) return [];
  return [
    new UserError(`Cannot ask verify: it is ${bad.what}, and not a function`, {
      at: { path, line: bad.line },
      hint: "Export a function of that name, or give what is exported another name.",
    }),
  ];
}

interface ReadQueries {
  references: ReferenceMap;
  /** Those whose SQL is known. */
  whole: ModelQuery[];
  /** Where SQL is put together at run time. */
  dynamic: SourceLocation[];
  readsTables: boolean;
  /** The first `query(…)`, where there is nothing that may be `changes`. */
  rowsAt: SourceLocation | undefined;
  errors: UserError[];
}

function readQueries(modules: readonly ClosureModule[]): ReadQueries {
  const queries: ReadQueries = {
    references: new Map(),
    whole: [],
    dynamic: [],
    readsTables: false,
    rowsAt: findRowsRead(modules),
    errors: [],
  };
  for (const { path, analysis } of modules) {
    for (const { sql, line, all, calls: _, ...written } of analysis.queries) {
      const at = { path, line };
      if (sql === undefined) queries.dynamic.push(at);
      else readQuery({ sql, at, isTracked: !all, ...written }, queries);
    }
  }
  queries.readsTables = queries.references.size > 0 || queries.dynamic.length > 0;
  return queries;
}

function findRowsRead(modules: readonly ClosureModule[]): SourceLocation | undefined {
  const all = modules.flatMap(({ path, analysis }) =>
    analysis.queries.map(({ line, calls }) => ({ calls, at: { path, line } }))
  );
  const mayBeChanges = all.some(({ calls }) => calls === undefined || calls === "changes");
  return mayBeChanges ? undefined : all.find(({ calls }) => calls === "tracked")?.at;
}

function readQuery(query: ModelQuery, queries: ReadQueries): void {
  const { sql, at, lines } = query;
  const select = readSingleSelect(sql);
  if (select.ok) {
    queries.whole.push(query);
    for (const read of findTablesRead(sql)) {
      addTable(queries.references, read, at.path, at.line, lines);
    }
    return;
  }
  const line = lineInFile(textPosition(sql, select.offset).line, at.line, lines);
  queries.errors.push(
    new UserError(select.message, { at: { path: at.path, line }, hint: select.hint }),
  );
}
