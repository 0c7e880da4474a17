/**
 * Lines that say first what they are about, in a column of its own.
 *
 * @module
 */
import type { Style } from "./style.ts";

const WIDTH = "requests".length;

/** `groups    3 new` */
export function label(name: string, text: string, { style }: { style: Style }): string {
  return `${style.dim(name.padEnd(WIDTH))}  ${text}`;
}
