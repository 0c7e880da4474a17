import assert from "node:assert/strict";
import { ALLOWED_IMPORTS, checkImport } from "./import_rules.ts";

const allowed: [from: string, specifier: string][] = [
  ["src/run/plan_run.ts", "~/dag/order.ts"],
  ["src/run/plan_run.ts", "./run_event.ts"],
  ["src/run/plan_run.ts", "yaml"],
  ["src/run/plan_run.ts", "node:sqlite"],
  ["src/cli/commands/run.ts", "~/cli/command.ts"],
  ["src/cli/main.ts", "./commands/run.ts"],
  ["src/cli/commands/registry.ts", "./run.ts"],
  ["src/cli/commands/version.ts", "../../../deno.json"],
  ["src/kinds/registry.ts", "./table.ts"],
  ["src/kinds/tracked.ts", "./kind.ts"],
  ["src/sandbox/guest/entry.ts", "./api.ts"],
  ["src/sandbox/guest/entry.ts", "~/sandbox/protocol.ts"],
  ["src/sandbox/egress/entry.ts", "~/base/user_error.ts"],
  ["src/base/hash_test.ts", "~/run/plan_run.ts"],
  ["src/base/hash_test.ts", "../../tests/support/temp_project.ts"],
  ["tests/cli/run_test.ts", "~/store/runs.ts"],
  ["scripts/ok.ts", "../src/cli/main.ts"],
  ["main.ts", "~/cli/main.ts"],
  ["main.ts", "./src/cli/main.ts"],
];

for (const [from, specifier] of allowed) {
  Deno.test(`checkImport() lets ${from} import ${specifier}`, () => {
    assert.equal(checkImport(from, specifier), undefined);
  });
}

const refused: [from: string, specifier: string, message: RegExp, hint: RegExp][] = [
  ["src/base/bad.ts", "~/store/runs.ts", /^src\/base may not import from src\/store$/, /nothing/],
  ["src/base/bad.ts", "../store/runs.ts", /src\/base may not import from src\/store/, /nothing/],
  ["src\\base\\bad.ts", "..\\store\\runs.ts", /src\/base may not import from src\/store/, /./],
  ["src/model/a.ts", "~/dag/order.ts", /src\/model may not .* src\/dag/, /base, sql$/],
  ["src/dag/a.ts", "../model/model.ts", /"\.\.\/model\/model\.ts" leaves/, /"~\/model\/model.ts"/],
  ["src/cli/commands/a.ts", "../command.ts", /leaves its folder/, /"~\/cli\/command.ts"/],
  ["src/base/a.ts", "./x/../../store/runs.ts", /may not import from src\/store/, /./],
  ["src/base/a.ts", "~/base/../store/runs.ts", /may not import from src\/store/, /./],
  ["src/kinds/view.ts", "./table.ts", /alternatives/, /file of its own/],
  ["src/kinds/view.ts", "~/kinds/table.ts", /alternatives/, /file of its own/],
  ["src/cli/commands/run.ts", "./init.ts", /alternatives/, /file of its own/],
  ["src/sandbox/supervisor.ts", "./guest/api.ts", /not import from src\/sandbox\/guest/, /model/],
  ["src/run/run_model.ts", "~/sandbox/guest/api.ts", /not import from src\/sandbox\/guest/, /./],
  ["src/sandbox/guest/api.ts", "~/sandbox/serve.ts", /guest may not .* src\/sandbox$/, /protocol/],
  ["src/sandbox/guest/api.ts", "../protocol.ts", /leaves/, /"~\/sandbox\/protocol.ts"/],
  ["src/sandbox/guest/api.ts", "~/sandbox/egress/send.ts", /not import from src\/sandbox\/eg/, /./],
  ["src/store/a.ts", "~/run/session.ts", /src\/store may not import from src\/run/, /delivery$/],
  ["src/run/a.ts", "../../tests/support/temp_project.ts", /may not import tests\/support/, /./],
  ["src/run/a.ts", "../../scripts/ok.ts", /may not import scripts\/ok.ts/, /./],
  ["src/run/a.ts", "npm:yaml@2", /"npm:yaml@2" is not imported through/, /deno.json/],
  ["src/drawer/a.ts", "~/base/hash.ts", /not in the table of folders/, /ARCHITECTURE/],
  ["main.ts", "~/run/session.ts", /main.ts may not import from src\/run/, /cli/],
];

for (const [from, specifier, message, hint] of refused) {
  Deno.test(`checkImport() refuses that ${from} imports ${specifier}`, () => {
    const violation = checkImport(from, specifier);
    assert.match(violation?.message ?? "", message);
    assert.match(violation?.hint ?? "", hint);
  });
}

Deno.test("ALLOWED_IMPORTS has the rows of ARCHITECTURE.md, and no others", async () => {
  const text = await Deno.readTextFile(new URL("../ARCHITECTURE.md", import.meta.url));
  const rows = [...text.matchAll(/^\| `([\w/]+)` +\|.*\| (.*?) *\|$/gm)]
    .map((row): [string, string] => [row[1] ?? "", row[2] ?? ""]);

  assert.deepEqual(rows.map(([folder]) => folder), Object.keys(ALLOWED_IMPORTS));
  for (const [folder, words] of rows) {
    if (words === "all of the above") continue;
    const listed = words.split(", ").filter((word) => word !== "–" && word !== "itself");
    const allowed = ALLOWED_IMPORTS[folder]?.map((name) => name.replace(/\.ts$/, ""));
    assert.deepEqual(listed.toSorted(), allowed?.toSorted(), folder);
  }
});
