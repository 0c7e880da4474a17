/**
 * The program's two streams, and what is known of the terminal behind them.
 *
 * Text is written at once and whole. A reader that goes away (`spoor query … | head`) is no error:
 * what follows is dropped, and `isClosed` tells whoever would produce more. Where it cannot be written (a
 * file on a full disk), that is said once, what follows is dropped too, and the program ends with an error:
 * what it does is not broken off by a line that nobody can read.
 *
 * @module
 */
import { messageOf } from "~/base/message_of.ts";
import { withoutErrorNumber } from "~/base/system_words.ts";
import { COLOURED, isCi, PLAIN, type Style, wantsColour } from "./style.ts";

/** Where bytes go; `Deno.stdout` is one. */
export interface Sink {
  writeSync(bytes: Uint8Array): number;
  isTerminal(): boolean;
}

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

  /** Width to lay lines out for. */
  get columns(): number {
    try {
      return this.#facts.columns() || USUAL_COLUMNS;
    } catch {
      // Not a terminal, or one that does not tell.
      return USUAL_COLUMNS;
    }
  }

  /** Writes to standard output as it is. */
  write(text: string): void {
    if (this.#isClosed) return;
    const failure = writeAll(this.#facts.stdout, text);
    if (failure === undefined) return;
    this.#isClosed = true;
    if (failure instanceof Deno.errors.BrokenPipe) return;
    this.#hasFailed = true;
    this.errorLine(
      `${this.errorStyle.bad("error:")} Cannot write to standard output: ${stateOf(failure)}; ` +
        "what follows is not shown, and what was begun goes on to its end",
    );
  }

  /** Writes a line to standard output. */
  line(text = ""): void {
    this.write(`${text}\n`);
  }

  /** Writes one object as a line of `--json`. */
  json(type: string, fields: object): void {
    this.line(JSON.stringify({ schema_version: 1, type, ...fields }));
  }

  /** Writes a line to standard error. Where that cannot be, there is nowhere left to say so. */
  errorLine(text = ""): void {
    writeAll(this.#facts.stderr, `${text}\n`);
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
      bytes = bytes.subarray(sink.writeSync(bytes));
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) return error;
      // A pipe set to non-blocking by whoever made it: wait until its reader has caught up.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
  return undefined;
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
