/**
 * Colour, where it is wanted: each function gives its text back, painted or as it is.
 *
 * @module
 */
import { styleText } from "node:util";

const PAINTS = {
  good: "green",
  bad: "red",
  warning: "yellow",
  accent: "cyan",
  strong: "bold",
  dim: "dim",
} as const;

/** What a paint says; which colour that is, is decided here alone. */
export type Paint = keyof typeof PAINTS;

/** Paints a text. */
export type Style = Readonly<Record<Paint, (text: string) => string>>;

/** Paints nothing. */
export const PLAIN: Style = styleOf((_, text) => text);

/** Paints with the terminal's colours. */
export const COLOURED: Style = styleOf((paint, text) =>
  styleText(PAINTS[paint], text, { validateStream: false })
);

function styleOf(paint: (paint: Paint, text: string) => string): Style {
  const names = Object.keys(PAINTS) as Paint[];
  return Object.fromEntries(
    names.map((name) => [name, (text: string) => text === "" ? "" : paint(name, text)]),
  ) as Style;
}

/** What decides about colour. */
export interface ColourFacts {
  isTerminal: boolean;
  env: (name: string) => string | undefined;
  /** `--no-color`. */
  isForbidden: boolean;
}

/**
 * Whether to paint: `--no-color`, `NO_COLOR` and `FORCE_COLOR` decide in this order; else a
 * terminal that is not CI's and not a dumb one. https://no-color.org
 */
export function wantsColour({ isTerminal, env, isForbidden }: ColourFacts): boolean {
  if (isForbidden || isSet(env("NO_COLOR"))) return false;
  const forced = env("FORCE_COLOR");
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return isTerminal && !isCi(env) && env("TERM") !== "dumb";
}

/** Whether a CI job runs us: its log is read later, so that nothing may be redrawn. */
export function isCi(env: ColourFacts["env"]): boolean {
  return isSet(env("CI")) && env("CI") !== "false";
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
