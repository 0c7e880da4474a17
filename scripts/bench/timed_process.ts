/**
 * Runs a process and measures it from outside: wall time, peak memory, when each line was printed.
 *
 * Nothing that is measured is taken from the process's own word.
 *
 * @module
 */
import { TextLineStream } from "./text_line_stream.ts";

/** A finished process. */
export interface TimedProcess {
  /** From the spawn to the exit. */
  wallMs: number;
  /** Highest resident memory in MB; absent where /proc is not there. */
  peakMb?: number;
  lines: readonly TimedLine[];
}

/** A line of standard output, and when it arrived after the spawn. */
export interface TimedLine {
  text: string;
  atMs: number;
}

const MEMORY_POLL_MS = 20;

/** Runs a command to its end; fails with what it said on stderr when its exit code is not 0. */
export async function runTimed(
  command: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<TimedProcess> {
  const [program = "", ...args] = command;
  const startedMs = performance.now();
  const child = new Deno.Command(program, {
    args,
    ...options,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  using memory = watchPeak(child.pid);
  const [lines, stderr, status] = await Promise.all([
    readLines(child.stdout, startedMs),
    new Response(child.stderr).text(),
    child.status,
  ]);
  const wallMs = performance.now() - startedMs;
  if (!status.success) throw new Error(describeFailure(command, status.code, lines, stderr));
  const peakMb = memory.peakMb();
  return { wallMs, lines, ...(peakMb !== undefined && { peakMb }) };
}

async function readLines(
  stdout: ReadableStream<Uint8Array<ArrayBuffer>>,
  startedMs: number,
): Promise<TimedLine[]> {
  const lines: TimedLine[] = [];
  const texts = stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  for await (const text of texts) lines.push({ text, atMs: performance.now() - startedMs });
  return lines;
}

/** `VmHWM` is the kernel's own high-water mark, so a poll misses only growth in the last moment. */
function watchPeak(pid: number): Disposable & { peakMb(): number | undefined } {
  let peakKb: number | undefined;
  const timer = setInterval(() => {
    try {
      const status = Deno.readTextFileSync(`/proc/${pid}/status`);
      const found = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
      if (found !== undefined) peakKb = Math.max(peakKb ?? 0, Number(found));
    } catch {
      // The process has just ended, or this system has no /proc: the last value stands.
    }
  }, MEMORY_POLL_MS);
  return {
    peakMb: () => peakKb === undefined ? undefined : peakKb / 1024,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function describeFailure(
  command: readonly string[],
  code: number,
  lines: readonly TimedLine[],
  stderr: string,
): string {
  const said = [...lines.slice(-5).map((line) => line.text), stderr.slice(-2000)].join("\n");
  return `Cannot measure "${command.join(" ")}": it ended with exit code ${code}\n${said}`;
}
