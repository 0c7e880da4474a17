import assert from "node:assert/strict";
import { runGuest } from "~/sandbox/testing/run_guest.ts";

/** What a model calls of rows that are not awaited, and what its error says to write. */
const CALLS: readonly (readonly [call: string, hint: RegExp | undefined])[] = [
  ["query(`a`).map((row) => row)", /^Rows are read by .* \(await query\(…\)\)\.map\(…\)\.$/],
  ["query.all(`a`).forEach(() => {})", /\(await query\.all\(…\)\)\.forEach\(…\)\.$/],
  ["changes(`a`).filter(() => true)", /\(await changes\(…\)\)\.filter\(…\)\.$/],
  ["query(`a`).groups().each(() => {})", /^query\(…\)\.each\(\(row, group\) => …\)/],
  ["query(`a`).batches(2).each(() => {})", /^query\(…\)\.each\(\(row, group\) => …\)/],
  ["query(`a`).groups().map(() => {})", undefined],
];

for (const [call, hint] of CALLS) {
  Deno.test(`rows that are no array say how they are read: ${call}`, async () => {
    const { error } = await runGuest(`import { changes, query } from "spoor";\n${call};`, {
      kind: "tracked",
      uniqueKey: ["id"],
      rows: [{ id: 1 }],
    });
    assert.match(error?.message ?? "", /is not a function$/);
    if (hint) assert.match(error?.hint ?? "", hint);
    else assert.equal(error?.hint, undefined);
  });
}
