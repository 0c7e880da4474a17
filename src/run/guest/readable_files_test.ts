import assert from "node:assert/strict";
import { UserError } from "~/base/user_error.ts";
import { tempFolder } from "../../../tests/support/temp_folder.ts";
import { ReadableFiles } from "./readable_files.ts";

Deno.test("a folder is no file: the pattern that finds what is in it is told", () => {
  using folder = tempFolder();
  Deno.mkdirSync(`${folder.path}/data/in`, { recursive: true });
  const files = new ReadableFiles(folder.path, ["data"]);
  for (const path of ["data/in", "data/in/"]) {
    assert.throws(() => files.find(path), (error) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.message, `Cannot read "${path}": it is a folder`);
      assert.equal(error.hint, `What is in it is found by a pattern, as in files("data/in/*")`);
      return true;
    });
  }
});
