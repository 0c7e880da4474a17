/**
 * The program's two streams, and what is known of the terminal behind them.
 *
 * Text is written at once and whole; while a run goes on, through a queue, so that a reader that does not read
 * holds up neither signals nor the clock. A reader that goes away (`spoor query … | head`) is no error:
 * what follows is dropped, and `isClosed` tells whoever would produce more. Where it cannot be written (a
 * file on a full disk), that is said once, what follows is dropped too, and the program ends with an error:
 * what it does is not broken off by a line that nobody can read.
 *
 * @module
 */
import { withoutErrorNumber } from "~/base/files/system_words.ts";
import { messageOf } from "~/base/message_of.ts";
import { ASK_AGAIN_MS, nextPiece, type Sink, WriteQueue } from "./write_queue.ts";
import { COLOURED, isCi, PLAIN, type Style, wantsColour } from "./style.ts";

/** What an output is made of; the program's own by default. */
export interface OutputFacts {
  stdout: Sink;
  stderr: Sink;
  env: (name: string) => string | undefined;
  /** Width of the terminal; 0 or a throw where none is known. */
  columns: () => number;
  noColour: boolean;
}

/** Where terminals tell no width, and in tests. */
const USUAL_COLUMNS = 80;
/** How long a reader is waited for once a run is to stop, in milliseconds. */
const READER_GRACE_MS = 3_000;
/** The same once it is to end at once, and for what is then left to say. */
const LAST_WORDS_MS = 300;
const encoder = new TextEncoder();

/** Everything that a command prints goes through one of these. */
export class Output {
  /** For standard output. */
  readonly style: Style;
  /** For standard error. */
  readonly errorStyle: Style;
  /** True: standard output is a terminal on which lines may be drawn again. */
  readonly isLive: boolean;
  readonly #facts: OutputFacts;
  #isClosed = false;
  #hasFailed = false;
  #queue: WriteQueue | undefined;

  constructor(facts: OutputFacts) {
    this.#facts = facts;
    const { stdout, stderr, env, noColour: isForbidden } = facts;
    this.style = styleOf({ isTerminal: stdout.isTerminal(), env, isForbidden });
    this.errorStyle = styleOf({ isTerminal: stderr.isTerminal(), env, isForbidden });
    this.isLive = stdout.isTerminal() && !isCi(env) && env("TERM") !== "dumb";
  }

  /** True: nothing reaches standard output any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** True: something was to be shown and could not be written. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** How much is yet to be written before what is printed next. */
  get waitingChars(): number {
    return this.#queue?.waitingChars ?? 0;
  }

  /** Width to lay lines out for. */
  get columns(): number {
    try {
      return this.#facts.columns() || USUAL_COLUMNS;
    } catch {
      // Not a terminal, or one that does not tell.
      return USUAL_COLUMNS;
    }
  }

  /**
   * Does work on a thread that is not to wait for a reader. At its end, all is written that was printed.
   *
   * @param stop Once aborted, the reader is waited for some seconds.
   * @param endNow Once resolved, hardly.
   */
  async withoutWaiting<T>(
    { stop, endNow }: { stop: AbortSignal; endNow: Promise<void> },
    work: () => Promise<T>,
  ): Promise<T> {
    const queue = new WriteQueue((sink, failure) => {
      if (sink === this.#facts.stdout) this.#close(failure);
    });
    this.#queue = queue;
    try {
      return await work();
    } finally {
      const impatient = Promise.race([
        aborted(stop).then(() => delay(READER_GRACE_MS)),
        endNow.then(() => delay(LAST_WORDS_MS)),
      ]).then(() => "impatient");
      while (queue.written && await Promise.race([queue.written, impatient]) !== "impatient");
      if (queue.written) this.#giveUp(queue);
      else this.#queue = undefined;
    }
  }

  /** Call before the program ends. */
  async end(): Promise<void> {
    await Promise.race([this.#queue?.written, delay(LAST_WORDS_MS)]);
  }

  /** Writes to standard output as it is. */
  write(text: string): void {
    if (this.#isClosed) return;
    const failure = this.#put(this.#facts.stdout, text);
    if (failure !== undefined) this.#close(failure);
  }

  /** @returns Why it could not be written, where that is known at once. */
  #put(sink: Sink, text: string): unknown {
    return this.#queue ? this.#queue.push(sink, text) : writeAll(sink, text);
  }

  #close(failure: unknown): void {
    this.#isClosed = true;
    if (failure instanceof Deno.errors.BrokenPipe) return;
    this.#hasFailed = true;
    this.errorLine(
      `${this.errorStyle.bad("error:")} Cannot write to standard output: ${stateOf(failure)}; ` +
        "what follows is not shown, and what was begun goes on to its end",
    );
  }

  /** What is printed from here on goes through the queue as before: the other stream may be stuck, too. */
  #giveUp(queue: WriteQueue): void {
    this.#hasFailed = true;
    if (queue.giveUp() !== this.#facts.stdout) return;
    this.#isClosed = true;
    this.errorLine(
      `${this.errorStyle.bad("error:")} Cannot write to standard output: nobody reads it; ` +
        "the rest of it is not shown",
    );
  }

  /** Writes a line to standard output. */
  line(text = ""): void {
    this.write(`${text}\n`);
  }

  /** Writes lines to standard output. */
  lines(lines: Iterable<string>): void {
    for (const line of lines) this.line(line);
  }

  /** Writes one object as a line of `--json`. */
  json(type: string, fields: object): void {
    this.line(JSON.stringify({ schema_version: 1, type, ...fields }));
  }

  /** Writes a line to standard error. Where that cannot be, there is nowhere left to say so. */
  errorLine(text = ""): void {
    this.#put(this.#facts.stderr, `${text}\n`);
  }
}

function styleOf(facts: Parameters<typeof wantsColour>[0]): Style {
  return wantsColour(facts) ? COLOURED : PLAIN;
}

/** @returns Why it could not be written, if it could not. */
function writeAll(sink: Sink, text: string): unknown {
  let bytes = encoder.encode(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(sink.writeSync(nextPiece(bytes)));
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) return error;
      // A pipe set to non-blocking by whoever made it: wait until its reader has caught up.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ASK_AGAIN_MS);
    }
  }
  return undefined;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, ms)));
}

function stateOf(failure: unknown): string {
  const message = messageOf(failure);
  return /No space left/.test(message) ? "the disk is full" : withoutErrorNumber(message);
}

/** The program's own streams. */
export function programOutput(noColour: boolean): Output {
  return new Output({
    stdout: Deno.stdout,
    stderr: Deno.stderr,
    env: (name) => Deno.env.get(name),
    columns: () => Deno.consoleSize().columns,
    noColour,
  });
}
