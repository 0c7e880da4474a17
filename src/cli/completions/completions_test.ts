import assert from "node:assert/strict";
import { loadAllCommands } from "~/cli/commands/registry.ts";
import { main } from "~/cli/main.ts";
import { keepOutput } from "~/cli/output/output_fixture.ts";
import { tempFolder } from "../../../tests/support/temp_folder.ts";
import { completeWords } from "./complete_words.ts";
import { SHELL_SCRIPTS } from "./shell_scripts.ts";

const sources = {
  commands: await loadAllCommands(),
  modelNames: () => ["mart.customers", "sync.crm"],
};

/** What may come after the words; the last one is being typed. */
function complete(...words: string[]): string[] {
  return completeWords(words, sources).map(({ value }) => value);
}

Deno.test("commands are completed, with what they do", () => {
  assert.deepEqual(complete("des"), ["describe"]);
  assert(complete("").includes("run") && !complete("").includes("complete"));
  assert.match(completeWords(["ru"], sources)[0]?.description ?? "", /^Run models/);
});

Deno.test("options of the command and of all commands are completed", () => {
  assert.deepEqual(complete("run", "--pr"), ["--practice", "--project"]);
  assert.deepEqual(complete("--js"), ["--json"]);
});

Deno.test("values of options are completed, behind a space or an equals sign", () => {
  assert.deepEqual(complete("query", "--format", ""), ["table", "json", "csv", "md"]);
  assert.deepEqual(complete("query", "--format=c"), ["--format=csv"]);
  assert.deepEqual(complete("run", "--resend", "s"), ["sync.crm"]);
  assert.deepEqual(complete("--project", ""), [":folders"]);
});

Deno.test("models are completed where a model or a selector is to come", () => {
  assert.deepEqual(complete("describe", ""), ["mart.customers", "sync.crm"]);
  assert.deepEqual(complete("describe", "sync.crm", ""), []);
  assert.deepEqual(complete("run", "sync.crm", "+m"), ["+mart.customers"]);
  assert.deepEqual(complete("why", "s"), ["sync.crm"]);
  assert.deepEqual(complete("unknown", ""), ["settle", "mart.customers", "sync.crm"]);
  assert.deepEqual(complete("unknown", "settle", "s"), ["sync.crm"]);
  assert.deepEqual(complete("--project", "x", "run", "--jobs", "4", "s"), ["sync.crm"]);
});

Deno.test("spoor complete answers a line a candidate, whatever was typed", async () => {
  const { output, stdout } = keepOutput();
  assert.equal(await main(["complete", "--", "run", "--json", "--practi"], output), 0);
  assert.match(stdout(), /^--practice\tSend to Spoor's practice API instead/);
  const powershell = keepOutput();
  await main(["complete", "--", "completions", '""'], powershell.output);
  assert.deepEqual(powershell.stdout(), "bash\nzsh\nfish\npowershell\n");
});

/** Lets bash complete a line, with a `spoor` that answers by the real tables. */
async function completeInBash(line: string, answers: string): Promise<string[]> {
  const script = `
    spoor() { printf '%s\\n' "$@" >&2; printf '%b' '${answers}'; }
    ${SHELL_SCRIPTS.bash}
    COMP_LINE='${line}' COMP_POINT=${line.length}
    _spoor 2>/dev/null
    printf '%s\\n' "\${COMPREPLY[@]}"
  `;
  const { stdout } = await new Deno.Command("bash", { args: ["-c", script] }).output();
  return new TextDecoder().decode(stdout).trimEnd().split("\n");
}

const noBash = Deno.build.os === "windows";

Deno.test({
  name: "bash offers what spoor answers, without what it has broken off at a colon",
  ignore: noBash,
  async fn() {
    assert.deepEqual(await completeInBash("spoor run m", "mart.a\\tx y\\nmart.b\\n"), [
      "mart.a",
      "mart.b",
    ]);
    assert.deepEqual(await completeInBash("spoor run tag:c", "tag:crm\\n"), ["crm"]);
    assert.deepEqual(await completeInBash("spoor query --format=c", "--format=csv\\n"), ["csv"]);
  },
});

Deno.test({
  name: "bash runs nothing of what was typed when Tab is pressed",
  ignore: noBash,
  async fn() {
    using folder = tempFolder();
    const ran = `${folder.path}/ran`;
    await completeInBash(`spoor run $(touch ${ran}) \`touch ${ran}\` ; touch x`, "");
    assert.deepEqual([...Deno.readDirSync(folder.path)], []);
  },
});
