/** Names of files come from elsewhere, an unpacked archive say, and must not steer the terminal. */
import assert from "node:assert/strict";
import { type TempProject, tempProject } from "../support/temp_project.ts";

const FOLDER = "models/raw/d\x1b]0;owned\x07\x1b[2J";

/** Windows has no such names. */
const ignore = Deno.build.os === "windows";

async function assertShown(project: TempProject, commands: readonly string[]): Promise<void> {
  for (const command of commands) {
    const { output } = await project.run(command);
    assert.ok(output.includes("d\\x1b]0;owned\\x07\\x1b[2J/"), `${command}: ${output}`);
    // deno-lint-ignore no-control-regex -- that is what it is about
    assert.doesNotMatch(output, /[\x00-\x09\x0b-\x1f]/, command);
  }
}

Deno.test({
  name: "control characters in the path of a model with a mistake are shown, and do nothing",
  ignore,
  async fn() {
    await using project = await tempProject({
      [`${FOLDER}/bad.sql`]: "-- @kimd: table\nSELECT 1 AS id",
    });
    await assertShown(project, ["validate", "run", "describe raw.bad", "why raw.bad 1"]);
  },
});

Deno.test({
  name: "control characters in the path of a model that fails are shown, and do nothing",
  ignore,
  async fn() {
    await using project = await tempProject({
      "models/raw/good.sql": "SELECT 1 AS id",
      [`${FOLDER}/fails.ts`]: `
        // @kind: tracked
        // @unique_key: id
        import { query } from "spoor";
        import { fail } from "./fail.ts";
        await query("SELECT id FROM raw.good").each(() => fail());
      `,
      [`${FOLDER}/fail.ts`]: `
        export function fail() {
          throw new Error("it fails");
        }
      `,
    });
    await assertShown(project, ["run", "run --verbose", "describe raw.fails"]);
  },
});
