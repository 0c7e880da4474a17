/**
 * `spoor.yaml`: the settings of a project.
 *
 * @module
 */
import { closestWord } from "~/base/text/closest_word.ts";
import type { Rate } from "~/base/time/rate.ts";
import { type SourceLocation, UserError } from "~/base/user_error.ts";
import {
  flag,
  integer,
  problem,
  type ValueParser,
  type ValueProblem,
} from "~/model/directive_value.ts";
import { findDirective } from "~/model/directives.ts";
import type { Directives } from "~/model/model.ts";
import { isLimitName, rateOfLimit } from "~/model/rate_limit.ts";
import { loadYamlLibrary, readYamlMapping, type YamlPair } from "~/model/yaml_mapping.ts";
import { SETTINGS_FILE } from "~/project/find_root.ts";
import { readText } from "~/project/read_text.ts";
import { type AuthProviders, readAuthProviders } from "./auth_providers.ts";
import { readFlatYaml } from "./flat_yaml.ts";

/** The project whose state a run begins from. */
export interface ExpectedProject {
  id: string;
  /** Where it stands. */
  at: SourceLocation;
}

/** What a project may set for all its models. */
export interface Settings {
  /** Absent: a run begins from whatever state is there, or makes one. */
  project?: ExpectedProject;
  /** Every run is a practice run. */
  practice: boolean;
  /** Models that run side by side; absent: the number of cores. */
  jobs?: number;
  /** By how much the process of one model in its sandbox may grow, in MiB. */
  memoryMb: number;
  /** Directives of TypeScript models that do not give them. */
  defaults: Directives;
  /** Where each of them stands, by its name without `@`. */
  defaultPlaces: Record<string, SourceLocation>;
  /** OAuth services that `spoor auth` authorises; absent: none. */
  auth?: AuthProviders;
  /** Limits that models share by naming them. */
  rateLimits: Readonly<Record<string, Rate>>;
}

/** Settings as far as they could be read, and what there is to say of them. */
export interface LoadedSettings {
  settings: Settings;
  errors: UserError[];
  /** What is no mistake for certain. */
  warnings: UserError[];
}

/** The directives that `defaults:` may set. */
const DEFAULT_DIRECTIVES: readonly string[] = [
  "concurrency",
  "timeout",
  "model_timeout",
  "retries",
  "delivery",
  "on_removed",
  "max_removed",
  "max_changes",
  "max_attempts",
];

/** RFC 9562, section 4. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

type SettingReader = (text: string, into: Settings) => ValueProblem | undefined;

const READERS: ReadonlyMap<string, SettingReader> = new Map([
  ["practice", setting(flag, (value, into) => into.practice = value)],
  ["jobs", setting(integer(1, 1_000), (value, into) => into.jobs = value)],
  ["memory_mb", setting(integer(64, 1_048_576), (value, into) => into.memoryMb = value)],
]);

/** The names of all settings. */
const SETTING_NAMES: readonly string[] = [
  ...READERS.keys(),
  "project_id",
  "defaults",
  "rate_limits",
  "auth",
];

function setting<T>(
  parse: ValueParser<T>,
  store: (value: T, into: Settings) => void,
): SettingReader {
  return (text, into) => {
    const parsed = parse(text);
    if ("problem" in parsed) return parsed.problem;
    store(parsed.value, into);
    return undefined;
  };
}

/** The settings of a project without `spoor.yaml`. */
export function defaultSettings(): Settings {
  return { practice: false, memoryMb: 1_024, defaults: {}, defaultPlaces: {}, rateLimits: {} };
}

/** Reads the project's settings; all mistakes are told, and what they are about keeps its default. */
export async function loadSettings(
  root: string,
): Promise<LoadedSettings> {
  let text: string;
  try {
    text = readText(root, SETTINGS_FILE);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const isMissing = error.cause instanceof Deno.errors.NotFound;
    return {
      settings: defaultSettings(),
      errors: isMissing ? findMisnamed(root) : [error],
      warnings: [],
    };
  }
  return await parseSettings(text);
}

/** Reads the text of a `spoor.yaml`. */
export async function parseSettings(
  text: string,
): Promise<LoadedSettings> {
  const settings = defaultSettings();
  const flat = readFlatYaml(text);
  const { pairs, errors } = flat
    ? { pairs: flat, errors: [] }
    : readYamlMapping(await loadYamlLibrary(), text, SETTINGS_FILE);
  const warnings: UserError[] = [];
  eachOnce(pairs, errors, (pair, at) => {
    if (pair.key === "defaults") readDefaults(pair, settings, at, errors);
    else if (pair.key === "rate_limits") readRateLimits(pair, settings, at, errors);
    else if (pair.key === "project_id") readProjectId(pair, settings, at, errors);
    else if (pair.key === "auth") settings.auth = readAuthProviders(pair, at, errors, warnings);
    else readSetting(pair, settings, at, errors);
  });
  return { settings, errors, warnings };
}

function findMisnamed(root: string): UserError[] {
  try {
    Deno.lstatSync(`${root}/spoor.yml`);
  } catch {
    // The usual case: a project without settings.
    return [];
  }
  return [
    new UserError(`Cannot read the settings: they are in "spoor.yml"`, {
      at: { path: "spoor.yml" },
      hint: `Rename the file to "${SETTINGS_FILE}".`,
    }),
  ];
}

function eachOnce(
  pairs: readonly YamlPair[],
  errors: UserError[],
  read: (pair: YamlPair, at: SourceLocation) => void,
): void {
  const seen = new Set<string>();
  for (const pair of pairs) {
    const at = { path: SETTINGS_FILE, line: pair.line, column: pair.column };
    if (!seen.has(pair.key)) read(pair, at);
    else {
      const hint = "Keep one of the two lines.";
      errors.push(
        new UserError(`Cannot read the settings: "${pair.key}" is given twice`, { at, hint }),
      );
    }
    seen.add(pair.key);
  }
}

/** What a key has below it: nothing, or a list of pairs; anything else is a mistake. */
function pairsBelow(
  { key, value }: YamlPair,
  { what, example }: { what: string; example: string },
  at: SourceLocation,
  errors: UserError[],
): readonly YamlPair[] {
  if (value.type === "mapping") return value.pairs;
  if (value.type === "scalar" && value.text === "") return [];
  const hint = `Write "${example}" below it, indented by two spaces.`;
  errors.push(wrongValue(key, { state: `it is not a list of ${what}`, hint }, at));
  return [];
}

function readSetting(
  { key, value }: YamlPair,
  settings: Settings,
  at: SourceLocation,
  errors: UserError[],
): void {
  const read = READERS.get(key);
  if (read === undefined) {
    errors.push(unknownKey(key, SETTING_NAMES, "a setting", at));
    return;
  }
  const problem = value.type === "scalar"
    ? read(value.text, settings)
    : { state: "it is not a single value", hint: `Write "${key}: value".` };
  if (problem) errors.push(wrongValue(key, problem, at));
}

function readProjectId(
  { key, value }: YamlPair,
  settings: Settings,
  at: SourceLocation,
  errors: UserError[],
): void {
  if (value.type === "scalar" && UUID.test(value.text)) {
    settings.project = { id: value.text, at };
    return;
  }
  const hint = `Write the id that "spoor state check" shows, or take the line out.`;
  errors.push(wrongValue(key, { state: "it is not the id of a project", hint }, at));
}

function readDefaults(
  pair: YamlPair,
  settings: Settings,
  at: SourceLocation,
  errors: UserError[],
): void {
  const of = { what: "directives", example: "retries: 3" };
  eachOnce(pairsBelow(pair, of, at, errors), errors, ({ key, value }, at) => {
    const directive = DEFAULT_DIRECTIVES.includes(key) ? findDirective(key) : undefined;
    if (directive === undefined) {
      errors.push(unknownKey(key, DEFAULT_DIRECTIVES, "a directive that has a default here", at));
      return;
    }
    const problem = value.type === "scalar"
      ? directive.read(value.text, settings.defaults)
      : { state: "it is not a single value", hint: `Write "${directive.example.slice(1)}".` };
    if (problem) errors.push(wrongValue(key, problem, at));
    settings.defaultPlaces[key] = at;
  });
}

function readRateLimits(
  pair: YamlPair,
  settings: Settings,
  at: SourceLocation,
  errors: UserError[],
): void {
  const limits: Record<string, Rate> = {};
  settings.rateLimits = limits;
  const of = { what: "limits", example: "crm: 100/10s" };
  eachOnce(pairsBelow(pair, of, at, errors), errors, ({ key, value }, at) => {
    if (!isLimitName(key)) {
      const hint = `A name has letters, digits, "_" and "-", as in "hubspot".`;
      errors.push(wrongValue(key, { state: "it is not the name of a limit", hint }, at));
      return;
    }
    // Models that name it are not to be told that it does not exist as well.
    limits[key] = { count: 1, windowMs: 1_000 };
    const parsed = value.type === "scalar"
      ? rateOfLimit(value.text)
      : problem("it is not a single value", `Write "${key}: 100/10s".`);
    if ("problem" in parsed) errors.push(wrongValue(key, parsed.problem, at));
    else limits[key] = parsed.value;
  });
}

function wrongValue(key: string, { state, hint }: ValueProblem, at: SourceLocation): UserError {
  return new UserError(`Cannot read "${key}": ${state}`, { at, hint });
}

function unknownKey(
  key: string,
  known: readonly string[],
  what: string,
  at: SourceLocation,
): UserError {
  const meant = closestWord(key, known);
  return new UserError(`Cannot read the settings: "${key}" is not ${what}`, {
    at,
    hint: meant ? `Did you mean "${meant}"?` : `Use one of ${known.join(", ")}.`,
  });
}
