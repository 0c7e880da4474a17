/**
 * Refuses to adopt by what is no likeness of the model's rows: nothing is recorded then.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { countOf, renderCount } from "~/base/text/counts.ts";
import { UserError } from "~/base/user_error.ts";
import { temp } from "~/sql/identifiers.ts";
import {
  type FarComparison,
  type FarFigures,
  findAmbiguousKey,
} from "~/tracked/adopt/match_far_rows.ts";
import { prepareArrayRows } from "~/warehouse/statements/array_rows.ts";
import type { AdoptHeldContext } from "./adopt_held.ts";
import type { LoadedHeld, QueryRows } from "./load_held.ts";

const EXAMPLES = 3;
const MAX_SHOWN = 100;

/** @throws {UserError} The query gives no rows. */
export function refuseEmptyQuery(
  db: DatabaseSync,
  { model }: AdoptHeldContext,
  { table }: QueryRows,
): void {
  if (db.prepare(`SELECT 1 FROM ${temp(table)} LIMIT 1`).get()) return;
  throw new UserError(`Cannot adopt ${model.name}: its query gives no rows to compare`, {
    hint: "Nothing was recorded. Run the models that it reads first",
  });
}

/** @throws {UserError} A CSV file cannot tell its keys apart. */
export function refuseAmbiguousKey(
  db: DatabaseSync,
  { model, source }: AdoptHeldContext,
  far: FarComparison,
): void {
  if (!far.uniqueKey.some((key) => far.forms?.get(key) === "mixed")) return;
  const key = findAmbiguousKey(db, far);
  if (!key) return;
  throw new UserError(
    `Cannot compare ${model.name} with ${source.name}: its query has ${
      key.join(", ")
    } as a number and as a text, which a CSV file does not tell apart`,
    { hint: "Give the key one type in the query, or compare with a table" },
  );
}

/**
 * Most likely it is another file; to go on would send everything a second time.
 *
 * @throws {UserError} None of its groups is there.
 */
export function refuseNoneMet(
  db: DatabaseSync,
  { model, source }: AdoptHeldContext,
  far: FarComparison,
  { same, differ, notThere, groupsThere }: FarFigures,
  { rows }: LoadedHeld,
): void {
  if (same + differ > 0) return;
  const cannot = `Cannot adopt ${model.name} by ${source.name}`;
  if (rows === 0) {
    throw new UserError(`${cannot}: it holds no rows`, {
      hint: "Where the far side holds nothing, there is nothing to adopt: run without --adopt",
    });
  }
  throw new UserError(
    `${cannot}: none of the ${countOf(notThere, "group")} of its query is among the ${
      renderCount(groupsThere)
    } there`,
    {
      details: [
        `here: ${exampleOf(db, far, far.groupsTable, "q")}`,
        ...groupsThere > 0 ? [`there: ${exampleOf(db, far, far.farTable, "k")}`] : [],
      ],
      hint: source.type === "csv"
        ? "Nothing was recorded. Is it the export of these records, with the key of the query?"
        : `Nothing was recorded. Values are compared with their types: CAST a text to an INTEGER`,
    },
  );
}

function exampleOf(db: DatabaseSync, far: FarComparison, table: string, letter: string): string {
  const keys = far.uniqueKey.map((_, i) => `quote(${letter}${i})`).join(`, `);
  const rows = prepareArrayRows(db, `SELECT DISTINCT ${keys} FROM ${temp(table)} LIMIT ${EXAMPLES}`)
    .all().map((row) => row.join(", ").slice(0, MAX_SHOWN));
  return `${far.uniqueKey.join(", ")} = ${rows.join("; ")}`;
}
