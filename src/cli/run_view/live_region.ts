/**
 * The lines at the bottom of a terminal that are drawn again and again, below those that stay.
 *
 * Everything is written at ticks, ten a second at most, each tick as one write between the marks
 * of a synchronized update, so that nothing flickers.
 *
 * @module
 */
import type { Output } from "~/cli/output/output.ts";

const TICK_MS = 100;
const BEGIN_UPDATE = "\x1b[?2026h";
const END_UPDATE = "\x1b[?2026l";

/** See the module's comment. */
export class LiveRegion implements Disposable {
  readonly #output: Output;
  readonly #render: () => readonly string[];
  #waiting: string[] = [];
  #drawn: readonly string[] = [];
  readonly #timer: ReturnType<typeof setInterval>;

  /** @param render Gives the lines as they are now, none wider than the terminal. */
  constructor(output: Output, render: () => readonly string[]) {
    this.#output = output;
    this.#render = render;
    this.#timer = setInterval(() => {
      // A terminal that was stopped (Ctrl-S) gets one picture when it goes on, not all that it has missed.
      if (output.waitingChars === 0) this.#draw(this.#render());
    }, TICK_MS);
  }

  /** Adds lines that stay, above the region. */
  keep(lines: readonly string[]): void {
    this.#waiting.push(...lines);
  }

  /** Takes the region away; what was to stay, stays. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#draw([]);
  }

  #draw(lines: readonly string[]): void {
    const isSame = lines.length === this.#drawn.length &&
      lines.every((line, i) => line === this.#drawn[i]);
    if (isSame && this.#waiting.length === 0) return;
    const back = this.#drawn.length > 0 ? `\x1b[${this.#drawn.length}A\x1b[0J` : "";
    const text = [...this.#waiting, ...lines].map((line) => `${line}\n`).join("");
    this.#output.write(BEGIN_UPDATE + back + text + END_UPDATE);
    this.#waiting = [];
    this.#drawn = lines;
  }
}
