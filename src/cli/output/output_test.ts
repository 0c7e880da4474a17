import assert from "node:assert/strict";
import { Output } from "./output.ts";
import { keepOutput, type KeptOutputOptions } from "./output_fixture.ts";
import { COLOURED, PLAIN } from "./style.ts";
import type { Sink } from "./write_queue.ts";

/** A reader that takes nothing. */
const NEVER = () => new Promise<number>(() => {});

function styleIn(options: KeptOutputOptions) {
  return keepOutput(options).output.style === COLOURED ? "coloured" : "plain";
}

Deno.test("Output paints on a terminal and nowhere else", () => {
  assert.equal(styleIn({ isTerminal: true }), "coloured");
  assert.equal(styleIn({ isTerminal: false }), "plain");
});

Deno.test("Output obeys NO_COLOR, CI, a dumb terminal and --no-color", () => {
  assert.equal(styleIn({ isTerminal: true, env: { NO_COLOR: "1" } }), "plain");
  assert.equal(styleIn({ isTerminal: true, env: { NO_COLOR: "" } }), "coloured");
  assert.equal(styleIn({ isTerminal: true, env: { CI: "true" } }), "plain");
  assert.equal(styleIn({ isTerminal: true, env: { TERM: "dumb" } }), "plain");
  assert.equal(styleIn({ isTerminal: true, noColour: true }), "plain");
});

Deno.test("Output paints where FORCE_COLOR asks for it, but not against NO_COLOR", () => {
  assert.equal(styleIn({ env: { FORCE_COLOR: "1" } }), "coloured");
  assert.equal(styleIn({ isTerminal: true, env: { FORCE_COLOR: "0" } }), "plain");
  assert.equal(styleIn({ env: { FORCE_COLOR: "1", NO_COLOR: "1" } }), "plain");
});

Deno.test("Output redraws on a terminal, not in CI and not in a pipe", () => {
  assert.equal(keepOutput({ isTerminal: true }).output.isLive, true);
  assert.equal(keepOutput({ isTerminal: true, env: { CI: "1" } }).output.isLive, false);
  assert.equal(keepOutput().output.isLive, false);
});

Deno.test("Output takes 80 columns where a terminal tells none", () => {
  assert.equal(keepOutput({ columns: 0 }).output.columns, 80);
  assert.equal(keepOutput({ columns: 132 }).output.columns, 132);
});

Deno.test("Output.json() adds the schema's version and writes one line", () => {
  const { output, stdout } = keepOutput();
  output.json("log", { message: "two\nlines" });
  assert.equal(stdout(), `{"schema_version":1,"type":"log","message":"two\\nlines"}\n`);
});

Deno.test("Output writes all bytes to a stream that takes a few at a time", () => {
  const written: number[] = [];
  const stdout = {
    isTerminal: () => false,
    write: NEVER,
    writeSync(bytes: Uint8Array) {
      written.push(...bytes.slice(0, 2));
      return Math.min(2, bytes.length);
    },
  };
  const output = new Output({
    stdout,
    stderr: stdout,
    noColour: false,
    env: () => undefined,
    columns: () => 80,
  });
  output.line("größer");
  assert.equal(new TextDecoder().decode(new Uint8Array(written)), "größer\n");
});

Deno.test("Output stays silent once its reader is gone, and says so", () => {
  const stdout = {
    isTerminal: () => false,
    write: NEVER,
    writeSync(): number {
      throw new Deno.errors.BrokenPipe("gone");
    },
  };
  const { output: stderrOnly } = keepOutput();
  const output = new Output({
    stdout,
    stderr: stdout,
    noColour: false,
    env: () => undefined,
    columns: () => stderrOnly.columns,
  });
  output.line("lost");
  assert.equal(output.isClosed, true);
  output.line("lost as well");
});

Deno.test("a painted empty text is empty", () => {
  assert.equal(COLOURED.bad(""), "");
  assert.equal(COLOURED.bad("x"), "\x1b[31mx\x1b[39m");
  assert.equal(PLAIN.bad("x"), "x");
});

Deno.test("Output writes a long text once to a pipe that does not wait for its reader", async () => {
  const text = Array.from({ length: 9_000 }, (_, line) => `line ${line}\n`).join("");
  for (const isQueued of [false, true]) {
    const stdout = new NonBlockingPipe();
    const output = new Output({
      stdout,
      stderr: stdout,
      noColour: false,
      env: () => undefined,
      columns: () => 80,
    });
    const write = () => Promise.resolve(output.write(text));
    const never = { stop: new AbortController().signal, endNow: new Promise<void>(() => {}) };
    await (isQueued ? output.withoutWaiting(never, write) : write());
    assert.equal(stdout.text, text);
  }
});

/** As Deno gives one: of more than PIPE_BUF it takes what there is room for, and does not tell how much. */
class NonBlockingPipe implements Sink {
  text = "";
  #room = 65_536;

  isTerminal(): boolean {
    return false;
  }

  writeSync(bytes: Uint8Array): number {
    const isAtomic = bytes.length <= 4_096;
    const taken = bytes.length <= this.#room ? bytes.length : isAtomic ? 0 : this.#room;
    this.text += new TextDecoder().decode(bytes.subarray(0, taken));
    this.#room -= taken;
    if (taken === bytes.length) return taken;
    this.#room = 65_536;
    throw new Deno.errors.WouldBlock("Resource temporarily unavailable (os error 11)");
  }

  write(bytes: Uint8Array): Promise<number> {
    return Promise.try(() => this.writeSync(bytes));
  }
}
