import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { UserError } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";
import { temp } from "~/sql/identifiers.ts";
import { tempFolder } from "../../../tests/support/temp_folder.ts";
import type { HeldSource } from "./held_source.ts";
import { loadHeld } from "./load_held.ts";

const MODEL: Model = {
  name: "sync.crm",
  language: "ts",
  path: "models/sync/crm.ts",
  kind: "tracked",
  directives: { uniqueKey: ["id"] },
  directiveLines: {},
  references: [],
  fingerprint: "",
};
const SELECT: HeldSource = {
  type: "select",
  name: "raw.crm",
  sql: `SELECT * FROM "raw.crm"`,
  tables: ["raw.crm"],
};

/** Loads what is there for a query that gives `id, name, score` in these rows. */
function load(rows: string, there: { csv: string } | { sql: string }) {
  using db = new DatabaseSync(":memory:");
  using folder = tempFolder();
  db.exec(`CREATE TEMP TABLE q (id, name, score); INSERT INTO q VALUES ${rows}`);
  const path = `${folder.path}/crm.csv`;
  let source: HeldSource = SELECT;
  if ("csv" in there) {
    Deno.writeTextFileSync(path, there.csv);
    source = { type: "csv", name: "crm.csv", path };
  } else db.exec(there.sql);
  const query = { uniqueKey: ["id"], columns: ["id", "name", "score"], table: "q" };
  const { comparison, ...told } = loadHeld(db, source, MODEL, query);
  const far = db.prepare(`SELECT * FROM ${temp(comparison.farTable)}`).all();
  return { ...told, compared: comparison.compared, far: far.map((row) => Object.values(row)) };
}

Deno.test("no key is true or false, and a value is where its column has nothing but 0 and 1", () => {
  const { far } = load("(0, 1, 1), (1, 0, 2)", { csv: "id,name,score\ntrue,true,true\n1,0,1\n" });
  assert.deepEqual(far, [["true", 1, "true", 2], [1, 0, 1, 3]]);
});

Deno.test("rows without a key are counted, with the first of their lines, and compared with nothing", () => {
  const csv = "id,name\n,Ada\n,Bob\n,Cy\n,Di\n5,Ed\n";
  const { rows, withoutKey, withoutKeyLines, far } = load("(5, 'Ed', 1)", { csv });
  assert.deepEqual([rows, withoutKey, withoutKeyLines], [5, 4, [2, 3, 4]]);
  assert.deepEqual(far, [[5, "Ed", 6]]);

  const sql =
    `CREATE TABLE "raw.crm" (id, name); INSERT INTO "raw.crm" VALUES (NULL, 'Ada'), (5, 'Ed')`;
  const selected = load("(5, 'Ed', 1)", { sql });
  assert.deepEqual([selected.rows, selected.withoutKey, selected.withoutKeyLines], [2, 1, []]);
  assert.deepEqual(selected.far, [[5, "Ed", null]]);
});

Deno.test("an empty cell is a key where the query has an empty text as one", () => {
  const { withoutKey, far } = load("('', 'Ada', 1), ('x', 'Bob', 1)", { csv: "id,name\n,Ada\n" });
  assert.deepEqual([withoutKey, far], [0, [["", "Ada", 2]]]);
});

Deno.test("columns are those of the query, whatever their case and order; others are passed over", () => {
  const csv = "Score,more,ID\n7,x,5\n";
  const { compared, ignored, renamed, far } = load("(5, 'Ed', 1)", { csv });
  assert.deepEqual([compared, ignored], [["score"], ["more"]]);
  assert.deepEqual(renamed, [["ID", "id"], ["Score", "score"]]);
  assert.deepEqual(far, [[5, 7, 2]]);
});

Deno.test("what has not the key, or shares nothing else, is compared with nothing", () => {
  const refused = (columns: string, message: RegExp) =>
    assert.throws(() => load("(5, 'Ed', 1)", { sql: `CREATE TABLE "raw.crm" (${columns})` }), {
      name: UserError.name,
      message,
    });
  refused("name, score", /it has no column "id", the unique key$/);
  refused("id, more", /they share no column but the unique key$/);
});
