/**
 * The host's end of a guest process: starts it, talks to it, ends it.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { fileURLToPath } from "node:url";
import { getHeapStatistics } from "node:v8";
import { FrameReader, FrameWriter } from "./guest_frames.ts";
import { GUEST_PROCESS, GuestExit, type GuestLimits } from "./guest_process.ts";
import type { HostMessage } from "./protocol.ts";

/** Why a guest ended before it was told to. */
export type GuestEnd =
  /** `heapMb`: its values have met the limit of the program's V8, which no setting moves. */
  | { reason: "memory"; heapMb?: number }
  | { reason: "time" }
  | { reason: "error"; message: string };

const ENDS: Readonly<Record<number, GuestEnd>> = {
  [GuestExit.memory]: { reason: "memory" },
  [GuestExit.time]: { reason: "time" },
};

/** See the module's comment. What comes from the guest is only what it claims. */
export class GuestLink implements Disposable {
  readonly #process: Deno.ChildProcess;
  readonly #writer: FrameWriter<HostMessage>;
  #queue: HostMessage[] = [];
  #ended = false;

  /** Starts the process, which takes a moment; it does nothing before it is sent a message. */
  constructor(limits: GuestLimits) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: guestArguments(limits),
      // The environment has secrets; nothing in it is needed there.
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#writer = new FrameWriter(this.#process.stdin);
  }

  /** Called once. `onEnd`: the guest has ended, and was not told to; whether before this call or after. */
  listen(
    onMessages: (messages: readonly unknown[]) => void,
    onEnd: (end: GuestEnd) => void,
  ): void {
    void this.#listen(onMessages, onEnd);
  }

  /** Sends with all else of this turn. */
  send(message: HostMessage): void {
    if (this.#ended) return;
    if (this.#queue.length === 0) setImmediate(() => this.#flush());
    this.#queue.push(message);
  }

  /** Ends the guest, whatever it is doing. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#writer.close();
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended by itself meanwhile.
    }
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #flush(): void {
    if (this.#ended) return;
    const messages = this.#queue;
    this.#queue = [];
    this.#writer.write(messages);
  }

  async #listen(
    onMessages: (messages: readonly unknown[]) => void,
    onEnd: (end: GuestEnd) => void,
  ): Promise<void> {
    const words = new Response(this.#process.stderr).text();
    // Bytes that are no frames: the process is ended like one that has died.
    await this.#read(onMessages).catch(() => this.#process.kill("SIGKILL"));
    const { code } = await this.#process.status;
    const said = await words;
    if (this.#ended) return;
    this.end();
    onEnd(ENDS[code] ?? explain(said, code));
  }

  async #read(onMessages: (messages: readonly unknown[]) => void): Promise<void> {
    const frames = new FrameReader();
    for await (const piece of this.#process.stdout) {
      frames.read(piece, (messages) => {
        if (!this.#ended) onMessages(messages);
      });
    }
  }
}

/** @param said What the process wrote to its error output: V8's last words, where it ran out of heap. */
function explain(said: string, code: number): GuestEnd {
  if (/out of memory|heap limit/i.test(said)) {
    // Of the guest as of this process: it is the same program.
    const heapMb = Math.round(getHeapStatistics().heap_size_limit / 2 ** 20);
    return { reason: "memory", ...(Deno.build.standalone && { heapMb }) };
  }
  return { reason: "error", message: said.trim().slice(-500) || `its process ended with ${code}` };
}

/** V8 cannot begin with much less. */
const MIN_HEAP_MB = 128;

/**
 * What makes this program, started again, a guest process. V8 keeps its heap smaller the less it may
 * take; a compiled program has its limit built in, and neither an argument nor a variable moves it (Deno 2.6.10).
 */
function guestArguments({ memoryMb, lifetimeMs }: GuestLimits): string[] {
  const limits = [memoryMb, ...lifetimeMs === undefined ? [] : [lifetimeMs]].map(String);
  if (Deno.build.standalone) return [GUEST_PROCESS, ...limits];
  const heapMb = Math.max(memoryMb, MIN_HEAP_MB);
  const root = fileURLToPath(new URL("../../", import.meta.url));
  return [
    "run",
    "--quiet",
    "--no-prompt",
    "--no-remote",
    "--no-check",
    `--allow-read=${root}`,
    `--v8-flags=--max-semi-space-size=8,--max-heap-size=${heapMb}`,
    `${root}src/sandbox/guest_process_entry.ts`,
    ...limits,
  ];
}
