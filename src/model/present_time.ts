/**
 * Where a model's SQL asks for the present time.
 *
 * @module
 */
import { lineInFile, textPosition } from "~/base/text_position.ts";
import type { SourceLocation } from "~/base/user_error.ts";
import { findPresentTime } from "~/sql/present_time.ts";
import type { Model } from "./model.ts";

/** The first place, in a TypeScript model in the queries that its text holds whole; `undefined`: none. */
export function placeOfPresentTime(model: Model): SourceLocation | undefined {
  const { path, sql, sqlLine = 1, queries = [] } = model;
  const texts = sql === undefined ? queries : [{ sql, at: { path, line: sqlLine } }];
  for (const { sql, at, ...rest } of texts) {
    const offset = findPresentTime(sql);
    if (offset === undefined) continue;
    const lines = "lines" in rest ? rest.lines : undefined;
    return { path: at.path, line: lineInFile(textPosition(sql, offset).line, at.line, lines) };
  }
  return undefined;
}
