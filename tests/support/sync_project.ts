/**
 * A project that sends: one SQL model whose rows a test gives and changes, one model that sends
 * them to the test's server, and what a run said of them.
 *
 * @module
 */
import type { ModelFinished, RunEvent } from "~/run/run_event.ts";
import type { Answerer, FakeApi } from "./fake_api.ts";
import { readEvents } from "./run_steps.ts";
import { killAfter, type SpoorOptions, type SpoorResult } from "./spoor.ts";
import { type ProjectFiles, type TempProject, tempProject } from "./temp_project.ts";

/** One run: its exit code, all it printed, and its events. */
export interface SyncRun {
  code: number;
  output: string;
  events: readonly RunEvent[];
  /** What the run says of `sync.people`. */
  sync: ModelFinished;
  /** What the run says of a model. */
  model(name: string): ModelFinished;
}

/** See the module's comment. */
export interface SyncProject extends AsyncDisposable {
  readonly project: TempProject;
  /** Sets the rows of `raw.people`, a SQL literal each: `["1", "'Ada'"]`. */
  setRows(columns: readonly string[], rows: readonly (readonly string[])[]): Promise<void>;
  /** Sets the text of `sync.people`: directives beside those that every test needs, and code. */
  setSync(code: string, directives?: readonly string[]): Promise<void>;
  /** Runs the project, with further words of the command line. */
  run(...args: string[]): Promise<SyncRun>;
  /** Another project with the same files and the same state, which sends to the same server. */
  copy(): Promise<SyncProject>;
}

/** Columns of `raw.people`, where a test says nothing else. */
export const COLUMNS: readonly string[] = ["id", "name"];

/** Sends each group by its first row to `/people/<id>` and saves it. */
export const SEND_EACH_ROW = `
  await query("SELECT * FROM raw.people").each(async (row, _group) => {
    await http.post(ORIGIN + "/people/" + row.id, { json: row });
  });
`;

/** The same in a plain loop. */
export const SEND_IN_LOOP = `
  for await (const row of query("SELECT * FROM raw.people")) {
    await http.post(ORIGIN + "/people/" + row.id, { json: row });
    await save.row(row);
  }
`;

/** Makes the project; `ORIGIN` in its code is the server's. */
export async function syncProject(
  api: FakeApi,
  code: string,
  options: { directives?: readonly string[]; files?: ProjectFiles } = {},
): Promise<SyncProject> {
  const made = syncProjectIn(await tempProject(options.files), api, options.directives ?? []);
  await made.setSync(code);
  return made;
}

function syncProjectIn(
  project: TempProject,
  api: FakeApi,
  ownDirectives: readonly string[],
): SyncProject {
  return {
    project,
    async setRows(columns, rows) {
      await writeRows(project, columns, rows);
    },
    async setSync(text, directives = ownDirectives) {
      await project.write("models/sync/people.ts", modelText(api, text, directives));
    },
    async run(...args) {
      return readRun(await project.run(["run", "--json", ...args]));
    },
    async copy() {
      return syncProjectIn(await project.copy(), api, ownDirectives);
    },
    async [Symbol.asyncDispose]() {
      await project[Symbol.asyncDispose]();
    },
  };
}

/**
 * Runs until the far side has answered so many requests, and kills the run while the next one is out.
 *
 * @param options.answer What the requests before are answered with. @default 200
 * @param options.args Further words of the command line.
 */
export async function killWhileOut(
  api: FakeApi,
  { project }: SyncProject,
  answered: number,
  { answer = () => ({ json: {} }), args = [] }: { answer?: Answerer; args?: readonly string[] } =
    {},
): Promise<SpoorResult> {
  const before = api.requests.length;
  api.answer((request, index) =>
    index < before + answered ? answer(request, index - before) : { hang: true }
  );
  const running = project.start(["run", "--json", ...args]);
  return await killAfter(running, api.received(before + answered + 1));
}

/** Runs a project of any other make. */
export async function run(project: TempProject, options?: SpoorOptions): Promise<SyncRun> {
  return readRun(await project.run("run --json", options));
}

/** Turns the lines of `run --json` into what tests ask for. */
export function readRun({ code, stdout, output }: SpoorResult): SyncRun {
  const { events, steps } = readEvents(stdout);
  const model = (name: string) => {
    const found = steps[name];
    if (found) return found;
    throw new Error(`The run said nothing of ${name}; it printed\n${output}`);
  };
  return {
    code,
    output,
    events,
    model,
    get sync() {
      return model("sync.people");
    },
  };
}

/** Rows of `COLUMNS` as SQL literals: `rowsOf(3)` is Ada 1 to 3. */
export function rowsOf(count: number, name = "Ada"): string[][] {
  return Array.from({ length: count }, (_, index) => [String(index + 1), `'${name}'`]);
}

/** Sets the rows of `raw.people`, a SQL literal each. */
export async function writeRows(
  project: TempProject,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<void> {
  await project.write("models/raw/people.sql", selectOf(columns, rows));
}

function selectOf(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const [first = [], ...others] = rows.map((row) => [...row]);
  const named = first.map((value, index) => `${value} AS "${columns[index]}"`).join(", ");
  const empty = rows.length === 0
    ? `SELECT ${columns.map((name) => `NULL AS "${name}"`).join(", ")} WHERE 0`
    : "";
  return empty ||
    [`SELECT ${named}`, ...others.map((row) => `SELECT ${row.join(", ")}`)].join("\nUNION ALL ");
}

/** A tracked model that sends to the server. */
export function modelText(
  api: Pick<FakeApi, "host" | "origin">,
  code: string,
  directives: readonly string[],
): string {
  const own = ["unique_key: id", `allow_net: ${api.host}`].filter((line) => {
    const [name = ""] = line.split(":", 1);
    return !directives.some((given) => given.startsWith(`${name}:`));
  });
  return [
    ...["kind: tracked", ...own, ...directives].map((line) => `// @${line}`),
    `import { changes, env, files, hmac, http, HttpError, log, query, reject, save, secret } from "spoor";`,
    `const ORIGIN = "${api.origin}";`,
    code,
  ].join("\n");
}
