/**
 * A group's content as one text, wherever it comes from: the source, the state file, a request.
 *
 * @module
 */
import type { Value } from "~/sandbox/protocol.ts";

/** The same for the same rows in any order, under the same columns. */
export function contentOf(columns: readonly string[], rows: readonly (readonly Value[])[]): string {
  const order = columns.map((name, index) => ({ name, index })).sort((a, b) =>
    a.name < b.name ? -1 : 1
  );
  const texts = rows.map((row) =>
    JSON.stringify(order.map(({ name, index }) => [name, row[index] ?? null]))
  );
  return texts.sort().join("\n");
}

/** Cuts flat values into rows. */
export function rowsOf(columns: readonly string[], values: readonly Value[]): Value[][] {
  const rows: Value[][] = [];
  for (let at = 0; at < values.length; at += columns.length) {
    rows.push(values.slice(at, at + columns.length));
  }
  return rows;
}

/** The far side refuses it for good. */
export function isRefused(content: string): boolean {
  return content.includes('"refused');
}

/** The model itself refuses it: no request is made. */
export function isLocallyRefused(content: string): boolean {
  return content.includes('"unfit');
}

/** The model saves it, and no request is made. */
export function isQuiet(content: string): boolean {
  return content.includes('"quiet');
}
