/**
 * `spoor version`: which program this is.
 *
 * @module
 */
import { defineCommand, ExitCode } from "~/cli/command.ts";
import { VERSION } from "~/base/version.ts";

/** Prints the version; with `--verbose` what it is built on too. */
export const versionCommand = defineCommand({
  name: "version",
  summary: "Print Spoor's version",
  positionals: [],
  options: {},
  examples: [
    ["spoor version", "The version"],
    ["spoor version --verbose", "With the versions of Deno and V8, for a bug report"],
  ],
  run({ options, output }) {
    const { deno, v8 } = Deno.version;
    const { target } = Deno.build;
    if (options.json) output.json("version", { version: VERSION, deno, v8, target });
    else if (options.verbose) output.line(`spoor ${VERSION} (deno ${deno}, v8 ${v8}, ${target})`);
    else output.line(`spoor ${VERSION}`);
    return ExitCode.Ok;
  },
});
