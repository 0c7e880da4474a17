/**
 * On a terminal Deno asks the user for a permission that is missing, and a model could so get
 * what it was not given. Spoor has to be started in a way that never asks.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spoorCommand, spoorEnv } from "../support/spoor.ts";
import { tempProject } from "../support/temp_project.ts";

const hasScript = await new Deno.Command("script", { args: ["--version"], stdout: "null" })
  .output().then(({ success }) => success, () => false);

Deno.test({
  name: "nobody is asked for a permission on a terminal",
  // `script` of util-linux gives a program a terminal; other systems have another one.
  ignore: !hasScript || Deno.build.os !== "linux",
  async fn() {
    await using project = await tempProject({
      "models/a/reads.ts": `// @kind: table\nDeno.readTextFileSync("/etc/hostname");\n`,
      "models/a/fetches.ts": `// @kind: table\nawait fetch("http://127.0.0.1:9/");\n`,
      "models/a/requests.ts": `
        // @kind: table
        // @allow_net: 127.0.0.1:9
        import { http } from "spoor";
        await http.get("http://127.0.0.1:10/", { retries: 0 });
      `,
    });
    const command = [...spoorCommand(), "run"].map((word) => `'${word}'`).join(" ");

    const { stdout } = await new Deno.Command("timeout", {
      args: ["30", "script", "--quiet", "--return", "--command", command, "/dev/null"],
      cwd: project.root,
      clearEnv: true,
      env: { ...spoorEnv(), TERM: "xterm", SHELL: "/bin/sh" },
      stdin: "null",
      stderr: "null",
    }).output();

    const printed = new TextDecoder().decode(stdout);
    assert.match(printed, /a\.reads/);
    assert.match(printed, /a\.requests/);
    assert.doesNotMatch(printed, /Allow\?|Deno requests/);
  },
});
