/**
 * Keys that are new and read as ones that are gone: `'1'` where `1` was. Another type makes another key, and so one
 * CAST more in a query would send everything once more as new, and remove all that was.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier, temp } from "~/sql/identifiers.ts";
import { acceptedTableName } from "~/tracked/accept/accepted_table.ts";
import { keyIsAccepted } from "./comparison_sql.ts";
import type { ChangeSet } from "./find_changes.ts";

/** Groups whose keys are of another type now. */
export interface RetypedKeys {
  groups: number;
  /** Of one of them, those columns of the key whose type is another. */
  example: readonly RetypedColumn[];
}

/** SQLite's names of types, in small letters. */
export interface RetypedColumn {
  column: string;
  /** As text, which is the same for both. */
  value: string;
  was: string;
  is: string;
}

/** Looks for them; `undefined`: there is none. Costs nothing where no group is new, or none is gone. */
export function findRetypedKeys(
  db: DatabaseSync,
  { comparison: c, ...counts }: ChangeSet,
): RetypedKeys | undefined {
  if (counts.new === 0 || counts.removed === 0) return undefined;
  const columns = c.uniqueKey.map(quoteIdentifier);
  const places = columns.map((_, i) => `k${i}`);
  const texts = columns.map((column, i) => `CAST(${column} AS TEXT) AS k${i}`).join(", ");
  const types = columns.map((column, i) => `typeof(${column}) AS t${i}`).join(", ");
  const accepted = quoteIdentifier(acceptedTableName(c.model));
  const found = db.prepare(
    `WITH gone AS MATERIALIZED (SELECT ${texts}, ${types} FROM ${temp(c.removedTable)}),
     came AS MATERIALIZED (SELECT ${texts}, ${types} FROM ${temp(c.keysTable)} AS n
       WHERE NOT EXISTS (SELECT 1 FROM ${accepted} AS a WHERE ${keyIsAccepted(c.uniqueKey, "n")}))
     SELECT count(*) OVER () AS groups, ${
      places.map((k, i) => `came.${k}, gone.t${i} AS was${i}, came.t${i} AS is${i}`).join(", ")
    }
     FROM came JOIN gone ON ${places.map((k) => `gone.${k} = came.${k}`).join(" AND ")}
     WHERE ${places.map((_, i) => `gone.t${i} <> came.t${i}`).join(" OR ")} LIMIT 1`,
  ).get();
  if (!found) return undefined;
  const example = c.uniqueKey.map((column, i) => ({
    column,
    value: String(found[`k${i}`]),
    was: String(found[`was${i}`]),
    is: String(found[`is${i}`]),
  })).filter(({ was, is }) => was !== is);
  return { groups: Number(found.groups), example };
}
