/**
 * Loads a whole project: settings and models, and everything that is wrong with them, in one go.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import type { Model, ModelName } from "~/model/model.ts";
import { warnSendsEverything } from "~/model/sends_everything.ts";
import { warnUnaskedVerify } from "~/model/unasked_verify.ts";
import type { AnalysisCache } from "./models/analysis_cache.ts";
import { checkLimits } from "./models/check_limits.ts";
import { checkServices } from "./models/check_services.ts";
import { findModels, type ModelFile } from "./models/find_models.ts";
import { type LoadedModel, loadSqlModel, loadYamlModel } from "./models/load_sql_model.ts";
import { loadTypescriptModel } from "./models/load_typescript_model.ts";
import { ModuleStore } from "./models/module_store.ts";
import { checkRemoved } from "./models/validate_model.ts";
import { resolveRateLimit } from "./settings/resolve_rate_limit.ts";
import { loadSettings, type Settings } from "./settings/settings.ts";
import { sortErrors } from "./sort_errors.ts";

/** A project, read. Nothing of it has run, and no database was opened. */
export interface Project {
  /** Absolute. */
  root: string;
  settings: Settings;
  /** Sorted by path. A model with a mistake is here as well, as far as it could be read. */
  models: ReadonlyMap<ModelName, Model>;
  /** Models whose files could not be read as models at all; nothing is known but their names. */
  unreadable: readonly ModelName[];
  /** Sorted by file and line. Where there is one, nothing is to be run. */
  errors: readonly UserError[];
  /** What is no mistake for certain, sorted the same; nothing is held back by it. */
  warnings: readonly UserError[];
}

/** What to load. */
export interface LoadProjectOptions {
  /** As {@linkcode findRoot} gives it. */
  root: string;
  /** Spares the parsing of texts that it knows. */
  analysisCache?: AnalysisCache;
}

/** Loads a project. Mistakes of the user are returned, not thrown. */
export async function loadProject(
  { root, analysisCache }: LoadProjectOptions,
): Promise<Project> {
  const { settings, errors, warnings } = await loadSettings(root);
  const found = findModels(root);
  const services = errors.length > 0 ? undefined : settings.auth ?? {};
  errors.push(...found.errors);

  const models = new Map<ModelName, Model>();
  const unreadable: ModelName[] = [];
  const loadModel = modelLoader(root, analysisCache);
  for (const file of found.files) {
    const loading = attempt(() => loadModel(file));
    // SQL models load without a turn of the event loop each: there may be thousands.
    const { model, errors: own } = loading instanceof Promise ? await loading : loading;
    errors.push(...own);
    if (model) {
      const { model: resolved, errors: unresolved } = resolveRateLimit(
        withDefaults(model, settings),
        settings.rateLimits,
      );
      errors.push(...unresolved, ...checkRemoved(resolved));
      // What a file with a mistake reads is not known.
      if (own.length === 0) errors.push(...checkLimits(resolved));
      if (services) errors.push(...checkServices(resolved, services));
      for (const warn of [warnSendsEverything, warnUnaskedVerify]) {
        const warning = warn(resolved);
        if (warning) warnings.push(warning);
      }
      models.set(model.name, resolved);
    } else unreadable.push(file.name);
  }
  return {
    root,
    settings,
    models,
    unreadable,
    errors: sortErrors(errors),
    warnings: sortErrors(warnings),
  };
}

type Loader = (file: ModelFile) => LoadedModel | Promise<LoadedModel>;

function modelLoader(root: string, cache: AnalysisCache | undefined): Loader {
  const store = new ModuleStore(root, cache);
  return (file) => {
    if (file.language === "ts") return loadTypescriptModel(store, file);
    return file.language === "yaml"
      ? loadYamlModel(root, file, cache)
      : loadSqlModel(root, file, cache);
  };
}

/** A file that cannot be read is a mistake among others. */
function attempt(load: () => ReturnType<Loader>): ReturnType<Loader> {
  try {
    const loading = load();
    return loading instanceof Promise ? loading.catch(toLoaded) : loading;
  } catch (error) {
    return toLoaded(error);
  }
}

function toLoaded(error: unknown): LoadedModel {
  if (error instanceof UserError) return { errors: [error] };
  throw error;
}

/** `defaults:` of the settings are for TypeScript models, which alone take those directives. */
function withDefaults(model: Model, { defaults, defaultPlaces }: Settings): Model {
  if (model.language !== "ts") return model;
  return { ...model, directives: { ...defaults, ...model.directives }, defaultPlaces };
}
