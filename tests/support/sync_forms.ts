/**
 * One project with a model for each of several forms of code, which all read the same rows: what many models do each
 * by itself is seen in one run.
 *
 * @module
 */
import type { FakeApi } from "./fake_api.ts";
import { modelText, readRun, type SyncRun, writeRows } from "./sync_project.ts";
import { type TempProject, tempProject } from "./temp_project.ts";

/** See the module's comment. */
export interface SyncForms extends AsyncDisposable {
  readonly project: TempProject;
  /** The name of the model that a form is: `sync.form3`. */
  modelOf(form: string): string;
  /** Runs all of them. */
  run(): Promise<SyncRun>;
}

/**
 * Makes the project.
 *
 * @param forms Form → code, as for `syncProject()`.
 * @param rows Of `raw.people`, a SQL literal each.
 */
export async function syncForms(
  api: FakeApi,
  forms: Readonly<Record<string, string>>,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<SyncForms> {
  const project = await tempProject();
  await writeRows(project, columns, rows);
  const names = Object.keys(forms);
  for (const [index, form] of names.entries()) {
    await project.write(`models/sync/form${index}.ts`, modelText(api, forms[form] ?? "", []));
  }
  return {
    project,
    modelOf: (form) => `sync.form${names.indexOf(form)}`,
    run: async () => readRun(await project.run(["run", "--json"])),
    [Symbol.asyncDispose]: () => project[Symbol.asyncDispose](),
  };
}

/** All that a run printed about one model. */
export function saidOf({ events }: SyncRun, model: string): string {
  return events.filter((event) => "model" in event && event.model === model)
    .map((event) => JSON.stringify(event)).join("\n");
}
