/**
 * Whether a state file has the tables and columns that its schema's version says.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "~/store/schema.ts";
import { columnsOf } from "~/warehouse/tables.ts";
import type { CheckResult } from "./check_state.ts";

/** Holds the file's tables against those that the same migrations make in an empty database. */
export function checkSchema(db: DatabaseSync, version: number): CheckResult {
  using model = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS.slice(0, version)) model.exec(sql);
  const objects = model.prepare(
    `SELECT type, name FROM sqlite_schema WHERE name LIKE 'spoor.%' ORDER BY type DESC, name`,
  ).all();
  const known = new Set(
    db.prepare(`SELECT type, name FROM sqlite_schema`).all().map(({ type, name }) =>
      `${type} ${name}`
    ),
  );
  const missing = objects.flatMap(({ type, name }) => {
    const text = `${type} ${name}`;
    if (!known.has(text)) return [text];
    if (type !== "table") return [];
    const columns = new Set(columnsOf(db, String(name)));
    return columnsOf(model, String(name)).filter((column) => !columns.has(column))
      .map((column) => `column ${name}.${column}`);
  });
  const hint = "Restore a backup: what was kept there is gone, and Spoor cannot make it anew";
  const findings = missing.map((what) => ({
    message: `The file says that its schema is ${version}, and has no ${what}`,
    hint,
  }));
  return { findings, notes: [] };
}
