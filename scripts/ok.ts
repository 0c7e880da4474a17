/**
 * `deno task ok` (and `deno task test`): everything that must hold, in one command, here and in
 * CI. Prints one line a stage and ends with `N passed, N failed`; a gate (format, lint, types)
 * counts as one. The whole-program tests run twice: whole from the sources, and against the
 * compiled program whole or as a sample (see `binary_samples.ts`).
 *
 * `deno task test NAME` runs only the tests whose name has NAME in it, or those below the path
 * NAME; `--verbose` shows every test as it runs.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program of its own, which talks to a person.
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { FILES_WITH_SAMPLES, SAMPLED_FILES, sampleFilter } from "./binary_samples.ts";
import { compile, CompileFailed } from "./compile.ts";
import { countTests, type Tally } from "./count_tests.ts";
import { filesWithExamples } from "./files_with_examples.ts";
import { testFiles } from "./test_files.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SOURCES = ["main.ts", "src", "tests", "scripts", "models"];
const UNIT_TESTS = ["src", "scripts"];
/** Files that take longest come first: one that is left to the end keeps one core waiting. */
const LONGEST_TESTS = [
  "tests/chaos/kill_chaos_test.ts",
  "tests/simulation/simulation_test.ts",
  "tests/attacks/attacks_test.ts",
];
const PROGRAM_TESTS = "tests";
const BINARY = "dist/spoor";
const TEST = ["test", "--allow-all", "--no-prompt", "--no-check"];
/** Tests wait for processes, clocks and disks: one more at a time than there are cores uses these up. */
const JOBS = String(navigator.hardwareConcurrency + 1);

/** Lines of tests that are worth seeing although the tests passed. */
const WORTH_SEEING = /^(?:\d+ of \d+ attacks escaped|skipped: |\d+ kills: |\d+ histories, ).*$/gm;

/** One step on the way; gives its counts. */
interface Stage {
  name: string;
  run(): Promise<Tally>;
}

const { values: options, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: { verbose: { type: "boolean", short: "v", default: false } },
});

if (import.meta.main) {
  const [name] = positionals;
  const total = await runStages(name === undefined ? allStages() : await chosenStages(name));
  console.log(`${total.passed} passed, ${total.failed} failed`);
  Deno.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
}

function allStages(): Stage[] {
  return [
    gate("format", ["fmt", "--check", "--quiet", "deno.json", ...SOURCES]),
    gate("lint", ["lint", "--quiet", ...SOURCES]),
    gate("types", ["check", "--quiet", "--frozen", ...SOURCES]),
    tests("unit tests", [...TEST, "--parallel", ...UNIT_TESTS]),
    { name: "examples in comments", run: testExamples },
    tests("whole program", [...TEST, "--parallel", ...LONGEST_TESTS, PROGRAM_TESTS]),
    { name: "compiled program (of scripts/binary_samples.ts a sample)", run: testBinary },
  ];
}

async function chosenStages(name: string): Promise<Stage[]> {
  const isPath = await Deno.stat(`${ROOT}${name}`).then(() => true, () => false);
  if (isPath) return [tests(`tests of ${name}`, [...TEST, name])];
  const filter = ["--permit-no-files", "--filter", name, ...UNIT_TESTS, PROGRAM_TESTS];
  return [tests(`tests named "${name}"`, [...TEST, "--parallel", ...filter])];
}

async function runStages(stages: readonly Stage[]): Promise<Tally> {
  const total = tallyOf({});
  for (const stage of stages) {
    console.log(`${stage.name} …`);
    const startedAt = performance.now();
    const { passed, failed, ignored } = await stage.run();
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    const skipped = ignored > 0 ? `, ${ignored} skipped` : "";
    console.log(`${stage.name}: ${passed} passed, ${failed} failed${skipped} (${seconds} s)\n`);
    total.passed += passed;
    total.failed += failed;
    total.ignored += ignored;
  }
  return total;
}

/** A command that passes or fails as a whole. */
function gate(name: string, args: readonly string[]): Stage {
  return {
    name,
    async run() {
      const { success } = await deno(args);
      return tallyOf({ passed: success ? 1 : 0, failed: success ? 0 : 1 });
    },
  };
}

function tests(name: string, args: readonly string[], env: Record<string, string> = {}): Stage {
  return {
    name,
    async run() {
      const { success, output } = await deno(args, env);
      return countTests(output, success);
    },
  };
}

/** Runs the examples of JSDoc comments; types are checked too, nothing else reads them. */
async function testExamples(): Promise<Tally> {
  const files = await filesWithExamples(ROOT, ["src", "scripts"]);
  return await tests("", ["test", "--doc", "--allow-all", "--no-prompt", ...files]).run();
}

function tallyOf(counts: Partial<Tally>): Tally {
  return { passed: 0, failed: 0, ignored: 0, filteredOut: 0, ...counts };
}

/** The whole-program tests once more, against the binary: whole, or a sample where that does. */
async function testBinary(): Promise<Tally> {
  try {
    await compile(BINARY);
  } catch (error) {
    if (!(error instanceof CompileFailed)) throw error;
    if (/denort|base binary/i.test(error.message)) {
      console.log("skipped: this machine cannot get the base binary that deno compile needs");
      console.log(error.message);
      return tallyOf({ ignored: 1 });
    }
    console.log(error.message);
    return tallyOf({ failed: 1 });
  }
  const env = { SPOOR_BINARY: `${ROOT}${BINARY}` };
  // Named one by one: `--ignore` does not hold for a folder beside files that are named.
  const files = new Set([...LONGEST_TESTS, ...await testFiles(ROOT, PROGRAM_TESTS)])
    .difference(new Set(SAMPLED_FILES));
  const whole = await tests("", [...TEST, "--parallel", ...files], env).run();
  const filter = `--filter=${sampleFilter()}`;
  const sample = await tests("", [...TEST, "--parallel", filter, ...FILES_WITH_SAMPLES], env).run();
  return tallyOf({
    passed: 1 + whole.passed + sample.passed,
    failed: whole.failed + sample.failed,
    ignored: whole.ignored + sample.ignored + sample.filteredOut,
  });
}

/** Runs this Deno; what it prints is shown as it comes (`--verbose`) or when it failed. */
async function deno(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ success: boolean; output: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", DENO_JOBS: JOBS, ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const chunks: string[] = [];
  await Promise.all([collect(child.stdout, chunks), collect(child.stderr, chunks)]);
  const { success } = await child.status;
  const output = chunks.join("");
  if (options.verbose) return { success, output };
  if (!success) console.log(output.trimEnd());
  else for (const [line] of output.matchAll(WORTH_SEEING)) console.log(line);
  return { success, output };
}

async function collect(stream: ReadableStream<Uint8Array>, into: string[]): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    into.push(text);
    if (options.verbose) await Deno.stdout.write(new TextEncoder().encode(text));
  }
}
