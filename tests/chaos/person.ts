/**
 * The person that `@delivery: at_most_once` asks for: looks at the far side and says of each request of unknown
 * end whether it has arrived.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type JsonLine, readLines } from "../support/read_lines.ts";
import type { TempProject } from "../support/temp_project.ts";
import type { FarBook } from "./far_book.ts";

/**
 * Settles all that is unknown of `sync.people`.
 *
 * @returns How many groups these were.
 */
export async function settleUnknown(project: TempProject, book: FarBook): Promise<number> {
  const listed = await readLines(project, "unknown", "--all");
  const unknown = listed.filter(({ type }) => type === "unknown");
  const hasArrived = ({ key, at }: JsonLine) => book.hasSince(idOf(key), Date.parse(String(at)));
  const { sent = [], notSent = [] } = Object.groupBy(
    unknown,
    (line) => hasArrived(line) ? "sent" : "notSent",
  );
  for (const [option, lines] of [["--sent", sent], ["--not-sent", notSent]] as const) {
    if (lines.length === 0) continue;
    const ids = lines.map(({ key }) => String(idOf(key)));
    const settled = await project.run(["unknown", "settle", "sync.people", option, ...ids]);
    assert.equal(settled.code, 0, settled.output);
  }
  return unknown.length;
}

function idOf(key: unknown): number {
  return (key as { id: number }).id;
}
