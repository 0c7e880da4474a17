/**
 * `--json` beside `--format`: two words for one thing.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";

/** @throws {UserError} With exit code 2: `--json` asks for JSON, and `--format` for something else. */
export function expectOneFormat(command: string, format: string | undefined, json: boolean): void {
  if (!json || format === undefined || format === "json") return;
  throw new UserError(
    `Cannot run "spoor ${command}": --json and --format ${format} ask for two formats`,
    { hint: "Give one of the two", exitCode: 2 },
  );
}
