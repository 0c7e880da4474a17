/**
 * What a person is told of a comparison with what the far side holds, beside its figures.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { countOf } from "~/base/text/counts.ts";
import { temp } from "~/sql/identifiers.ts";
import type { countDifferences, FarComparison } from "~/tracked/adopt/match_far_rows.ts";
import { renderGroupKey } from "~/tracked/group_key.ts";
import { prepareArrayRows, readRow } from "~/warehouse/statements/array_rows.ts";
import { countFrom } from "~/warehouse/tables.ts";
import type { AdoptHeldContext } from "./adopt_held.ts";
import type { HeldSource } from "./held_source.ts";
import type { LoadedHeld } from "./load_held.ts";

const EXAMPLES = 3;

type Differing = ReturnType<typeof countDifferences>;

/** What is worth a word: how the columns were taken, and what looks like a mistake. */
export function notesOf(
  db: DatabaseSync,
  { source, model }: AdoptHeldContext,
  loaded: LoadedHeld,
  differing: Differing,
): string[] {
  const { comparison: far, renamed, withoutKey, withoutKeyLines } = loaded;
  const notes = renamed.map(([there, here]) => `"${there}" is taken for the column "${here}"`);
  if (withoutKey > 0) {
    const lines = withoutKeyLines.map((line) => `${source.name}:${line}`).join(", ");
    const more = withoutKey > withoutKeyLines.length && lines !== "" ? ", …" : "";
    notes.push(
      `${countOf(withoutKey, "row")} there ${withoutKey === 1 ? "has" : "have"} no ${
        far.uniqueKey.join(", ")
      }, and can be no group of ${model.name}${lines === "" ? "" : ` (${lines}${more})`}`,
    );
  }
  const withBytes = loaded.withBytes.map((column) =>
    `"${column}" has bytes, which a CSV file cannot hold: a group that has some differs`
  );
  return [...notes, ...doubleNotes(db, source, far), ...withBytes, ...formNotes(differing)];
}

/** So few groups may differ in a column by chance. */
const FEW_PAIRS = 3;

/** A column that is the same nowhere is most likely written in another form: a date, say. */
function formNotes({ pairs, differences }: Differing): string[] {
  if (pairs <= FEW_PAIRS) return [];
  return [...differences].filter(([, groups]) => groups === pairs).map(([column]) =>
    `"${column}" is the same in no group: if only its form is another there, leave the column out`
  );
}

/** One row here, more there: it may be that a record was created twice. */
function doubleNotes(db: DatabaseSync, source: HeldSource, far: FarComparison): string[] {
  const where = "rows = 1 AND there > 1";
  const groups = temp(far.groupsTable);
  const doubles = countFrom(db, `${groups} WHERE ${where}`);
  if (doubles === 0) return [];
  const own = far.uniqueKey.map((_, i) => `q${i}`).join(", ");
  const equal = far.uniqueKey.map((_, i) => `f.k${i} = g.k${i}`).join(" AND ");
  const examples = prepareArrayRows(
    db,
    `SELECT ${own}, (SELECT group_concat(line, ' ') FROM (SELECT line FROM ${
      temp(far.farTable)
    } AS f WHERE ${equal} ORDER BY line LIMIT ${EXAMPLES}))
     FROM ${groups} AS g WHERE ${where} LIMIT ${EXAMPLES}`,
  ).all().map(readRow).map((row) => {
    const lines = String(row.pop() ?? "").split(" ").filter((line) => line !== "");
    const at = lines.map((line) => `${source.name}:${line}`).join(", ");
    return renderGroupKey(far.uniqueKey, row) + (at === "" ? "" : ` (${at})`);
  });
  const more = doubles > examples.length ? ", …" : "";
  return [
    `${countOf(doubles, "group")} of one row ${
      doubles === 1 ? "has" : "have"
    } more than one there: ${examples.join("; ")}${more}`,
  ];
}
