import assert from "node:assert/strict";
import { tempFolder } from "../../../tests/support/temp_folder.ts";
import { openState } from "./open_state.ts";
import { emptyLog, StatePlace } from "./state_place.ts";

Deno.test("a file that lies where it was opened is in its place, whatever is written to it", () => {
  using folder = tempFolder();
  const path = `${folder.path}/spoor.db`;
  Deno.writeTextFileSync(path, "a");
  const place = new StatePlace(path);
  Deno.writeTextFileSync(path, "longer");

  assert.equal(place.look(), undefined);
  assert.equal(place.lookSometimes(), undefined);
  assert.equal(place.left.aborted, false);
});

Deno.test("a file that was moved away is missed, and stays missed when it comes back", () => {
  using folder = tempFolder();
  const path = `${folder.path}/spoor.db`;
  Deno.writeTextFileSync(path, "a");
  const place = new StatePlace(path);
  Deno.renameSync(path, `${path}.away`);

  const why = place.lookSometimes();
  assert.match(why?.message ?? "", /was deleted or moved away while the run went on$/);
  assert.equal(place.left.aborted, true);
  Deno.renameSync(`${path}.away`, path);
  assert.equal(place.look(), why, "what was sent meanwhile may not be in it");
  assert.equal(place.lookSometimes(), why);
});

Deno.test("a file whose folder became a file is missed too", () => {
  using folder = tempFolder();
  Deno.mkdirSync(`${folder.path}/state`);
  const path = `${folder.path}/state/spoor.db`;
  Deno.writeTextFileSync(path, "a");
  const place = new StatePlace(path);
  Deno.renameSync(`${folder.path}/state`, `${folder.path}/away`);
  Deno.writeTextFileSync(`${folder.path}/state`, "");

  assert.match(place.look()?.message ?? "", /was deleted or moved away/);
});

Deno.test("another file in its place is told apart, though it holds the same", () => {
  using folder = tempFolder();
  const path = `${folder.path}/spoor.db`;
  Deno.writeTextFileSync(path, "a");
  const place = new StatePlace(path);
  Deno.copyFileSync(path, `${path}.copy`);
  Deno.renameSync(`${path}.copy`, path);

  assert.match(place.look()?.message ?? "", /another file is in the place of/);
  assert.equal(place.left.aborted, true);
});

Deno.test("who looks sometimes does not look again within a second", () => {
  using folder = tempFolder();
  const path = `${folder.path}/spoor.db`;
  Deno.writeTextFileSync(path, "a");
  const place = new StatePlace(path);
  assert.equal(place.lookSometimes(), undefined);
  Deno.removeSync(path);

  assert.equal(place.lookSometimes(), undefined);
  assert.ok(place.look());
});

Deno.test("a file whose log was emptied is whole without it", () => {
  using folder = tempFolder();
  const path = `${folder.path}/spoor.db`;
  using db = openState(path);
  db.exec("CREATE TABLE rows (id)");
  assert.ok(Deno.statSync(`${path}-wal`).size > 0);
  emptyLog(db);
  assert.equal(Deno.statSync(`${path}-wal`).size, 0);
});
