/**
 * Runs Spoor as a user does: a process of its own. From the sources, or the binary that
 * `SPOOR_BINARY` names, so that every whole-program test can be made with both.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BINARY = Deno.env.get("SPOOR_BINARY");

/** Variables that a process needs on this machine; all else of the environment is kept out. */
const KEPT_ENV = ["PATH", "HOME", "TMPDIR", "DENO_DIR", "SYSTEMROOT", "TEMP", "USERPROFILE"];

/** Longer than any run takes: it is there for one that hangs, not for a machine that is busy. */
const LONGEST_MS = 120_000;

/** True when the compiled program is under test. */
export const TESTS_BINARY = BINARY !== undefined;

/** How one run of Spoor ended. */
export interface SpoorResult {
  code: number;
  stdout: string;
  stderr: string;
  /** Both, for assertions that do not care which. */
  output: string;
}

export interface SpoorOptions {
  cwd?: string;
  /** Another program starts it, which limits it, say: `["nohup"]`, `["sh", "-c", 'ulimit -f 9; exec "$@"', "sh"]`. */
  under?: readonly string[];
  env?: Readonly<Record<string, string>>;
  stdin?: string;
  /** Killed after this time, which fails the test. @default 120_000 */
  timeoutMs?: number;
}

/** A Spoor that is running. */
export interface RunningSpoor extends AsyncDisposable {
  readonly pid: number;
  /** What it has printed so far, both streams. */
  output(): string;
  /** Resolves as soon as the output matches; throws when the process ends before. */
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<void>;
  kill(signal?: Deno.Signal): void;
  readonly result: Promise<SpoorResult>;
}

/** The command line that starts Spoor. */
export function spoorCommand(): [program: string, ...args: string[]] {
  if (BINARY !== undefined) return [BINARY];
  return [
    Deno.execPath(),
    "run",
    "--quiet",
    "--allow-all",
    "--no-prompt",
    "--no-check",
    "--config",
    `${ROOT}deno.json`,
    `${ROOT}main.ts`,
  ];
}

/** The environment of a Spoor process: nothing that it does not need, and no colour. */
export function spoorEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const env: Record<string, string> = { NO_COLOR: "1" };
  for (const name of KEPT_ENV) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  return { ...env, ...extra };
}

/**
 * Runs Spoor to its end.
 *
 * @param args As on the command line; one text is split at spaces.
 */
export async function runSpoor(
  args: string | readonly string[],
  options: SpoorOptions = {},
): Promise<SpoorResult> {
  const running = startSpoor(args, options);
  const timeoutMs = options.timeoutMs ?? LONGEST_MS;
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    running.kill("SIGKILL");
  }, timeoutMs);
  const result = await running.result;
  clearTimeout(timer);
  if (timedOut) {
    throw new Error(`"spoor ${args}" took more than ${timeoutMs} ms; it printed\n${result.output}`);
  }
  return result;
}

/** Starts Spoor and lets it run; disposing of it kills it if it is still there. */
export function startSpoor(
  args: string | readonly string[],
  options: SpoorOptions = {},
): RunningSpoor {
  const [program = "", ...first] = [...options.under ?? [], ...spoorCommand()];
  const child = new Deno.Command(program, {
    args: [...first, ...(typeof args === "string" ? args.split(" ") : args)],
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    clearEnv: true,
    env: spoorEnv(options.env),
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();

  const chunks: { stream: "stdout" | "stderr"; text: string }[] = [];
  const watchers = new Set<() => void>();
  const text = (stream?: "stdout" | "stderr") =>
    chunks.filter((chunk) => !stream || chunk.stream === stream).map((chunk) => chunk.text).join(
      "",
    );

  async function collect(stream: "stdout" | "stderr"): Promise<void> {
    for await (const piece of child[stream].pipeThrough(new TextDecoderStream())) {
      chunks.push({ stream, text: piece });
      for (const watcher of watchers) watcher();
    }
  }

  async function feed(): Promise<void> {
    if (options.stdin === undefined) return;
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.stdin));
    await writer.close();
  }

  let ended = false;
  const result = (async () => {
    await Promise.all([collect("stdout"), collect("stderr"), feed()]);
    const { code } = await child.status;
    ended = true;
    for (const watcher of watchers) watcher();
    return { code, stdout: text("stdout"), stderr: text("stderr"), output: text() };
  })();

  return {
    pid: child.pid,
    output: () => text(),
    result,
    kill(signal = "SIGTERM") {
      if (ended) return;
      try {
        child.kill(signal);
      } catch (error) {
        // It has ended by itself, and its output is still being read.
        if (!(error instanceof TypeError)) throw error;
      }
    },
    async waitFor(pattern, timeoutMs = LONGEST_MS) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const look = () => {
        if (pattern.test(text())) resolve();
        else if (ended) reject(new Error(`Spoor ended before ${pattern}; it printed\n${text()}`));
      };
      const timer = setTimeout(
        () => reject(new Error(`No ${pattern} in ${timeoutMs} ms; Spoor printed\n${text()}`)),
        timeoutMs,
      );
      watchers.add(look);
      look();
      try {
        await promise;
      } finally {
        clearTimeout(timer);
        watchers.delete(look);
      }
    },
    async [Symbol.asyncDispose]() {
      if (!ended) child.kill("SIGKILL");
      await result;
    },
  };
}

/**
 * Kills a Spoor without warning once a condition holds, and waits until it is gone. One that ends before fails the
 * test, instead of keeping it waiting for ever.
 *
 * @param moment Resolves when it is to die: `running.waitFor(/…/)`, a request that arrived.
 */
export async function killAfter(
  running: RunningSpoor,
  moment: Promise<unknown>,
  signal: Deno.Signal = "SIGKILL",
): Promise<SpoorResult> {
  const endedBefore = running.result.then(({ output }) => {
    throw new Error(`Spoor ended before it was to be killed; it printed\n${output}`);
  });
  await Promise.race([moment, endedBefore]);
  running.kill(signal);
  const timer = setTimeout(() => running.kill("SIGKILL"), LONGEST_MS);
  try {
    return await running.result;
  } finally {
    clearTimeout(timer);
  }
}
