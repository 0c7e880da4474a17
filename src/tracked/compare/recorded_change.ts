/**
 * What of a group changed, as the record has it: JSON, of one row column by column, of several in an array, which no
 * column can be taken for.
 *
 * @module
 */
import type { ChangedRows } from "./changed_rows.ts";
import type { ChangedValues } from "./changed_values.ts";

/** See the module's comment. */
export type RecordedChange = { values: ChangedValues } | { rows: ChangedRows };

/** Writes it. */
export function writeChange(change: RecordedChange): string {
  return JSON.stringify("values" in change ? change.values : [change.rows]);
}

/** Reads it. Nothing where the record says nothing: of what is new, and of several rows in records of earlier versions. */
export function readChange(json: string | null): RecordedChange | undefined {
  if (json === null) return undefined;
  const change: ChangedValues | [ChangedRows] = JSON.parse(json);
  return Array.isArray(change) ? { rows: change[0] } : { values: change };
}
