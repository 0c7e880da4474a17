import assert from "node:assert/strict";
import { UserError } from "~/base/user_error.ts";
import { openState } from "~/store/file/open_state.ts";
import { PROJECT_ID, removeMeta, writeMeta } from "~/store/meta.ts";
import { tempFolder } from "../../tests/support/temp_folder.ts";
import { refuseUnexpectedState } from "./expected_state.ts";

Deno.test("no state but that of the project that spoor.yaml names is gone on from", () => {
  using folder = tempFolder();
  const path = `${folder.path}/spoor.db`;
  const refuse = (id: string) =>
    refuseUnexpectedState(path, { id, at: { path: "spoor.yaml", line: 3 } }, "run");
  const refused = (id: string, message: RegExp) =>
    assert.throws(() => refuse(id), { name: UserError.name, message });

  refuseUnexpectedState(path, undefined, "run");
  refused("p-1", /^Cannot run: there is no .*spoor\.db, and spoor\.yaml expects that of p-1$/);
  {
    using db = openState(path);
    writeMeta(db, PROJECT_ID, "p-1");
  }
  refuse("p-1");
  refused("p-2", /spoor\.db is that of project p-1, and spoor\.yaml expects that of p-2$/);
  {
    using db = openState(path);
    removeMeta(db, PROJECT_ID);
  }
  refuse("p-2"); // What is wrong with it is said where it is opened.
});
