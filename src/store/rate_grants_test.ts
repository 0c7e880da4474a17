import assert from "node:assert/strict";
import { openDatabase, openDatabaseReadOnly } from "~/warehouse/open_database.ts";
import { openState } from "~/store/file/open_state.ts";
import { tempFolder } from "../../tests/support/temp_folder.ts";
import { loadRateGrants, RateGrants, takeRateGrants } from "./rate_grants.ts";
import { MIGRATIONS } from "./schema.ts";

/** Makes a state file with grants under the limit "crm". */
function makeState(path: string, ...atMs: number[]): void {
  using db = openState(path);
  const grants = new RateGrants(db, "crm");
  for (const each of atMs) grants.add(1, each, 0);
}

function grantsIn(path: string) {
  using db = openDatabaseReadOnly(path);
  return loadRateGrants(db).map(({ atMs }) => atMs);
}

Deno.test("a grant is recorded as of no time before its use, and forgotten once it does not count", () => {
  using folder = tempFolder();
  using db = openState(`${folder.path}/spoor.db`);
  const [crm, mail] = [new RateGrants(db, "crm"), new RateGrants(db, "mail")];
  mail.add(1, 100, 0);
  crm.add(2, 1_000.2, 0);
  crm.add(1, 2_000, 1_001);
  assert.deepEqual(crm.load(), [1_001, 1_001, 2_000]);
  crm.add(1, 1_500, 1_001.9);
  assert.deepEqual(
    crm.load(),
    [1_001, 1_001, 1_500, 2_000],
    "what is in the window to a part of a millisecond",
  );
  crm.add(0, 0, 1_002);
  crm.move(-500);
  assert.deepEqual(crm.load(), [1_000, 1_500]);
  assert.deepEqual(mail.load(), [100], "another limit's stay as they are");
});

Deno.test("what a plan has read under a limit counts in the state that it was made of", () => {
  using folder = tempFolder();
  const [copy, path] = [`${folder.path}/copy.db`, `${folder.path}/spoor.db`];
  makeState(path, 1);
  makeState(copy, 2, 3);
  takeRateGrants(copy, path);
  assert.deepEqual(grantsIn(path), [2, 3], "in the place of those that were there");
});

Deno.test("a plan makes no state where there is none, and changes none of an earlier version", () => {
  using folder = tempFolder();
  const [copy, path] = [`${folder.path}/copy.db`, `${folder.path}/spoor.db`];
  makeState(copy, 2);
  takeRateGrants(copy, path);
  assert.equal([...Deno.readDirSync(folder.path)].some(({ name }) => name === "spoor.db"), false);

  makeState(path, 1);
  {
    using db = openDatabase(path);
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length - 1}`);
  }
  takeRateGrants(copy, path);
  assert.deepEqual(grantsIn(path), [1]);
});
