import assert from "node:assert/strict";
import { UserError } from "~/base/user_error.ts";
import { tempFolder } from "../../tests/support/temp_folder.ts";
import { readText } from "./read_text.ts";

Deno.test("readText() says in plain words why a file cannot be read, and not where the project lies", () => {
  using folder = tempFolder();
  Deno.mkdirSync(`${folder.path}/.env`);
  const messageOf = (path: string) => {
    try {
      return readText(folder.path, path);
    } catch (error) {
      assert.ok(error instanceof UserError);
      return `${error.message} at ${error.at?.path}`;
    }
  };
  assert.equal(messageOf(".env"), "Cannot read the file: it is a folder at .env");
  assert.equal(messageOf(".env/a"), "Cannot read the file: it does not exist at .env/a");
});
