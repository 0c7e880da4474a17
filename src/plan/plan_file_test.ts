import assert from "node:assert/strict";
import { UserError } from "~/base/user_error.ts";
import { VERSION } from "~/base/version.ts";
import { parsePlan } from "./plan_file.ts";

for (
  const [what, text, says, code] of [
    ["nothing", "", /it is empty$/, 2],
    ["no JSON", "hello", /it is not a plan$/, 2],
    ["another document", `{"type":"other"}`, /it is not a plan$/, 2],
    [
      "a part of a plan",
      `{"schema_version":1,"type":"plan","spoor_ver`,
      /it begins as a plan, and is not whole or was edited$/,
      2,
    ],
    [
      "a plan of another Spoor",
      `{"schema_version":1,"type":"plan","spoor_version":"9.9.9"}`,
      /it was made by Spoor 9\.9\.9/,
      1,
    ],
    [
      "a plan of another schema",
      `{"schema_version":2,"type":"plan","spoor_version":"${VERSION}"}`,
      /its schema_version is 2, and this Spoor knows 1/,
      1,
    ],
  ] as const
) {
  Deno.test(`parsePlan() refuses ${what}, and says how to make a plan`, () => {
    assert.throws(() => parsePlan(text, "plan.json", " --project p"), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, says);
      assert.equal(error.exitCode, code);
      return error.hint === `Make a plan with "spoor plan -o plan.json --project p".`;
    });
  });
}
