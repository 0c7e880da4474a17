import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { foldName, isSameName } from "./same_name.ts";

Deno.test("isSameName() and foldName() equate what SQLite equates", () => {
  using db = new DatabaseSync(":memory:");
  const names = ["id", "ID", "é", "É", "e\u0301", "E\u0301", "MÄRT", "mÄrt", "märt"];
  // Of these JavaScript makes k, s, i with a dot, ss and σ in lower or upper case.
  names.push("k", "K", "\u212a", "s", "S", "ſ", "i", "İ", "ı", "ß", "ẞ", "σ", "ς", "Σ", "@", "`");
  for (const a of names) {
    db.exec(`CREATE TABLE t ("${a}")`);
    for (const b of names) {
      const hasColumn = (name: string) => {
        try {
          // With the table's name: alone, what is no column is taken for a text.
          return Boolean(db.prepare(`SELECT t."${name}" FROM t`));
        } catch {
          // There is no such column.
          return false;
        }
      };
      assert.equal(isSameName(a, b), hasColumn(b), `${a} ${b}`);
      assert.equal(foldName(a) === foldName(b), hasColumn(b), `${a} ${b}`);
    }
    db.exec("DROP TABLE t");
  }
});
