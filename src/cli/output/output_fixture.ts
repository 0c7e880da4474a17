/**
 * An `Output` whose two streams are kept as text, for tests.
 *
 * @module
 */
import { Output, type OutputFacts } from "./output.ts";
import type { Sink } from "./write_queue.ts";

/** What a test says of the world around the output. */
export interface KeptOutputOptions {
  isTerminal?: boolean;
  env?: Readonly<Record<string, string>>;
  columns?: number;
  noColour?: boolean;
}

/** Keeps what is written. */
export interface KeptOutput {
  output: Output;
  stdout: () => string;
  stderr: () => string;
}

/** Makes an output; a pipe without colour unless told otherwise. */
export function keepOutput(options: KeptOutputOptions = {}): KeptOutput {
  const { isTerminal = false, env = {}, columns = 0, noColour = false } = options;
  const stdout = new KeptSink(isTerminal);
  const stderr = new KeptSink(isTerminal);
  const facts: OutputFacts = {
    stdout,
    stderr,
    noColour,
    env: (name) => env[name],
    columns: () => columns,
  };
  return { output: new Output(facts), stdout: () => stdout.text, stderr: () => stderr.text };
}

class KeptSink implements Sink {
  text = "";
  readonly #decoder = new TextDecoder();

  constructor(readonly terminal: boolean) {}

  isTerminal(): boolean {
    return this.terminal;
  }

  write(bytes: Uint8Array): Promise<number> {
    return Promise.resolve(this.writeSync(bytes));
  }

  writeSync(bytes: Uint8Array): number {
    this.text += this.#decoder.decode(bytes, { stream: true });
    return bytes.length;
  }
}
