/**
 * Errors as people see them: what happened, where, what to do next.
 *
 * ```
 * error: Cannot read the model header: "@uniqe_key" is not a directive
 *   at models/marts/customers.sql:3
 *   hint: Did you mean "@unique_key"?
 * ```
 *
 * @module
 */
import { countOf, renderCount } from "~/base/text/counts.ts";
import {
  type ErrorReport,
  renderLocation,
  toErrorReport,
  UserError,
  UserErrors,
} from "~/base/user_error.ts";
import type { Style } from "./style.ts";
import { visibleLine, visibleText } from "./visible_text.ts";

/** How errors are shown. */
export interface ErrorView {
  style: Style;
  /** True: stacks and causes too. */
  verbose: boolean;
  /** True: no list is folded. */
  all?: boolean;
}

/** The lines of everything that was thrown together, with their number where it is not one. */
export function renderThrown(error: unknown, view: ErrorView): string[] {
  const errors = error instanceof UserErrors ? error.errors : [error];
  const blocks = errors.map((one) => [...renderError(one, view), ""]);
  const lines = blocks.flat().slice(0, -1);
  if (errors.length > 1) lines.push("", view.style.bad(countOf(errors.length, "error")));
  return lines;
}

/** The lines of one error that was thrown. */
function renderError(error: unknown, view: ErrorView): string[] {
  const lines = renderReport(toErrorReport(error), view);
  if (!(error instanceof UserError) && !view.verbose) {
    lines.push(
      "  hint: This is not a mistake of yours; --verbose shows where in Spoor it happened.",
    );
  }
  if (view.verbose && error instanceof Error && error.cause !== undefined) {
    lines.push("caused by:", ...renderError(error.cause, view));
  }
  return lines;
}

/** The lines of what is no mistake for certain, as those of an error. */
export function renderWarning(warning: UserError, style: Style): string[] {
  return [
    ...renderReport(toErrorReport(warning), { style, verbose: false }, style.warning("warning:")),
    "",
  ];
}

const DETAILS_SHOWN = 10;

/** The lines of an error that came as data. */
export function renderReport(
  report: ErrorReport,
  { style, verbose, all }: ErrorView,
  label: string = style.bad("error:"),
): string[] {
  const { details = [] } = report;
  // A list of eleven is shown whole: the line that says "1 more" would take its place.
  const shown = all || verbose || details.length <= DETAILS_SHOWN + 1
    ? details
    : details.slice(0, DETAILS_SHOWN);
  const more = details.length - shown.length;
  const lines = [`${label} ${visibleText(report.message)}`];
  if (report.at) lines.push(style.dim(`  at ${visibleLine(renderLocation(report.at))}`));
  for (const detail of shown) lines.push(...indent(visibleText(detail), "    "));
  if (more > 0) lines.push(style.dim(`    … ${renderCount(more)} more (--verbose shows them)`));
  if (report.hint) lines.push(`  ${style.accent("hint:")} ${visibleText(report.hint)}`);
  if (verbose && report.stack) {
    lines.push(...indent(style.dim(visibleText(stackOnly(report.stack))), "  "));
  }
  return lines.flatMap((line) => line.split("\n"));
}

/** A stack without its first lines, which repeat the message. */
function stackOnly(stack: string): string {
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return frames.map((line) => line.trim()).join("\n");
}

function indent(text: string, by: string): string[] {
  return text.split("\n").map((line) => by + line);
}
