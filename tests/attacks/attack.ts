/**
 * What an attack is: a model that tries to get at something it must not have.
 *
 * @module
 */
import type { Evidence } from "./evidence.ts";

/** One attack. In its texts, names in `$CAPITALS` are replaced: see `replaceNames()`. */
export interface Attack {
  /** What it tries, as the end of a sentence: "reads a file with Deno.readTextFile". */
  name: string;
  /** Header lines beside `@kind: table`. */
  header?: readonly string[];
  /** The model. What it gets hold of it hands to `leak()`, which saves it, or fails without it. */
  source: string;
  /** Further project files that it brings along. */
  files?: Readonly<Record<string, string>>;
  /**
   * How its model has to end. `failed`: it is refused something it cannot do without.
   * `any`: it may well end well, having got nothing. @default "failed"
   */
  ends?: "failed" | "any";
  /** Words that the error has to have: a person must learn what was refused. */
  says?: RegExp;
  /** Further signs of an escape that only this attack leaves; gives the words for the report. */
  escape?: (evidence: Evidence, id: string) => string | undefined;
}

/** Attacks that are made in one project, in one run. */
export interface AttackGroup {
  name: string;
  attacks: readonly Attack[];
  /** Text of `spoor.yaml`. */
  settings?: string;
  /** `refused`: the project is refused as a whole, before any model runs. @default "runs" */
  expect?: "runs" | "refused";
}

/** A word for file and table names: `reads_a_file_with_deno_readtextfile`. */
export function attackId(attack: Attack): string {
  return attack.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_").replaceAll(/^_|_$/g, "")
    .slice(0, 60);
}

/** Everything that an attack's text can name. */
export interface Names {
  /** Origin and host of the server that nobody may reach. */
  EVIL: string;
  EVILHOST: string;
  EVILPORT: string;
  /** Origin and host of the server that `@allow_net` may list. */
  ALLOWED: string;
  ALLOWEDHOST: string;
  ALLOWEDPORT: string;
  /** A folder outside of the project, with canary.txt, canary.json and canary.js in it. */
  VICTIM: string;
  /** The same folder, seen from the attack's model. */
  RELATIVE: string;
  /** The project's folder. */
  PROJECT: string;
}

/** Puts the names' values into a text, and the attack's own id for `$ID`. */
export function replaceNames(text: string, id: string, names: Names): string {
  return text
    .replaceAll("$ID", id)
    .replaceAll(/\$([A-Z]+)/g, (all, name: string) => names[name as keyof Names] ?? all);
}
