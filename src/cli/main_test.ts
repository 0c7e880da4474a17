import assert from "node:assert/strict";
import { tempFolder } from "../../tests/support/temp_folder.ts";
import { parseFaults } from "~/practice/parse_faults.ts";
import { loadAllCommands } from "./commands/registry.ts";
import { main } from "./main.ts";
import { keepOutput } from "./output/output_fixture.ts";

async function call(...args: string[]) {
  const { output, stdout, stderr } = keepOutput();
  const code = await main(args, output);
  return { code, stdout: stdout(), stderr: stderr() };
}

Deno.test("spoor version prints the version; --version does too", async () => {
  const expected = { code: 0, stdout: "spoor 0.1.0\n", stderr: "" };
  assert.deepEqual(await call("version"), expected);
  assert.deepEqual(await call("--version"), expected);
  const json = JSON.parse((await call("version", "--json")).stdout);
  assert.deepEqual([json.schema_version, json.type, json.version], [1, "version", "0.1.0"]);
});

Deno.test("spoor without anything, spoor help and spoor --help show all commands", async () => {
  const bare = await call();
  assert.equal(bare.code, 0);
  assert.deepEqual(await call("help"), bare);
  assert.deepEqual(await call("--help"), bare);
  for (const { name, summary } of await loadAllCommands()) {
    assert(bare.stdout.includes(`  ${name}`) && bare.stdout.includes(summary), name);
  }
});

Deno.test("every command has a help with its options and at least one example", async () => {
  for (const command of await loadAllCommands()) {
    const { code, stdout } = await call(command.name, "--help");
    assert.equal(code, 0);
    assert(stdout.startsWith(`${command.summary}.\n`), command.name);
    for (const option of Object.keys(command.options)) {
      assert(stdout.includes(`--${option}`), `${command.name} --${option}`);
    }
    assert.match(stdout, /\nExamples:\n {2}# .+\n {2}.+/);
    assert.equal((await call("help", command.name)).stdout, stdout);
  }
});

Deno.test("help says which options may be repeated, and how several faults are written", async () => {
  const { stdout } = await call("run", "--help");
  assert.match(stdout, /--resend MODEL .*; may be repeated\n/);
  assert.match(stdout, /--adopt MODEL .*; may be repeated\n/);
  assert.doesNotMatch(stdout, /--held SOURCE .*; may be repeated\n/);
  const [, faults = ""] = /--faults "([^"]+)"/.exec(stdout) ?? [];
  const read = parseFaults(faults);
  assert(Array.isArray(read) && read.length === 2, faults);
});

Deno.test("no line of any help is wider than 100 columns", async () => {
  const names = (await loadAllCommands()).map(({ name }) => name);
  for (const topic of ["directives", ...names]) {
    for (const line of (await call("help", topic)).stdout.split("\n")) {
      assert(line.length <= 100, `${topic}: ${line}`);
    }
  }
});

Deno.test("spoor help directives lists the directives with their meaning and an example", async () => {
  const { code, stdout } = await call("help", "directives");
  assert.equal(code, 0);
  assert.match(
    stdout,
    /@allow_net: host.*\n {2}The only hosts that the model may reach\.\n {2}example {2}@allow_net: /,
  );
  assert.match(stdout, /@unique_key: .*\n.*\n.*\n {2}only in {2}models of kind tracked/);
});

Deno.test("an unknown command exits 2 and names the nearest", async () => {
  assert.deepEqual(await call("rnu"), {
    code: 2,
    stdout: "",
    stderr: `error: Cannot run "spoor rnu": there is no such command\n` +
      `  hint: Did you mean "spoor run"?\n`,
  });
  assert.match((await call("frobnicate")).stderr, /Run "spoor help" to see them all/);
  assert.match((await call("help", "rnu")).stderr, /Did you mean "spoor help run"\?/);
});

Deno.test("a command that is not there yet is called that, and no other is proposed", async () => {
  for (const args of [["ui"], ["test"], ["help", "lineage"]]) {
    const { code, stderr } = await call(...args);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /: this command is not there yet\n {2}hint: Run "spoor help" to see those that are\.\n$/,
    );
  }
});

Deno.test("--json prints an error as an object, and its text to stderr", async () => {
  const { code, stdout, stderr } = await call("rnu", "--json");
  assert.equal(code, 2);
  assert.deepEqual(JSON.parse(stdout), {
    schema_version: 1,
    type: "error",
    message: `Cannot run "spoor rnu": there is no such command`,
    hint: `Did you mean "spoor run"?`,
  });
  assert.match(stderr, /^error: Cannot run/);
});

Deno.test("where there is no project, spoor init is suggested", async () => {
  using folder = tempFolder();
  const { code, stderr } = await call("validate", "--project", folder.path);
  assert.equal(code, 2);
  assert.match(stderr, /Cannot find a project/);
  assert.match(stderr, /spoor init/);
});
