import assert from "node:assert/strict";
import { UserError } from "~/base/user_error.ts";
import { tempProject } from "../../tests/support/temp_project.ts";
import { findRoot } from "./find_root.ts";

/** A folder without a project, not even `models/`. */
async function emptyFolder() {
  const project = await tempProject({});
  await project.remove("models");
  return project;
}

Deno.test("the root is the nearest folder upward that holds models/ or spoor.yaml", async () => {
  await using project = await tempProject({
    "models/a/b.sql": "",
    "inner/spoor.yaml": "",
    "inner/data/x.csv": "",
  });
  assert.equal(findRoot(project.root), project.root);
  assert.equal(findRoot(project.path("models/a")), project.root);
  assert.equal(findRoot(project.path("inner/data")), project.path("inner"));
});

Deno.test("a file named models is no project", async () => {
  await using folder = await emptyFolder();
  await folder.write("models", "text");
  assert.throws(() => findRoot(folder.root), /Cannot find a project/);
});

Deno.test("--project overrides the search and is relative to the working folder", async () => {
  await using project = await tempProject({ "inner/models/a/b.sql": "", "other/x.txt": "" });
  assert.equal(findRoot(project.root, "inner"), project.path("inner"));
  assert.equal(findRoot("/", project.root), project.root);
  assert.throws(() => findRoot(project.root, "other"), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /"other" holds neither "spoor\.yaml" nor "models\/"/);
    assert.equal(error.hint, `Run "spoor init other" to begin one there.`);
    return true;
  });
  assert.throws(() => findRoot(project.root, "nowhere"), /"nowhere" is not a folder/);
});

Deno.test("where there is no project, init is suggested", async () => {
  await using folder = await emptyFolder();
  assert.throws(() => findRoot(folder.root), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /Cannot find a project: neither ".+" nor a folder above it holds/);
    assert.match(error.hint ?? "", /Run "spoor init"/);
    assert.equal(error.exitCode, 2, "as where --project names none");
    return true;
  });
});
