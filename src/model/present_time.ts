/**
 * Where a model's SQL asks for the present time.
 *
 * @module
 */
import { lineInFile, textPosition } from "~/base/text/text_position.ts";
import type { SourceLocation } from "~/base/user_error.ts";
import { findPresentTime } from "~/sql/present_time.ts";
import type { Model, ModelQuery } from "./model.ts";

/** The first place, in a TypeScript model in the queries that its text holds whole; `undefined`: none. */
export function placeOfPresentTime(model: Model): SourceLocation | undefined {
  const { path, sql, sqlLine = 1, queries = [] } = model;
  const texts = sql === undefined ? queries : [{ sql, at: { path, line: sqlLine } }];
  for (const text of texts) {
    const offset = findPresentTime(text.sql);
    if (offset !== undefined) return placeInQuery(text, offset);
  }
  return undefined;
}

/** Where in a file something in a query's text stands, by its UTF-16 offset. */
export function placeInQuery(
  { sql, at, lines }: Omit<ModelQuery, "isTracked">,
  offset: number,
): SourceLocation {
  return { path: at.path, line: lineInFile(textPosition(sql, offset).line, at.line, lines) };
}
