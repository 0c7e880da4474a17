/**
 * Golden pipelines: each folder beside this file is a project, and its `expected.json` says how a
 * run of it ends and what is in its tables. The run is made twice: the second finds nothing to do,
 * but for the models that `again` names. A bug report becomes a folder.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { changedModels, runSteps } from "../support/run_steps.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";

/** What `expected.json` holds. */
interface Expected {
  /** Model → status, where that is not `ok`. */
  statuses?: Record<string, string>;
  /** Model → what its error must contain. */
  errors?: Record<string, string>;
  /** Table or SELECT → its rows. */
  rows: Record<string, unknown[]>;
  /** Models that run in the second run too, though they change nothing. */
  again?: string[];
}

const FOLDER = fileURLToPath(new URL(".", import.meta.url));

for (const { name, isDirectory } of [...Deno.readDirSync(FOLDER)]) {
  if (!isDirectory) continue;
  Deno.test(`golden pipeline ${name}`, async () => {
    await using project = await tempProject();
    await copyFolder(`${FOLDER}${name}`, project);
    const expected: Expected = JSON.parse(await project.read("expected.json"));

    const first = await runSteps(project);
    assert.equal(first.code, expected.statuses ? 1 : 0, first.output);
    for (const [model, status] of Object.entries(first.statuses)) {
      assert.equal(status, expected.statuses?.[model] ?? "ok", `${model}\n${first.output}`);
    }
    for (const [model, text] of Object.entries(expected.errors ?? {})) {
      assert.ok(first.steps[model]?.error?.message.includes(text), first.output);
    }
    for (const [table, rows] of Object.entries(expected.rows)) {
      assert.deepEqual(project.rows(table), rows, table);
    }

    const second = await runSteps(project);
    assert.deepEqual(changedModels(second), []);
    for (const [model, status] of Object.entries(second.statuses)) {
      const before = first.statuses[model] ?? "";
      const after = before !== "ok" ? before : expected.again?.includes(model) ? "ok" : "skipped";
      assert.equal(status, after, `${model}, the second time`);
    }
  });
}

async function copyFolder(from: string, project: TempProject, into = ""): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(`${from}/${into}`)) {
    const path = into === "" ? name : `${into}/${name}`;
    if (isDirectory) await copyFolder(from, project, path);
    else await project.write(path, await Deno.readFile(`${from}/${path}`));
  }
}
