/**
 * `--help`, written from the tables that parse.
 *
 * @module
 */
import { type Command, GLOBAL_OPTIONS, type OptionTable } from "./command.ts";
import type { Style } from "./output/style.ts";
import { renderPositionals } from "./parse_call.ts";
import { PROGRAM } from "./program.ts";

const MOST_COLUMNS_OF_A_NAME = 34;

/** Help for the whole program. */
export function renderProgramHelp(commands: readonly Command[], style: Style): string {
  const rows = commands.map(({ name, summary, positionals }): Row => [
    [name, renderPositionals(positionals)].filter(Boolean).join(" "),
    summary,
  ]);
  return [
    `${
      style.strong("Spoor")
    } runs a data pipeline and sends to the outside world only what changed.`,
    "",
    `${style.strong("Usage:")} ${PROGRAM} <command> [options]`,
    "",
    style.strong("Commands:"),
    ...renderRows(rows, style),
    "",
    style.strong("Options of every command:"),
    ...renderRows(optionRows(GLOBAL_OPTIONS), style),
    "",
    style.strong("To begin:"),
    ...renderRows([
      [`${PROGRAM} init demo`, "a project in the folder demo, ready to run"],
      [`${PROGRAM} run --practice`, "run it; nothing leaves this machine"],
      [`${PROGRAM} help <command>`, "what a command does, with examples"],
      [`${PROGRAM} help directives`, "what a model's header may say"],
    ], style),
  ].join("\n");
}

/** Help for one command. */
export function renderCommandHelp(command: Command, style: Style): string {
  const usage = [PROGRAM, command.name, renderPositionals(command.positionals), "[options]"];
  const lines = [`${command.summary}.`, ""];
  lines.push(`${style.strong("Usage:")} ${usage.filter(Boolean).join(" ")}`, "");
  if (command.details) lines.push(command.details, "");
  const { positionals } = command;
  if (positionals.length > 0) {
    const rows = positionals.map((
      { name, help, choices },
    ): Row => [name, withChoices(help, choices)]);
    lines.push(style.strong("Arguments:"), ...renderRows(rows, style), "");
  }
  const own = optionRows(command.options);
  if (own.length > 0) lines.push(style.strong("Options:"), ...renderRows(own, style), "");
  const everywhere = optionRows(GLOBAL_OPTIONS);
  lines.push(style.strong("Options of every command:"), ...renderRows(everywhere, style), "");
  lines.push(style.strong("Examples:"), ...renderExamples(command.examples, style));
  return lines.join("\n");
}

type Row = readonly [name: string, text: string];

function optionRows(table: OptionTable): Row[] {
  return Object.entries(table).map(([name, spec]): Row => {
    const short = spec.short ? `-${spec.short}, ` : "    ";
    if (spec.type === "boolean") return [`${short}--${name}`, spec.help];
    const preset = spec.default === undefined ? "" : ` (${spec.default} if not given)`;
    const often = spec.multiple ? "; may be repeated" : "";
    const text = withChoices(spec.help, spec.choices) + often + preset;
    return [`${short}--${name} ${spec.value}`, text];
  });
}

function withChoices(help: string, choices: readonly string[] | undefined): string {
  return choices ? `${help}: ${choices.join(", ")}` : help;
}

/** Names in one column, texts in another; a text goes below a name that is too long. */
function renderRows(rows: readonly Row[], style: Style): string[] {
  const lengths = rows.map(([name]) => name.length).filter((n) => n <= MOST_COLUMNS_OF_A_NAME);
  const width = Math.max(0, ...lengths);
  return rows.flatMap(([name, text]) =>
    name.length > width
      ? [`  ${style.accent(name)}`, `  ${" ".repeat(width)}  ${text}`]
      : [`  ${style.accent(name)}${" ".repeat(width - name.length)}  ${text}`]
  );
}

function renderExamples(examples: Command["examples"], style: Style): string[] {
  return examples.flatMap(([line, meaning]) => [
    `  ${style.dim(`# ${meaning}`)}`,
    `  ${line.replace(/^spoor\b/, PROGRAM)}`,
  ]);
}
