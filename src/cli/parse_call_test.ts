import assert from "node:assert/strict";
import { UserError } from "~/base/user_error.ts";
import { defineCommand } from "./command.ts";
import { parseCall, renderPositionals, splitCommand } from "./parse_call.ts";

const command = defineCommand({
  name: "send",
  summary: "Send something",
  positionals: [{ name: "what", help: "", required: true }, { name: "to", help: "", many: true }],
  options: {
    limit: { type: "string", short: "n", value: "N", default: "20", help: "" },
    tag: { type: "string", value: "TAG", multiple: true, help: "" },
    format: { type: "string", value: "FORMAT", choices: ["json", "csv"], help: "" },
    dry: { type: "boolean", short: "d", help: "" },
  },
  examples: [],
  run: () => 0,
});
const simple = defineCommand({ ...command, positionals: [{ name: "what", help: "" }] });

function refusal(args: string[], of = command): string {
  try {
    parseCall(args, of);
  } catch (error) {
    assert(error instanceof UserError);
    assert.equal(error.exitCode, 2);
    return `${error.message} | ${error.hint}`;
  }
  assert.fail("it was accepted");
}

Deno.test("a call's options and positionals are read, with defaults", () => {
  const { options, positionals } = parseCall(
    ["mail", "--tag", "a", "-d", "--tag=b", "you"],
    command,
  );
  assert.deepEqual(positionals, ["mail", "you"]);
  assert.equal(options.limit, "20");
  assert.deepEqual(options.tag, ["a", "b"]);
  assert.equal(options.dry, true);
  assert.equal(options.json, false);
  assert.equal(options.format, undefined);
});

Deno.test("what follows -- is a positional, whatever it looks like", () => {
  assert.deepEqual(parseCall(["--", "--dry"], command).positionals, ["--dry"]);
});

Deno.test("where models are selected, it is said that they are named without an option", () => {
  const selecting = defineCommand({
    ...command,
    positionals: [{ name: "selector", help: "", many: true, complete: "selectors" }],
  });
  for (const option of ["--select", "-s"]) {
    assert.match(
      refusal([option, "sync.crm"], selecting),
      /is not one of its options \| Name models without an option: "spoor send sync\.crm"$/,
    );
    assert.doesNotMatch(refusal(["mail", option, "sync.crm"]), /without an option/);
  }
});

Deno.test("an unknown option is refused with the nearest one", () => {
  assert.equal(
    refusal(["mail", "--fromat", "csv"]),
    `Cannot run "spoor send": "--fromat" is not one of its options | Did you mean "--format"?`,
  );
  assert.match(refusal(["mail", "-x"]), /"-x" is not one of its options/);
  for (const number of ["-5", "-9223372036854775808"]) {
    assert.equal(
      refusal(["mail", number]),
      `Cannot run "spoor send": "${number}" is not one of its options | ` +
        `A word that begins with "-" goes last, behind "--": -- ${number}`,
    );
  }
  assert.match(refusal(["mail", "--__proto__"]), /is not one of its options/);
});

Deno.test("a value that is missing is not taken from the next option", () => {
  assert.equal(
    refusal(["mail", "--limit", "--dry"]),
    `Cannot run "spoor send": "--limit" needs a value | Write "--limit N"`,
  );
  assert.match(refusal(["mail", "--limit"]), /"--limit" needs a value/);
});

Deno.test("an option that takes one value is refused when it is given twice", () => {
  assert.equal(
    refusal(["mail", "--limit", "1", "-n", "2"]),
    `Cannot run "spoor send": "--limit" is given twice | Give it once: "--limit N"`,
  );
  assert.match(refusal(["mail", "--project=a", "--project=a"]), /"--project" is given twice/);
  assert.equal(parseCall(["mail", "-d", "--dry"], command).options.dry, true);
});

Deno.test("a value for an option that takes none is refused", () => {
  assert.match(refusal(["mail", "--dry=yes"]), /"--dry" takes no value/);
});

Deno.test("a value that is none of the choices is refused with the nearest one", () => {
  assert.equal(
    refusal(["mail", "--format", "cvs"]),
    `Cannot run "spoor send": --format cannot be "cvs" | Did you mean "csv"? It is one of: json, csv`,
  );
  assert.match(refusal(["mail", "--format", "parquet"]), /It is one of: json, csv/);
});

Deno.test("a missing argument and one too many are refused", () => {
  assert.equal(
    refusal([]),
    `Cannot run "spoor send": <what> is missing | Write "spoor send <what> [to…]"`,
  );
  assert.match(refusal(["a", "b"], simple), /"b" is one argument too many/);
});

Deno.test("--help is heard although an argument is missing", () => {
  assert.equal(parseCall(["--help"], command).options.help, true);
});

Deno.test("splitCommand() finds the command behind options of all commands", () => {
  assert.deepEqual(splitCommand(["--project", "run", "validate", "--json"]), {
    command: "validate",
    rest: ["--project", "run", "--json"],
  });
  assert.deepEqual(splitCommand(["--json"]), { command: undefined, rest: ["--json"] });
});

Deno.test("renderPositionals() tells what must be given from what may be", () => {
  assert.equal(renderPositionals(command.positionals), "<what> [to…]");
});
