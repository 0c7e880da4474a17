/**
 * `spoor init`: writes a project that runs at once.
 *
 * @module
 */
import { dirname, resolve } from "node:path";
import { isThere } from "~/base/files/is_there.ts";
import { systemWords, withoutErrorNumber } from "~/base/files/system_words.ts";
import { messageOf } from "~/base/message_of.ts";
import { shellPath } from "~/base/text/shell_word.ts";
import { UserError } from "~/base/user_error.ts";
import { defineCommand, ExitCode } from "~/cli/command.ts";
import type { Output } from "~/cli/output/output.ts";
import { PROGRAM } from "~/cli/program.ts";
import { PROJECT_FILES } from "~/cli/templates/project_files.ts";

/** What each file is for, as the list of what was written says it. */
const MEANINGS: Readonly<Record<string, string>> = {
  "spoor.yaml": "settings: every run is a practice run for now",
  "models/raw/customers.ts": "reads the file",
  "models/staging/customers.sql": "tidies it",
  "models/mart/customers.sql": "gives each customer a plan",
  "models/sync/crm.ts": "sends customers that are new or changed",
  "data/customers.csv": "eight customers",
  ".env.example": "the secrets that a real run needs",
  "types/spoor.d.ts": "lets an editor complete and check models",
};

/** Writes a project. */
export const initCommand = defineCommand({
  name: "init",
  summary: "Make a project that runs at once",
  details: [
    "Writes a small pipeline: a CSV file, three models on the way, and one that sends customers to",
    "a CRM, which is Spoor's practice API until you say otherwise. No file is ever overwritten.",
  ].join("\n"),
  positionals: [{
    name: "dir",
    help: "Its folder, as --project would name it; else the current one",
    complete: "folders",
  }],
  options: {},
  examples: [
    ["spoor init demo", "A project in the folder demo"],
    ["spoor init", "A project in the current folder"],
  ],
  run({ options, positionals, output }) {
    const dir = chooseFolder(positionals[0], options.project);
    const root = resolve(dir);
    refuseNoFolder(root, dir);
    refuseToOverwrite(root, dir);
    for (const [path, text] of Object.entries(PROJECT_FILES)) writeFile(root, path, text);
    if (options.json) output.json("project", { root, files: Object.keys(PROJECT_FILES) });
    else printWritten(root, dir, output);
    return ExitCode.Ok;
  },
});

function chooseFolder(dir: string | undefined, project: string | undefined): string {
  if (dir === undefined || project === undefined) return dir ?? project ?? ".";
  throw new UserError(`Cannot make a project in "${dir}": the folder is given twice`, {
    hint: `Leave out --project: "spoor init ${shellPath(dir)}".`,
    exitCode: 2,
  });
}

function refuseNoFolder(root: string, dir: string): void {
  const state = dir === "" ? "this names no folder" : whatIsInTheWay(root);
  if (state === undefined) return;
  throw new UserError(`Cannot make a project in "${dir}": ${state}`, {
    hint: `Nothing was written. Name a folder, there or not: "spoor init demo".`,
    exitCode: 2,
  });
}

function whatIsInTheWay(root: string): string | undefined {
  try {
    return Deno.statSync(root).isDirectory ? undefined : "it is a file";
  } catch (error) {
    // One that is not there is made.
    return error instanceof Deno.errors.NotFound ? undefined : systemWords(error);
  }
}

function refuseToOverwrite(root: string, dir: string): void {
  const existing = Object.keys(PROJECT_FILES).filter((path) => isThere(`${root}/${path}`));
  // What is in there already would be a model of the project.
  if (existing.length === 0 && holdsAnything(`${root}/models`)) existing.push("models");
  if (existing.length === 0) return;
  const files = existing.map((path) => `"${path}"`).join(", ");
  throw new UserError(`Cannot make a project in "${dir}": it holds ${files} already`, {
    hint: `Nothing was written. Choose an empty folder: "spoor init demo".`,
  });
}

function holdsAnything(folder: string): boolean {
  return isThere(folder) && [...Deno.readDirSync(folder)].length > 0;
}

function writeFile(root: string, path: string, text: string): void {
  try {
    Deno.mkdirSync(dirname(`${root}/${path}`), { recursive: true });
    Deno.writeTextFileSync(`${root}/${path}`, text, { createNew: true });
  } catch (error) {
    const why = withoutErrorNumber(messageOf(error));
    throw new UserError(`Cannot write "${path}" in "${root}": ${why}`, {
      hint: "Choose a folder that you may write to.",
      cause: error,
    });
  }
}

function printWritten(root: string, dir: string, output: Output): void {
  const { style } = output;
  const width = Math.max(...Object.keys(MEANINGS).map((path) => path.length));
  output.line(`A project is in ${style.strong(root)}`);
  output.line();
  for (const [path, meaning] of Object.entries(MEANINGS)) {
    output.line(`  ${path.padEnd(width)}  ${style.dim(meaning)}`);
  }
  output.line();
  const enter = resolve(dir) === Deno.cwd() ? "" : `cd ${shellPath(dir)} && `;
  output.line(`Run it; nothing will leave this machine: ${style.accent(`${enter}${PROGRAM} run`)}`);
}
