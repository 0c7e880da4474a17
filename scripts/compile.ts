/**
 * `deno task compile`: makes `dist/spoor`, one file that holds the whole program.
 *
 * First everything is bundled: the npm packages then add what is used of them instead of all
 * their files, and the program starts faster. Code splitting keeps lazily loaded commands and
 * packages lazy. The workers' bundles lie beside the main one, where `worker_url.ts` looks.
 *
 * `deno compile` wants a base binary from Deno's server. A machine that reaches only the npm
 * registry may have `../shared/tools/denort.sh` beside the repository, which finds one.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program of its own, which talks to a person.
import { fileURLToPath } from "node:url";
import { WORKER_ENTRIES } from "../src/sandbox/worker_url.ts";
import { V8_FLAGS } from "./v8_flags.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BASE_BINARY_SCRIPT = fileURLToPath(
  new URL("../../shared/tools/denort.sh", import.meta.url),
);

/** Workers that share code with the main bundle; the others are islands, each one file. */
const SPLIT_ENTRIES = ["main", WORKER_ENTRIES.engine, WORKER_ENTRIES.practice];
const ISLAND_ENTRIES = [WORKER_ENTRIES.guest, WORKER_ENTRIES.egress];

/** A Deno that can compile here, and the base binary it is to use. */
interface Compiler {
  deno: string;
  baseBinary?: string;
}

/** No program could be made; `reason` is for people. */
export class CompileFailed extends Error {
  override name = "CompileFailed";
}

/**
 * Makes the program.
 *
 * @param output Path of the binary, from the repository's root.
 * @throws {CompileFailed} If a step fails.
 */
export async function compile(output = "dist/spoor"): Promise<void> {
  const bundle = `${ROOT}dist/bundle`;
  await bundleProgram(bundle);
  const compiler = await findCompiler();
  await run(compiler.deno, [
    "compile",
    "--quiet",
    "--no-config",
    "--no-lock",
    "--no-npm",
    "--no-remote",
    "--no-check",
    "--allow-all",
    "--no-prompt",
    // The program would trust a cache of V8 code in the temporary folder, whoever has put it there.
    "--no-code-cache",
    "--unstable-worker-options",
    V8_FLAGS,
    "--include",
    bundle,
    "--output",
    `${ROOT}${output}`,
    `${bundle}/main.js`,
  ], compiler.baseBinary === undefined ? {} : { DENORT_BIN: compiler.baseBinary });
}

/** Bundles the program and its workers into a folder, which is emptied first. */
async function bundleProgram(folder: string): Promise<void> {
  await Deno.remove(folder, { recursive: true }).catch(ignoreNotFound);
  await run(Deno.execPath(), [
    "bundle",
    "--quiet",
    "--minify",
    "--code-splitting",
    "--outdir",
    folder,
    ...SPLIT_ENTRIES.map((entry) => `${entry}.ts`),
  ]);
  for (const entry of ISLAND_ENTRIES) {
    await run(Deno.execPath(), [
      "bundle",
      "--quiet",
      "--minify",
      "--output",
      `${folder}/${entry}.js`,
      `${entry}.ts`,
    ]);
  }
}

async function findCompiler(): Promise<Compiler> {
  if (!await exists(BASE_BINARY_SCRIPT)) return { deno: Deno.execPath() };
  const lines = await run("sh", [BASE_BINARY_SCRIPT]);
  const value = (name: string) => new RegExp(`^${name}=(.+)$`, "m").exec(lines)?.[1];
  const deno = value("DENO_COMPILER");
  const baseBinary = value("DENORT_BIN");
  if (deno && baseBinary) return { deno, baseBinary };
  throw new CompileFailed(`Cannot read what denort.sh prints: ${JSON.stringify(lines)}`);
}

/** Runs a program at the repository's root and gives its standard output. */
async function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
  }).output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  throw new CompileFailed(
    `Cannot compile: "${program} ${args[0]}" failed\n${decoder.decode(stderr).trim()}`,
  );
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

if (import.meta.main) {
  const startedAt = performance.now();
  await compile(Deno.args[0]);
  const { size } = await Deno.stat(`${ROOT}${Deno.args[0] ?? "dist/spoor"}`);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(
    `${Deno.args[0] ?? "dist/spoor"}: ${Math.round(size / 2 ** 20)} MB, in ${seconds} s`,
  );
}
