/**
 * The model whose groups a command is about: its name, and what its header says of its groups.
 *
 * Only its own file is read: other models, and what is wrong with them, do not matter here.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { isSameName } from "~/base/text/same_name.ts";
import { UserError } from "~/base/user_error.ts";
import type { ChosenState } from "~/cli/open_project_state.ts";
import { NearestTable } from "~/dag/nearest_table.ts";
import { type DeliveryTerms, termsOf } from "~/delivery/delivery_terms.ts";
import { readHeader } from "~/model/header.ts";
import type { Directives } from "~/model/model.ts";
import { readDirectives } from "~/model/read_directives.ts";
import { findModels, type ModelFile } from "~/project/models/find_models.ts";
import { loadYamlModel } from "~/project/models/load_sql_model.ts";
import { readText } from "~/project/read_text.ts";
import { loadSettings } from "~/project/settings/settings.ts";
import { analyseModule } from "~/sandbox/modules/analyse_module.ts";
import { LedgerReader } from "~/store/changes/ledger.ts";
import { modelsInHistory } from "~/store/history.ts";
import { acceptedKeyOf } from "~/tracked/accept/accepted_table.ts";
import { hasDelivered } from "~/tracked/accept/kept_rows.ts";

/** See the module's comment. */
export interface TrackedModel extends DeliveryTerms {
  name: string;
  /** The unique key that its groups have; empty where nothing tells. */
  keyColumns: readonly string[];
  /** It exports `verify`, which a run asks about what is unknown where it sends at most once. */
  exportsVerify: boolean;
  /** False: no file of the project makes it any more. */
  isInProject: boolean;
  /** It is one of SQL, which only keeps its rows. */
  isOfSql: boolean;
  /** Its kind by now, where that is none that has groups. */
  otherKind?: string | undefined;
}

/** Why no run sends anything of a model; `undefined`: one may. */
export function obstacleOf(
  { isInProject, isOfSql, otherKind }: Pick<TrackedModel, "isInProject" | "isOfSql" | "otherKind">,
): string | undefined {
  if (!isInProject) return "no file of the project makes its model any more";
  if (isOfSql) return "its model is one of SQL now, and sends nothing";
  return otherKind && `its model has the kind "${otherKind}" now, and sends nothing`;
}

/** What goes into a message where something is not found. */
export interface Wording extends Pick<ChosenState, "option"> {
  /** `tell why a group was sent` */
  purpose: string;
}

/**
 * Finds a tracked model, in any case; also one that has groups from when it was another one, or from before its file
 * got another name.
 *
 * @param purpose For messages: `tell why a group was sent`.
 * @throws {UserError} With exit code 2: there is no such model, or it has no groups.
 */
export async function findTrackedModel(
  { root, option }: ChosenState,
  db: DatabaseSync,
  name: string,
  purpose: string,
): Promise<TrackedModel> {
  const { files } = findModels(root);
  const isHeld = hasGroups(db, name);
  const file = files.find((each) => each.name === name) ??
    (isHeld ? undefined : files.find((each) => isSameName(each.name, name)));
  if (file) return await loadTrackedModel(root, db, file, { purpose, option });
  if (isHeld) return describe(db, name, NOTHING_READ, undefined);
  const past = modelsInHistory(db);
  const known = past.find((each) => isSameName(each, name));
  if (known === undefined) {
    throw unknownModel(name, [...files.map((each) => each.name), ...past], { purpose, option });
  }
  return describe(db, known, NOTHING_READ, undefined);
}

/** The same of each model of the project that may have groups, by name. */
export async function loadTrackedModels(
  root: string,
  db: DatabaseSync,
  names: ReadonlySet<string>,
): Promise<Map<string, TrackedModel>> {
  const byName = new Map(findModels(root).files.map((file) => [file.name, file]));
  const models = new Map<string, TrackedModel>();
  for (const name of names) {
    const file = byName.get(name);
    const read = file ? await readFileOf(root, file) : NOTHING_READ;
    models.set(name, describe(db, name, read, file));
  }
  return models;
}

async function loadTrackedModel(
  root: string,
  db: DatabaseSync,
  file: ModelFile,
  { purpose, option }: Wording,
): Promise<TrackedModel> {
  const read = await readFileOf(root, file);
  const { directives } = read;
  if (directives.kind === "tracked" || hasGroups(db, file.name)) {
    return describe(db, file.name, read, file);
  }
  const kind = directives.kind ?? "table";
  throw new UserError(`Cannot ${purpose}: "${file.name}" has the kind "${kind}", and no groups`, {
    at: { path: file.path },
    hint: `Run "spoor history ${file.name}${option}" to see what became of it as a whole.`,
    exitCode: 2,
  });
}

/** Some were delivered or tried, whatever the model is by now. */
function hasGroups(db: DatabaseSync, name: string): boolean {
  return hasDelivered(db, name) || new LedgerReader(db, name).has();
}

function describe(
  db: DatabaseSync,
  name: string,
  { directives, exportsVerify }: ReadFile,
  file: ModelFile | undefined,
): TrackedModel {
  const acceptedKey = acceptedKeyOf(db, name);
  return {
    name,
    // Its header may have another one by now, under which no run has looked at its groups.
    keyColumns: acceptedKey.length > 0 ? acceptedKey : directives.uniqueKey ?? [],
    ...termsOf(directives),
    exportsVerify,
    isInProject: file !== undefined,
    isOfSql: file !== undefined && file.language !== "ts",
    otherKind: directives.kind === "tracked" ? undefined : directives.kind,
  };
}

/** What a model's file says. */
interface ReadFile {
  directives: Directives;
  exportsVerify: boolean;
}

const NOTHING_READ: ReadFile = { directives: {}, exportsVerify: false };

/** Mistakes in it are for "validate", and leave it unknown what it says. */
async function readFileOf(root: string, file: ModelFile): Promise<ReadFile> {
  try {
    if (file.language === "yaml") {
      const { model } = await loadYamlModel(root, file);
      return { ...NOTHING_READ, directives: model?.directives ?? {} };
    }
    const text = readText(root, file.path);
    const { entries } = readHeader(text, file.path, file.language === "ts" ? "//" : "--");
    const { directives } = readDirectives(entries, file.path);
    if (file.language !== "ts") {
      return { ...NOTHING_READ, directives: { kind: "table", ...directives } };
    }
    const { defaults } = (await loadSettings(root)).settings;
    // To parse it takes a tenth of a second: most need not.
    const exportsVerify = /\bverify\b/.test(text) &&
      (await analyseModule(file.path, text)).exportsVerify === true;
    return { directives: { kind: "table", ...defaults, ...directives }, exportsVerify };
  } catch (error) {
    if (error instanceof UserError) return NOTHING_READ;
    throw error;
  }
}

function unknownModel(
  name: string,
  known: readonly string[],
  { purpose, option }: Wording,
): UserError {
  const meant = new NearestTable([...new Set(known)]).find(name);
  return new UserError(`Cannot ${purpose}: no model has the name "${name}"`, {
    hint: meant ? `Did you mean "${meant}"?` : `Run "spoor history${option}" to see what has run.`,
    exitCode: 2,
  });
}
