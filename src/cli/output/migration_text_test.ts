import assert from "node:assert/strict";
import { migrationText } from "./migration_text.ts";

Deno.test("migrationText() says of a large file what is done to it, and of a small one nothing", () => {
  const large = { from: 2, to: 4, sizeBytes: 1_234_567_890, isOfCopy: false };
  assert.equal(
    migrationText(large),
    "Bringing the state file from version 2 to 4 (1.2 GB); this is done once.",
  );
  assert.match(
    migrationText({ ...large, isOfCopy: true }) ?? "",
    /^Bringing a copy of the state .*/,
  );
  assert.equal(migrationText({ ...large, sizeBytes: 1_000_000 }), undefined);
});
