/**
 * One project with a model for each of several forms of code, which all read the same rows: what many models do each
 * by itself is seen in one run.
 *
 * @module
 */
import type { FakeApi, ReceivedRequest } from "./fake_api.ts";
import { COLUMNS, modelText, readRun, type SyncRun, writeRows } from "./sync_project.ts";
import { type TempProject, tempProject } from "./temp_project.ts";

/** See the module's comment. */
export interface SyncForms extends AsyncDisposable {
  readonly project: TempProject;
  /** The name of the model that a form is: `sync.form3`. */
  modelOf(form: string): string;
  /** What the server got from a form's model. */
  requestsOf(form: string): ReceivedRequest[];
  /** Runs all of them. */
  run(): Promise<SyncRun>;
}

/**
 * Makes the project. To each form `ORIGIN` is an address of its own, below `/form3`.
 *
 * @param forms Form → code, as for `syncProject()`.
 * @param rows Of `raw.people`, a SQL literal each.
 */
export async function syncForms(
  api: FakeApi,
  forms: Readonly<Record<string, string>>,
  rows: readonly (readonly string[])[],
  directives: readonly string[] = [],
): Promise<SyncForms> {
  const project = await tempProject();
  await writeRows(project, COLUMNS, rows);
  const names = Object.keys(forms);
  for (const [index, form] of names.entries()) {
    const origin = `${api.origin}/form${index}`;
    const text = modelText({ host: api.host, origin }, forms[form] ?? "", directives);
    await project.write(`models/sync/form${index}.ts`, text);
  }
  return {
    project,
    modelOf: (form) => `sync.form${names.indexOf(form)}`,
    requestsOf: (form) =>
      api.requests.filter(({ path }) => path.startsWith(`/form${names.indexOf(form)}/`)),
    run: async () => readRun(await project.run("run --json")),
    [Symbol.asyncDispose]: () => project[Symbol.asyncDispose](),
  };
}

/** A request's path below the address that its form has. */
export function pathInForm({ path }: ReceivedRequest): string {
  return path.replace(/^\/form\d+/, "");
}

/** All that a run printed about one model. */
export function saidOf({ events }: SyncRun, model: string): string {
  return events.filter((event) => "model" in event && event.model === model)
    .map((event) => JSON.stringify(event)).join("\n");
}
