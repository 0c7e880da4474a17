/**
 * `spoor help directives`, written from the table that reads headers.
 *
 * @module
 */
import { type Directive, DIRECTIVES } from "~/model/directives.ts";
import type { Style } from "./output/style.ts";

/** What a model's header may say: each directive with its value, its meaning and an example. */
export function renderDirectives(style: Style): string[] {
  return [
    "A model's first comment holds its directives, one a line: -- in SQL, // in TypeScript.",
    "A YAML model has them as keys, without the @, and its SELECT as the key sql.",
    "",
    ...DIRECTIVES.flatMap((directive) => [...renderDirective(directive, style), ""]),
  ].slice(0, -1);
}

function renderDirective(directive: Directive, style: Style): string[] {
  const lines = [
    `${style.accent(`@${directive.name}`)}: ${directive.value}`,
    `  ${directive.summary}.`,
    `  ${style.dim("example")}  ${directive.example}`,
  ];
  if (directive.default !== undefined) {
    lines.push(`  ${style.dim("default")}  ${directive.default}`);
  }
  const limits = limitsOf(directive);
  if (limits.length > 0) lines.push(`  ${style.dim("only in")}  ${limits.join(", ")}`);
  return lines;
}

function limitsOf({ kinds, typescriptOnly }: Directive): string[] {
  return [
    ...(kinds ? [`models of kind ${kinds.join(", ")}`] : []),
    ...(typescriptOnly ? ["TypeScript models"] : []),
  ];
}
